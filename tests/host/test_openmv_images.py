"""Images into a model's input (device/kernels/image), against NumPy that does the same, and hostile geometries."""

import ctypes

import numpy as np
import pytest
from image_twin import GRAY, NEAREST, RGB565, RGB565_BIG, RGB888, SMOOTH, reference
from linnet import core

FIELDS = "width height format x y w h out_w out_h channels to_x to_y to_w to_h pad scaling element_bytes".split()


def library():
    lib = core.library()
    lib.linnet_image_check.restype = ctypes.c_char_p
    lib.linnet_image_changed.restype = ctypes.c_uint32
    return lib


def geometry(**fields):
    return (ctypes.c_int32 * len(FIELDS))(*(fields[name] for name in FIELDS))


def check(g, image_bytes, table_bytes, out_bytes):
    sizes = (ctypes.c_size_t(n) for n in (image_bytes, table_bytes, out_bytes))
    return library().linnet_image_check(g, *sizes)


def convert(image, table, **fields):
    """The C function's output (out_h, out_w, channels). table: (channels, 256) of the output's dtype."""
    shape = fields["out_h"], fields["out_w"], fields["channels"]
    out = np.zeros(shape, table.dtype)
    g = geometry(element_bytes=table.dtype.itemsize, **fields)
    assert check(g, image.nbytes, table.nbytes, out.nbytes) is None
    pointers = (ctypes.c_void_p(a.ctypes.data) for a in (image, table, out))
    library().linnet_image_convert(g, *pointers)
    return out


def image_of(rng, format, h, w):
    shape = {GRAY: (h, w), RGB888: (h, w, 3)}.get(format, (h, w, 2))
    return rng.integers(0, 256, shape, np.uint8)


def part_of(rng, n):
    size = int(rng.integers(1, n + 1))
    return int(rng.integers(0, n - size + 1)), size


@pytest.mark.parametrize("format", (GRAY, RGB565, RGB888, RGB565_BIG))
@pytest.mark.parametrize("channels", (1, 3))
@pytest.mark.parametrize("scaling", (NEAREST, SMOOTH))
def test_conversion_is_that_of_the_reference(format, channels, scaling):
    rng = np.random.default_rng(format * 10 + channels * 2 + scaling)
    for dtype in ("int8", "uint8", "int16", "float32") * 6:
        h, w, out_h, out_w = (int(n) for n in rng.integers(1, 40, 4))
        (x, part_w), (y, part_h), (to_x, to_w), (to_y, to_h) = (part_of(rng, n) for n in (w, h, out_w, out_h))
        image = image_of(rng, format, h, w)
        table = rng.integers(-128, 127, (channels, 256)).astype(dtype)
        fields = dict(
            width=w, height=h, format=format, x=x, y=y, w=part_w, h=part_h, out_w=out_w, out_h=out_h, channels=channels,
            to_x=to_x, to_y=to_y, to_w=to_w, to_h=to_h, pad=int(rng.integers(0, 256)), scaling=scaling,
        )  # fmt: skip
        np.testing.assert_array_equal(convert(image, table, **fields), reference(image, table, **fields))


def test_the_mean_of_the_largest_white_image_is_white():
    image = np.full((4095, 4095), 255, np.uint8)
    fields = dict(width=4095, height=4095, format=GRAY, x=0, y=0, w=4095, h=4095, out_w=1, out_h=1, channels=1)
    table = np.arange(256, dtype=np.uint8)[None]
    assert convert(image, table, **fields, to_x=0, to_y=0, to_w=1, to_h=1, pad=0, scaling=SMOOTH)[0, 0, 0] == 255


def test_a_geometry_that_reaches_beyond_a_buffer_is_refused():
    good = dict(
        width=8, height=6, format=RGB565, x=1, y=2, w=7, h=4, out_w=5, out_h=3, channels=3, to_x=1, to_y=0, to_w=4, to_h=3,
        pad=0, scaling=1, element_bytes=1,
    )  # fmt: skip
    assert check(geometry(**good), 96, 768, 45) is None
    assert check(geometry(**good), 95, 768, 45) == b"image too short"
    assert check(geometry(**good), 96, 767, 45) == check(geometry(**good), 96, 768, 44) == b"table or output too short"
    wrong = (
        ("width", 0, 4096, 9), ("height", 0, -1, 4096, 7), ("format", 0, 5), ("channels", 0, 2, 4), ("element_bytes", 0, 3, 8),
        ("pad", -1, 256), ("x", -1, 2, 2**31 - 1), ("y", -1, 3, -(2**31)), ("w", 0, 8, 2**31 - 1), ("h", 0, 5, -1), ("out_w", 0, 6),
        ("out_h", 0, 4), ("to_x", -1, 2), ("to_y", 1), ("to_w", 0, 5), ("to_h", 0, 4),
    )  # fmt: skip
    for name, *values in wrong:
        for value in values:
            assert check(geometry(**(good | {name: value})), 96, 768, 45), (name, value)


def test_changed_counts_what_differs_by_more():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 256, (2, 500), np.uint8)
    for threshold in (0, 20, 255):
        pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (a, b))
        n = library().linnet_image_changed(*pointers, ctypes.c_size_t(500), threshold)
        assert n == (np.abs(a.astype(int) - b) > threshold).sum()
