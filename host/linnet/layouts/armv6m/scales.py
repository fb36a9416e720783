"""Requantization in two multiplications, proved channel by channel: linnet_armv6m_scale_t of linnet_armv6m.h.

A channel's output is a staircase over its sums: 255 thresholds at most. All of them are computed from the rounding
function itself; a scale is taken only if it has every threshold that the channel's sums can reach.
"""

from dataclasses import dataclass

import numpy as np

from linnet.requant import requant

RANGE_BITS = 20
FINE_BITS = 12
# How far from the true factor scales are tried, in steps of its last bit.
TRIES = (0, -1, 1, -2, 2, -3, 3, -4, 4)


@dataclass
class Scale:
    """S = clamp(sum - origin, 0, range); out = top byte of S * coarse + (S * fine >> 12) + offset, less nudge if S < zero."""

    origin: int
    range: int
    offset: int
    fine: int
    coarse: int
    zero: int = 0
    nudge: int = 0
    constant: bool = False  # the output is the same for every sum: weights may be zero, and the sum 0


def prove(low, high, multiplier, shift, zero_point, act_min, act_max):
    """The Scale of a channel whose sums lie in [low, high] (int), or None where there is no exact one."""

    def out(sums):
        return np.clip(requant(sums, multiplier, shift) + zero_point, act_min, act_max)

    if low < -(1 << 31) or high >= 1 << 31 or (shift > 0 and max(-low, high) << shift >= 1 << 31):
        return None
    first, last = (int(y) for y in out(np.array([low, high])))
    if first == last:
        return Scale(0, 0, (first & 0xFF) << 24, 0, 0, constant=True)
    steps = np.arange(first + 1, last + 1)
    thresholds = _thresholds(out, low, high, steps)
    origin = int(thresholds[0]) - 1
    width = int(thresholds[-1]) - origin
    if width >= 1 << RANGE_BITS:
        return None
    # One output step is 2^24; the factor per step of the sum has FINE_BITS more.
    bits = shift + 24 + FINE_BITS - 31
    factor = multiplier << bits if bits >= 0 else (multiplier + (1 << (-bits - 1))) >> -bits
    # Each sum's least and greatest exact offset: on a threshold the new step is reached, one below it is not.
    sums = np.concatenate([thresholds, thresholds - 1])
    reached = out(sums) - first  # a sum may take several steps at once
    is_negative = sums < 0
    for off in TRIES:
        found = _offsets(sums - origin, reached, is_negative, factor + off)
        if found:
            offset, nudge = found
            offset += (first & 0xFF) << 24
            coarse, fine = divmod(factor + off, 1 << FINE_BITS)
            return Scale(origin, width, offset % (1 << 32), fine, coarse, max(0, -origin) if nudge else 0, nudge)
    return None


def _thresholds(out, low, high, steps):
    """For every step the least sum in (low, high] whose output reaches it: `out` never falls."""
    below, above = np.full(len(steps), low), np.full(len(steps), high)
    while np.any(above - below > 1):
        middle = (below + above) >> 1
        reaches = out(middle) >= steps
        above, below = np.where(reaches, middle, above), np.where(reaches, below, middle)
    return above


def _offsets(s, reached, is_negative, factor):
    """(offset, nudge) that bring every S of `s` exactly to its step, or None.

    s rises from 0 to the range at thresholds and right below them, so what holds for them holds for all between.
    """
    coarse, fine = divmod(factor, 1 << FINE_BITS)
    if factor <= 0 or coarse >= 1 << 32:
        return None
    value = s * coarse + (s * fine >> FINE_BITS)
    least = (reached << 24) - value
    most = least + (1 << 24) - 1
    offset = _middle(least, most)
    if offset is not None:
        return offset, 0
    upper, lower = _middle(least[~is_negative], most[~is_negative]), _middle(least[is_negative], most[is_negative])
    if upper is None or lower is None:
        return None
    return upper, (upper - lower) % (1 << 32)


def _middle(least, most):
    """A number within every [least, most], or None."""
    low, high = (int(least.max()), int(most.min())) if len(least) else (0, 0)
    return (low + high) // 2 if low <= high else None
