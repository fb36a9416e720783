"""Operators whose results nobody uses go."""


def run(graph):
    needed = set(graph.outputs)
    kept = []
    for op in reversed(graph.operators):
        if needed.intersection(op.outputs):
            needed.update(tensor for tensor in op.inputs if tensor is not None)
            kept.append(op)
    graph.operators = kept[::-1]
