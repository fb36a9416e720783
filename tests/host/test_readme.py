"""README says what is so: its Python runs, its commands and options exist, its make targets are there."""

import re
from pathlib import Path

import operator_table
import pytest
from fenced import blocks

from linnet.cli import linnet as command_line
from linnet.model import Model
from linnet.operators import OPERATORS
from linnet.packer import pack

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def commands():
    """Every line that calls linnet, without its comment: ("deploy", "deploy MODEL [--board NAME | --port PORT]")."""
    lines = [line for block in blocks("README.md", "") for line in block.splitlines() if line.startswith("linnet ")]
    calls = [call for line in lines for call in re.split(r"  +|, (?=linnet )", line) if call.startswith("linnet ")]
    return [(call.split()[1], call) for call in calls]


def test_the_repl_example_runs_on_the_host(digits, tmp_path, monkeypatch):
    (tmp_path / "kws.linnet").write_bytes(pack(digits / "digits.tflite", digits / "labels.txt"))
    monkeypatch.chdir(tmp_path)
    (example,) = blocks("README.md", "python")
    model = Model("kws.linnet")
    scope = {"x": bytes(model.blob.tensors[model.blob.inputs[0]].bytes)}
    exec(compile(example, "README.md", "exec"), scope)
    assert scope["label"] in "0123456789" and len(scope["y"]) == 10


@pytest.mark.parametrize("name, call", commands(), ids=lambda text: text.replace(" ", "_")[:40])
def test_commands_and_options_exist(name, call):
    command = command_line.get_command(None, name)
    assert command is not None, name
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", call.split("  ")[0])) <= known


def test_every_command_is_in_readme():
    assert {name for name, _ in commands()} >= set(command_line.list_commands(None)) - {"demo"}


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_operator_table_is_what_the_recorded_cases_show():
    rows = operator_table.table(operator_table.facts())
    shown = [line for line in README.splitlines() if line.startswith("|")]
    missing = [row for row in rows if row not in shown]
    assert not missing, "README's operator table lacks or misstates (python tests/kernels/operator_table.py prints it):\n" + "\n".join(missing)
    kinds = [row.split("|")[1].strip() for row in rows[2:]]
    listed = [line.split("|")[1].strip() for line in shown]
    start = listed.index("operator")
    assert listed[start + 2 : start + 2 + len(kinds)] == kinds and set(OPERATORS) - {"TABLE"} <= set(kinds)
