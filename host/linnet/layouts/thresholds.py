"""Where TFLite's requantization steps from one output byte to the next, and multiply-shift formulas proved to step there.

A channel's output grows with its accumulator, so it is known whole by the accumulators at which it first reaches each byte:
its thresholds. A cheaper formula that grows as well and agrees just before and at every threshold agrees everywhere.
"""

from dataclasses import dataclass

import numpy as np

from linnet.requant import requant

LIMIT = 1 << 31  # of accumulators
N_TRIALS = 65


@dataclass
class Steps:
    """A channel over the accumulators it can reach: `first`, then from start + at[i] on the byte first + 1 + i."""

    first: int  # the output at the least accumulator
    start: int  # one below the least threshold; any number where there is none
    at: np.ndarray  # (n,) int64, ascending, at[0] = 1; empty for a constant channel


def find_steps(layer):
    """[Steps or None] for every channel of a Layer; None where the output does not grow with the accumulator, or wraps."""
    low, high = layer.reach()
    act_min, act_max = layer.params["act_min"], layer.params["act_max"]
    sound = (layer.shift <= 0) & (-LIMIT <= low) & (high < LIMIT)

    def output(acc):
        value = requant(acc, layer.multiplier[:, None], np.minimum(layer.shift, 0)[:, None])
        return np.clip(value + layer.params["output_zero_point"], act_min, act_max)

    low, high = np.where(sound, low, 0), np.where(sound, high, 0)
    first, last = output(low[:, None])[:, 0], output(high[:, None])[:, 0]
    values = np.arange(act_min + 1, act_max + 1)[None, :]
    below, above = (np.repeat(end[:, None], values.shape[1], axis=1) for end in (low, high))
    while np.any(above - below > 1):  # output(below) < value <= output(above) where value is reached at all
        middle = (below + above) >> 1
        reached = output(middle) >= values
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
    found = []
    for i in range(layer.n):
        at = above[i, first[i] - act_min : last[i] - act_min]
        start = int(at[0]) - 1 if len(at) else int(low[i])
        found.append(Steps(int(first[i]), start, at - start) if sound[i] else None)
    return found


@dataclass
class Formula:
    """With s = acc - start held in 0 ... limit, all unsigned 32 bits:

    byte = ((s << fraction) * multiplier >> 32) + addend - (1 << fraction where s < negatives) >> shift

    TFLite rounds ties away from zero; where some outputs are negative, the last term moves theirs.
    """

    start: int
    limit: int
    negatives: int
    multiplier: int
    addend: int
    shift: int


def multiply_high(steps, multiplier, shift, fraction):
    """A Formula that gives the low byte of steps' every output, or None. multiplier, shift: the channel's, shift <= 0."""
    if not len(steps.at):
        return Formula(steps.start, 0, 0, 0, (steps.first & 255) << 24, 24)
    limit, negatives = int(steps.at[-1]), max(0, -steps.start)
    if limit >> (32 - fraction):
        return None
    # (s << fraction) * m >> 32 is to be s * scale * 2^out; m below 2^32, and 24 bits are all that the shift may drop.
    out = min(24, fraction - shift)
    exact = multiplier * 2.0 ** (out + 1 - fraction + shift)
    for trial in range(N_TRIALS):
        m = round(exact) + (trial + 1) // 2 * (-1) ** trial
        for moved in {0, min(negatives, limit + 1)} if 0 < m < 1 << 32 else ():
            addend = _addend(steps, m, moved, fraction, out)
            if addend is not None:
                addend += (steps.first & 255) << out
                return Formula(steps.start, limit, moved, m, addend % (1 << 32), out)
    return None


def _addend(steps, multiplier, negatives, fraction, shift):
    """What to add so that the byte is 0 at s = 0 and grows by one just at every threshold; None if nothing does."""

    def sums(s):
        scaled = (s << fraction).astype(np.uint64)
        low, high = scaled * np.uint64(multiplier & 0xFFFF), scaled * np.uint64(multiplier >> 16)
        product = ((high + (low >> np.uint64(16))) >> np.uint64(16)).astype(np.int64)
        return product - ((s < negatives).astype(np.int64) << fraction)

    wanted = np.arange(1, len(steps.at) + 1, dtype=np.int64) << shift
    zero = sums(np.zeros(1, np.int64))[0]
    least = max(-zero, (wanted - sums(steps.at)).max())
    most = min((1 << shift) - 1 - zero, (wanted - 1 - sums(steps.at - 1)).min())
    return int(least + most) // 2 if least <= most else None
