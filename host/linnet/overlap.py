"""How far an output may reach into the memory of its own input, from the order in which the kernels work.

A distance d says: the operator is exact when its output starts at least d bytes before the input. It may be
negative: then the output may start up to -d bytes after the input's start.
"""

import numpy as np


def window_overlap(window):
    """The distance of a convolution or pool (int8), from its Window.

    The kernels go over output pixels in raster order. All the input under a pixel's window is needed until the last of
    the pixel's channels is written; then everything before the first byte that a later window needs may be overwritten.
    """
    rows = _first_taps(window.out_h, window.stride_h, window.pad_top, window.dilation_h, window.kernel_h, window.in_h)
    columns = _first_taps(window.out_w, window.stride_w, window.pad_left, window.dilation_w, window.kernel_w, window.in_w)
    in_bytes = window.in_h * window.in_w * window.in_c
    first = (rows[:, None] * window.in_w + columns[None, :]) * window.in_c
    first = np.where((rows[:, None] < window.in_h) & (columns[None, :] < window.in_w), first, in_bytes)
    return pixels_overlap(first.reshape(-1), window.batches, window.out_c, in_bytes)


def pixels_overlap(first, batches, out_bytes, image_bytes):
    """The distance of an operator that makes pixel after pixel, each of out_bytes, image after image.

    first: (pixels,), where in an image each pixel starts to read.
    """
    first = np.arange(batches)[:, None] * image_bytes + first[None, :]
    return _distance(first.reshape(-1), out_bytes, batches * image_bytes)


def rows_overlap(rows, in_bytes, out_bytes):
    """The distance of an operator that turns each row of in_bytes into one of out_bytes, one after the other."""
    return _distance(np.arange(rows) * in_bytes, out_bytes, rows * in_bytes)


def _first_taps(out_size, stride, pad, dilation, kernel, in_size):
    """For each output position along an axis, its first tap inside the input; in_size where there is none."""
    start = np.arange(out_size, dtype=np.int64) * stride - pad
    skipped = np.maximum(0, -(start // dilation))  # taps before the input: ceil(-start / dilation)
    first = start + skipped * dilation
    return np.where((skipped < kernel) & (first < in_size), first, in_size)


def _distance(first, out_bytes, in_bytes):
    """first (pixels,): where each pixel starts to read. Each writes out_bytes."""
    needed_from = np.minimum.accumulate(first[::-1])[::-1]
    written = (np.arange(len(first), dtype=np.int64) + 1) * out_bytes
    return int(max(np.max(written - needed_from), -in_bytes))


def steps_overlap(written, needed, in_bytes):
    """The distance of an operator that works in steps, each of which reads before it writes.

    written: (steps,) bytes of the output after each step; needed: (steps,) where the input that a later step reads begins,
    ascending, in_bytes when nothing is read any more.
    """
    still = needed < in_bytes
    return int(max(np.max((written - needed)[still], initial=-in_bytes), -in_bytes))


def runs_overlap(starts, run, in_bytes):
    """The distance of an operator that copies runs of bytes from these starts (runs,), one after the other."""
    needed = np.append(np.minimum.accumulate(starts[::-1])[::-1][1:], in_bytes)
    return steps_overlap((np.arange(len(starts), dtype=np.int64) + 1) * run, needed, in_bytes)


runs_overlap.MOST = 1 << 21  # runs, beyond which it is not worth the time
