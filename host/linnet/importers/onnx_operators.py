"""What each ONNX operator becomes: a function per operator, or per family, listed in CONVERTERS.

A converter takes the reader (importers/onnx.py) and the node, emits TFLite operators and defines the node's outputs. Values have
ONNX's shapes and axes here; only inside a window operator are they channel last.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.importers import onnx_functions as functions
from linnet.importers import onnx_shapes as shapes
from linnet.importers import onnx_windows as windows
from linnet.importers.onnx import constant
from linnet.importers.onnx_recurrent import recurrent
from linnet.importers.onnx_qdq import dequantize_linear, quantize_linear, weights_quant

FUSED = {"fused_activation": "NONE"}


def _plain(kind, **attrs):
    """One operator, operand for operand."""

    def convert(reader, node):
        inputs = [reader.tensor(name) for name in node.input]
        shape = reader.shape(node.output[0]) if node.output[0] in reader._shapes else np.broadcast_shapes(*(t.shape for t in inputs))
        reader.define(node, reader.emit(kind, inputs, shape, node.output[0], dtype=inputs[-1].dtype, **attrs))

    return convert


def _identity(reader, node):
    name = node.input[0]
    if name in reader.values:
        reader.define(node, reader.values[name])
    else:
        reader.constants[node.output[0]] = reader.constants[name]


def _gemm(reader, node):
    attributes = reader.attributes(node)
    x = reader.tensor(node.input[0])
    if attributes.get("transA"):
        x = reader.transpose(x, (1, 0))
    weights = reader.constant(node, 1, what="weights").astype(np.float32) * np.float32(attributes.get("alpha", 1.0))
    weights = weights if attributes.get("transB") else weights.T
    bias = reader.constant(node, 2, np.zeros(1), what="a bias") * attributes.get("beta", 1.0)
    bias = np.broadcast_to(bias.astype(np.float32).reshape(-1), len(weights)) if bias.size in (1, len(weights)) else None
    if bias is None:
        raise LinnetError(f"{reader.label(node)} adds a matrix; only a bias per output is supported")
    quant = weights_quant(reader, node, 1, 0 if attributes.get("transB") else 1) if attributes.get("alpha", 1.0) == 1 else None
    reader.define(node, _dense(reader, x, weights, bias, (x.shape[0], len(weights)), node.output[0], quant))


def _dense(reader, x, weights, bias, shape, name, quant):
    inputs = [x, constant(np.ascontiguousarray(weights), name + "/weights", quant), constant(np.ascontiguousarray(bias), name + "/bias")]
    return reader.emit("FULLY_CONNECTED", inputs, shape, name, "float32", keep_num_dims=len(shape) > 2, **FUSED)


def _matmul(reader, node):
    a, b = node.input
    shape = reader.shape(node.output[0])
    if b in reader.constants and reader.constants[b].ndim == 2:
        weights = reader.constants[b].astype(np.float32).T
        bias, quant = np.zeros(len(weights), np.float32), weights_quant(reader, node, 1, 1)
        reader.define(node, _dense(reader, reader.tensor(a), weights, bias, shape, node.output[0], quant))
        return
    inputs = [reader.tensor(a), reader.tensor(b)]
    if min(len(tensor.shape) for tensor in inputs) < 2:
        raise LinnetError(f"{reader.label(node)} multiplies vectors; make them matrices")
    reader.define(node, reader.emit("BATCH_MATMUL", inputs, shape, node.output[0], "float32", adj_x=False, adj_y=False, **FUSED))


FUNCTIONS = {
    **{name: _plain(name.upper()) for name in ("Relu", "Tanh", "Abs", "Neg", "Exp", "Log", "Sqrt", "Floor", "Ceil", "Sin", "Cos")},
    "Add": _plain("ADD", **FUSED), "Sub": _plain("SUB", **FUSED), "Mul": _plain("MUL", **FUSED), "Div": functions.division,
    "Sum": functions.of_any_number("ADD", **FUSED),
    "Max": functions.of_any_number("MAXIMUM"), "Min": functions.of_any_number("MINIMUM"),
    "Sigmoid": _plain("LOGISTIC"), "HardSwish": _plain("HARD_SWISH"), "Clip": functions.clip, "Round": _plain("ROUND"),
    "Elu": functions.with_alpha("ELU", 1.0), "LeakyRelu": functions.with_alpha("LEAKY_RELU", 0.01), "PRelu": functions.prelu,
    "HardSigmoid": functions.hard_sigmoid, "Erf": functions.erf, "Gelu": functions.gelu, "Swish": functions.gated("LOGISTIC"),
    "Pow": functions.power,
    "Softmax": functions.softmax("SOFTMAX"), "LogSoftmax": functions.softmax("LOG_SOFTMAX"),
    "BatchNormalization": functions.batch_norm, "LayerNormalization": functions.layer_norm,
    "InstanceNormalization": functions.instance_norm,
}  # fmt: skip
LAYERS = {
    "Conv": windows.conv, "ConvTranspose": windows.conv_transpose, "Gemm": _gemm, "MatMul": _matmul,
    "MaxPool": windows.pool("MAX_POOL_2D"), "AveragePool": windows.pool("AVERAGE_POOL_2D"),
    "GlobalAveragePool": windows.global_pool("MEAN"), "GlobalMaxPool": windows.global_pool("REDUCE_MAX"),
    "Resize": windows.resize, "DepthToSpace": windows.depth_to_space, "SpaceToDepth": windows.space_to_depth,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
}  # fmt: skip
SHAPES = {
    "ReduceMean": shapes.reduce("MEAN"), "ReduceSum": shapes.reduce("SUM"),
    "ReduceMax": shapes.reduce("REDUCE_MAX"), "ReduceMin": shapes.reduce("REDUCE_MIN"),
    "ArgMax": shapes.arg("ARG_MAX"), "ArgMin": shapes.arg("ARG_MIN"),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), shapes.reshape), "Transpose": shapes.transpose,
    "Concat": shapes.concat, "Slice": shapes.slice_, "Split": shapes.split, "Pad": shapes.pad, "Gather": shapes.gather,
    "Expand": shapes.expand, "Tile": shapes.tile, "Identity": _identity, "Dropout": _identity,
}  # fmt: skip
CONVERTERS = LAYERS | FUNCTIONS | SHAPES | {"QuantizeLinear": quantize_linear, "DequantizeLinear": dequantize_linear}
