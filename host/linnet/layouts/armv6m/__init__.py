"""Layouts for Cortex-M0+ and M3: device/kernels/armv6m."""

from dataclasses import replace

import numpy as np

from linnet.fields import OPERATORS
from linnet.operators.window import Window
from linnet.overlap import steps_overlap

from . import add, depthwise, matrix

CORE = 1
# As the kernels have them.
MAX_INPUTS = 8192
MAX_WHOLE, CHUNK = 256, 96
LAYOUTS = {"speed": 0, "size": 1}  # of matrices; the other operators have one


def tune(step, layout):
    """The Step for armv6m, or None where its kernels do not apply."""
    tuned = {1: _conv_2d, 2: _depthwise_conv_2d, 3: _fully_connected, 6: _add}.get(step.code)
    return tuned(step, layout) if tuned else None


def _params(step):
    return OPERATORS[step.code][1].unpack(step.params)


def _window(params):
    return Window(**{name: params[name] for name in Window.__dataclass_fields__})


def _requant(params):
    return params["output_zero_point"], params["act_min"], params["act_max"]


def _step(step, data, overlap, layout="speed"):
    return replace(step, variant=CORE | LAYOUTS[layout] << 4, data=data, overlap=[overlap])


def _conv_2d(step, layout):
    params = _params(step)
    w = _window(params)
    n_inputs = w.kernel * w.in_c
    if n_inputs > MAX_INPUTS:
        return None
    data = matrix.lay_out(step.data, w.out_c, n_inputs, n_inputs, layout == "size", *_requant(params))
    return data and _step(step, data, step.overlap[0] if w.is_dilated else _window_overlap(w), layout)


def _fully_connected(step, layout):
    params = _params(step)
    n_inputs, n_outputs = params["in_n"], params["out_n"]
    chunk = n_inputs if n_inputs <= MAX_WHOLE else CHUNK
    data = matrix.lay_out(step.data, n_outputs, n_inputs, chunk, layout == "size", *_requant(params))
    # A row of several chunks is read once more for every block of outputs.
    keeps_row = chunk < n_inputs and n_outputs > matrix.BLOCK
    rows = np.arange(params["rows"])
    overlap = steps_overlap((rows + 1) * n_outputs, (rows + 1 - keeps_row) * n_inputs, params["rows"] * n_inputs)
    return data and _step(step, data, overlap, layout)


def _window_overlap(w):
    """Each pixel's window is read before its outputs are written; dilations are 1."""
    in_bytes = w.in_h * w.in_w * w.in_c
    rows = np.clip(np.arange(w.out_h) * w.stride_h - w.pad_top, 0, w.in_h)
    columns = np.clip(np.arange(w.out_w) * w.stride_w - w.pad_left, 0, w.in_w)
    first = np.minimum((rows[:, None] * w.in_w + columns) * w.in_c, in_bytes)
    first = (np.arange(w.batches)[:, None] * in_bytes + first.reshape(-1)).reshape(-1)
    needed = np.minimum.accumulate(np.append(first[1:], w.batches * in_bytes)[::-1])[::-1]
    return steps_overlap((np.arange(w.pixels) + 1) * w.out_c, needed, w.batches * in_bytes)


def _depthwise_conv_2d(step, _):
    params = _params(step)
    w = _window(params)
    if not depthwise.applies(w):
        return None
    return _step(step, depthwise.lay_out(step.data, w, *_requant(params)), depthwise.overlap(w))


def _add(step, _):
    data = add.lay_out(_params(step))
    return data and replace(step, variant=CORE, data=data)
