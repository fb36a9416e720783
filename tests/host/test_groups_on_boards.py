"""Operators that come in native modules of their own, and variables, on emulated boards: what is sent, that recorded results
come out exactly, and what is said when a module is not there.
"""

import functools
import itertools
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))

import graphs
import record

from linnet import LinnetError, blob, fields
from linnet.board import all_boards
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.golden import vectors
from linnet.graph import Graph, Operator, Tensor
from linnet.model import Model
from linnet.packer import pack, pack_graph
from linnet.payload import native_modules, payload
from linnet.probe import BoardFacts, probe
from linnet.remote import run_connected
from linnet.report_deploy import print_deployed
from linnet.transport import BoardError, Connection
from linnet.upload import install

BOARDS = ("qemu-m0plus", "qemu-m4f", "qemu-rv32", "qemu-esp32", "unix", "unix-linnet")
N_CASES = 2  # of every recorded operator


@pytest.fixture(params=BOARDS)
def connection(request, tmp_path):
    """A connection to each of these boards in turn, its flash empty."""
    board = all_boards()[request.param]
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {board.name} is not built: make boards")
    if "qemu" in board.emulator.program and shutil.which(board.emulator.program) is None:
        pytest.skip(f"{board.emulator.program} is not installed")
    with Emulator(board, tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        yield connection


@functools.cache
def recorded_blobs():
    """{group: {name: blob}} of the first cases of every recorded operator, with the recorded inputs as a golden vector.

    That the host's outputs are those of TFLite Micro is tests/kernels/test_vectors.py.
    """
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "case.tflite")
        for path in sorted(record.VECTORS.glob("*.npz")):
            for name, content, steps in itertools.islice(record.recorded(path), N_CASES):
                file.write_bytes(content)
                model = Model(pack(file, n_golden=0, drop_constants=False, allow_float=True))
                model.blob.golden = vectors(model, [steps[0][0]])
                for group in model.blob.groups:
                    found.setdefault(group, {})[f"{path.stem}_{name}"] = blob.encode(model.blob)
    return found


def model_of(group, folder):
    """The path of a packed model that has operators of this group alone beyond the base."""
    for name, data in recorded_blobs()[group].items():
        if Model(data).blob.groups == [group]:
            path = folder / f"{name}.linnet"
            path.write_bytes(data)
            return path
    raise AssertionError(f"no recorded operator needs {group} alone")


def counter():
    """y = x + state, and y is the next state: a graph of one variable, first 1, -2, 3, -4."""
    x, y = graphs.activation((1, 4), 0.5, 0), graphs.activation((1, 4), 0.5, 0, name="y")
    state = Tensor("state", (1, 4), "int8", y.quant, initial=np.array([[1, -2, 3, -4]], np.int8))
    add = Operator("ADD", [x, state], [y], {"fused_activation": "NONE"})
    return Graph("counter", [x], [y], [add, Operator("RESHAPE", [y], [state])])


SELFTESTS = """
import gc, os, linnet
for name in sorted(os.listdir({folder!r})):
    gc.collect()
    try:
        print(name, linnet.load({folder!r} + "/" + name).selftest())
    except (ValueError, MemoryError) as error:
        print(name, error)
"""


def test_recorded_operators_are_exact(connection):
    facts = probe(connection)
    assert recorded_blobs()
    for group, blobs in recorded_blobs().items():
        folder = f"{facts.root}/{group}"
        needed = sorted({name for data in blobs.values() for name in Model(data).blob.groups})
        files = {f"{folder}/{name}.linnet": data for name, data in blobs.items()}
        install(connection, payload(facts, needed) | files)
        connection.soft_reset()
        lines = connection.exec(SELFTESTS.format(folder=folder), timeout_s=60).decode().splitlines()
        assert lines == [f"{name}.linnet 1" for name in sorted(blobs)], group


