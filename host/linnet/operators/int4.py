"""Dense layers and pointwise convolutions whose weights have four bits: int8 in, int8 out, `FULLY_CONNECTED_INT4` of FORMAT.md.

The results are those of the same weights in int8. Where four bits take no less room, the weights stay in bytes.
"""

import struct

import numpy as np

from linnet.fields import int4_bytes
from linnet.graph import Step
from linnet.operators import channels, window

CODE, NAME = 384, "FULLY_CONNECTED_INT4"
LEAST, MOST = -8, 7


def takes(tensor):
    """Whether weights, outputs first, are kept to four bits and are smaller so."""
    out_n = tensor.shape[0]
    return tensor.is_int4 and int4_bytes(tensor.elements // out_n, out_n) < tensor.elements


def is_pointwise(w):
    """Whether a Window is one pixel, which is never outside the input."""
    inside = (w.out_h - 1) * w.stride_h < w.in_h and (w.out_w - 1) * w.stride_w < w.in_w
    return w.kernel == 1 and not w.pad_top and not w.pad_left and inside


def lower(op, factors, rows, steps, overlap):
    """The Step of a layer with weights (out_n, ...).

    factors (out_n,) float64: what its sums are requantized by. rows, steps: three numbers of rows and how many bytes of the input
    lie from one to the next, the last of them the fastest; the output's rows follow each other.
    """
    weights = op.inputs[1].data.reshape(len(op.inputs[1].data), -1)
    out_n, in_n = weights.shape
    params = struct.pack("<8I", *rows, *steps, in_n, out_n) + window.pack_requant(op)
    data = channels.pack_channels(op, weights, factors) + pack(weights)
    macs = int(np.prod(rows)) * weights.size
    return Step(CODE, NAME, op.inputs[:1], op.outputs, params, data, macs, [overlap], op.kind)


def pack(weights):
    """The bytes of weights (out_n, in_n) in -8 ... 7: a word for every four outputs and two inputs, each weight + 8."""
    out_n, in_n = weights.shape
    nibbles = np.zeros((-(-out_n // 4) * 4, -(-in_n // 2) * 2), np.uint32)
    nibbles[:out_n, :in_n] = weights.astype(np.int64) - LEAST
    by_word = nibbles.reshape(-1, 4, nibbles.shape[1] // 2, 2)  # (out_n / 4, outputs of a word, in_n / 2, inputs of a word)
    words = sum(by_word[:, o, :, i] << (16 * (o % 2) + 8 * i + 4 * (o // 2)) for o in range(4) for i in range(2))
    return words.astype("<u4").tobytes()


def unpack(data, n):
    """The n int8 values of TFLite's INT4 bytes: two to a byte, the first in the lower half."""
    data = np.asarray(data, np.uint8)
    nibbles = np.stack([data & 15, data >> 4], axis=-1).reshape(-1)[:n]
    return ((nibbles ^ 8).astype(np.int8) - 8).astype(np.int8)
