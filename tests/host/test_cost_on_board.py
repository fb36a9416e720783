"""What a model costs on an emulated Cortex-M4 that counts its instructions: Model.profile() there tells what linnet.profile does,
and a call of run() adds little to the kernels' own work.
"""

import json
import shutil
import sys
from pathlib import Path

import pytest

from linnet.board import all_boards
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.model import Model
from linnet.packer import pack
from linnet.profile import profile
from linnet.transport import Connection

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "device"))
import tiny

RUN_LIMIT = 2000  # instructions around the kernels in one call of run()
N_CALLS = 1000

PROFILE = """
import json, linnet
print(json.dumps(linnet.load({path!r}).profile()))
"""

# Loops in a function, as a program would have them; the second call, when all is in place.
OVERHEAD = """
import linnet
from time import ticks_us, ticks_diff
model = linnet.load({path!r})
x, y = bytearray(4), bytearray(4)

def calls():
    start = ticks_us()
    for _ in range({n_calls}):
        model.run(x, y)
    return ticks_diff(ticks_us(), start)

def nothing():
    start = ticks_us()
    for _ in range({n_calls}):
        model
    return ticks_diff(ticks_us(), start)

calls(), nothing()
print(calls() - nothing())
"""


def needs(board):
    for tool in ("arm-none-eabi-gcc", board.emulator.program):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {board.name} is not built: make boards")


def test_profile_on_the_board_agrees_with_the_host_s(shared, tmp_path):
    board = all_boards()["qemu-m4f"]
    needs(board)
    path = tmp_path / "kws.linnet"
    path.write_bytes(pack(shared("models/kws_ref_model.tflite"), core="armv7em"))
    with Emulator(board, tmp_path / "state", icount=True) as emulator, Connection(emulator.port) as connection:
        deployed = deploy(connection, path)
        times = json.loads(connection.exec(PROFILE.format(path=deployed.path)).decode().splitlines()[-1])
    assert [name for name, _ in times] == [operator.name for operator in Model(path).blob.operators]
    ns_each = 1 << board.emulator.icount_shift
    ours, theirs = profile(path.read_bytes(), "m4").operators, [us * 1000 / ns_each for _, us in times]
    for counted, measured in zip(ours, theirs):
        # A call around the operator, whose time is whole microseconds; and the module's code is not the runner's.
        assert 0.99 * counted - 1000 / ns_each <= measured <= 1.03 * counted + RUN_LIMIT
        assert abs(counted / sum(ours) - measured / sum(theirs)) < 0.01
    by_cost = sorted(range(len(ours)), key=lambda i: ours[i])
    for less, more in zip(by_cost, by_cost[1:]):
        # In the same order, but for operators that cost the same.
        assert theirs[less] < theirs[more] or ours[more] - ours[less] < RUN_LIMIT


@pytest.mark.parametrize("name", ["qemu-m4f", "qemu-m4f-linnet"])
def test_a_call_costs_little_more_than_its_kernels(name, tmp_path):
    board = all_boards()[name]
    needs(board)
    path = tmp_path / "tiny.linnet"
    path.write_bytes(tiny.negate())
    with Emulator(board, tmp_path / "state", icount=True) as emulator, Connection(emulator.port) as connection:
        script = OVERHEAD.format(path=deploy(connection, path).path, n_calls=N_CALLS)
        us = int(connection.exec(script).decode().split()[-1])
    around = us * 1000 / (1 << board.emulator.icount_shift) / N_CALLS - profile(path.read_bytes(), "m4").total
    print(f"{name}: {around:.0f} instructions around the kernels")
    assert 0 < around <= RUN_LIMIT
