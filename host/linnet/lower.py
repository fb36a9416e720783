"""Turns a graph, after the passes, into the steps that the device runs."""

from linnet.errors import LinnetError
from linnet.operators import MADE_BY_PASSES, OPERATORS, lower_operator


def lower(graph):
    """The graph's operators as Steps, in the order they run.

    Each is a record of FORMAT.md section 5 with its constants, but without places in memory.
    LinnetError names the model, the layer and what does not fit the format or the kernels.
    """
    steps = []
    for op in graph.operators:
        if op.kind not in OPERATORS | MADE_BY_PASSES:
            raise LinnetError(f"{graph.name}: {op} is not supported; supported are {', '.join(OPERATORS)}")
        for tensor in op.inputs + op.outputs:
            if tensor is not None and any(size < 1 for size in tensor.shape):
                what = f'tensor "{tensor.name}" has the shape {tensor.shape}'
                raise LinnetError(f"{graph.name}: {op}: {what}; sizes must be >= 1")
        try:
            made = lower_operator(op)
            steps += made if isinstance(made, list) else [made]
        except LinnetError as error:
            raise LinnetError(f"{graph.name}: {error}") from error
    return steps
