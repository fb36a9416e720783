"""Build .tflite files with nothing but the published schema (packages tflite and flatbuffers).

    x, y = Tensor((1, 8, 8, 4), "int8", 0.05, -3), Tensor((1, 8, 8, 4), "int8", 0.05, -3)
    model = single_op_model("RELU", None, [x], [y])
    model = graph_model([([x], [y], [Op("RELU", None, [x], [y])])])
"""

from dataclasses import dataclass, replace

import flatbuffers
import numpy as np
import tflite

# The operator versions from which int8 works; 1 for all others.
VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 5, "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "ADD": 2,
    "PAD": 2, "SOFTMAX": 2, "LOGISTIC": 2, "RELU": 2, "RELU6": 2, "QUANTIZE": 2, "DEQUANTIZE": 2,
    "LEAKY_RELU": 2, "TANH": 2, "ABS": 2, "RSQRT": 2, "GELU": 2, "EXP": 2, "LOG": 2, "MEAN": 2, "SUM": 2,
    "TOPK_V2": 2, "ARG_MAX": 2, "ARG_MIN": 2, "FLOOR_DIV": 2, "EQUAL": 2, "NOT_EQUAL": 2, "GREATER": 2, "GREATER_EQUAL": 2, "LESS": 2,
    "LESS_EQUAL": 2, "REDUCE_MAX": 2, "REDUCE_MIN": 2, "SUB": 2, "MUL": 2, "MAXIMUM": 2, "MINIMUM": 2, "SQUARED_DIFFERENCE": 2,
    "TRANSPOSE_CONV": 3, "BATCH_MATMUL": 2, "L2_NORMALIZATION": 2,
    "CONCATENATION": 2, "PACK": 2, "UNPACK": 2, "SPLIT": 2, "SPLIT_V": 2, "SLICE": 2, "STRIDED_SLICE": 2, "TRANSPOSE": 2,
    "SPACE_TO_DEPTH": 2, "DEPTH_TO_SPACE": 1, "TILE": 2, "BROADCAST_TO": 3, "PADV2": 2, "MIRROR_PAD": 2, "RESIZE_BILINEAR": 3,
    "RESIZE_NEAREST_NEIGHBOR": 3, "GATHER": 5, "GATHER_ND": 3, "CAST": 2, "SVDF": 3, "UNIDIRECTIONAL_SEQUENCE_LSTM": 3, "REVERSE_V2": 3, "SPACE_TO_BATCH_ND": 3, "BATCH_TO_SPACE_ND": 3, "FILL": 3,
}
TYPES = {
    "int8": tflite.TensorType.INT8, "uint8": tflite.TensorType.UINT8, "int16": tflite.TensorType.INT16,
    "int32": tflite.TensorType.INT32, "float32": tflite.TensorType.FLOAT32,
    "bool": tflite.TensorType.BOOL, "int64": tflite.TensorType.INT64, "float16": tflite.TensorType.FLOAT16,
    "resource": tflite.TensorType.RESOURCE, "int4": tflite.TensorType.INT4,
}


@dataclass
class Tensor:
    """A tensor of the model; real = scale * (q - zero_point)."""

    shape: tuple
    dtype: str
    scale: object = None  # a number; an array of one a channel; None: not quantized
    zero_point: int = 0
    axis: int = 0  # the channels' axis, where scale is an array
    data: object = None  # of a constant: an array
    is_variable: bool = False


@dataclass
class Options:
    """An operator's options: the schema's table and its fields, Options("PadOptions", {"Name": number})."""

    table: str
    fields: dict


@dataclass
class Op:
    """An operator: the schema's name, "CONV_2D"; Options or None; lists of Tensor, None for an operand left out."""

    kind: str
    options: object
    inputs: list
    outputs: list


def constant(data, scale=None, axis=0):
    """Return (Tensor, data) for an array (any shape) that is part of the model; its zero point is 0."""
    return Tensor(data.shape, data.dtype.name, scale, 0, axis), data


def single_op_model(op, options, inputs, outputs, constants=(), order=None):
    """Return the bytes of a .tflite file of one operator.

    op: the schema's name, "CONV_2D". options: Options, or None. inputs, outputs: lists of Tensor, which are the
    model's too. constants: list of constant(...), or None for an optional operand left out; the operator's operands
    are the inputs followed by the constants. order: the operands' order where it is another, a list of their indices.
    """
    constants = [None if c is None else replace(c[0], data=c[1]) for c in constants]
    inputs, outputs = [replace(t) for t in inputs], [replace(t) for t in outputs]  # each place has a tensor of its own
    operands = [*inputs, *constants]
    operands = [operands[i] for i in order or range(len(operands))]
    present = [tensor for tensor in constants if tensor is not None]
    return graph_model([(inputs, outputs, [Op(op, options, operands, outputs)])], present)


def graph_model(subgraphs, first=()):
    """Return the bytes of a .tflite file of subgraphs: [(inputs, outputs, [Op, ...]), ...].

    Tensors are told apart by identity, each belongs to one subgraph. first: constants of the main one that come after its
    inputs, in this order, whatever the operands' is.
    """
    b = flatbuffers.Builder(4096)
    contents, kinds, tables = [None], [], []
    for inputs, outputs, operators in subgraphs:
        tables.append(_subgraph(b, inputs, outputs, operators, [] if tables else first, contents, kinds))
    buffers = _offsets(b, tflite.ModelStartBuffersVector, [_buffer(b, data) for data in contents])
    subgraphs = _offsets(b, tflite.ModelStartSubgraphsVector, tables)
    codes = _offsets(b, tflite.ModelStartOperatorCodesVector, [_operator_code(b, kind) for kind in kinds])
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, subgraphs)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


