"""A RELU, RELU6 or RELU_N1_TO_1 of its own becomes the fused activation of the layer before it.

Exact when it does not rescale: TFLite then only clamps, to the very range of the fused activation.
"""

from linnet.operators.operands import identical_quant

PRODUCERS = (
    "CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "DIV", "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
)  # fmt: skip


def run(graph):
    for op in list(graph.operators):
        if op.kind not in ("RELU", "RELU6", "RELU_N1_TO_1"):
            continue
        source = op.inputs[0]
        producer = graph.producer(source)
        if (
            producer is not None
            and producer.kind in PRODUCERS
            and producer.attrs["fused_activation"] == "NONE"
            and graph.consumers(source) == [op]
            and source not in graph.outputs
            and identical_quant(source, op.outputs[0])
        ):
            producer.attrs["fused_activation"] = op.kind
            producer.outputs = op.outputs
            graph.operators.remove(op)
