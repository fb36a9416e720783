"""Cases of reductions: axes of every kind, kept or dropped."""

import numpy as np
from tflite_builder import Options, Tensor, constant, single_op_model

# Input shape and axes.
AXES = (
    ((1, 4, 5, 8), (1, 2)), ((1, 7, 7, 16), (2, 1)), ((2, 3, 3, 3), (1, 2)), ((1, 4, 5, 8), (-1,)), ((2, 37), (1,)), ((6, 9), (0,)),
    ((1, 4, 5, 8), (1, 3)), ((2, 3, 4, 5), (0, 2)), ((2, 3, 4), (0, 1, 2)), ((1, 18, 17, 4), (1, 2)), ((64,), (0,)), ((2, 300), (-1,)),
    ((1, 4, 6), (1, -2)), ((2, 3, 2, 3, 2), (1, 3)), ((2, 3, 4), (0, 2)), ((1, 1, 1, 8), (1, 2)),
)  # fmt: skip


def reduction(d, operator, y_of, dtype="int8"):
    shape, axes = AXES[d.index % len(AXES)]
    keep = bool(d.index % 3 == 1)
    dropped = {axis % len(shape) for axis in axes}
    kept = tuple(1 if i in dropped else n for i, n in enumerate(shape) if keep or i not in dropped)
    n = int(np.prod([shape[axis] for axis in dropped]))
    x = d.tensor(shape) if dtype == "int8" else Tensor(shape, "bool")
    data = d.int8(shape) if dtype == "int8" else d.rng.random(shape) < d.choice(0.1, 0.5, 0.95)
    axes = np.array(axes[0] if len(axes) == 1 and d.index % 2 else axes, np.int32)
    options = Options("ReducerOptions", {"KeepDims": keep})
    return single_op_model(operator, options, [x], [y_of(d, x, kept, n)], [constant(axes)]), [data]


def alike(d, x, shape, n):
    return Tensor(shape, x.dtype, x.scale, x.zero_point)


def mean(d):
    def y(d, x, shape, n):
        ratio = d.choice(1, 1, 0.5, 0.2, 1.7, 1 / 300, 9.0)
        return Tensor(shape, "int8", float(np.float32(x.scale * ratio)), x.zero_point if ratio == 1 else d.zero_point())

    return reduction(d, "MEAN", y)


def total(d):
    def y(d, x, shape, n):
        return Tensor(shape, "int8", float(np.float32(x.scale * n**0.5 * d.choice(1, 0.5, 2, 0.1))), d.zero_point())

    return reduction(d, "SUM", y)


def reduce_max(d):
    return reduction(d, "REDUCE_MAX", alike)


def reduce_min(d):
    return reduction(d, "REDUCE_MIN", alike)


def reduce_all(d):
    return reduction(d, "REDUCE_ALL", alike, "bool")


def reduce_any(d):
    return reduction(d, "REDUCE_ANY", alike, "bool")


OPERATORS = (mean, total, reduce_max, reduce_min, reduce_all, reduce_any)
