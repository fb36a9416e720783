"""DEPTHWISE_CONV_2D 3x3 for armv6m: one record of 32 bytes a channel."""

import struct

import numpy as np

from linnet.graph import IN_PLACE
from linnet.overlap import steps_overlap

from . import scales
from .matrix import PAIR_LIMIT, read_channels, sum_limits

FAST, EXACT = 0, 1
# As the kernel has them.
MAX_WHOLE_BYTES = 3072
BAND_ROWS = 4
MAX_SIZE = 8192


def applies(w):
    """Whether the kernel takes this window (operators.window.Window)."""
    return (
        w.in_c == w.out_c and w.kernel_h == w.kernel_w == 3 and w.pad_top <= 1 and w.pad_left <= 1
        and w.stride_h == w.stride_w <= 2 and w.dilation_h == w.dilation_w == 1
        and max(w.out_h, w.out_w) <= MAX_SIZE
        and (w.out_h - 1) * w.stride_h < w.in_h + w.pad_top and (w.out_w - 1) * w.stride_w <= w.in_w
    )  # fmt: skip


def lay_out(data, w, zero_point, act_min, act_max):
    """The channels' records from the portable operator's data."""
    bias, multiplier, shift, at = read_channels(data, w.out_c)
    weights = np.frombuffer(data, "i1", 9 * w.out_c, at).reshape(3, 3, w.out_c).astype(np.int64)
    weights = weights.transpose(2, 1, 0)  # (channels, columns, rows)
    low, high = sum_limits(bias, weights.reshape(w.out_c, 9))
    records = b""
    for c in range(w.out_c):
        scale = scales.prove(int(low[c]), int(high[c]), int(multiplier[c]), int(shift[c]), zero_point, act_min, act_max)
        taps, start, kind = weights[c], int(bias[c]), FAST
        if scale is None or scale.nudge or not (scale.constant or _sums_fit(taps)):
            kind = EXACT
            fields = (int(multiplier[c]), int(shift[c]) & 0xFFFFFFFF, 0, 0)
        else:
            taps, start = (taps * 0, 0) if scale.constant else (taps, start - scale.origin)
            fields = (scale.range, scale.offset, scale.fine, scale.coarse)
        start = (start + (1 << 31)) % (1 << 32) - (1 << 31)
        records += struct.pack("<i4I9bB2x", start, *fields, *taps.reshape(9).tolist(), kind)
    return records


def _sums_fit(taps):
    """Whether all that linnet_armv6m_band adds before it widens stays within 16 bits; taps (columns, rows)."""
    size = np.abs(taps)
    pairs = [*size[:, :2].sum(axis=1), size[0, 2] + size[1, 2]]
    return max(pairs) <= PAIR_LIMIT


def band_rows(w):
    """Output rows of a band, the odd last one filled up: plane_of() in linnet_depthwise_conv_2d_armv6m.c."""
    rows = w.out_h + w.out_h % 2
    columns = (w.out_w - 1) * w.stride_w + 3
    whole = columns * (w.stride_h * (rows - 2) + 3) * 4 <= MAX_WHOLE_BYTES
    return rows if whole else min(rows, BAND_ROWS)


def overlap(w):
    """Step.overlap: all that a band reads is needed until all of its rows are written.

    One band reads each channel whole before it writes it, and nothing else lies where that channel's output goes when
    output and input begin together.
    """
    in_row, out_row, rows = w.in_w * w.in_c, w.out_w * w.out_c, band_rows(w)
    in_bytes, out_bytes = w.in_h * in_row, w.out_h * out_row
    if rows >= w.out_h and (w.batches == 1 or out_bytes <= in_bytes):
        return IN_PLACE
    first = np.arange(0, w.out_h, rows)
    written = np.minimum(first + rows, w.out_h) * out_row
    needed = np.maximum(first * w.stride_h - w.pad_top, 0) * in_row
    batch = np.arange(w.batches)[:, None]
    return steps_overlap((written + batch * out_bytes).ravel(), (needed + batch * in_bytes).ravel(), w.batches * in_bytes)