def _subgraph(b, inputs, outputs, operators, first, contents, kinds):
    """Write a subgraph; its constants go to contents, a buffer each, what operators it has to kinds."""
    operands = [tensor for op in operators for tensor in [*op.inputs, *op.outputs] if tensor is not None]
    index = {}
    for tensor in [*inputs, *first, *operands, *outputs]:
        index.setdefault(id(tensor), (len(index), tensor))
    tensors = []
    for i, tensor in index.values():
        contents.append(_packed(tensor.data) if tensor.dtype == "int4" and tensor.data is not None else tensor.data)
        tensors.append(_tensor(b, tensor, len(contents) - 1, f"t{i}"))
    kinds += dict.fromkeys(op.kind for op in operators if op.kind not in kinds)

    def places(tensors):
        return [-1 if tensor is None else index[id(tensor)][0] for tensor in tensors]

    tensors = _offsets(b, tflite.SubGraphStartTensorsVector, tensors)
    operators = _offsets(b, tflite.SubGraphStartOperatorsVector,
                         [_operator(b, kinds.index(op.kind), op.options, places(op.inputs), places(op.outputs))
                          for op in operators])
    inputs_vector = b.CreateNumpyVector(np.array(places(inputs), np.int32))
    outputs_vector = b.CreateNumpyVector(np.array(places(outputs), np.int32))
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensors)
    tflite.SubGraphAddInputs(b, inputs_vector)
    tflite.SubGraphAddOutputs(b, outputs_vector)
    tflite.SubGraphAddOperators(b, operators)
    return tflite.SubGraphEnd(b)


def _packed(data):
    """Two of the values -8 ... 7 of an array to a byte, the first in the lower half."""
    nibbles = np.append(data.reshape(-1), np.zeros(data.size % 2, np.int8)).astype(np.uint8) & 15
    return nibbles[::2] | nibbles[1::2] << 4


def _operator_code(b, kind):
    code = getattr(tflite.BuiltinOperator, kind)
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(b, code)
    tflite.OperatorCodeAddVersion(b, VERSIONS.get(kind, 1))
    return tflite.OperatorCodeEnd(b)


def _offsets(b, start, offsets):
    """Write a vector of tables; start is the schema's Start...Vector function."""
    start(b, len(offsets))
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    return b.EndVector()


def _buffer(b, data):
    if data is not None:
        vector = _aligned_bytes(b, np.ascontiguousarray(data).tobytes())
    tflite.BufferStart(b)
    if data is not None:
        tflite.BufferAddData(b, vector)
    return tflite.BufferEnd(b)


def _aligned_bytes(b, data):
    """Write a byte vector whose contents lie at a multiple of 16, as the schema demands of buffers."""
    b.StartVector(1, len(data), 16)
    b.head -= len(data)
    b.Bytes[b.head:b.head + len(data)] = data
    return b.EndVector()


def _tensor(b, tensor, buffer, name):
    shape = b.CreateNumpyVector(np.array(tensor.shape, np.int32))
    name = b.CreateString(name)
    quantization = None
    if tensor.scale is not None:
        scales = np.atleast_1d(np.asarray(tensor.scale, np.float32))
        scale = b.CreateNumpyVector(scales)
        zero_point = b.CreateNumpyVector(np.full(len(scales), tensor.zero_point, np.int64))
        tflite.QuantizationParametersStart(b)
        tflite.QuantizationParametersAddScale(b, scale)
        tflite.QuantizationParametersAddZeroPoint(b, zero_point)
        tflite.QuantizationParametersAddQuantizedDimension(b, tensor.axis)
        quantization = tflite.QuantizationParametersEnd(b)
    tflite.TensorStart(b)
    tflite.TensorAddShape(b, shape)
    tflite.TensorAddType(b, TYPES[tensor.dtype])
    tflite.TensorAddBuffer(b, buffer)
    tflite.TensorAddName(b, name)
    tflite.TensorAddIsVariable(b, tensor.is_variable)
    if quantization is not None:
        tflite.TensorAddQuantization(b, quantization)
    return tflite.TensorEnd(b)


def _operator(b, code, options, operands, outputs):
    operands = b.CreateNumpyVector(np.array(operands, np.int32))
    outputs = b.CreateNumpyVector(np.array(outputs, np.int32))
    if options:
        fields = {name: b.CreateString(value) if isinstance(value, str) else value for name, value in options.fields.items()}
        getattr(tflite, f"{options.table}Start")(b)
        for name, value in fields.items():
            getattr(tflite, f"{options.table}Add{name}")(b, value)
        table = getattr(tflite, f"{options.table}End")(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, code)
    tflite.OperatorAddInputs(b, operands)
    tflite.OperatorAddOutputs(b, outputs)
    if options:
        tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options.table))
        tflite.OperatorAddBuiltinOptions(b, table)
    return tflite.OperatorEnd(b)
