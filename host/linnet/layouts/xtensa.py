"""Layouts for Xtensa (ESP32, S2, S3): FORMAT.md section 5, "Tuned layouts: xtensa".

Two channels' weights share each 16-bit half of a word, a byte each. Each channel's requantization is proved for every sum it
can reach; a channel without proof is "exact", which plain C requantizes.
"""

import struct
from dataclasses import replace

import numpy as np

from linnet.fields import padded
from linnet.graph import IN_PLACE
from linnet.layouts import rv32imc
from linnet.layouts.armv6m.scales import Scale, prove
from linnet.layouts.layer import read_layer

CORE = 5
STEP = 4  # inputs
MAX_INPUTS = 1 << 16
IDLE = Scale(0, 0, 0, 0, 0)


def tune(step, _):
    """The Step for this core's kernel, or None where the portable one has to do."""
    tuner = {1: _matrix, 2: _depthwise_conv_2d, 3: _matrix, 6: _add}.get(step.code)
    if step.variant or tuner is None:
        return None
    return tuner(step)


def _tuned(step, data, *overlap):
    """overlap: only where it is not the portable kernel's."""
    return replace(step, variant=CORE, data=data, overlap=list(overlap) or step.overlap)


def _proofs(layer):
    """[Scale or None] of every channel."""
    low, high = layer.reach()
    ends = [layer.params[name] for name in ("output_zero_point", "act_min", "act_max")]
    channels = zip(low, high, layer.multiplier, layer.shift)
    return [prove(*(int(value) for value in channel), *ends) for channel in channels]


def _record(scale):
    return struct.pack("<6I", scale.range, scale.offset, scale.fine, scale.coarse, scale.zero, scale.nudge)


def _matrix(step):
    """The data of a convolution or a dense layer."""
    layer = read_layer(step)
    n_inputs = layer.weights.shape[1]
    if n_inputs > MAX_INPUTS or max(layer.n, layer.params.get("rows", 1)) > 1 << 20:
        return None
    proofs = _proofs(layer)
    scales = [scale or IDLE for scale in proofs]
    exact = [o for o, scale in enumerate(proofs) if scale is None]
    # Inputs are x + 128, as are the weights of even channels: what that adds to their sums is known but for x.
    weights = np.pad(layer.weights, ((0, layer.n % 2), (0, padded(n_inputs, STEP) - n_inputs)))
    start = layer.bias - np.array([scale.origin for scale in scales])
    start = np.pad(start, (0, layer.n % 2)) - 128 * weights.sum(axis=1)
    low, high = weights[::2] + 128, weights[1::2] & 255
    # Inputs 4i, 4i + 2 and 4i + 1, 4i + 3 in a word.
    halves = (low | high << 8).reshape(len(low), -1, 2, 2).swapaxes(2, 3).reshape(len(low), -1).astype("<u2")
    stream = b"".join(
        struct.pack("<2I", *(int(value) % (1 << 32) for value in pair)) + words.tobytes()
        for pair, words in zip(start.reshape(-1, 2), halves)
    )
    rows = b"".join(struct.pack("<I2iI", o, layer.multiplier[o], layer.shift[o], 0) for o in exact)
    return _tuned(step, struct.pack("<4I", len(exact), 0, 0, 0) + stream + b"".join(map(_record, scales)) + rows)


def _depthwise_conv_2d(step):
    layer = read_layer(step)
    w = layer.window
    if w.in_c != w.out_c or (w.kernel_h, w.kernel_w, w.dilation_h, w.dilation_w) != (3, 3, 1, 1):
        return None
    if (w.out_h * w.stride_h + 2) * (w.out_w * w.stride_w + 2) > 1 << 22:
        return None
    weights = layer.weights.reshape(-1, 3, 3)
    if w.out_h > w.out_w:  # lines run along the longer side
        weights = weights.transpose(0, 2, 1)
    weights = np.pad(weights.reshape(-1, 9), ((0, 0), (0, 1)))
    data = b""
    for o, scale in enumerate(_proofs(layer)):
        start = int(layer.bias[o]) - (scale or IDLE).origin - 128 * int(weights[o].sum())
        record = _record(scale) if scale else struct.pack("<2i4I", layer.multiplier[o], layer.shift[o], 0, 0, 0, 0)
        data += struct.pack("<I", start % (1 << 32)) + weights[o].astype("<i2").tobytes() + record + struct.pack("<I", scale is None)
    # Of several images, one's outputs must not reach the next one's inputs.
    in_place = w.batches == 1 or w.out_h * w.out_w <= w.in_h * w.in_w
    return _tuned(step, data, IN_PLACE if in_place else None)


def _add(step):
    """RV32IMC's kernel and layout."""
    tuned = rv32imc.tune(step, "speed")
    return tuned and replace(tuned, variant=CORE)
