"""What the weights of a layer are multiplied with: its inputs as rows, sampled."""

import numpy as np

from linnet.operators import window


def patches(op, x):
    """Rows (n, k) of an input x (in its shape, float32) in the order of the weights' own taps; depthwise and grouped: (n, channels, k)."""
    if op.kind == "FULLY_CONNECTED":
        return x.reshape(-1, op.inputs[1].shape[1])
    w = window.of(op)
    x = x.reshape(w.batches, w.in_h, w.in_w, w.in_c)
    reach_h, reach_w = (w.kernel_h - 1) * w.dilation_h + 1, (w.kernel_w - 1) * w.dilation_w + 1
    below = max(0, (w.out_h - 1) * w.stride_h + reach_h - w.pad_top - w.in_h)
    right = max(0, (w.out_w - 1) * w.stride_w + reach_w - w.pad_left - w.in_w)
    x = np.pad(x, ((0, 0), (w.pad_top, below), (w.pad_left, right), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(x, (reach_h, reach_w), (1, 2))
    view = view[:, : (w.out_h - 1) * w.stride_h + 1 : w.stride_h, : (w.out_w - 1) * w.stride_w + 1 : w.stride_w]
    view = view[..., :: w.dilation_h, :: w.dilation_w]  # (batches, out_h, out_w, in_c, kernel_h, kernel_w)
    if op.kind == "DEPTHWISE_CONV_2D":
        rows = view.reshape(-1, w.in_c, w.kernel)
        return np.repeat(rows, w.out_c // w.in_c, axis=1)
    per_group = op.inputs[1].shape[3]
    groups = w.in_c // per_group
    rows = view.reshape(-1, groups, per_group, w.kernel).swapaxes(2, 3).reshape(-1, groups, w.kernel * per_group)
    return rows[:, 0] if groups == 1 else np.repeat(rows, w.out_c // groups, axis=1)


class Moments:
    """Means of patches and, where asked for, of their products, over a layer's inputs."""

    def __init__(self, op, products=True):
        self._op, self._with_products = op, products
        self.n, self._sum, self._products = 0, 0.0, 0.0

    def see(self, x):
        """x: the layer's input, one sample."""
        rows = patches(self._op, x)
        self.n += len(rows)
        self._sum = self._sum + rows.sum(axis=0, dtype=np.float64)
        if not self._with_products:
            return
        rows = rows.astype(np.float64)
        each = rows.ndim == 3  # an output channel has rows of its own
        self._products = self._products + (np.einsum("nck,ncj->ckj", rows, rows, optimize=True) if each else rows.T @ rows)

    @property
    def mean(self):
        """(k,) or (channels, k)."""
        return self._sum / self.n

    @property
    def gram(self):
        """(k, k) or (channels, k, k)."""
        return self._products / self.n
