"""Small float graphs."""

import numpy as np

from linnet.graph import Graph, Operator, Tensor


def constant(name, data):
    data = np.ascontiguousarray(data, np.float32)
    return Tensor(name, data.shape, "float32", None, data)


def image_graph(seed=1, spread=1.0):
    """conv 3x3, depthwise 3x3, conv 1x1, mean, dense, softmax over (1, 8, 8, 3); spread: of the channels' weights."""
    random = np.random.default_rng(seed)
    window = {"padding": "SAME", "pad_top": 1, "pad_left": 1, "stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1}
    x = Tensor("x", (1, 8, 8, 3), "float32")
    operators = []

    def emit(kind, operands, shape, **attrs):
        y = Tensor(f"{kind.lower()}{len(operators)}", shape, "float32")
        operators.append(Operator(kind, operands, [y], attrs, len(operators)))
        return y

    def layer(kind, source, weights_shape, n, shape, **attrs):
        scale = np.exp(random.normal(0, spread, n)) if kind == "DEPTHWISE_CONV_2D" else 1.0
        weights = constant("w", random.normal(0, 0.4, weights_shape) * scale)
        return emit(kind, [source, weights, constant("b", random.normal(0, 0.3, n))], shape, **attrs)

    y = layer("CONV_2D", x, (8, 3, 3, 3), 8, (1, 8, 8, 8), **window, fused_activation="RELU")
    y = layer("DEPTHWISE_CONV_2D", y, (1, 3, 3, 8), 8, (1, 8, 8, 8), **window, depth_multiplier=1, fused_activation="RELU")
    y = layer("CONV_2D", y, (12, 1, 1, 8), 12, (1, 8, 8, 12), **window | {"pad_top": 0, "pad_left": 0}, fused_activation="RELU")
    axes = Tensor("axes", (2,), "int32", None, np.array([1, 2], np.int32))
    y = emit("MEAN", [y, axes], (1, 12), keep_dims=False)
    y = layer("FULLY_CONNECTED", y, (5, 12), 5, (1, 5), keep_num_dims=False, fused_activation="NONE")
    y = emit("SOFTMAX", [y], (1, 5), beta=1.0)
    return Graph("image", [x], [y], operators)
