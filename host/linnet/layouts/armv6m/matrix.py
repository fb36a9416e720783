"""CONV_2D and FULLY_CONNECTED for armv6m: pairs of weights as 32-bit words, four outputs to a stream."""

import struct

import numpy as np

from . import scales

FAST, SIGNED, EXACT = 0, 1, 2
BLOCK = 64  # outputs that are finished together: LINNET_ARMV6M_BLOCK
GROUPS = (2, 8, 16)  # inputs whose products are added before their sum is widened
PAIR_LIMIT = 255  # of |weights| in a group: 255 * 128 fits 16 bits
PACKED_MASK = 0x00FF00FF  # what linnet_armv6m_packed adds to U with every carry
# Instructions: of a group's loop for one quad (linnet_armv6m_quads.S), and of one more run.
GROUP_COST = {2: 15.25, 8: 52, 16: 92}
RUN_COST = 60


def read_channels(data, n):
    """(bias, multiplier, shift), each (n,) int64, from the portable channels(n); and how many bytes they take."""
    bias, multiplier = np.frombuffer(data, "<i4", 2 * n).astype(np.int64).reshape(2, n)
    shift = np.frombuffer(data, "i1", n, 8 * n).astype(np.int64)
    return bias, multiplier, shift, (9 * n + 15) // 16 * 16


def sum_limits(bias, weights):
    """Least and greatest sum of each channel over all int8 inputs: bias (n,), weights (n, taps) -> two (n,) int64."""
    positive, negative = np.maximum(weights, 0).sum(axis=1), np.minimum(weights, 0).sum(axis=1)
    return bias - 128 * positive + 127 * negative, bias + 127 * positive - 128 * negative


def lay_out(data, n_outputs, n_inputs, chunk, packed, zero_point, act_min, act_max):
    """The data of FORMAT.md's armv6m matrix from the portable operator's, or None where it does not fit the words.

    chunk: inputs that are widened at a time (n_inputs, unless they are many). packed: weights take a byte each, not two.
    """
    bias, multiplier, shift, at = read_channels(data, n_outputs)
    weights = np.frombuffer(data, "i1", n_outputs * n_inputs, at).reshape(n_outputs, n_inputs).astype(np.int64)
    low, high = sum_limits(bias, weights)
    proved = [
        scales.prove(int(low[o]), int(high[o]), int(multiplier[o]), int(shift[o]), zero_point, act_min, act_max)
        for o in range(n_outputs)
    ]
    if all(proved):
        finish = SIGNED if any(scale.nudge for scale in proved) else FAST
        constant = np.array([scale.constant for scale in proved])
        weights = np.where(constant[:, None], 0, weights)
        start = np.where(constant, 0, bias - np.array([scale.origin for scale in proved]))
        records = b"".join(_record(scale, finish) for scale in proved)
    else:
        finish, start = EXACT, bias
        records = np.stack([multiplier, shift], axis=1).astype("<i4").tobytes()
    runs, stream = [], b""
    for first in range(0, n_outputs, BLOCK):
        block = weights[first : first + BLOCK]
        quads = -(-len(block) // 4)
        block = np.pad(block, ((0, quads * 4 - len(block)), (0, 0))).reshape(quads, 4, n_inputs)
        starts = np.pad(start[first : first + BLOCK], (0, quads * 4 - min(BLOCK, n_outputs - first))).reshape(quads, 4)
        for i in range(0, n_inputs, chunk):
            part = block[:, :, i : i + chunk]
            groups = _choose_groups(part, GROUPS[:1] if packed else GROUPS)
            if groups is None:
                return None
            for quad, first_start, group in zip(part, starts, groups):
                here = first_start if i == 0 else 0 * first_start
                stream += _packed_quad(quad, here) if packed else _quad(quad, here, group)
            runs += _run_lengths(groups)
    if len(runs) > 0xFFFF:
        return None
    head = struct.pack("<2H", finish, len(runs)) + b"".join(struct.pack("<2H", *run) for run in runs)
    return _padded(head) + _padded(records) + stream


def _record(scale, finish):
    record = struct.pack("<4I", scale.range, scale.offset, scale.fine, scale.coarse)
    return record + struct.pack("<2I", scale.zero, scale.nudge) if finish == SIGNED else record


def _padded(data):
    return data + bytes(-len(data) % 16)


def _grouped(weights, group):
    """(..., inputs) with zeros up to a multiple of the group."""
    return np.pad(weights, [(0, 0)] * (weights.ndim - 1) + [(0, -weights.shape[-1] % group)])


def _choose_groups(quads, allowed):
    """A group for each of quads (n, 4, inputs): the cheapest sequence whose sums all fit; None where not even pairs do."""
    inputs = quads.shape[2]
    costs = np.full((len(quads), len(GROUPS)), np.inf)
    for g, group in enumerate(allowed):
        sums = np.abs(_grouped(quads, group)).reshape(len(quads), 4, -1, group).sum(axis=3)
        costs[sums.max(axis=(1, 2)) <= PAIR_LIMIT, g] = -(-inputs // group) * GROUP_COST[group]
    # The cheapest way to each group of each quad; to change the group costs a run.
    change = RUN_COST * (1 - np.eye(len(GROUPS)))
    total, came_from = costs[0], []
    for cost in costs[1:]:
        step = total[:, None] + change
        came_from.append(step.argmin(axis=0))
        total = step.min(axis=0) + cost
    if not np.isfinite(total.min()):
        return None
    chosen = [int(total.argmin())]
    for previous in reversed(came_from):
        chosen.append(int(previous[chosen[-1]]))
    return [GROUPS[g] for g in reversed(chosen)]


def _run_lengths(groups):
    """[(quads, group)] of consecutive equal groups."""
    edges = [0, *(i for i in range(1, len(groups)) if groups[i] != groups[i - 1]), len(groups)]
    return [(b - a, groups[a]) for a, b in zip(edges, edges[1:])]


def _quad(weights, start, group):
    """The stream of four outputs, weights (4, inputs): outputs 0 and 1 in the high halves, 2 and 3 in the low ones."""
    weights = _grouped(weights, group)
    words = (weights[:2] << 16) + weights[2:]  # (2 pairs, inputs)
    words = words.reshape(2, -1, 2).transpose(1, 0, 2)
    return np.concatenate([_starts(start), words.reshape(-1)]).astype(np.uint64).astype("<u4").tobytes()


def _starts(start):
    """U0 U1 T0 T1 of four outputs."""
    return np.concatenate([start[:2], start[2:] + (start[:2] << 16)])


def _packed_quad(weights, start):
    """As _quad, with a byte for each weight: per two inputs a word for either pair of outputs."""
    weights = _grouped(weights, 2) + 128
    starts = _starts(start) - PACKED_MASK * (weights.shape[1] // 2) * np.array([1, 1, 0, 0])
    high, low = weights[:2].reshape(2, -1, 2), weights[2:].reshape(2, -1, 2)
    words = np.concatenate([low, high], axis=2).astype(np.uint8).transpose(1, 0, 2)  # (steps, pairs, bytes)
    return starts.astype(np.uint64).astype("<u4").tobytes() + words.tobytes()
