"""Weight windows on the host, under sanitizers: results equal whatever the window, hostile files refused, layers split exactly."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "kernels"))

import record

from linnet.errors import LinnetError
from linnet.layouts import TUNED
from linnet.model import Model
from linnet.packer import pack, pack_model
from linnet.window import least_window_bytes, operator_bytes, tables_bytes, window_ram_bytes

HOSTILE = sorted((ROOT / "tests" / "blob" / "hostile").glob("*.linnet"))
GOLDEN = sorted((ROOT / "tests" / "blob" / "golden").glob("*.linnet"))
# Of operators that split, and of ones with constants that are tensors: what TFLite Micro recorded.
RECORDED = ("conv_2d", "depthwise_conv_2d", "fully_connected", "conv_2d_int16", "fully_connected_int16", "svdf", "read_variable")


def same(a, b, seed=1):
    """Both Models give the same outputs for three inputs in a row."""
    rng = np.random.default_rng(seed)
    for _ in range(3):
        inputs = [rng.integers(0, 256, row.bytes, np.uint8).tobytes() for row in a._inputs]
        for x, y in zip(a.predict(inputs), b.predict(inputs), strict=True):
            np.testing.assert_array_equal(x.view(np.uint8), y.view(np.uint8))


@pytest.mark.parametrize("core", ("portable", *TUNED))
def test_every_window_gives_the_same(digits, core):
    data = pack(digits / "digits.tflite", core=core, n_golden=0)
    whole = Model(data)
    least = least_window_bytes(whole.blob)
    for window in (least, least + 100, 2 * least, 1 << 20):
        same(whole, Model(data, window=window))
    with pytest.raises(LinnetError, match=rf"operator \d+ has {least} bytes of constants, the window {least - 1}; pack"):
        Model(data, window=least - 1)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_blobs(path):
    data = path.read_bytes()
    model = Model(data, window=max(16, least_window_bytes(Model(data).blob)))
    assert model.selftest() == len(model.blob.golden)


@pytest.mark.parametrize("core, window", (("portable", 3000), ("armv7em", 8192)))
def test_layers_are_split_to_fit(digits, core, window):
    whole = pack_model(digits / "digits.tflite", core=core)
    assert least_window_bytes(whole.blob) > window
    split = pack_model(digits / "digits.tflite", core=core, window=window)
    assert split.checked == whole.checked and least_window_bytes(split.blob) <= window
    same(Model(whole.data), Model(split.data, window=window))
    assert window_ram_bytes(split.data, window) > tables_bytes(split.data) + window


@pytest.mark.parametrize("operator", RECORDED)
def test_recorded_layers_split(operator, tmp_path):
    """Each with half the window that it wants: split, it gives what TFLite Micro recorded; what cannot be split says so."""
    n_split = 0
    for number, (_, content, steps) in enumerate(record.recorded(record.VECTORS / f"{operator}.npz")):
        if number == 12:
            break
        path = tmp_path / "layer.tflite"
        path.write_bytes(content)
        whole = pack_model(path, n_golden=0, allow_float=True)
        window = max(16, (least_window_bytes(whole.blob) // 2 + 15) // 16 * 16)
        try:
            packed = pack_model(path, n_golden=0, allow_float=True, window=window)
        except LinnetError as error:
            assert re.search(r"cannot be split to fit a window|has \d+ bytes of constants, the window \d+; take", str(error))
            continue
        n_split += len(packed.blob.operators) > len(whole.blob.operators)
        model = Model(packed.data, window=window)
        for inputs, outputs in steps:
            shaped = [np.reshape(x, shape) for x, shape in zip(inputs, model.input_shape)]
            for got, wanted in zip(model.predict(shaped), outputs, strict=True):
                np.testing.assert_array_equal(got.ravel(), wanted.ravel())
    assert n_split or operator not in RECORDED[:5]


def test_operators_share_no_constants(digits):
    packed = pack_model(digits / "digits.tflite", window=8192)
    assert max(operator_bytes(packed.blob)) <= 8192
    ranges = sorted({(o.data_offset, o.data_offset + o.data_bytes) for o in packed.blob.operators if o.data_bytes})
    assert all(end <= start for (_, end), (start, _) in zip(ranges, ranges[1:]))


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_hostile_files_are_refused_alike(path):
    data = path.read_bytes()
    with pytest.raises(LinnetError) as whole:
        open_(data)
    reason = str(whole.value)
    if "GOLDEN" in reason:
        open_(data, 1 << 16)  # vectors stay in the file: each is looked at when it is replayed
        return
    with pytest.raises(LinnetError) as windowed:
        open_(data, 1 << 16)
    # Tables that end before another section than the weights are a section that is wrong.
    assert str(windowed.value) == reason or "SECTION" in str(windowed.value)


def open_(data, window=None):
    from linnet.core import Opened
    from linnet.windowed import Windowed

    return Windowed(data, window) if window else Opened(data)


def test_a_file_that_changes_while_it_is_used(digits):
    """Whatever stands in the file later, memory is safe: the constants are checked whenever they are read."""
    data = pack(digits / "digits.tflite", core="armv7em")
    opened = open_(data, least_window_bytes(Model(data).blob))
    start, end = tables_bytes(data), len(data)
    rng = np.random.default_rng(7)
    n_refused = 0
    for _ in range(200):
        at = int(rng.integers(start, end - 64))
        opened.file[start:end] = data[start:end]
        opened.file[at : at + 64] = rng.integers(0, 256, 64, np.uint8).tobytes()
        try:
            opened.invoke()
        except LinnetError:
            n_refused += 1
    assert 0 < n_refused < 200


def test_a_window_that_nothing_can_fit_in_names_the_layer(digits):
    with pytest.raises(LinnetError, match=r'.*digits.*"?.* bytes of constants and cannot be split to fit a window of 16: take one of \d+'):
        pack(digits / "digits.tflite", window=16)
