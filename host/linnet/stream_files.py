"""Where streamed records are kept: a JSONL file (one JSON text a line) or a CSV file."""

import csv
import json
import os
from pathlib import Path

from .errors import LinnetError


class JsonlFile:
    """Writes each record as one line of JSON. A file of that name is replaced."""

    def __init__(self, path):
        self._file = _open(path)

    def write(self, record):
        """record: any JSON value. The line is on disk, for `tail -f`, when this returns."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()

    def close(self):
        self._file.close()


class CsvFile:
    """Writes each record as one row; the columns are the names in the first record. A file of that name is replaced.

    A name that comes later becomes a new last column: the file is written again, earlier rows empty there. Lists and
    dicts are written as JSON, None as an empty field.
    """

    def __init__(self, path):
        self._path = Path(path)
        self._columns = []
        self._file = _open(path)

    def write(self, record):
        """record: a dict, or any JSON value, which goes to a column "value"."""
        record = as_fields(record)
        new = [name for name in record if name not in self._columns]
        if new:
            self._widen(new)
        csv.writer(self._file).writerow([_cell(record.get(name)) for name in self._columns])
        self._file.flush()

    def close(self):
        self._file.close()

    def _widen(self, names):
        self._file.close()
        with open(self._path, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))[1:]
        self._columns += names
        part = self._path.with_name(self._path.name + ".part")
        with open(part, "w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            writer.writerow(self._columns)
            writer.writerows(row + [""] * (len(self._columns) - len(row)) for row in rows)
        os.replace(part, self._path)
        self._file = open(self._path, "a", newline="", encoding="utf-8")


def as_fields(record):
    """A record as a dict: itself, or {"value": record}."""
    return record if isinstance(record, dict) else {"value": record}


def _cell(value):
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else value


def _open(path):
    try:
        return open(path, "w", newline="", encoding="utf-8")
    except OSError as error:
        raise LinnetError(f"{path}: cannot be written: {error.strerror}; give another path") from None
