"""linnet.passes: every pass leaves the results as they were, to the bit, and does what it is for where that is possible."""

import numpy as np
import pytest
import reference
from graphs import (
    activation,
    add,
    chain,
    conv_2d,
    depthwise_conv_2d,
    elementwise,
    fully_connected,
    pad,
    pool,
    quant,
    random_inputs,
)

from linnet.errors import LinnetError
from linnet.graph import Graph, Tensor
from linnet.passes import resolve_padding, run_all


def run_exactly(graph):
    """Runs all passes; the kinds of operators left. The reference gives the same results before and after."""
    inputs = [random_inputs(graph, seed) for seed in range(3)]
    want = [reference.run_graph(graph, x) for x in inputs]
    assert run_all(graph) is graph
    for x, outputs in zip(inputs, want):
        for a, b in zip(reference.run_graph(graph, x), outputs, strict=True):
            assert np.array_equal(a, b)
    return [op.kind for op in graph.operators]


# Padding -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "out", "before"),
    [
        (49, 10, 2, 1, 25, 4),  # the first layer of keyword spotting: 9 to pad, 4 before
        (96, 3, 2, 1, 48, 0),
        (32, 3, 1, 1, 32, 1),
        (5, 1, 2, 1, 3, 0),
        (8, 3, 1, 2, 8, 2),
        (7, 2, 3, 1, 3, 0),
    ],
)
def test_same_padding_is_tflites(size, kernel, stride, dilation, out, before):
    attrs = {"padding": "SAME", "stride_h": stride, "stride_w": stride, "dilation_h": dilation, "dilation_w": dilation}
    op = conv_2d(activation((1, size, size, 1)), (1, out, out, 2), (kernel, kernel), **attrs)
    resolve_padding.resolve(op)
    assert (op.attrs["pad_top"], op.attrs["pad_left"]) == (before, before)


def test_resolved_padding_is_left_alone():
    graph = chain(conv_2d(activation((1, 4, 4, 1)), (1, 4, 4, 2), padding="SAME"))
    run_exactly(graph)
    assert run_exactly(graph) == ["CONV_2D"]


def test_output_of_another_size_is_refused():
    graph = chain(conv_2d(activation((1, 4, 4, 1)), (1, 4, 4, 2)))
    with pytest.raises(LinnetError, match=r'test: CONV_2D "conv": output is \(4, 4\), its window makes \(2, 2\)'):
        run_all(graph)


# PAD -----------------------------------------------------------------------------------------------------------------

SPATIAL = [[0, 0], [0, 1], [2, 1], [0, 0]]


@pytest.mark.parametrize("make", [conv_2d, depthwise_conv_2d])
def test_pad_is_fused_into_a_convolution(make):
    padding = pad(activation((2, 5, 6, 2), zero_point=7), SPATIAL)
    layer = make(padding.outputs[0], (2, 2, 4, 4), stride_h=2, stride_w=2)
    graph = chain(padding, layer)
    assert run_exactly(graph) == [layer.kind]
    assert (layer.attrs["padding"], layer.attrs["pad_top"], layer.attrs["pad_left"]) == ("EXPLICIT", 0, 2)


def test_two_pads_in_a_row_keep_the_first():
    first = pad(activation((1, 4, 4, 1)), SPATIAL)
    second = pad(first.outputs[0], SPATIAL)
    assert run_exactly(chain(first, second, conv_2d(second.outputs[0], (1, 4, 8, 1)))) == ["PAD", "CONV_2D"]


def test_pad_is_fused_into_a_maximum_pool_only_where_zero_is_the_least_value():
    for zero_point, kinds in ((-128, ["MAX_POOL_2D"]), (-127, ["PAD", "MAX_POOL_2D"])):
        padding = pad(activation((1, 4, 4, 3), zero_point=zero_point), [[0, 0], [1, 1], [1, 0], [0, 0]])
        graph = chain(padding, pool("MAX_POOL_2D", padding.outputs[0], (1, 5, 4, 3)))
        assert run_exactly(graph) == kinds


