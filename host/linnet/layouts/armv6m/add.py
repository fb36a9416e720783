"""ADD for armv6m: a table per input of what each byte contributes, proved over all pairs of bytes."""

import struct

import numpy as np

from linnet.requant import requant

FRACTION_BITS = 20
LEFT_SHIFT = 20  # TFLite's, of both inputs


def lay_out(params):
    """The data from the operator's unpacked params, or None where no tables are exact for all 65536 pairs."""
    low, high, (m0, m1, m2), shifts = params["act_min"], params["act_max"], params["multiplier"], params["shift"]
    bytes_ = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
    inputs = [
        requant((bytes_ - zero_point) << LEFT_SHIFT, multiplier, shift)
        for zero_point, multiplier, shift in zip(params["zero_point"], (m0, m1), shifts)
    ]
    sums = inputs[0][:, None] + inputs[1]
    wanted = np.clip(requant(sums, m2, shifts[2]) + params["output_zero_point"], low, high) - low
    bits = 31 - shifts[2] - FRACTION_BITS
    if not 0 < bits < 62:
        return None
    tables = [(x * m2 + (1 << (bits - 1))) >> bits for x in inputs]
    reached = tables[0][:, None] + tables[1]
    # The least and the greatest offset that bring each pair to its output; beyond the clamp one of them is free.
    limit = np.int64(1) << 40
    least = np.where(wanted > 0, (wanted << FRACTION_BITS) - reached, -limit)
    most = np.where(wanted < high - low, ((wanted + 1) << FRACTION_BITS) - 1 - reached, limit)
    positive = sums >= 0
    offset = _middle(least, most)
    nudge, zero = 0, -(1 << 31)
    if offset is None:
        offset, below = _middle(least[positive], most[positive]), _middle(least[~positive], most[~positive])
        if offset is None or below is None or reached[~positive].max() >= reached[positive].min():
            return None
        nudge, zero = offset - below, int(reached[positive].min()) + offset
    tables[1] = tables[1] + offset
    reached = tables[0][:, None] + tables[1]
    if max(np.abs(t).max() for t in (*tables, reached)) + abs(nudge) >= 1 << 31:
        return None
    last = ((high - low + 1) << FRACTION_BITS) - 1
    return struct.pack("<4i", last, zero, nudge, low) + np.concatenate(tables).astype("<i4").tobytes()


def _middle(least, most):
    """A number within every [least, most], the middle one where there is a choice; None where there is none."""
    low, high = (int(least.max()), int(most.min())) if least.size else (0, 0)
    return (low + high) // 2 if low <= high else None
