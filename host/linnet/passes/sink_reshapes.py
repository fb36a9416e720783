"""RESHAPEs move past operators on single elements: an activation then stands right behind its layer, which can take it in."""

from linnet.graph import Tensor, is_constant

UNARY = {"RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU", "ELU", "HARD_SWISH", "LOGISTIC", "TANH"}


def run(graph):
    moved = True
    while moved:
        moved = any(_sink(graph, op) for op in list(graph.operators) if op.kind == "RESHAPE")


def _sink(graph, op):
    """x, RESHAPE, unary becomes x, unary, RESHAPE; whether it did."""
    source, middle = op.inputs[0], op.outputs[0]
    users = graph.consumers(middle)
    if len(users) != 1 or users[0].kind not in UNARY or middle in graph.outputs or is_constant(source):
        return False
    user = users[0]
    output = user.outputs[0]
    before = Tensor(output.name + "/flat", source.shape, output.dtype, output.quant)
    user.inputs, user.outputs = [source], [before]
    op.inputs[0], op.outputs = before, [output]
    graph.operators.remove(op)
    graph.operators.insert(graph.operators.index(user) + 1, op)
    return True
