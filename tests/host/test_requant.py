"""linnet.requant: equal to device/kernels/linnet_requant.h on edge values, and true to what it approximates."""

import ctypes
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from linnet import requant
from linnet.errors import LinnetError

KERNELS = Path(__file__).resolve().parents[2] / "device" / "kernels"
INT32 = np.iinfo(np.int32)
SHIFTS = range(-31, 31)
MULTIPLIERS = [0, 1, 2, (1 << 30) - 1, 1 << 30, (1 << 30) + 1, 1518500250, INT32.max - 1, INT32.max]
EDGES = np.array(
    [0, 1, -1, 2, -2, INT32.min, INT32.min + 1, INT32.max, INT32.max - 1]
    + [sign * ((1 << bit) + nudge) for bit in range(1, 31) for sign in (1, -1) for nudge in (-1, 0, 1)],
    np.int64,
)

SHIM = """
#include "linnet_requant.h"
void requant(const int32_t *x, int n, int32_t multiplier, int32_t shift, int32_t *y) {
    for (int i = 0; i < n; i++) {
        y[i] = linnet_requant(x[i], multiplier, shift);
    }
}
void high_mul(const int32_t *x, int n, int32_t b, int32_t *y) {
    for (int i = 0; i < n; i++) {
        y[i] = linnet_high_mul(x[i], b);
    }
}
"""


@pytest.fixture(scope="module")
def c_core(tmp_path_factory):
    """The C header, behind functions over arrays."""
    folder = tmp_path_factory.mktemp("requant")
    (folder / "shim.c").write_text(SHIM)
    library = folder / "shim.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{KERNELS}", "-o", library, folder / "shim.c"], check=True)
    return ctypes.CDLL(str(library))


def call(function, x, *arguments):
    x = np.ascontiguousarray(x, np.int32)
    y = np.empty_like(x)
    function(x.ctypes, len(x), *arguments, y.ctypes)
    return y


def test_requant_is_the_twin_of_the_header(c_core):
    x = np.concatenate([EDGES, np.random.default_rng(1).integers(INT32.min, INT32.max, 500)])
    for multiplier in MULTIPLIERS:
        for shift in SHIFTS:
            want = call(c_core.requant, x, multiplier, shift)
            got = requant.requant(x, multiplier, shift)
            bad = np.flatnonzero(got != want)
            assert not len(bad), f"requant({x[bad[0]]}, {multiplier}, {shift}): {got[bad[0]]}, C {want[bad[0]]}"


def test_high_mul_is_the_twin_of_the_header(c_core):
    for b in (*MULTIPLIERS, -1, -1010580540, INT32.min + 1):
        assert np.array_equal(requant.high_mul(EDGES, b), call(c_core.high_mul, EDGES, b))


def test_requant_takes_arrays_of_multipliers():
    acc, multipliers, shifts = np.array([1000, -1000, 7]), np.array([1 << 30, 1 << 30, 1 << 30]), np.array([-2, -3, 2])
    assert requant.requant(acc, multipliers, shifts).tolist() == [125, -63, 14]


def test_rounding_shift_takes_ties_away_from_zero():
    assert requant.rounding_shift([5, -5, 6, -6, 7, -7], 2).tolist() == [1, -1, 2, -2, 2, -2]


@pytest.mark.parametrize(
    ("real", "want"),
    [
        (0.0, (0, 0)),
        (1.0, (1 << 30, 1)),
        (0.5, (1 << 30, 0)),
        (0.75, (3 << 29, 0)),
        (1 - 2.0**-40, (1 << 30, 1)),  # rounds up to 1 << 31
        (2.0**-32, (1 << 30, -31)),
        (2.0**-33, (0, 0)),  # less than any shift keeps
        (2.0**29, (1 << 30, 30)),
        (2.0**30, (INT32.max, 30)),
        (5e-324, (0, 0)),
    ],
)
def test_quantize_multiplier(real, want):
    assert requant.quantize_multiplier(real) == want


@pytest.mark.parametrize("real", [-1.0, math.inf, math.nan])
def test_quantize_multiplier_refuses(real):
    with pytest.raises(LinnetError, match="cannot be requantized"):
        requant.quantize_multiplier(real)


def test_quantize_multiplier_is_close():
    for real in np.exp(np.random.default_rng(2).uniform(-20, 20, 200)):
        multiplier, shift = requant.quantize_multiplier(float(real))
        assert 1 << 30 <= multiplier <= INT32.max
        assert multiplier * 2.0 ** (shift - 31) == pytest.approx(real, rel=2.0**-31)


@pytest.mark.parametrize(
    ("activation", "scale", "zero_point", "want"),
    [
        ("NONE", 0.1, 3, (-128, 127)),
        ("RELU", 0.1, 3, (3, 127)),
        ("RELU6", 0.1, 3, (3, 63)),
        ("RELU6", 0.01, -128, (-128, 127)),
        ("RELU_N1_TO_1", 0.04, 3, (-22, 28)),
        ("RELU_N1_TO_1", 0.5, -127, (-128, -125)),
    ],
)
def test_activation_range(activation, scale, zero_point, want):
    assert requant.activation_range(activation, np.float32(scale), zero_point) == want


def test_activation_range_names_what_it_does_not_know():
    with pytest.raises(LinnetError, match="TANH is not supported; supported are NONE, RELU"):
        requant.activation_range("TANH", np.float32(1), 0)


def test_exp_on_negative_values():
    for integer_bits in (0, 4, 5):
        one = 1 << (31 - integer_bits)
        x = -np.random.default_rng(3).integers(0, INT32.max, 2000)
        got = requant.exp_on_negative_values(x, integer_bits) / 2.0**31
        assert np.max(np.abs(got - np.exp(x / one))) < 1e-6
    assert requant.exp_on_negative_values(0, 5) == INT32.max


def test_logistic():
    x = np.random.default_rng(4).integers(INT32.min + 1, INT32.max, 2000)
    got = requant.logistic(x, 4) / 2.0**31
    assert np.max(np.abs(got - 1 / (1 + np.exp(-x / 2.0**27)))) < 1e-6
    assert requant.logistic(0, 4) == 1 << 30


def test_input_radius():
    assert requant.input_radius(5, 20) == 31 * 64
    assert requant.input_radius(4, 27) == 15
    assert requant.input_radius(5, 40) == 0
