"""Functions of single elements and normalizations of ONNX models, in terms of operators that int8 has."""

import numpy as np

from linnet.errors import LinnetError
from linnet.importers.onnx import constant

FUSED = {"fused_activation": "NONE"}


def clip(reader, node):
    low, high = (reader.constant(node, i, np.array(end), "a limit") for i, end in ((1, -np.inf), (2, np.inf)))
    kinds = {(0.0, np.inf): "RELU", (0.0, 6.0): "RELU6", (-1.0, 1.0): "RELU_N1_TO_1"}
    x = reader.tensor(node.input[0])
    kind = kinds.get((float(low), float(high)))
    if kind:
        reader.define(node, reader.emit(kind, [x], x.shape, node.output[0]))
        return
    for end, kind in ((low, "MAXIMUM"), (high, "MINIMUM")):
        if np.isfinite(end):
            x = reader.emit(kind, [x, constant(np.float32(end).reshape(()))], x.shape, f"{node.output[0]}/{kind.lower()}")
    reader.define(node, x)


def with_alpha(kind, default):
    def convert(reader, node):
        x = reader.tensor(node.input[0])
        alpha = reader.attributes(node).get("alpha", default)
        if kind == "ELU" and alpha != 1:
            raise LinnetError(f"{reader.label(node)} has an alpha of {alpha:g}; supported is 1, or LeakyRelu")
        reader.define(node, reader.emit(kind, [x], x.shape, node.output[0], alpha=float(alpha)))

    return convert


def prelu(reader, node):
    x = reader.tensor(node.input[0])
    slope = reader.constant(node, 1, what="slopes").astype(np.float32)
    reader.define(node, reader.emit("PRELU", [x, constant(slope, node.input[1], reader.quants.get(node.input[1]))], x.shape, node.output[0]))


def softmax(kind):
    def convert(reader, node):
        x = reader.tensor(node.input[0])
        rank = len(x.shape)
        axis = reader.attributes(node).get("axis", -1) % rank
        order = [i for i in range(rank) if i != axis] + [axis]
        turned = x if axis == rank - 1 else reader.transpose(x, order)
        attrs = {"beta": 1.0} if kind == "SOFTMAX" else {}
        y = reader.emit(kind, [turned], turned.shape, node.output[0] + ("" if turned is x else "/last"), **attrs)
        reader.define(node, y if turned is x else reader.transpose(y, np.argsort(order), node.output[0]))

    return convert


def chain(reader, x, name, steps):
    """x through operators with scalars beside them; those that change nothing are left out."""
    for i, (kind, *scalars) in enumerate(steps):
        if (kind, *scalars) in (("MUL", 1.0), ("ADD", 0.0)):
            continue
        operands = [constant(np.float32(value).reshape(())) for value in scalars]
        attrs = FUSED if kind in ("ADD", "SUB", "MUL", "DIV") else {}
        x = reader.emit(kind, [x, *operands], x.shape, f"{name}/{i}", **attrs)
    return x


def hard_sigmoid(reader, node):
    """max(0, min(1, alpha * x + beta)), as relu6(6 * (alpha * x + beta)) / 6."""
    attributes = reader.attributes(node)
    alpha, beta = attributes.get("alpha", 0.2), attributes.get("beta", 0.5)
    steps = [("MUL", round(6 * alpha, 6)), ("ADD", 6 * beta), ("RELU6",), ("MUL", 1 / 6)]
    reader.define(node, chain(reader, reader.tensor(node.input[0]), node.output[0], steps))


def erf(reader, node):
    reader.define(node, _erf(reader, reader.tensor(node.input[0]), node.output[0]))


def _erf(reader, x, name):
    """tanh(x * (1.1283792 + 0.1009109 * x * x)), within 4e-4 of erf(x); from 3 on both are 1."""
    x = chain(reader, x, name + "/bounded", [("MAXIMUM", -3.0), ("MINIMUM", 3.0)])
    square = reader.emit("MUL", [x, x], x.shape, name + "/square", **FUSED)
    factor = chain(reader, square, name + "/factor", [("MUL", 0.1009109), ("ADD", 1.1283792)])
    product = reader.emit("MUL", [x, factor], x.shape, name + "/product", **FUSED)
    return reader.emit("TANH", [product], x.shape, name)


def gelu(reader, node):
    """x * (1 + erf(x / sqrt(2))) / 2, in either of ONNX's approximations: they are within 5e-4 of each other."""
    x, name = reader.tensor(node.input[0]), node.output[0]
    y = _erf(reader, chain(reader, x, name + "/scaled", [("MUL", 0.5**0.5)]), name + "/erf")
    y = chain(reader, y, name + "/gate", [("ADD", 1.0), ("MUL", 0.5)])
    reader.define(node, reader.emit("MUL", [x, y], x.shape, name, **FUSED))


