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


def log_softmax(d):
    shape = d.choice((1, 10), (3, 7), (1, 2), (1, 1), (2, 130), (1, 3, 2, 5), (12,))
    x = Tensor(shape, "int8", d.choice(d.scale(1e-3, 0.05), d.scale(0.05, 0.3), d.scale(0.3, 8.0)), d.zero_point())
    return single_op_model("LOG_SOFTMAX", Options("LogSoftmaxOptions", {}), [x], [Tensor(shape, "int8", 1 / 16, 127)]), [d.int8(shape)]


def softmax_wide(d):
    shape = d.choice((1, 10), (3, 7), (1, 2), (1, 1), (2, 130), (1, 3, 2, 5), (12,))
    x = Tensor(shape, "int8", d.choice(d.scale(1e-3, 0.05), d.scale(0.05, 0.3), d.scale(0.3, 8.0)), d.zero_point())
    options = Options("SoftmaxOptions", {"Beta": d.choice(1.0, 1.0, 0.25, 4.0)})
    return single_op_model("SOFTMAX", options, [x], [Tensor(shape, "int16", 1 / 65536, -32768)]), [d.int8(shape)]


CUMSUM_SHAPES = (((1, 10), 1), ((3, 7), 0), ((2, 3, 4), -2), ((2, 3, 4), 2), ((5,), 0), ((1, 15, 2, 2), 1))


def cumulative(d, x_of, y_of, data):
    shape, axis = CUMSUM_SHAPES[d.index % len(CUMSUM_SHAPES)]
    options = Options("CumsumOptions", {"Exclusive": bool(d.index % 2), "Reverse": bool(d.index // 2 % 2)})
    x = x_of(shape)
    return single_op_model("CUMSUM", options, [x], [y_of(x)], [constant(np.array(axis, np.int32))]), [data(shape)]


def cumsum(d):
    def y_of(x):
        return Tensor(x.shape, "int8", float(np.float32(x.scale * d.choice(1, 3, 8, 0.5))), d.zero_point())

    return cumulative(d, d.tensor, y_of, d.int8)


def cumsum_integers(d):
    return cumulative(d, lambda shape: Tensor(shape, "int32"), lambda x: x, lambda shape: d.rng.integers(-99, 99, shape).astype(np.int32))


def add_n(d):
    shape, n = d.choice((1, 4, 5, 3), (37,), (2, 9)), 2 + d.index % 4
    x = d.tensor(shape)
    y = Tensor(shape, "int8", d.reach(75 * x.scale * n), d.zero_point())
    return single_op_model("ADD_N", Options("AddNOptions", {}), [x] * n, [y]), [d.int8(shape) for _ in range(n)]


OPERATORS = (mean, total, reduce_max, reduce_min, reduce_all, reduce_any, log_softmax, softmax_wide, cumsum, cumsum_integers, add_n)
