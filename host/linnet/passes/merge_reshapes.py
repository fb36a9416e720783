"""A RESHAPE of a RESHAPE is one, a RESHAPE to the shape that is there already is none: what importers leave behind."""


def run(graph):
    for op in list(graph.operators):
        if op.kind != "RESHAPE":
            continue
        producer = graph.producer(op.inputs[0])
        if producer is not None and producer.kind == "RESHAPE":
            op.inputs = [producer.inputs[0], *op.inputs[1:]]
        source, output = op.inputs[0], op.outputs[0]
        if source.shape != output.shape or source.dtype != output.dtype or output in graph.outputs:
            continue
        for user in graph.consumers(output):
            user.inputs = [source if tensor is output else tensor for tensor in user.inputs]
        graph.operators.remove(op)
