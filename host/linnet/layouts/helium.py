"""Layouts for Cortex-M with Helium: FORMAT.md section 5, "Tuned layouts: helium".

The kernels requantize with TFLite's own double rounding, so every channel is exact; only ADD's constants have to be proved.
"""

import struct
from dataclasses import replace

import numpy as np

from linnet import fields
from linnet.graph import IN_PLACE
from linnet.layouts.layer import fits_unpadded, read_layer, window_of
from linnet.layouts.sums import BYTES, fit_plane
from linnet.overlap import steps_overlap, window_overlap
from linnet.requant import high_mul

CORE = 3
BLOCK = 16  # inputs
MAX_SIZE = 1 << 22
MAX_POOL_TAPS = 256
RELU, RIGHT, ANY = range(3)  # linnet_helium_kind_t


def tune(step, layout):
    """The Step for this core's kernel, or None where the portable one has to do. There is one layout only."""
    return None if step.variant or step.code not in TUNERS else TUNERS[step.code](step)


def _tuned(step, data, overlap, layout=0):
    return replace(step, variant=CORE | layout << 4, data=data, overlap=overlap)


def _kind(layer):
    """Which requantization the layer needs."""
    relu = layer.params["act_min"] >= layer.params["output_zero_point"]
    if layer.shift.max() > 0 or (layer.shift.max() == 0 and not relu):
        return ANY
    return RELU if relu else RIGHT


