"""What stays working when a deploy is cut off, fails its proof, or is taken back: installs as a whole, `linnet rollback`."""

import shutil

import pytest
from click.testing import CliRunner
from fake_board import FakeBoard

from linnet import LinnetError
from linnet.blob import encode
from linnet.board import load_board
from linnet.cli import linnet as command_line
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.model import Model
from linnet.packer import pack
from linnet.rollback import SWAP, restore, rollback
from linnet.transport import BoardError, Connection
from linnet.upload import install

BOARD = "unix"  # the quickest to start


@pytest.fixture
def board(tmp_path):
    if not firmware_path(load_board(BOARD)).exists():
        pytest.skip(f"the firmware of {BOARD} is not built: make boards")
    with Emulator(load_board(BOARD), tmp_path / "state") as emulator, Connection(emulator.port) as connection:
        yield connection


@pytest.fixture
def versions(digits, tmp_path):
    """Two versions of a model named kws; their names tell them apart."""
    paths = [tmp_path / name / "kws.linnet" for name in ("first", "second")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(pack(digits / "digits.tflite", name=path.parent.name))
    return paths


def name_there(board, model="kws"):
    board.soft_reset()
    return board.eval(f"__import__('linnet').load({model!r}).name")


def listed(board, folder):
    return sorted(board.eval(f"__import__('os').listdir({folder!r})"))


def test_rollback_and_back_again(board, versions):
    for path in versions:
        deploy(board, path)
    assert listed(board, "/models") == ["kws.linnet", "kws.linnet.old"]
    assert rollback(board) == ("/models/kws.linnet", 2) and name_there(board) == "first"
    assert rollback(board, "kws")[1] == 2 and name_there(board) == "second"


def test_nothing_to_roll_back_to(board, versions):
    deploy(board, versions[0])
    with pytest.raises(LinnetError, match="no model that was replaced is kept; deploy the one that you want"):
        rollback(board)
    with pytest.raises(LinnetError, match="no version of nose.linnet before the one that is there"):
        rollback(board, "nose")


def test_several_models_want_a_name(board, versions, tmp_path):
    for path in versions:
        deploy(board, path)
        deploy(board, shutil.copy(path, tmp_path / "nose.linnet"))
    with pytest.raises(LinnetError, match="say which: kws, nose"):
        rollback(board)


def test_command(digits, versions, tmp_path):
    if not firmware_path(load_board(BOARD)).exists():
        pytest.skip(f"the firmware of {BOARD} is not built: make boards")
    with Emulator(load_board(BOARD), tmp_path / "state") as emulator:
        for path in versions:
            with Connection(emulator.port) as connection:
                deploy(connection, path)
        result = CliRunner().invoke(command_line, ["rollback", "--port", emulator.port])
        assert result.output == "/models/kws.linnet: the version before is back, 2 golden vectors equal\n"


@pytest.mark.parametrize("renames", [0, 1, 2, 3])
def test_a_swap_that_is_cut_off_leaves_a_model_and_is_completed(board, versions, renames):
    for path in versions:
        deploy(board, path)
    cut = f"import os\nleft = {renames}\nreal = os.rename\n" + SWAP.replace("os.rename(", "limited(").format(path="/models/kws.linnet")
    limited = "def limited(a, b):\n global left\n if not left: raise SystemExit\n left -= 1\n real(a, b)\n"
    board.exec(cut.replace("real = os.rename\n", "real = os.rename\n" + limited))
    assert name_there(board) == ("second" if renames == 0 else "first")
    if renames < 3:
        assert restore(board, "/models/kws.linnet")
    assert name_there(board) == "first" and listed(board, "/models") == ["kws.linnet", "kws.linnet.old"]


def test_a_model_that_fails_its_proof_gives_way(board, versions, tmp_path):
    deploy(board, versions[0])
    blob = Model(versions[1]).blob
    blob.golden[0].outputs[0] = bytes(byte ^ 1 for byte in blob.golden[0].outputs[0])
    wrong = tmp_path / "kws.linnet"
    wrong.write_bytes(encode(blob))
    with pytest.raises(LinnetError, match="kws.linnet: fails on the board: .*; the model before it is back"):
        deploy(board, wrong)
    assert name_there(board) == "first" and listed(board, "/models") == ["kws.linnet"]


def test_an_old_model_gives_way_when_flash_is_short(tmp_path):
    flash = tmp_path / "flash"
    versions = [bytes([i]) * 3000 for i in range(3)]
    for data in versions:
        with FakeBoard(flash, capacity_bytes=9000) as board, Connection(board.port) as connection:
            install(connection, {"/models/a.linnet": data}, keep=True)
            assert board.read("/models/a.linnet") == data
    assert board.read("/models/a.linnet.old") == versions[1]
    with FakeBoard(flash, capacity_bytes=8000) as board, Connection(board.port) as connection:
        install(connection, {"/models/a.linnet": bytes(3000)}, keep=True)
        assert board.read("/models/a.linnet.old") == versions[2]


# The library


@pytest.mark.parametrize("missing", ["model", "files", "_linnet"])
def test_import_completes_an_install(board, versions, missing):
    deploy(board, versions[0])
    path = "/lib/_linnet.mpy" if missing == "_linnet" else f"/lib/linnet/{missing}.mpy"
    board.exec(f"import os\nos.rename({path!r}, {path + '.part'!r})")
    board.exec(f"with open('/lib/linnet.install', 'w') as f: f.write({'/lib/linnet/none.mpy' + chr(10) + path!r})")
    assert name_there(board) == "first"
    assert "linnet.install" not in listed(board, "/lib")


def test_the_next_deploy_completes_an_install(board, versions):
    deploy(board, versions[0])
    board.exec("import os\nos.rename('/lib/linnet/__init__.mpy', '/lib/linnet/__init__.mpy.part')")
    board.exec("with open('/lib/linnet.install', 'w') as f: f.write('/lib/linnet/__init__.mpy')")
    assert deploy(board, versions[0]).summary.sent == []
    assert name_there(board) == "first"


@pytest.mark.parametrize(("path", "part"), [("/lib/_linnet.mpy", 0.5), ("/lib/linnet/model.mpy", 0.5), ("/lib/linnet.sums", 0)])
def test_damage_at_rest_is_named_and_mended(board, versions, path, part):
    deploy(board, versions[0])
    board.exec(f"f = open({path!r}, 'rb')\nd = bytearray(f.read())\nf.close()\nd[int({part} * len(d))] ^= 0x11\nf = open({path!r}, 'wb')\nf.write(d)\nf.close()")
    with pytest.raises(BoardError, match=r"ImportError: /lib/\S+ is (not what was deployed, or )?damaged"):
        name_there(board)
    assert deploy(board, versions[0]).summary.sent == [path]


def test_a_damaged_model_is_named(board, versions):
    deploy(board, versions[0])
    board.exec("f = open('/models/kws.linnet', 'r+b')\nf.seek(900)\nf.write(b'\\x55\\xaa\\x55')\nf.close()")
    with pytest.raises(BoardError, match="ValueError: /models/kws.linnet: blob: CRC differs"):
        name_there(board)


def test_sources_that_mip_left_do_not_come_first(board, versions):
    deploy(board, versions[0])
    board.exec("with open('/lib/linnet/model.py', 'w') as f: f.write('broken')")
    deploy(board, versions[0])
    assert "model.py" not in listed(board, "/lib/linnet") and name_there(board) == "first"


def test_modules_of_other_models_stay_of_one_version(board, versions, digits):
    deploy(board, versions[0])
    board.exec("with open('/lib/_linnet_math.mpy', 'wb') as f: f.write(b'an older version')")
    assert deploy(board, versions[0]).summary.sent == ["/lib/_linnet_math.mpy"]