def test_pad_stays_before_a_maximum_pool_that_would_see_padding_alone():
    padding = pad(activation((1, 4, 4, 3), zero_point=-128), [[0, 0], [2, 0], [0, 0], [0, 0]])
    assert run_exactly(chain(padding, pool("MAX_POOL_2D", padding.outputs[0], (1, 5, 3, 3)))) == ["PAD", "MAX_POOL_2D"]


def test_pad_stays_before_an_average_pool():
    # It counts what PAD adds, but would not count its own padding.
    padding = pad(activation((1, 4, 4, 3)), SPATIAL)
    assert run_exactly(chain(padding, pool("AVERAGE_POOL_2D", padding.outputs[0], (1, 4, 6, 3)))) == ["PAD", "AVERAGE_POOL_2D"]


@pytest.mark.parametrize("amounts", [[[0, 0], [1, 1], [1, 1], [0, 1]], [[1, 0], [1, 1], [1, 1], [0, 0]]])
def test_pad_of_channels_or_batches_stays(amounts):
    padding = pad(activation((1, 4, 4, 2)), amounts)
    batches = padding.outputs[0].shape[0]
    assert run_exactly(chain(padding, conv_2d(padding.outputs[0], (batches, 4, 4, 2)))) == ["PAD", "CONV_2D"]


def test_pad_stays_before_a_layer_with_padding_of_its_own():
    padding = pad(activation((1, 4, 4, 2)), SPATIAL)
    assert run_exactly(chain(padding, conv_2d(padding.outputs[0], (1, 5, 7, 2), padding="SAME"))) == ["PAD", "CONV_2D"]


def test_pad_that_others_see_stays():
    padding = pad(activation((1, 4, 4, 2)), SPATIAL)
    layer = conv_2d(padding.outputs[0], (1, 3, 5, 2))
    graph = chain(padding, layer, outputs=[layer.outputs[0], padding.outputs[0]])
    assert run_exactly(graph) == ["PAD", "CONV_2D"]
    padding = pad(activation((1, 4, 4, 2)), SPATIAL)
    layers = [conv_2d(padding.outputs[0], (1, 3, 5, 2), seed=seed) for seed in (1, 2)]
    graph = chain(padding, *layers, outputs=[layer.outputs[0] for layer in layers])
    assert run_exactly(graph) == ["PAD", "CONV_2D", "CONV_2D"]


# Activations ---------------------------------------------------------------------------------------------------------

IMAGE = activation((1, 4, 4, 2))
PRODUCERS = {
    "CONV_2D": lambda: conv_2d(IMAGE, (1, 2, 2, 3), out_quant=(0.08, -20)),
    "DEPTHWISE_CONV_2D": lambda: depthwise_conv_2d(IMAGE, (1, 2, 2, 2), out_quant=(0.08, -20)),
    "FULLY_CONNECTED": lambda: fully_connected(activation((3, 8)), 5, out_quant=(0.02, -20)),
    "ADD": lambda: add(IMAGE, IMAGE, (0.1, -20)),
    "AVERAGE_POOL_2D": lambda: pool("AVERAGE_POOL_2D", activation((1, 4, 4, 2), 0.1, -20), (1, 3, 3, 2)),
    "MAX_POOL_2D": lambda: pool("MAX_POOL_2D", activation((1, 4, 4, 2), 0.1, -20), (1, 3, 3, 2)),
}


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("kind", ["RELU", "RELU6", "RELU_N1_TO_1"])
def test_activation_is_fused(producer, kind):
    layer = PRODUCERS[producer]()
    relu = elementwise(kind, layer.outputs[0])
    graph = chain(layer, relu)
    assert run_exactly(graph) == [producer]
    assert layer.attrs["fused_activation"] == kind and layer.outputs == relu.outputs == graph.outputs