def _groups(layer, weights, size, factors_of):
    """Head and stream of a layer whose channels go `size` at a time; weights (n, taps). Idle channels fill the last group;
    factors_of channels at a time have their multipliers, then their shifts."""
    idle = -layer.n % size
    blocks = -(-weights.shape[1] // BLOCK)
    weights = np.pad(weights, ((0, idle), (0, blocks * BLOCK - weights.shape[1]))).astype(np.int8)
    bias, multiplier = (np.pad(values, (0, idle)).astype("<i4") for values in (layer.bias, layer.multiplier))
    shift = np.pad(layer.shift, (0, idle), constant_values=-31).astype("<i4")
    data = [struct.pack("<4I", _kind(layer), 0, 0, 0)]
    for i in range(0, len(bias), size):
        data += [bias[i : i + size].tobytes(), weights[i : i + size].reshape(size, blocks, BLOCK).swapaxes(0, 1).tobytes()]
        for j in range(i, i + size, factors_of):
            data += [multiplier[j : j + factors_of].tobytes(), shift[j : j + factors_of].tobytes()]
    return b"".join(data)


def _is_direct(window):
    """Whether windows are read where they lie."""
    return window.in_c % BLOCK == 0 and fits_unpadded(window)


def _conv_2d(step):
    layer = read_layer(step)
    w = layer.window
    if w.kernel * w.in_c > MAX_SIZE:
        return None
    if w.is_dilated and not _is_direct(w):
        return _tuned(step, _groups(layer, layer.columns(), 4, 4), step.overlap)
    shallow = w.kernel * w.in_c <= BLOCK and w.out_c % 4 == 0 and _kind(layer) != ANY
    return _tuned(step, _groups(layer, layer.columns(), 4, 4), [_conv_overlap(w, shallow)])


def _conv_overlap(w, shallow):
    """The distance of a convolution: it reads a pair of pixels, or a row of shallow windows, until all their channels are
    written, unless it reads a strip, copied before the row's first pixel is written."""
    pixels, row_bytes = w.out_h * w.out_w, w.in_w * w.in_c
    image_bytes = w.in_h * row_bytes
    if _is_direct(w):
        size = w.out_w if shallow else 2
        first = np.arange(0, pixels, size)
        written = np.minimum(first + size, pixels)
        needed = first // w.out_w * w.stride_h * row_bytes + first % w.out_w * w.stride_w * w.in_c
    else:
        rows = np.arange(1, w.out_h + 1)
        written = rows * w.out_w
        if not shallow:
            written = np.where(rows < w.out_h, written // 2 * 2, written)
        needed = np.where(rows < w.out_h, np.clip(rows * w.stride_h - w.pad_top, 0, w.in_h) * row_bytes, image_bytes)
    return _in_batches(w, written * w.out_c, needed, image_bytes)


def _in_batches(w, written, needed, image_bytes):
    """steps_overlap of an operator that does one image after the other in these steps."""
    batch = np.arange(w.batches)[:, None]
    written = batch * w.out_h * w.out_w * w.out_c + written
    return steps_overlap(written.reshape(-1), (batch * image_bytes + needed).reshape(-1), w.batches * image_bytes)


def _fully_connected(step):
    layer = read_layer(step)
    rows, in_n, out_n = (layer.params[name] for name in ("rows", "in_n", "out_n"))
    if max(rows, in_n, out_n) > MAX_SIZE:
        return None
    done = np.arange(1, rows + 1)
    needed = done if in_n % BLOCK else done - 1  # a row that is copied is needed no more
    return _tuned(step, _groups(layer, layer.weights, 8, 4), [steps_overlap(done * out_n, needed * in_n, rows * in_n)])


# Depthwise ---------------------------------------------------------------------------------------------------


def _depthwise_conv_2d(step):
    layer = read_layer(step)
    w = layer.window
    if w.in_c != w.out_c:
        return None
    plain = (w.kernel_h, w.kernel_w, w.dilation_h, w.dilation_w) == (3, 3, 1, 1) and w.stride_h == w.stride_w <= 2
    if not plain or (w.stride_h == 1 and w.out_h == w.out_w == 1):
        return _tuned(step, step.data, step.overlap, layout=2)
    by_columns = w.stride_h == 1 and _cost(w.out_h, w.out_w) < _cost(w.out_w, w.out_h)
    kernels = layer.weights.reshape(-1, 3, 3)  # (channel, row, column)
    if not by_columns:
        kernels = kernels.transpose(0, 2, 1)  # (channel, inner, outer)
    kernels = np.pad(kernels, ((0, 0), (0, 0), (0, 1))).reshape(-1, 12).astype(np.int8)
    factors = np.stack([layer.bias, layer.multiplier, layer.shift], axis=1).astype("<i4")
    records = (row.tobytes() + bytes(5) + kernel.tobytes() + bytes(7) for row, kernel in zip(factors, kernels))
    data = struct.pack("<4I", _kind(layer), 0, 0, 0) + b"".join(records)
    return _tuned(step, data, [IN_PLACE if _works_in_place(w, by_columns) else None], layout=int(by_columns))


def _cost(inner, outer):
    """Instructions of a channel, stride 1, with patches along an axis of this size; no way to do it along one of 1."""
    return float("inf") if inner == 1 else (outer + 1) // 2 * (30 + 16 * ((inner + 1) // 2))


def _works_in_place(w, by_columns):
    """Whether the outputs of a line, or of two with stride 1, may be written where inputs of the same channels lie."""
    if w.stride_h == 1 and (w.in_h, w.in_w) == (w.out_h, w.out_w):
        return (w.pad_left if by_columns else w.pad_top) <= 1  # the line that is lost is saved
    if by_columns or w.batches > 1 or (w.stride_h == 1 and w.pad_top == 1):
        return False
    at_a_time = 2 if w.stride_h == 1 else 1
    first = np.arange(at_a_time, w.out_h, at_a_time)  # lines still to do
    return bool(np.all(first * w.out_w <= np.maximum(0, first * w.stride_h - w.pad_top) * w.in_w))


# Others ------------------------------------------------------------------------------------------------------


def _average_pool_2d(step):
    w = window_of(fields.OPERATORS[step.code][1].unpack(step.params))
    return _tuned(step, b"", [window_overlap(w)]) if w.kernel <= MAX_POOL_TAPS else None


def _max_pool_2d(step):
    return _tuned(step, b"", step.overlap)


def _add(step):
    params = fields.OPERATORS[step.code][1].unpack(step.params)
    plane = fit_plane(params, 22, 1 << 29, lambda factor: high_mul(BYTES << 24, factor), 1 << 31)
    if plane is None or plane[2] < (1 << 21) - (1 << 31):
        return _tuned(step, b"", step.overlap, layout=1)
    first, second, addend = plane
    return _tuned(step, struct.pack("<4i", first, second, addend - (1 << 21), 0), step.overlap)  # the kernel rounds to nearest


TUNERS = {1: _conv_2d, 2: _depthwise_conv_2d, 3: _fully_connected, 4: _average_pool_2d, 5: _max_pool_2d, 6: _add}
