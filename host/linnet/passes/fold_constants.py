"""Open shapes are found out; operators that depend on nothing but constants and shapes are computed, by the device's kernels.

Keras leaves such chains behind wherever a layer asks for the batch size: SHAPE, STRIDED_SLICE, PACK, RESHAPE.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.model import Model
from linnet.operators import OPERATORS, lower_operator
from linnet.packer import assemble
from linnet.shapes import infer

# A constant that is larger than what it is made of costs flash: beyond so many bytes it is made on the device.
MAX_GROWN_BYTES = 4096


def run(graph):
    for op in list(graph.operators):
        infer(op)
        values = values_of(op)
        if values is None:
            continue
        at = graph.operators.index(op)
        graph.operators.remove(op)
        for output, value in zip(op.outputs, values):
            value = np.ascontiguousarray(value, output.dtype).reshape(output.shape)
            if output in graph.outputs:
                constant = Tensor(output.name, output.shape, output.dtype, output.quant, value)
                graph.operators.insert(at, Operator("RESHAPE", [constant], [output], {}, op.index))
            else:
                output.data = value


def values_of(op):
    """The outputs of an operator as arrays, or None where they are not known, or are better made on the device."""
    if op.kind == "SHAPE" and op.inputs[0] is not None:
        return [np.array(op.inputs[0].shape)]
    operands = [tensor for tensor in op.inputs if tensor is not None]
    if any(tensor.initial is not None for tensor in op.outputs):
        return None  # a variable is no constant, whatever is written to it
    if not operands or any(tensor.data is None for tensor in operands) or op.kind not in OPERATORS:
        return None
    if op.kind == "RANGE" and len(operands) == 3:
        return [np.arange(*(tensor.data.item() for tensor in operands), dtype=op.outputs[0].dtype)]
    if op.kind == "REDUCE_PROD":
        data, axes = (tensor.data for tensor in operands)
        return [data.prod(axis=tuple(axes.reshape(-1).tolist()), keepdims=op.attrs["keep_dims"])]
    is_copied = op.kind == "RESHAPE" and op.outputs[0].dtype == operands[0].dtype
    grown = sum(tensor.bytes for tensor in op.outputs) - sum(tensor.bytes for tensor in operands)
    if grown > MAX_GROWN_BYTES or any(tensor.elements < 1 for tensor in op.outputs):
        return None
    return [operands[0].data] if is_copied else _computed(op)


def _computed(op):
    """The outputs that the core makes; None where the operator cannot be lowered: the message comes when it must be."""
    try:
        steps = lower_operator(op)
    except LinnetError:
        return None
    steps = steps if isinstance(steps, list) else [steps]
    idle = Tensor("idle", (1,), "int8")  # a model has an input
    model = Model(assemble(steps, [idle], op.outputs).data)
    return model.predict([np.zeros(1, np.int8)])
