"""ADD as a plane: bytes a and b give (first[a] + second[b] + addend) >> bits, constants proved for all 65536 pairs."""

import numpy as np

from linnet.requant import requant

N_TRIALS = 40
BYTES = np.arange(-128, 128)


def sums(params):
    """(256, 256) int64: what TFLite's ADD makes of every pair of bytes, held within int8 but not clamped further."""
    x = [requant((BYTES - params["zero_point"][i]) << 20, params["multiplier"][i], params["shift"][i]) for i in range(2)]
    total = requant(x[0][:, None] + x[1][None, :], params["multiplier"][2], params["shift"][2])
    return np.clip(total + params["output_zero_point"], -128, 127)


def slopes(params):
    """The real factors (2,) by which either input counts in the output."""
    real = [multiplier / (1 << 31) * 2.0**shift for multiplier, shift in zip(params["multiplier"], params["shift"])]
    return np.array(real[:2]) * real[2] * (1 << 20)


def fit_plane(params, bits, unit, product, limit):
    """(factor 0, factor 1, addend) that give sums(params) as (product(factor 0)[a] + product(factor 1)[b] + addend) >> bits,
    saturated to int8; None where none are found.

    product(factor): (256,) int64, about byte * factor * 2^bits / unit; factors are to lie in 0 ... limit - 1.
    """
    found = fit_table(sums(params), slopes(params), bits, unit, product, limit)
    return found if found is None or min(found[:2]) >= 0 else None


def fit_table(wanted, slopes, bits, unit, product, limit):
    """fit_plane for any table of wanted bytes (256, 256) that rises by about slopes (2,) along its axes; factors may be negative."""
    exact = np.array(slopes) * unit
    for _ in range(N_TRIALS):
        factors = [round(factor) for factor in exact]
        if max(np.abs(factors)) >= limit:
            return None
        acc = product(factors[0])[:, None] + product(factors[1])[None, :]
        # acc + addend is to lie in [wanted, wanted + 1) << bits, but where the byte saturates, which may lie beyond.
        least = np.where(wanted > -128, (wanted << bits) - acc, -(1 << 31) - acc.min())
        most = np.where(wanted < 127, ((wanted + 1) << bits) - 1 - acc, (1 << 31) - 1 - acc.max())
        low, high = least.argmax(), most.argmin()
        gap = int(least.flat[low]) - int(most.flat[high])
        if gap <= 0:
            return *factors, int(least.flat[low]) - gap // 2
        # Two pairs contradict each other: turn the plane until they do not, as one solves linear inequalities.
        apart = np.subtract(np.unravel_index(low, acc.shape), np.unravel_index(high, acc.shape))
        if not apart.any():
            return None
        exact += unit / 2**bits * (gap + 4) * apart / (apart @ apart)
    return None
