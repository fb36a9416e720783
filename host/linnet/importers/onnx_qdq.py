"""QuantizeLinear and DequantizeLinear of ONNX models that are quantized already (QDQ): what they are in a Graph.

On the way of an activation they become QUANTIZE and DEQUANTIZE, int8 throughout: uint8 is shifted by 128. On a constant they
become its scales, which travel with its real values; passes/fuse_qdq.py takes both together and has the file's integers again.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Quantization, Tensor

MOVES = ("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Slice", "Gather")  # of constants: scales stay as they are


def quantize_linear(reader, node):
    """float32 -> int8, one scale and zero point for all."""
    quant, dtype = _activation(reader, node)
    x = reader.tensor(node.input[0])
    y = reader.emit("QUANTIZE", [x], x.shape, node.output[0], "int8")
    y.quant = _shifted(quant, dtype)
    reader.define(node, y)


def dequantize_linear(reader, node):
    """int8 -> float32; also of an input or output of the model that is int8 or uint8 itself."""
    x = reader.tensor(node.input[0])
    quant, dtype = _activation(reader, node)
    if x.dtype == "uint8":
        _describe(reader, x, quant)
        x = reader.emit("QUANTIZE", [x], x.shape, x.name + "/int8", "int8")
        x.quant = _shifted(quant, dtype)
    elif x.dtype != "int8":
        raise LinnetError(f"{reader.label(node)} makes {x.dtype} real; supported are int8 and uint8")
    elif x.quant is None:
        _describe(reader, x, quant)
    reader.define(node, reader.emit("DEQUANTIZE", [x], x.shape, node.output[0], "float32"))


def real_or_integer(reader, node):
    """[what] a QuantizeLinear or DequantizeLinear makes of a constant; None for other nodes."""
    if node.op_type not in ("QuantizeLinear", "DequantizeLinear"):
        return None
    data, scale, *zero_point = (reader.constants[name] for name in node.input if name)
    attributes = reader.attributes(node)
    if attributes.get("block_size") or scale.ndim > 1:
        raise LinnetError(f"{reader.label(node)} has a scale for every block of weights; supported is one for each output channel")
    zero_point = zero_point[0] if zero_point else np.zeros((), np.uint8 if node.op_type == "QuantizeLinear" else data.dtype)
    if zero_point.dtype.kind not in "iu" and zero_point.dtype.name not in ("int4", "uint4"):
        raise LinnetError(f"{reader.label(node)} quantizes to {zero_point.dtype}; supported are int8 and uint8")
    shape = [1] * data.ndim
    if scale.size > 1:
        shape[attributes.get("axis", 1)] = scale.size
    scale = scale.astype(np.float64).reshape(shape if data.ndim else ())
    shift = zero_point.astype(np.int64)
    shift = shift.reshape(shape) if shift.size > 1 else shift.reshape(-1)[0]
    if node.op_type == "DequantizeLinear":
        return [((data.astype(np.int64) - shift) * scale).astype(np.float32)]
    limits = np.iinfo(zero_point.dtype)
    return [np.clip(np.rint(data / scale) + shift, limits.min, limits.max).astype(zero_point.dtype)]


def scales_of_constant(reader, node):
    """The Quantization of what a node of constants alone makes, or None where it has none."""
    source = node.input[0] if node.input else None
    if node.op_type == "DequantizeLinear":
        scale = np.atleast_1d(reader.constants[node.input[1]]).astype(np.float32)
        axis = reader.attributes(node).get("axis", 1) % max(1, reader.constants[source].ndim)
        return Quantization(scale, np.zeros(len(scale), np.int64), axis)
    quant = reader.quants.get(source)
    if quant is not None and node.op_type == "Transpose":
        rank = reader.constants[source].ndim
        order = list(reader.attributes(node).get("perm", range(rank)[::-1]))
        return Quantization(quant.scale, quant.zero_point, order.index(quant.axis))
    return quant if quant is not None and node.op_type in MOVES and len(quant.scale) == 1 else None


def weights_quant(reader, node, index, axis):
    """The Quantization of constant weights, input `index`, with output channels along `axis`; None where they are real."""
    quant = reader.quants.get(node.input[index])
    if quant is not None and len(quant.scale) > 1 and quant.axis != axis:
        raise LinnetError(f"{reader.label(node)} has weights quantized along axis {quant.axis}; supported is {axis}, their output channels")
    return quant


def to_file_dtype(reader, value, tensor):
    """An output of the model as its file has it: uint8 where it is uint8 there."""
    from onnx import TensorProto

    if tensor.dtype != "int8" or tensor.quant is None or value.type.tensor_type.elem_type != TensorProto.UINT8:
        return tensor
    made = reader.emit("QUANTIZE", [tensor], tensor.shape, tensor.name + "/uint8", "uint8")
    made.quant = Quantization(tensor.quant.scale, tensor.quant.zero_point + 128)
    return made


def _activation(reader, node):
    """(Quantization with the file's zero point, dtype) of an activation."""
    scale = reader.constant(node, 1, what="a scale").astype(np.float32).reshape(-1)
    zero_point = reader.constant(node, 2, np.zeros(1, np.uint8), "a zero point")
    dtype, zero_point = zero_point.dtype.name, zero_point.reshape(-1).astype(np.int64)
    if len(scale) != 1:
        raise LinnetError(f"{reader.label(node)} quantizes an activation per channel; only weights may be")
    if dtype not in ("int8", "uint8"):
        raise LinnetError(f"{reader.label(node)} quantizes an activation to {dtype}; supported are int8 and uint8")
    return Quantization(scale, zero_point), dtype


def _shifted(quant, dtype):
    """Of the same values as int8."""
    return quant if dtype == "int8" else Quantization(quant.scale, quant.zero_point - 128)


def _describe(reader, tensor: Tensor, quant):
    """A tensor that came without a scale has this one, and so has the model's input that it was made of."""
    makers = {op.outputs[0]: op for op in reader.operators}
    while tensor is not None and tensor.quant is None:
        tensor.quant = quant
        maker = makers.get(tensor)
        tensor = maker.inputs[0] if maker is not None and maker.kind in ("TRANSPOSE", "RESHAPE") else None
