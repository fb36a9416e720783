"""The device tests under pytest: every script on the host and on every emulated board whose firmware is built; the
examples there too; and the lists that the board package keeps by hand."""

import json
import re
import sys
from pathlib import Path

import pytest
from linnet import core, fields
from linnet.packer import pack_model

sys.path.insert(0, str(Path(__file__).resolve().parent))

import run

ROOT = run.HERE.parents[1]
DEVICE = ROOT / "device"
HOSTILE = sorted((ROOT / "tests" / "blob" / "hostile").glob("*.linnet"))
# What each example must print, somewhere.
EXAMPLES = {"digits.py": "This is a 3 (99 %)", "layers.py": "12  SOFTMAX", "noise.py": '"noise_percent": 100'}


@pytest.fixture(scope="module", params=run.boards())
def board(request):
    digits = ROOT / "models" / "digits"
    labels = (digits / "labels.txt").read_text().split()
    blob = pack_model(digits / "digits.tflite", labels, name="digits").data
    files = {f"/hostile/{path.name}": path.read_bytes() for path in HOSTILE} | {"/models/digits.linnet": blob}
    with run.on_board(request.param, files) as execute:
        yield execute


@pytest.mark.parametrize("script", run.HOST_SCRIPTS)
def test_host(script):
    assert run.compare(script, run.run_on_host(script)) == "pass"


@pytest.mark.parametrize("script", run.SCRIPTS)
def test_board(board, script):
    assert run.compare(script, board(script)) in ("pass", "skip")


@pytest.mark.parametrize("example", sorted(EXAMPLES))
def test_example(board, example):
    output = board(DEVICE / "examples" / example)
    assert EXAMPLES[example] in output and "Traceback" not in output


OPEN_ALL = """
import os
import linnet
for name in sorted(os.listdir("/hostile")):
    try:
        linnet.load("/hostile/" + name)
        print(name, "opened")
    except ValueError as error:
        print(name, error)
"""


def test_hostile_blobs_are_refused_for_the_right_reason(board, tmp_path):
    script = tmp_path / "open_all.py"
    script.write_text(OPEN_ALL)
    reasons = dict(core.status_text(-i).split(": ", 1) for i in range(len(core.STATUS_NAMES)))
    lines = board(script).splitlines()
    assert [line.split(" ")[0] for line in lines] == [path.name for path in HOSTILE]
    for line in lines:
        # The file's name begins with the status.
        assert reasons[line.split("-")[0].split(".")[0].upper()] in line


def test_every_example_is_run():
    assert sorted(EXAMPLES) == sorted(path.name for path in (DEVICE / "examples").glob("*.py"))


def test_operator_names():
    table = (DEVICE / "kernels" / "linnet_operators.h").read_text()
    names = {}
    exec((DEVICE / "linnet" / "operators.py").read_text(), names)
    assert names["NAMES"] == {code: row[0] for code, row in fields.OPERATORS.items()}
    assert list(names["NAMES"]) == [int(code) for code in re.findall(r"ROW\((\d+), \w+\)", table)]


def test_the_words_of_a_status_stand_in_its_place():
    text = (DEVICE / "runtime" / "linnet_text.c").read_text()
    rows = re.findall(r'"([^"]*)\\0"  // (\w+)', text)
    assert [name for _, name in rows] == core.STATUS_NAMES
    assert [core.status_text(-i) for i in range(len(rows))] == [f"{name}: {words}" for words, name in rows]
    assert core.library().linnet_status_text(-len(rows)) == core.library().linnet_status_text(-1000) == b"?"


def test_package_json():
    listed = json.loads((DEVICE / "package.json").read_text())["urls"]
    assert listed == [[f"linnet/{path.name}"] * 2 for path in sorted((DEVICE / "linnet").glob("*.py"))]
