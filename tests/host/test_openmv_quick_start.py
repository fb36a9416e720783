"""What docs/openmv.md tells to do, done: its commands, then its program, on an emulated Cortex-M7 with OpenMV's stand-ins."""

import re
import shlex
import sys

import numpy as np
from click.testing import CliRunner
from fenced import blocks
from linnet.cli import linnet as command_line
from linnet.emulate import Emulator
from linnet.transport import BoardError, Connection
from linnet.upload import install
from openmv_scenes import digit_on_paper
from test_openmv import EXAMPLES, ROOT, stand_ins

sys.path.insert(0, str(ROOT / "tests" / "device"))

PAGE = (ROOT / "docs" / "openmv.md").read_text()


def test_the_quick_start(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    ((command,), (program,)) = blocks("docs/openmv.md", "sh"), blocks("docs/openmv.md", "python")
    test_set = np.load(digits / "digits_test.npz")
    files = stand_ins(False) | {f"/frames/{i}.raw": digit_on_paper(test_set["x"][i]).tobytes() for i in range(3)}
    with Emulator("qemu-m7", state_dir=tmp_path) as camera:
        monkeypatch.setattr("linnet.target.plugged_in", lambda: [(camera.port, [camera.board])])
        name, *arguments = shlex.split(command)[1:]
        done = CliRunner().invoke(command_line.get_command(None, name), arguments)
        assert done.exit_code == 0, done.output + str(done.exception)
        with Connection(camera.port) as connection:
            install(connection, files)
            connection.soft_reset()
            printed = bytearray()
            try:
                connection.exec(program, 60, printed.extend)
            except BoardError as error:
                assert "no more frames" in error.traceback
    lines = printed.decode().splitlines()
    assert [line.split()[0] for line in lines] == [str(y) for y in test_set["y"][:3]]
    assert all(re.fullmatch(r"\d \d+ %  \d+\.\d fps", line) for line in lines)


def test_the_page_names_every_example():
    assert set(re.findall(r"^\| `(\w+\.py)`", PAGE, re.M)) == {path.name for path in EXAMPLES.glob("*.py")}


def test_the_other_command_exists():
    options = {option for parameter in command_line.get_command(None, "stream").params for option in parameter.opts}
    assert "--frames" in options and "linnet stream SCRIPT.py --frames DIR" in PAGE
