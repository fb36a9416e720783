"""A float32 input or output of the model takes the scale and zero point of the int8 tensor beside it: the range it expects."""


def run(graph):
    for op in graph.operators:
        if op.kind == "QUANTIZE" and op.inputs[0] in graph.inputs and op.inputs[0].dtype == "float32":
            op.inputs[0].quant = op.outputs[0].quant
        if op.kind == "DEQUANTIZE" and op.outputs[0] in graph.outputs:
            op.outputs[0].quant = op.inputs[0].quant
