"""Small graphs for tests, made without a file: quantized tensors, layers with random weights."""

import numpy as np

from linnet.graph import Graph, Operator, Quantization, Tensor


def quant(scale, zero_point=0, axis=0):
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    return Quantization(scales, np.full(len(scales), zero_point, np.int64), axis)


def activation(shape, scale=0.05, zero_point=-3, name="x", dtype="int8"):
    """A tensor of activations."""
    return Tensor(name, tuple(shape), dtype, quant(scale, zero_point))


def constant(data, scale=None, axis=0, name="c"):
    data = np.asarray(data)
    return Tensor(name, data.shape, data.dtype.name, None if scale is None else quant(scale, 0, axis), data)


def window_attrs(**changes):
    """The attrs of a convolution or pool, stride 1, VALID, unless said otherwise."""
    attrs = {"padding": "VALID", "stride_h": 1, "stride_w": 1, "fused_activation": "NONE"}
    return attrs | changes


def conv_2d(source, out_shape, kernel=(3, 3), seed=0, out_quant=(0.1, 4), **attrs):
    """A CONV_2D on `source` with per-channel weights and a bias."""
    rng = np.random.default_rng(seed)
    out_c, in_c = out_shape[3], source.shape[3]
    scales = rng.uniform(0.002, 0.01, out_c)
    weights = constant(rng.integers(-127, 128, (out_c, *kernel, in_c)).astype(np.int8), scales, 0, "weights")
    bias = constant(rng.integers(-500, 500, out_c).astype(np.int32), scales * source.scale, 0, "bias")
    output = activation(out_shape, *out_quant, name="conv")
    attrs = window_attrs(dilation_h=1, dilation_w=1) | attrs
    return Operator("CONV_2D", [source, weights, bias], [output], attrs)


def depthwise_conv_2d(source, out_shape, kernel=(3, 3), seed=0, out_quant=(0.1, 4), **attrs):
    """A DEPTHWISE_CONV_2D on `source`, without a bias."""
    rng = np.random.default_rng(seed)
    out_c = out_shape[3]
    data = rng.integers(-127, 128, (1, *kernel, out_c)).astype(np.int8)
    weights = constant(data, rng.uniform(0.002, 0.01, out_c), 3, "weights")
    output = activation(out_shape, *out_quant, name="depthwise")
    attrs = window_attrs(dilation_h=1, dilation_w=1) | attrs
    return Operator("DEPTHWISE_CONV_2D", [source, weights], [output], attrs)


def fully_connected(source, out_n, seed=0, out_quant=(0.1, 4), per_channel=False, **attrs):
    """A FULLY_CONNECTED on `source` (rows, in_n)."""
    rng = np.random.default_rng(seed)
    rows, in_n = source.shape
    scale = rng.uniform(0.002, 0.01, out_n) if per_channel else 0.004
    weights = constant(rng.integers(-127, 128, (out_n, in_n)).astype(np.int8), scale, 0, "weights")
    bias = constant(rng.integers(-500, 500, out_n).astype(np.int32), name="bias")
    output = activation((rows, out_n), *out_quant, name="dense")
    return Operator("FULLY_CONNECTED", [source, weights, bias], [output], {"fused_activation": "NONE"} | attrs)


def pool(kind, source, out_shape, kernel=(2, 2), **attrs):
    """An AVERAGE_POOL_2D or MAX_POOL_2D on `source`."""
    output = Tensor("pool", tuple(out_shape), source.dtype, source.quant)
    attrs = window_attrs(filter_height=kernel[0], filter_width=kernel[1]) | attrs
    return Operator(kind, [source], [output], attrs)


def pad(source, amounts):
    """A PAD of `source` by amounts (rank, 2)."""
    amounts = np.asarray(amounts, np.int32)
    shape = tuple(int(n) for n in np.array(source.shape) + amounts.sum(axis=1))
    output = Tensor("padded", shape, source.dtype, source.quant)
    return Operator("PAD", [source, constant(amounts)], [output])


def elementwise(kind, source, out_quant=None, dtype=None, **attrs):
    """An operator of one input whose output has its shape, and its quantization unless said otherwise."""
    output = Tensor(kind.lower(), source.shape, dtype or source.dtype, quant(*out_quant) if out_quant else source.quant)
    return Operator(kind, [source], [output], attrs)


def add(a, b, out_quant=(0.1, 4), **attrs):
    output = activation(a.shape, *out_quant, name="sum")
    return Operator("ADD", [a, b], [output], {"fused_activation": "NONE"} | attrs)


def chain(*operators, outputs=None):
    """A graph of operators, its input the first one's, its outputs the last one's unless given."""
    return Graph("test", [operators[0].inputs[0]], outputs or list(operators[-1].outputs), list(operators))


def random_inputs(graph, seed=0):
    """Arrays for every input of the graph, of its dtype: of bytes, or of all that an int16 holds."""
    rng = np.random.default_rng(seed)
    limits = [1 << 15 if tensor.dtype == "int16" else 1 << 7 for tensor in graph.inputs]
    return [rng.integers(-n, n, tensor.shape).astype(tensor.dtype) for n, tensor in zip(limits, graph.inputs)]
