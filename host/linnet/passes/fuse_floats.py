"""A function that a converter could not quantize, DEQUANTIZE, float32 operators on each element alone, QUANTIZE, becomes a table.

The device's own kernels make the table, of all 256 bytes: results stay what they were, and the board needs no float32 kernels for them.
"""

import numpy as np

from linnet.graph import Graph, Operator, Tensor
from linnet.model import Model
from linnet.operators import lower_operator, table
from linnet.operators.float32 import binary, unary
from linnet.packer import assemble


def run(graph):
    for op in list(graph.operators):
        if op.kind != "QUANTIZE" or op.inputs[0].dtype != "float32" or op.outputs[0].dtype != "int8" or op.outputs[0].quant is None:
            continue
        way = _way(graph, op)
        if way is None:
            continue
        attrs = {"values": _values(way), "kinds": [step.kind for step in way[1:-1]]}
        fused = Operator(table.KIND, [way[0].inputs[0]], op.outputs, attrs, op.index)
        graph.operators[graph.operators.index(op)] = fused
        graph.operators = [step for step in graph.operators if step not in way]


def _way(graph, op):
    """The operators from a DEQUANTIZE of int8 to this QUANTIZE, each on every element alone and used by the next one only, or None."""
    way = [op]
    while way[0].kind != "DEQUANTIZE":
        source = _variable(way[0])
        if source is None or source in graph.outputs or len(graph.consumers(source)) != 1:
            return None
        producer = graph.producer(source)
        if producer is None or producer.outputs[0].shape != op.outputs[0].shape:
            return None
        way.insert(0, producer)
    first = way[0].inputs[0]
    is_plain = first.dtype == "int8" and first.quant is not None and first.data is None and first.initial is None
    return way if len(way) > 2 and is_plain else None


def _variable(op):
    """The one operand that is not constant of an operator on each element alone, or None."""
    variables = [tensor for tensor in op.inputs if tensor is not None and tensor.data is None]
    if len(variables) != 1 or variables[0].shape != op.outputs[0].shape:
        return None
    if op.kind == "QUANTIZE" or op.kind in unary.MODES:
        return variables[0] if len(op.inputs) == 1 else None
    is_scalar = op.kind in binary.MODES and all(tensor.elements == 1 for tensor in op.inputs if tensor.data is not None)
    return variables[0] if is_scalar else None


def _values(way):
    """What comes of -128 ... 127: (256,) int64."""
    first = way[0].inputs[0]
    made = {first: Tensor("x", (256,), "int8", first.quant)}
    steps = []
    for op in way:
        output = op.outputs[0]
        made[output] = Tensor(output.name, (256,), output.dtype, output.quant)
        step = lower_operator(Operator(op.kind, [made.get(t, t) for t in op.inputs], [made[output]], op.attrs, op.index))
        steps += step if isinstance(step, list) else [step]
    graph = Graph("table", [made[first]], [made[way[-1].outputs[0]]], [])
    model = Model(assemble(steps, graph.inputs, graph.outputs).data)
    return model.predict([np.arange(-128, 128).astype(np.int8)])[0].astype(np.int64)
