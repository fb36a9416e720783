"""Operators whose results nobody uses go."""


def run(graph):
    needed, n_before = set(graph.outputs), -1
    # What is written to a variable may be used by an operator before, in the next run.
    while n_before != len(needed):
        n_before = len(needed)
        for op in reversed(graph.operators):
            if needed.intersection(op.outputs):
                needed.update(tensor for tensor in op.inputs if tensor is not None)
    graph.operators = [op for op in graph.operators if needed.intersection(op.outputs)]
