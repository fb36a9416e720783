"""The how-tos of docs/ as programs: their code blocks, run in the order in which a reader comes by them.

```python title="NAME.py"           is saved as NAME.py
```python title="NAME.py, with X"   the same; it needs the library X, which the tests may lack: then what it wrote when it was
                                    recorded (record.py; tests/docs/recorded/PAGE/) takes the place of running it
```sh                              is run, and stops at the first error
```text                            is what the commands just before it print: line by line, `...` stands for anything
"""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RECORDED = Path(__file__).resolve().parent / "recorded"
LIBRARIES = {"PyTorch": "torch", "TensorFlow": "tensorflow", "onnxruntime": "onnxruntime"}
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
TIMEOUT_S = 300


@dataclass
class Page:
    """A page of docs/, and the folder that its blocks are run in."""

    path: Path
    folder: Path
    environment: dict
    output: str = ""  # of the last commands
    missing: set = field(default_factory=set)  # scripts whose library is not there

    def run(self):
        """Runs every block; AssertionError names the block that does not do what the page says."""
        for language, title, text in BLOCK.findall(self.path.read_text(encoding="utf-8")):
            {"python": self.save, "sh": self.command, "text": self.compare}[language](title, text)

    def save(self, title, text):
        assert title, f"{self.path.name}: a python block has no title: {text[:60]!r}"
        name, _, library = title.partition(", with ")
        (self.folder / name).write_text(text, encoding="utf-8")
        compile(text, name, "exec")
        if library and find_spec(LIBRARIES[library]) is None:
            self.missing.add(name)

    def command(self, _, text):
        lines = []
        for line in text.splitlines():
            script = line.removeprefix("python ")
            if script in self.missing:
                shutil.copytree(RECORDED / self.path.stem / Path(script).stem, self.folder, dirs_exist_ok=True)
            else:
                lines.append(line)
        done = subprocess.run(
            ["bash", "-e", "-c", "\n".join(lines)], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S
        )
        assert done.returncode == 0, f"{self.path.name}: {text}\n{done.stdout}"
        self.output = done.stdout

    def compare(self, _, text):
        lines = [line.strip() for line in self.output.splitlines()]
        at = 0
        for wanted in filter(None, (line.strip() for line in text.splitlines())):
            pattern = re.compile(r"\s+".join(re.escape(word).replace(r"\.\.\.", ".*") for word in wanted.split()))
            found = next((i for i in range(at, len(lines)) if pattern.fullmatch(lines[i])), None)
            assert found is not None, f"{self.path.name}: {wanted!r} is not in the output:\n{self.output}"
            at = found + 1


def environment(folder):
    """Of the commands: this interpreter's `python` and `linnet`, and emulated boards with flash of their own."""
    build = folder / "build"
    build.mkdir()
    for path in (ROOT / "build").iterdir():
        if path.name != "emulated":
            (build / path.name).symlink_to(path)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "LINNET_BUILD": str(build), "TERM": "dumb", "COLUMNS": "120"}
