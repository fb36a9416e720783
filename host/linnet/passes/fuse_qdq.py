"""DEQUANTIZE, an operator on real numbers, QUANTIZE become the operator on int8: what a QDQ-quantized ONNX model means.

Weights and biases have the integers of the file (biases beyond 2**24 as near as single precision comes). Inputs and outputs of the
model become int8 as well. What has no scale behind it stays real; operators on each element alone are left to fuse_floats.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Quantization, Tensor, is_constant
from linnet.operators.float32 import binary, unary
from linnet.operators.operands import identical_quant
from linnet.passes import drop_dead_operators, fuse_activations

# As in TFLite's scheme, quantizer/scheme.py: where operands with weights stand, and the axis of their output channels.
WEIGHTED = {
    "CONV_2D": (0, 1, 2, 0), "DEPTHWISE_CONV_2D": (0, 1, 2, 3), "FULLY_CONNECTED": (0, 1, 2, 0), "TRANSPOSE_CONV": (2, 1, 3, 0),
}  # fmt: skip
OWN = {"ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MEAN", "SUM", "PRELU", "BATCH_MATMUL"}  # the output has its own scale
ALIKE = {"CONCATENATION", "PACK", "MAXIMUM", "MINIMUM"}  # all operands have the output's scale
FIXED = {"SOFTMAX": (1 / 256, -128), "LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0), "LOG_SOFTMAX": (16 / 256, 127)}
CLAMPS = {"RELU", "RELU6", "RELU_N1_TO_1"}
# They commute with rounding: bytes are moved, chosen or clamped.
MOVES = CLAMPS | {
    "RESHAPE", "TRANSPOSE", "STRIDED_SLICE", "GATHER", "PAD", "MIRROR_PAD", "MAX_POOL_2D", "RESIZE_NEAREST_NEIGHBOR", "REDUCE_MAX",
    "REDUCE_MIN", "SPACE_TO_DEPTH", "DEPTH_TO_SPACE",
}  # fmt: skip
LIKE_INPUT = MOVES | {"PADV2", "AVERAGE_POOL_2D", "RESIZE_BILINEAR"}  # the output has the input's scale
TO_INTEGERS = {"ARG_MAX", "ARG_MIN"}
ENDS = ("QUANTIZE", "DEQUANTIZE")


def run(graph):
    if not any(op.kind in ENDS for op in graph.operators):
        return
    fuse_activations.run(graph)
    _unite(graph)
    for op in graph.operators[::-1]:
        if op.kind in MOVES or op.kind in ("MAXIMUM", "MINIMUM") and is_constant(op.inputs[1]):
            _quantize_before(graph, op)
    _part(graph)
    for op in list(graph.operators):
        if op.kind not in ENDS:
            _absorb(graph, op)
    _meet(graph)
    drop_dead_operators.run(graph)
    _open_ends(graph)
    drop_dead_operators.run(graph)


# Q and DQ among themselves ------------------------------------------------------------------------------------------------


def _unite(graph):
    """Equal QUANTIZEs of one tensor are one."""
    first = {}
    for op in list(graph.operators):
        if op.kind != "QUANTIZE":
            continue
        output = op.outputs[0]
        known = first.setdefault((op.inputs[0], output.dtype, float(output.scale), output.zero_point), output)
        if known is not output and output not in graph.outputs:
            _replace(graph, output, known)
            graph.operators.remove(op)


def _part(graph):
    """Each user of a DEQUANTIZE has one of its own."""
    for op in list(graph.operators):
        if op.kind != "DEQUANTIZE" or op.outputs[0] in graph.outputs:
            continue
        output = op.outputs[0]
        for user in graph.consumers(output)[1:]:
            copy = Tensor(output.name, output.shape, output.dtype)
            user.inputs = [copy if tensor is output else tensor for tensor in user.inputs]
            graph.operators.insert(graph.operators.index(op) + 1, Operator(op.kind, list(op.inputs), [copy], {}, op.index))


def _quantize_before(graph, op):
    """An operator that commutes with the QUANTIZE behind it gets the same one in front, where what it works on has none."""
    source, wanted = op.inputs[0], _wanted(graph, op)
    producer = graph.producer(source)
    if wanted is None or source.dtype != "float32" or producer is None and source not in graph.inputs:
        return
    if producer is not None and producer.kind == "DEQUANTIZE":
        return
    if len(graph.consumers(source)) != 1 or source in graph.outputs:
        return
    quantized = Tensor(source.name + "/int8", source.shape, wanted.dtype, wanted.quant)
    real = Tensor(source.name, source.shape, "float32")
    at = graph.operators.index(op)
    graph.operators[at:at] = [Operator("QUANTIZE", [source], [quantized], {}, op.index), Operator("DEQUANTIZE", [quantized], [real], {}, op.index)]
    op.inputs = [real, *op.inputs[1:]]


def _meet(graph):
    """A DEQUANTIZE before a QUANTIZE: nothing where both have the same scale, else a rescaling."""
    for op in list(graph.operators):
        if op.kind != "QUANTIZE" or op.outputs[0].dtype != "int8":
            continue
        producer = graph.producer(op.inputs[0])
        if producer is None or producer.kind != "DEQUANTIZE" or producer.inputs[0].dtype != "int8":
            continue
        source, output = producer.inputs[0], op.outputs[0]
        if identical_quant(source, output) and output not in graph.outputs:
            _replace(graph, output, source)
            graph.operators.remove(op)
        else:
            op.inputs = [source]


def _open_ends(graph):
    """A real input that is quantized at once is int8, a real output that was int8 until then is int8."""
    for i, tensor in enumerate(graph.inputs):
        users = graph.consumers(tensor)
        if len(users) == 1 and users[0].kind == "QUANTIZE" and tensor not in graph.outputs and tensor.dtype == "float32":
            graph.inputs[i] = users[0].outputs[0]
            graph.inputs[i].name = tensor.name
            graph.operators.remove(users[0])
    for i, tensor in enumerate(graph.outputs):
        producer = graph.producer(tensor)
        if producer is not None and producer.kind == "DEQUANTIZE" and producer.inputs[0].dtype == "int8":
            if producer.inputs[0] not in (*graph.inputs, *graph.outputs):
                graph.outputs[i] = producer.inputs[0]
                graph.outputs[i].name = tensor.name


def _replace(graph, old, new):
    for op in graph.operators:
        op.inputs = [new if tensor is old else tensor for tensor in op.inputs]


def _wanted(graph, op):
    """The int8 tensor that the one output of an operator is quantized to, where that is all that becomes of it; else None."""
    users = graph.consumers(op.outputs[0])
    is_only = len(op.outputs) == 1 and len(users) == 1 and users[0].kind == "QUANTIZE" and op.outputs[0] not in graph.outputs
    return users[0].outputs[0] if is_only and users[0].outputs[0].dtype == "int8" else None


# Operators ----------------------------------------------------------------------------------------------------------------


def _absorb(graph, op):
    """The operator on int8 in place of the one on real numbers, where its operands are dequantized."""
    real = [tensor for tensor in op.inputs if tensor is not None and tensor.data is None and tensor.dtype == "float32"]
    sources = {tensor: graph.producer(tensor) for tensor in real}
    if not real or any(maker is None or maker.kind != "DEQUANTIZE" for maker in sources.values()):
        return
    inputs = [sources[tensor].inputs[0] if tensor in sources else tensor for tensor in op.inputs]
    if op.kind in TO_INTEGERS:
        op.inputs = inputs
        return
    first, wanted = next(tensor for tensor in inputs if tensor in [maker.inputs[0] for maker in sources.values()]), _wanted(graph, op)
    quant = wanted.quant if wanted is not None else None
    if _is_table(op, real, wanted) and not (op.kind in CLAMPS and identical_quant(first, wanted)):
        return  # fuse_floats makes one table of all three
    if op.kind in LIKE_INPUT:
        quant = first.quant
    elif op.kind in FIXED:
        scale, zero_point = FIXED[op.kind]
        quant = Quantization(np.array([scale], np.float32), np.array([zero_point]))
    elif op.kind in ALIKE and quant is None and all(identical_quant(first, t) for t in inputs):
        quant = first.quant
    if quant is None or op.kind not in LIKE_INPUT | ALIKE | OWN | FIXED.keys() | WEIGHTED.keys():
        return
    if op.kind in WEIGHTED and not _has_weights(op, inputs, quant):
        return
    at = graph.operators.index(op)
    output = op.outputs[0]
    quantized = Tensor(output.name, output.shape, "int8", quant)
    if op.kind in ALIKE:
        inputs = [_alike(graph, op, tensor, quant) for tensor in inputs]
    elif op.kind not in WEIGHTED:
        inputs = [_constant(tensor, first.quant if op.kind == "PADV2" else None) for tensor in inputs]
    op.inputs, op.outputs = inputs, [quantized]
    at = graph.operators.index(op)
    graph.operators.insert(at + 1, Operator("DEQUANTIZE", [quantized], [output], {}, op.index))


def _is_table(op, real, wanted):
    """Whether fuse_floats takes it: on each element alone, and quantized at once."""
    if wanted is None or len(real) != 1 or real[0].shape != op.outputs[0].shape:
        return False
    constants = [tensor for tensor in op.inputs if is_constant(tensor)]
    return op.kind in unary.MODES or op.kind in binary.MODES and all(tensor.elements == 1 for tensor in constants)


def _has_weights(op, inputs, quant):
    """Puts int8 weights and an int32 bias into the list of inputs; False where the file has real ones."""
    data_at, weights_at, bias_at, axis = WEIGHTED[op.kind]
    data, weights = inputs[data_at], inputs[weights_at]
    if not is_constant(weights) or weights.quant is None:
        return False
    n = weights.shape[axis]
    scales = np.broadcast_to(weights.quant.scale, n).astype(np.float64)
    shape = [1] * len(weights.shape)
    shape[axis] = n
    integers = np.rint(weights.data / scales.reshape(shape))
    if integers.min() < -128 or integers.max() > 127:
        raise LinnetError(f"{op}: its weights have a zero point; quantize them symmetrically to int8 (onnxruntime: weight_type=QuantType.QInt8)")
    stored = Quantization(weights.quant.scale, np.zeros(len(weights.quant.scale), np.int64), axis)
    inputs[weights_at] = Tensor(weights.name, weights.shape, "int8", stored, integers.astype(np.int8))
    bias = inputs[bias_at].data.reshape(-1).astype(np.float64) if len(inputs) > bias_at and inputs[bias_at] is not None else np.zeros(n)
    steps = np.float64(data.scale) * scales
    integers = np.clip(np.rint(bias / steps), -(2**31), 2**31 - 1).astype(np.int32)
    inputs += [None] * (bias_at + 1 - len(inputs))
    inputs[bias_at] = Tensor(weights.name + "/bias", (n,), "int32", Quantization(steps.astype(np.float32), np.zeros(n, np.int64)), integers)
    return True


def _alike(graph, op, tensor, quant):
    """This operand with that quantization: a constant made so, an activation rescaled before the operator."""
    if tensor.data is not None:
        return _constant(tensor, quant)
    alike = Tensor(tensor.name + "/rescaled", tensor.shape, "int8", quant)
    if identical_quant(tensor, alike):
        return tensor
    graph.operators.insert(graph.operators.index(op), Operator("QUANTIZE", [tensor], [alike], {}, op.index))
    return alike


def _constant(tensor, quant=None):
    """A real constant as int8: with this quantization, its own in the file, or one of its range."""
    if tensor is None or tensor.data is None or tensor.dtype != "float32":
        return tensor
    if quant is None and tensor.quant is not None and len(tensor.quant.scale) == 1:
        quant = _with_room(tensor)
    if quant is None:
        low, high = min(0.0, float(tensor.data.min())), max(0.0, float(tensor.data.max()))
        scale = np.float32((high - low) / 255 or 1.0)
        quant = Quantization(np.array([scale]), np.array([int(np.rint(-128 - low / scale))]))
    data = np.clip(np.rint(tensor.data / np.float64(quant.scale[0])) + quant.zero_point[0], -128, 127).astype(np.int8)
    return Tensor(tensor.name, tensor.shape, "int8", quant, data)


def _with_room(tensor):
    """The file's scale, and a zero point with which all its integers are int8; None where there is none."""
    integers = np.rint(tensor.data / np.float64(tensor.quant.scale[0]))
    low, high = int(integers.min()), int(integers.max())
    zero_point = 0 if low >= -128 and high <= 127 else -128 - min(low, 0)
    fits = high + zero_point <= 127 and -128 <= zero_point <= 127
    return Quantization(tensor.quant.scale, np.array([zero_point])) if fits else None