def test_activation_that_rescales_stays():
    layer = PRODUCERS["CONV_2D"]()
    assert run_exactly(chain(layer, elementwise("RELU", layer.outputs[0], (0.04, -128)))) == ["CONV_2D", "RELU"]


def test_activation_stays_behind_another():
    layer = conv_2d(IMAGE, (1, 2, 2, 3), fused_activation="RELU6")
    assert run_exactly(chain(layer, elementwise("RELU", layer.outputs[0]))) == ["CONV_2D", "RELU"]


def test_second_activation_in_a_row_stays():
    layer = PRODUCERS["CONV_2D"]()
    relu = elementwise("RELU", layer.outputs[0])
    assert run_exactly(chain(layer, relu, elementwise("RELU6", relu.outputs[0]))) == ["CONV_2D", "RELU6"]


def test_activation_stays_when_its_input_is_used_elsewhere():
    layer = PRODUCERS["CONV_2D"]()
    relu = elementwise("RELU", layer.outputs[0])
    assert run_exactly(chain(layer, relu, add(layer.outputs[0], relu.outputs[0]))) == ["CONV_2D", "TABLE"]
    layer = PRODUCERS["CONV_2D"]()
    relu = elementwise("RELU", layer.outputs[0])
    assert run_exactly(chain(layer, relu, outputs=[layer.outputs[0], relu.outputs[0]])) == ["CONV_2D", "RELU"]


def test_activation_of_the_model_input_stays():
    assert run_exactly(chain(elementwise("RELU", activation((1, 9))))) == ["RELU"]


# QUANTIZE, dead operators, floats ------------------------------------------------------------------------------------


def test_identity_quantize_goes():
    x = activation((1, 4, 4, 2))
    same = elementwise("QUANTIZE", x)
    layer = conv_2d(same.outputs[0], (1, 2, 2, 3))
    graph = chain(same, layer)
    assert run_exactly(graph) == ["CONV_2D"]
    assert layer.inputs[0] is x


@pytest.mark.parametrize("out_quant", [(0.05, -4), (0.051, -3)])
def test_quantize_between_scales_stays(out_quant):
    other = elementwise("QUANTIZE", activation((1, 4, 4, 2)), out_quant)
    assert run_exactly(chain(other, conv_2d(other.outputs[0], (1, 2, 2, 3)))) == ["QUANTIZE", "CONV_2D"]


def test_quantize_that_makes_an_output_stays():
    layer = PRODUCERS["CONV_2D"]()
    assert run_exactly(chain(layer, elementwise("QUANTIZE", layer.outputs[0]))) == ["CONV_2D", "QUANTIZE"]


def test_dead_operators_go():
    x = activation((1, 4, 4, 2))
    layer, unused = conv_2d(x, (1, 2, 2, 3)), depthwise_conv_2d(x, (1, 2, 2, 2))
    after = elementwise("RELU", unused.outputs[0], (0.3, 0))
    assert run_exactly(Graph("test", [x], layer.outputs, [unused, layer, after])) == ["CONV_2D"]


def test_floats_take_the_scale_of_their_neighbour():
    source, sink = Tensor("in", (1, 8), "float32"), Tensor("out", (1, 3), "float32")
    quantize = elementwise("QUANTIZE", source, (0.5, 3), "int8")
    layer = fully_connected(quantize.outputs[0], 3, out_quant=(0.25, -7))
    dequantize = elementwise("DEQUANTIZE", layer.outputs[0], dtype="float32")
    dequantize.outputs = [sink]
    run_all(chain(quantize, layer, dequantize))
    assert (source.scale, source.zero_point) == (quant(0.5).scale[0], 3)
    assert (sink.scale, sink.zero_point) == (quant(0.25).scale[0], -7)


def test_passes_name_the_model():
    graph = chain(conv_2d(activation((1, 4, 4, 1)), (1, 2, 2, 2), stride_w=0))
    with pytest.raises(LinnetError, match='^test: CONV_2D "conv": window 3, stride 0, dilation 1'):
        run_all(graph)
