"""How far two float32 results may be apart that are right both: where a library's function comes in, every library differs.

Ours are within 2 units in the last place of the true value (device/kernels/float32/linnet_functions.c), the others' within 1 or 2;
what is then computed with both may widen that. All other operators give the reference's very bits.
"""

import numpy as np

# Units in the last place, by TFLite's name of the operator.
UNITS = {
    "LOGISTIC": 4, "TANH": 4, "ELU": 4, "EXP": 3, "LOG": 3, "SIN": 4, "COS": 4, "SOFTMAX": 6, "LOG_SOFTMAX": 4, "HYBRID": 64,
}  # fmt: skip


def differ(got, wanted, kind=None):
    """(elements,) bool: where an array is not what is wanted of an operator of this kind. NaN is NaN, whatever its bits."""
    got, wanted = np.ravel(got), np.ravel(wanted)
    if got.dtype != np.float32:
        return got.view(f"u{got.itemsize}") != wanted.view(f"u{wanted.itemsize}")
    same = (got.view("u4") == wanted.view("u4")) | (np.isnan(got) & np.isnan(wanted))
    if kind not in UNITS:
        return ~same
    with np.errstate(invalid="ignore", over="ignore"):
        unit = np.spacing(np.maximum(np.abs(wanted), _least(kind, wanted))).astype(np.float64)
        apart = np.abs(got.astype(np.float64) - wanted)
        return ~same & ~(apart <= UNITS[kind] * unit)


def _least(kind, wanted):
    """What a unit is at the least one of: results that are differences of larger numbers are as exact as those are."""
    if kind == "LOG_SOFTMAX":
        return np.float32(4)
    # int8 weights on float32: the sum is scaled, not each of its weights.
    return np.nanmax(np.abs(wanted)) if kind == "HYBRID" else np.float32(0)