def test_deploy_sends_the_modules_that_a_model_needs(connection, digits, tmp_path, capsys):
    base = deploy(connection, digits / "digits.tflite")
    built_in = "_linnet" in base.facts.built_in
    assert base.modules == ([] if built_in else ["_linnet"])
    groups = list(recorded_blobs())
    for group in groups:
        deployed = deploy(connection, model_of(group, tmp_path))
        assert deployed.n_golden == 1
        assert deployed.modules == ([] if built_in else ["_linnet", f"_linnet_{group}"])
        modules = [path for path in deployed.summary.sent if "/lib/" in path]
        assert modules == ([] if built_in else [f"{deployed.facts.root}/lib/_linnet_{group}.mpy"])
        print_deployed(deployed)
        assert (f"_linnet, _linnet_{group}" in capsys.readouterr().out) != built_in
    again = deploy(connection, model_of(groups[0], tmp_path))  # nothing was taken from it by the models after it
    assert again.summary.sent == []


def test_a_missing_module_is_named(connection, tmp_path):
    group = next(iter(recorded_blobs()))
    deployed = deploy(connection, model_of(group, tmp_path))
    if not deployed.modules:
        pytest.skip("everything is built into this firmware")
    module = f"_linnet_{group}.mpy"
    connection.soft_reset()
    connection.exec(f"import os; os.remove('{deployed.facts.root}/lib/{module}')")
    with pytest.raises(BoardError) as error:
        connection.exec(f"import linnet; linnet.load({deployed.path!r})")
    assert f"{deployed.path}: {module} is not installed: deploy the model again with linnet deploy" in error.value.traceback
    assert deploy(connection, model_of(group, tmp_path)).summary.sent == [f"{deployed.facts.root}/lib/{module}"]


def test_a_variable_keeps_its_value_until_reset(connection, tmp_path):
    path = tmp_path / "counter.linnet"
    path.write_bytes(pack_graph(counter(), path).data)
    model = Model(path)
    samples = [[np.full((1, 4), i, np.int8)] for i in (1, 2, 3)]
    deployed = deploy(connection, path)
    assert deployed.n_golden == 2
    ours = run_connected(connection, deployed.path, model, samples)
    for got, sample, wanted in zip(ours, samples, ([2, -1, 4, -3], [4, 1, 6, -1], [7, 4, 9, 2]), strict=True):
        assert got[0].ravel().tolist() == model.predict(sample)[0].tolist() == wanted
    text = connection.exec(
        f"""
import linnet
m = linnet.load({deployed.path!r})
x, y = bytes([1] * 4), bytearray(4)
for _ in range(2):
    m.run(x, y)
print(list(y))
m.reset()
m.run(x, y)
print(list(y), m.selftest())
m.run(x, y)
print(list(y), [name for name, us in m.profile()], list(m.peek(1)), list(m.peek(0)))
"""
    ).decode()
    assert text.splitlines() == ["[3, 0, 5, 254]", "[2, 255, 4, 253] 2", "[2, 255, 4, 253] ['ADD', 'RESHAPE'] " + after_golden(model)]


def after_golden(model):
    """What peek() says of the sum, and of the variable after a reset."""
    return f"{model.peek(1).tolist()} {model.peek(0).tolist()}"


def test_says_which_module_is_not_built(monkeypatch, tmp_path):
    facts = BoardFacts("armv6m", "6.3", (1, 25, 0), "some board", 100000, "", 100000, ())
    assert native_modules(facts) == ["_linnet"]
    (tmp_path / "natmod" / "armv6m").mkdir(parents=True)
    (tmp_path / "natmod" / "armv6m" / "_linnet.mpy").write_bytes(b"M")
    monkeypatch.setattr("linnet.payload._folder", lambda: tmp_path)
    with pytest.raises(LinnetError, match=r"armv6m/_linnet_math.mpy: the native module that this model needs is not built; run: make natmod"):
        payload(facts, ["math"])


def test_groups_are_those_of_the_board_package():
    source = (Path(__file__).resolve().parents[2] / "device" / "linnet" / "model.py").read_text()
    assert "_GROUPS = " + ", ".join(f'"{name}"' for name in fields.GROUPS) in source
