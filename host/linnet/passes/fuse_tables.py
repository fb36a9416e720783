"""Operators that depend on one byte alone, whatever way they take, become a single table: x * sigmoid(x), x * relu6(x + 3) / 6, a QUANTIZE
behind an activation.

A tensor may be a table of another one. An operator whose inputs are all tables of one tensor makes such a table as well: it
takes the place of the operators between, where nobody else uses what they make.
"""

import numpy as np

from linnet.graph import Operator
from linnet.operators import lower_operator, table
from linnet.operators.elementwise import MODES, Arithmetic

VALUES = np.arange(-128, 128)
TABLES = {
    "ABS", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1",
    "RSQRT", "TABLE", "TANH",
}  # fmt: skip
# Tables where all that they work on but one tensor is a single constant.
WITH_CONSTANT = {*MODES, "DIV", "PRELU"}


def run(graph):
    tables, dead = {}, []  # {tensor: (the tensor that it is a table of, its 256 values, the operators between)}
    for at, op in enumerate(graph.operators):
        function = _function(op)
        if function is None:
            continue
        chains = [_chain(tensor, tables) for tensor in op.inputs if tensor.data is None]
        common = [tensor for tensor in chains[0] if all(tensor in chain for chain in chains)]
        for root in common[::-1]:  # the furthest back first
            way = list(dict.fromkeys(between for chain in chains for between in chain[root][1]))
            values = function(*(chain[root][0] for chain in chains))
            if way and all(_is_private(graph, between, [*dead, *way, op]) for between in way):
                dead += way
                way.sort(key=lambda between: between.index)
                kinds = [*(kind for between in way for kind in between.attrs.get("kinds", [between.kind])), op.kind]
                graph.operators[at] = op = Operator(table.KIND, [root], op.outputs, {"values": values, "kinds": kinds}, op.index)
                way = []
                break
        if common:
            tables[op.outputs[0]] = root, values, [op, *way]
    graph.operators = [op for op in graph.operators if op not in dead]


def _function(op):
    """The operator as a function of its inputs that are not constant, arrays of their values; None where it is no table of any."""
    tensors = [*op.inputs, *op.outputs]
    if op.kind not in TABLES | WITH_CONSTANT or any(t is None or t.dtype != "int8" or t.quant is None for t in tensors):
        return None
    inputs = [tensor for tensor in op.inputs if tensor.data is None]
    if not inputs or any(tensor.shape != op.outputs[0].shape or tensor.initial is not None for tensor in inputs):
        return None
    if len(inputs) == 2:
        return Arithmetic(op).of if op.kind in MODES else None
    if any(np.any(tensor.data != tensor.data.flat[0]) for tensor in op.inputs if tensor.data is not None):
        return None
    values = np.roll(np.frombuffer(lower_operator(op).data, np.int8), 128).astype(np.int64)  # from -128 up
    return lambda x: values[x + 128]


def _chain(tensor, tables):
    """{tensor: (what it is of that tensor, the operators between)} for all that it is a table of, itself first."""
    values, way = VALUES, []
    found = {tensor: (values, way)}
    while tensor in tables:
        tensor, of, between = tables[tensor]
        values, way = values[of + 128], way + between
        found[tensor] = values, way
    return found


def _is_private(graph, op, users):
    """Nobody but these uses the operator's output."""
    output = op.outputs[0]
    return output not in graph.outputs and all(user in users for user in graph.consumers(output))
