"""Cases of whole numbers and truth values: int32 arithmetic, comparisons, choices, places of extremes."""

import numpy as np
import tflite
from cases.elementwise import binary, draw_shapes
from tflite_builder import Options, Tensor, constant, single_op_model


def int32(d, shape, low=-1000, high=1000):
    if d.index % 8 == 7:
        low, high = -(1 << 31), (1 << 31) - 1
    return d.rng.integers(low, high, shape, endpoint=True).astype(np.int32)


def plain(shape, dtype="int32"):
    return Tensor(tuple(shape), dtype)


def arithmetic(d, operator, table, activation=True, divides=False):
    first, second, shape = draw_shapes(d)
    # A kernel of TFLite Micro adds in int32 where nothing may overflow.
    data = [int32(d, first), int32(d, second)] if operator != "MUL" else [int32(d, s, -40000, 40000) // 2 for s in (first, second)]
    if divides:
        data[1] = np.where(data[1] == 0, 7, data[1] % 90 - 100).astype(np.int32)
    elif d.index % 8 == 7:
        data = [x // (1 << 16) for x in data]
    options = Options(table, {"FusedActivationFunction": d.activation} if activation else {})
    return binary(d, operator, options, plain(shape), [plain(first), plain(second)], data)


def add_integers(d):
    # TFLite Micro does not clamp sums, LiteRT does.
    return arithmetic(d, "ADD", "AddOptions", activation=False)


def sub_integers(d):
    return arithmetic(d, "SUB", "SubOptions")


def mul_integers(d):
    return arithmetic(d, "MUL", "MulOptions")


def div_integers(d):
    return arithmetic(d, "DIV", "DivOptions", divides=True)


def maximum_integers(d):
    return arithmetic(d, "MAXIMUM", "MaximumMinimumOptions", activation=False)


def minimum_integers(d):
    return arithmetic(d, "MINIMUM", "MaximumMinimumOptions", activation=False)


def squared_difference_integers(d):
    return arithmetic(d, "SQUARED_DIFFERENCE", "SquaredDifferenceOptions", activation=False)


def floor_div(d):
    return arithmetic(d, "FLOOR_DIV", "FloorDivOptions", activation=False, divides=True)


def floor_mod(d):
    return arithmetic(d, "FLOOR_MOD", "FloorModOptions", activation=False, divides=True)


def neg(d):
    shape = d.choice((3, 5), (1, 40), ())
    return single_op_model("NEG", Options("NegOptions", {}), [plain(shape)], [plain(shape)]), [int32(d, shape, -99, 99)]


RELATIONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")


def comparison(d, inputs, data, shape):
    operator = RELATIONS[d.index % 6]
    table = "".join(word.capitalize() for word in operator.split("_")) + "Options"
    return binary(d, operator, Options(table, {}), plain(shape, "bool"), inputs, data)


def compare(d):
    first, second, shape = draw_shapes(d)
    inputs = [d.tensor(first, high=0.9), d.tensor(second, high=0.9)]
    if d.index % 4 == 3:
        inputs[1] = Tensor(second, "int8", inputs[0].scale, inputs[0].zero_point)
    return comparison(d, inputs, [d.int8(first), d.int8(second, d.second_fill())], shape)


def compare_integers(d):
    first, second, shape = draw_shapes(d)
    dtype = d.choice("int32", "int64")
    data = [d.rng.integers(-2, 3, s).astype(dtype) * d.choice(1, 1000, 1 << 29) for s in (first, second)]
    return comparison(d, [plain(first, dtype), plain(second, dtype)], [x.astype(dtype) for x in data], shape)


def logical(d):
    operator = ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT")[d.index % 3]
    first, second, shape = draw_shapes(d)
    data = [d.rng.random(s) < 0.5 for s in (first, second)]
    table = {"LOGICAL_AND": "LogicalAndOptions", "LOGICAL_OR": "LogicalOrOptions", "LOGICAL_NOT": "LogicalNotOptions"}[operator]
    if operator == "LOGICAL_NOT":
        return single_op_model(operator, Options(table, {}), [plain(first, "bool")], [plain(first, "bool")]), data[:1]
    return single_op_model(operator, Options(table, {}), [plain(s, "bool") for s in (first, second)], [plain(shape, "bool")]), data


SELECT_SHAPES = (
    ((1, 4, 5, 3),) * 3, ((4, 5, 1), (4, 5, 3), (4, 5, 3)), ((5,), (2, 5), ()), ((2, 1, 3), (1, 4, 3), (2, 4, 1)), ((), (3, 4), (3, 4)),
)  # fmt: skip


def choice(d, tensor, data):
    shapes = SELECT_SHAPES[d.index % len(SELECT_SHAPES)]
    condition = d.rng.random(shapes[0]) < 0.5
    inputs = [plain(shapes[0], "bool"), tensor(shapes[1]), tensor(shapes[2])]
    y = tensor(np.broadcast_shapes(*shapes))
    values = [condition, data(shapes[1]), data(shapes[2])]
    if d.index % 3 == 2:
        constants = [(inputs[2], values[2])]
        return single_op_model("SELECT_V2", Options("SelectV2Options", {}), inputs[:2], [y], constants), values[:2]
    return single_op_model("SELECT_V2", Options("SelectV2Options", {}), inputs, [y]), values


def select(d):
    x = d.tensor(())
    return choice(d, lambda shape: Tensor(shape, "int8", x.scale, x.zero_point), d.int8)


def select_integers(d):
    dtype = d.choice("int32", "int64")
    return choice(d, lambda shape: plain(shape, dtype), lambda shape: d.rng.integers(-9, 9, shape).astype(dtype))


ARG_SHAPES = (((1, 10), -1), ((4, 7), 1), ((3, 5, 4), 1), ((1, 4, 4, 3), -1), ((6, 5), 0), ((9,), 0), ((2, 3, 2, 3), -3))


def place(d, x_of, data, dtype):
    operator = "ARG_MIN" if d.index % 3 == 2 else "ARG_MAX"
    shape, axis = ARG_SHAPES[d.index % len(ARG_SHAPES)]
    x, kept = x_of(shape), shape[:axis] + shape[axis % len(shape) + 1 :]
    table = "ArgMinOptions" if operator == "ARG_MIN" else "ArgMaxOptions"
    options = Options(table, {"OutputType": getattr(tflite.TensorType, dtype.upper())})
    axis = np.array([axis] if d.index % 2 else axis, np.int32)
    return single_op_model(operator, options, [x], [plain(kept, dtype)], [constant(axis)]), [data(shape)]


def arg_max(d):
    return place(d, d.tensor, lambda shape: (d.int8(shape) // d.choice(1, 40)).astype(np.int8), "int32")


def arg_max_64(d):
    return place(d, d.tensor, lambda shape: (d.int8(shape) // d.choice(1, 40)).astype(np.int8), "int64")


def arg_max_integers(d):
    return place(d, plain, lambda shape: d.rng.integers(-5, 5, shape).astype(np.int32), "int32")


def top_k(d):
    shape, k = d.choice(((1, 10), 3), ((4, 7), 7), ((3, 5, 4), 1), ((2, 100), 5), ((9,), 2))
    x = d.tensor(shape) if d.index % 3 else plain(shape)
    data = (d.int8(shape) // d.choice(1, 40)).astype(x.dtype)
    outputs = [Tensor((*shape[:-1], k), x.dtype, x.scale, x.zero_point), plain((*shape[:-1], k))]
    return single_op_model("TOPK_V2", Options("TopKV2Options", {}), [x], outputs, [constant(np.array(k, np.int32))]), [data]


OPERATORS = (
    top_k, add_integers, sub_integers, mul_integers, div_integers, maximum_integers, minimum_integers, squared_difference_integers, floor_div,
    floor_mod, neg, compare, compare_integers, logical, select, select_integers, arg_max, arg_max_64, arg_max_integers,
)  # fmt: skip