def gated(kind):
    """x times a function of x."""

    def convert(reader, node):
        x = reader.tensor(node.input[0])
        gate = reader.emit(kind, [x], x.shape, node.output[0] + "/gate")
        reader.define(node, reader.emit("MUL", [x, gate], x.shape, node.output[0], **FUSED))

    return convert


def power(reader, node):
    """Constant exponents that are products and roots."""
    x, name = reader.tensor(node.input[0]), node.output[0]
    exponents = np.unique(reader.constant(node, 1, what="an exponent"))
    exponent = float(exponents[0]) if len(exponents) == 1 else None
    if exponent in (0.5, -0.5):
        y = reader.emit("SQRT" if exponent > 0 else "RSQRT", [x], x.shape, name)
    elif exponent in (1.0, 2.0, 3.0, 4.0):
        y = x
        for i in range(int(exponent) - 1):
            y = reader.emit("MUL", [y, x], x.shape, f"{name}/{i}", **FUSED)
    else:
        raise LinnetError(f"{reader.label(node)} raises to {exponents.tolist()}; supported are -0.5, 0.5, 1, 2, 3 and 4")
    reader.define(node, y)


def division(reader, node):
    """By constants: a product, which int8 has."""
    inputs = [reader.tensor(name) for name in node.input]
    kind = "DIV"
    if inputs[1].data is not None and inputs[1].dtype == "float32" and np.all(inputs[1].data):
        inputs[1], kind = constant(np.float32(1) / inputs[1].data, inputs[1].name), "MUL"
    reader.define(node, reader.emit(kind, inputs, reader.shape(node.output[0]), node.output[0], **FUSED))


def of_any_number(kind, **attrs):
    """Operators on any number of operands, two at a time."""

    def convert(reader, node):
        y = reader.tensor(node.input[0])
        for i, name in enumerate(node.input[1:]):
            other = reader.tensor(name)
            shape = np.broadcast_shapes(y.shape, other.shape)
            y = reader.emit(kind, [y, other], shape, f"{node.output[0]}/{i}", dtype=y.dtype, **attrs)
        reader.define(node, y)

    return convert


def layer_norm(reader, node):
    """(x - mean) / sqrt(variance + epsilon) * scale + bias, over the last axes."""
    attributes = reader.attributes(node)
    rank = len(reader.shape(node.input[0]))
    axes = range(attributes.get("axis", -1) % rank, rank)
    scale, bias = (reader.constant(node, i, None if i == 1 else np.zeros(1), "a scale or bias") for i in (1, 2))
    _normalize(reader, node, axes, attributes.get("epsilon", 1e-5), scale, bias)


def instance_norm(reader, node):
    """The same per channel, over height and width."""
    rank = len(reader.shape(node.input[0]))
    scale, bias = (reader.constant(node, i, what="a scale or bias").reshape(-1, *[1] * (rank - 2)) for i in (1, 2))
    _normalize(reader, node, range(2, rank), reader.attributes(node).get("epsilon", 1e-5), scale, bias)


def _normalize(reader, node, axes, epsilon, scale, bias):
    x, name = reader.tensor(node.input[0]), node.output[0]
    operand = constant(np.array(axes, np.int32))
    shape = [1 if i in axes else size for i, size in enumerate(x.shape)]
    mean = reader.emit("MEAN", [x, operand], shape, name + "/mean", keep_dims=True)
    centred = reader.emit("SUB", [x, mean], x.shape, name + "/centred", **FUSED)
    square = reader.emit("MUL", [centred, centred], x.shape, name + "/square", **FUSED)
    variance = reader.emit("MEAN", [square, operand], shape, name + "/variance", keep_dims=True)
    factor = chain(reader, variance, name + "/factor", [("ADD", epsilon), ("RSQRT",)])
    y = reader.emit("MUL", [centred, factor], x.shape, name + "/normal", **FUSED)
    y = reader.emit("MUL", [y, constant(scale.astype(np.float32))], x.shape, name + "/scaled", **FUSED)
    reader.define(node, reader.emit("ADD", [y, constant(bias.astype(np.float32))], x.shape, name, **FUSED))


def batch_norm(reader, node):
    """y = x * a + b per channel; a layer before it takes both in (passes/fold_affine.py)."""
    x = reader.tensor(node.input[0])
    scale, bias, mean, variance = (reader.constant(node, i).astype(np.float64) for i in range(1, 5))
    factor = scale / np.sqrt(variance + reader.attributes(node).get("epsilon", 1e-5))
    _affine(reader, node, x, factor, bias - mean * factor)


def _affine(reader, node, x, factor, addend):
    shape = [1, -1] + [1] * (len(x.shape) - 2)
    name = node.output[0]
    scaled = reader.emit("MUL", [x, constant(factor.astype(np.float32).reshape(shape))], x.shape, name + "/scaled", **FUSED)
    reader.define(node, reader.emit("ADD", [scaled, constant(addend.astype(np.float32).reshape(shape))], x.shape, name, **FUSED))
