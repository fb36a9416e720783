"""linnet freeze: models in a firmware's flash, on an emulated board whose firmware has some frozen in (boards/qemu-m4f-linnet)."""

import numpy as np
import pytest

from linnet.board import load_board
from linnet.emulate import Emulator, firmware_path
from linnet.errors import LinnetError
from linnet.freeze import freeze, source
from linnet.model import Model
from linnet.packer import pack
from linnet.payload import payload
from linnet.probe import probe
from linnet.transport import Connection
from linnet.upload import install

BOARD = "qemu-m4f-linnet"
STATE_IN_PLACE_BYTES = 2048

LOAD = """
import gc, linnet, linnet_models, micropython
gc.collect()
before = gc.mem_alloc()
model = linnet.load({name!r})
gc.collect()
print(gc.mem_alloc() - before, model.len, model.ram, model.selftest())
x, y = [bytes({n_inputs})], None
y = model.predict(x)
micropython.heap_lock()
y = model.predict(x)
micropython.heap_unlock()
print(list(y[0]))
print(linnet.load(linnet_models.{name}, model.arena).selftest())
"""


@pytest.fixture
def blob(digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(pack(digits / "digits.tflite"))
    return path


def test_source_has_every_byte(blob):
    data = blob.read_bytes()
    text = source({"digits": data, "again": data})
    arrays = text.split("= {\n")
    for array in arrays[1:3]:
        numbers = array.split("\n};")[0].replace("\n", " ").split(",")
        assert bytes(int(number, 16) for number in numbers if number.strip()) == data
    assert text.count("aligned(16)") == 2 and "MP_REGISTER_MODULE(MP_QSTR_linnet_models, linnet_models_module);" in text


def test_writes_a_file_or_a_user_c_module(blob, tmp_path):
    assert freeze([blob], tmp_path / "mine.c") == [tmp_path / "mine.c"]
    assert "MP_QSTR_mine" in (tmp_path / "mine.c").read_text()
    written = freeze([blob], tmp_path / "modules" / "linnet_models")
    assert [path.name for path in written] == ["linnet_models.c", "micropython.mk", "micropython.cmake"]
    assert "$(USERMOD_DIR)/linnet_models.c" in written[1].read_text()
    assert "${CMAKE_CURRENT_LIST_DIR}/linnet_models.c" in written[2].read_text()


def test_what_cannot_be_frozen_says_why(blob, digits, tmp_path):
    for models, output, message in (
        ([blob], "1st.c", '"1st" is no name for a variable'),
        ([blob, blob], "m.c", "another model is called digits"),
        ([digits / "digits.tflite"], "m.c", "is a model, not a blob"),
        ([tmp_path / "none.linnet"], "m.c", "none.linnet: No such file"),
        ([blob], "digits.linnet/m.c", "File exists|Not a directory"),
    ):
        with pytest.raises(LinnetError, match=message):
            freeze(models, tmp_path / output)


@pytest.mark.parametrize("name", ("digits", "vww"))
def test_in_a_firmware(name, digits, shared, tmp_path):
    board = load_board(BOARD)
    if not firmware_path(board).exists():
        pytest.skip(f"the firmware of {BOARD} is not built: make boards")
    if name == "digits":
        model = Model(pack(digits / "digits.tflite", core="armv7em"))
    else:
        model = Model(pack(shared("models/vww_96_int8.tflite"), core="armv7em", drop_constants=False))
        assert model.len > board.heap_bytes
    with Emulator(board, state_dir=tmp_path / "board") as emulator, Connection(emulator.port) as connection:
        install(connection, payload(probe(connection)))
        connection.soft_reset()
        script = LOAD.format(name=name, n_inputs=int(np.prod(model.input_shape[0])))
        sizes, output, again = connection.exec(script, timeout_s=60).decode().splitlines()
    n_bytes, n_blob, arena_bytes, n_golden = map(int, sizes.split())
    assert (n_blob, arena_bytes, n_golden, int(again)) == (model.len, model.ram, 2, 2)
    assert n_bytes <= arena_bytes + STATE_IN_PLACE_BYTES
    wanted = model.predict([np.zeros(model.input_shape[0], np.int8)])[0]
    np.testing.assert_array_equal(np.array(eval(output)), wanted)
