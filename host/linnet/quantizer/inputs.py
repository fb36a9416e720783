"""Features of unlike ranges: scaled in float32 before a model's first layer, as one scale of int8 cannot hold them all.

A dense layer that reads the model's input gets (x - center) * factor instead, and weights that undo it. A scaler that
was folded into the layer comes out of its weights again so, and the features keep their int8 levels whatever their ranges.
"""

import numpy as np

from linnet.graph import Graph, Operator, Tensor
from linnet.quantizer.scheme import is_activation

LEAST_SHARE = 0.05  # a feature that spans less of the input's range than this is worth a try
LEAST_GAIN_DB = 6  # of the outputs: one bit


class Scaling:
    """What is done to the features (n,) of a graph's input before its first layer, a dense one."""

    def __init__(self, samples):
        x = np.concatenate([x.reshape(-1, x.shape[-1]) for x, in samples]).astype(np.float64)
        low, high = x.min(axis=0), x.max(axis=0)
        span = high - low
        self.center = ((low + high) / 2).astype(np.float32)
        # A feature that never varies keeps its size: what it is later is anyone's guess.
        self.factor = np.where(span > 0, 2 / np.where(span > 0, span, 1), 1 / np.maximum(np.abs(high), 1e-6)).astype(np.float32)
        self.least_share = float(span[span > 0].min(initial=np.inf) / max(float(max(high.max(), 0) - min(low.min(), 0)), 1e-30))

    def applied(self, samples):
        return [[(x - self.center) * self.factor] for x, in samples]

    def pull(self, graph):
        """Changes a float graph in place, so that it takes scaled features; returns it."""
        layer = first_layer(graph)
        weights, bias = layer.inputs[1], layer.inputs[2] if len(layer.inputs) > 2 else None
        wide = weights.data.astype(np.float64)
        shift = wide @ self.center
        scaled = np.ascontiguousarray(wide / self.factor, np.float32)
        moved = (shift if bias is None else bias.data.reshape(-1) + shift).astype(np.float32)
        name = weights.name + "/bias" if bias is None else bias.name
        layer.inputs = [
            layer.inputs[0], Tensor(weights.name, weights.shape, "float32", None, scaled, weights.source),
            Tensor(name, moved.shape, "float32", None, moved),
        ]  # fmt: skip
        return graph

    def put_before(self, graph):
        """A Graph that takes the features as they are, scales and, where `graph` takes int8, quantizes them."""
        (taken,) = graph.inputs
        shape = taken.shape
        raw, centered = (Tensor(name, shape, "float32") for name in (taken.name, f"{taken.name}/centered"))
        raw.source = taken.source
        constants = [Tensor(f"{taken.name}/{what}", a.shape, "float32", None, a) for what, a in (("center", self.center), ("factor", self.factor))]
        scaled = taken if taken.dtype == "float32" else Tensor(f"{taken.name}/scaled", shape, "float32")
        operators = [
            Operator("SUB", [raw, constants[0]], [centered], {"fused_activation": "NONE"}),
            Operator("MUL", [centered, constants[1]], [scaled], {"fused_activation": "NONE"}),
        ]
        if scaled is not taken:
            operators.append(Operator("QUANTIZE", [scaled], [taken]))
        taken.source = None
        return Graph(graph.name, [raw], graph.outputs, operators + graph.operators)


def first_layer(graph):
    """The dense layer that alone reads a graph's only input, or None."""
    if len(graph.inputs) != 1 or not is_activation(graph.inputs[0]):
        return None
    readers = graph.consumers(graph.inputs[0])
    if len(readers) != 1 or readers[0].kind != "FULLY_CONNECTED" or readers[0].inputs[1].data is None or graph.inputs[0] in graph.outputs:
        return None
    return readers[0] if graph.inputs[0].shape[-1] == readers[0].inputs[1].shape[1] else None


def find_scaling(graph, samples, wish):
    """A Scaling worth trying, or None. wish: "auto", True, False."""
    if wish is False or first_layer(graph) is None:
        return None
    scaling = Scaling(samples)
    return scaling if wish is True or scaling.least_share < LEAST_SHARE else None
