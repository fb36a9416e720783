"""Constant channels are proved soundly, and taking them out changes no output: random graphs, residual sums, real models."""

import numpy as np
import pytest
import reference
from graphs import activation, conv_2d, depthwise_conv_2d, elementwise, fully_connected, pool

from linnet.graph import Graph, Operator, Tensor
from linnet.intervals import intervals
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import drop_constant_channels, resolve_padding, run_all


def deaden(op, rng, share):
    """Makes a share of an operator's channels constant: no weights, or a scale too small to move anything."""
    axis = 3 if op.kind == "DEPTHWISE_CONV_2D" else 0
    weights = op.inputs[1]
    data, scale = np.moveaxis(weights.data.copy(), axis, 0), weights.quant.scale.copy()
    for channel in np.flatnonzero(rng.random(len(data)) < share):
        if rng.random() < 0.5:
            data[channel] = 0
        elif len(scale) > 1:
            scale[channel] = 1e-12
    weights.data = np.ascontiguousarray(np.moveaxis(data, 0, axis))
    weights.quant.scale[:] = scale
    return op


def network(seed):
    """A convolution, a residual block, a pool and a dense layer, many of their channels dead."""
    rng = np.random.default_rng(seed)
    c, padding = int(rng.integers(3, 9)), str(rng.choice(["SAME", "VALID"]))
    relu = str(rng.choice(["RELU", "NONE", "RELU6"]))
    zero_point = -128 if relu != "NONE" and rng.random() < 0.7 else 3
    same = {"padding": "SAME", "fused_activation": relu}
    x = activation((1, 7, 6, 3))
    size = (7, 6) if padding == "SAME" else (5, 4)
    first = conv_2d(x, (1, *size, c), seed=seed, out_quant=(0.1, zero_point), padding=padding, fused_activation=relu)
    spread = depthwise_conv_2d(first.outputs[0], (1, *size, c), seed=seed + 1, out_quant=(0.1, zero_point), **same)
    mixed = conv_2d(spread.outputs[0], (1, *size, c), (1, 1), seed=seed + 2, out_quant=(0.1, 4))
    total = Tensor("sum", mixed.outputs[0].shape, "int8", activation((1,), 0.15, zero_point).quant)
    add = Operator("ADD", [first.outputs[0], mixed.outputs[0]], [total], {"fused_activation": relu})
    wide = conv_2d(total, (1, *size, 2 * c), (3, 3), seed=seed + 3, out_quant=(0.1, zero_point), **same)
    shrunk = pool("AVERAGE_POOL_2D", wide.outputs[0], (1, size[0] // 2, size[1] // 2, 2 * c), stride_h=2, stride_w=2)
    flat = Tensor("flat", (1, shrunk.outputs[0].elements), "int8", shrunk.outputs[0].quant)
    reshape = Operator("RESHAPE", shrunk.outputs, [flat])
    dense = fully_connected(flat, 5, seed=seed + 4)
    for op in (first, spread, mixed, wide):
        deaden(op, rng, 0.5)
    operators = [first, spread, mixed, add, wide, shrunk, reshape, dense]
    graph = Graph("random", [x], [dense.outputs[0]], operators)
    resolve_padding.run(graph)
    return graph


def outputs(graph, inputs):
    return [Model(assemble(lower(graph), graph.inputs, graph.outputs).data).predict([x])[0] for x in inputs]


@pytest.mark.parametrize("seed", range(60))
def test_random_networks_keep_their_outputs(seed):
    rng = np.random.default_rng(seed)
    graph = network(seed)
    inputs = [rng.integers(-128, 128, graph.inputs[0].shape).astype(np.int8) for _ in range(4)]
    inputs += [np.full(graph.inputs[0].shape, extreme, np.int8) for extreme in (-128, 127)]
    before = outputs(graph, inputs)
    channels = sum(t.shape[-1] for op in graph.operators for t in op.outputs)
    drop_constant_channels.run(graph)
    assert sum(t.shape[-1] for op in graph.operators for t in op.outputs) <= channels
    for got, wanted in zip(outputs(graph, inputs), before):
        np.testing.assert_array_equal(got, wanted)


def test_many_channels_go():
    dropped = 0
    for seed in range(60):
        graph = network(seed)
        drop_constant_channels.run(graph)
        dropped += any(tensor.kept is not None for op in graph.operators for tensor in op.outputs)
    assert dropped > 40


@pytest.mark.parametrize("seed", range(20))
def test_no_value_leaves_its_interval(seed):
    rng = np.random.default_rng(seed)
    graph = network(seed)
    ranges = intervals(graph)
    values = {graph.inputs[0]: rng.integers(-128, 128, graph.inputs[0].shape).astype(np.int8)}
    for op in graph.operators:
        made = reference.run_operator(op, [values.get(t) for t in op.inputs])
        for tensor, value in zip(op.outputs, made):
            values[tensor] = value
            low, high = ranges[tensor]
            rows = value.reshape(-1, tensor.shape[-1]).astype(np.int64)
            assert (rows >= low).all() and (rows <= high).all(), str(op)


def test_a_constant_that_padding_would_show_stays():
    """Under a window that reaches outside, a constant other than the zero point is not the same everywhere."""
    x = activation((1, 4, 4, 2))
    first = conv_2d(x, (1, 4, 4, 3), (1, 1), out_quant=(0.1, 0))
    first.inputs[1].data[1] = 0
    first.inputs[2].data[1] = 2_000_000  # saturates at 127
    second = conv_2d(first.outputs[0], (1, 4, 4, 2), seed=1, padding="SAME")
    graph = Graph("padded", [x], [second.outputs[0]], [first, second])
    resolve_padding.run(graph)
    drop_constant_channels.run(graph)
    assert first.outputs[0].shape == (1, 4, 4, 3)
    first.inputs[2].data[1] = 0  # now it is the zero point
    drop_constant_channels.run(graph)
    assert first.outputs[0].shape == (1, 4, 4, 2)


def test_what_the_model_gives_stays():
    x = activation((1, 4, 4, 2))
    first = conv_2d(x, (1, 4, 4, 3), (1, 1))
    first.inputs[1].data[:] = 0
    copy = elementwise("RELU", first.outputs[0])
    graph = Graph("all constant", [x], [copy.outputs[0]], [first, copy])
    resolve_padding.run(graph)
    drop_constant_channels.run(graph)
    assert graph.outputs[0].shape == (1, 4, 4, 3)


def test_inputs_that_no_operator_uses_stay():
    """One goes nowhere, one is an output as it comes."""
    x, unused, passed = (activation((1, 3), name=name) for name in ("x", "unused", "passed"))
    relu = elementwise("RELU", x)
    graph = Graph("passage", [x, unused, passed], [passed, relu.outputs[0]], [relu])
    drop_constant_channels.run(graph)
    model = Model(assemble(lower(graph), graph.inputs, graph.outputs).data)
    given = [np.array([[-5, 0, 5]], np.int8), np.full((1, 3), 7, np.int8), np.array([[1, 2, 3]], np.int8)]
    first, second = model.predict(given)
    assert first.tolist() == [1, 2, 3] and second.tolist() == [-3, 0, 5]


def test_half_of_visual_wake_words_goes(shared):
    path = shared("models/vww_96_int8.tflite")
    graph = run_all(read_tflite(path))
    macs = [sum(step.macs for step in lower(graph))]
    drop_constant_channels.run(graph)
    macs.append(sum(step.macs for step in lower(graph)))
    assert macs == [7_489_664, 3_727_313]
