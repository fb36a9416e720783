"""ONNX models give what ONNX's own reference gives, channel last, without a stray TRANSPOSE."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from linnet.errors import LinnetError
from linnet.importers.onnx import TO_LAST, _Reader, read_onnx
from linnet.passes import run_all
from linnet.quantizer.runner import Runner

RANDOM = np.random.default_rng(1)
OPSET = 17


def array(*shape):
    return RANDOM.normal(0, 0.5, shape).astype(np.float32)


def model(nodes, shape, constants, opset=OPSET, outputs=("y",)):
    """An ONNX model from x (shape) to `outputs`."""
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def node(kind, *inputs, output="y", **attributes):
    return helper.make_node(kind, list(inputs), [output], **attributes)


def channels_last(x):
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim])) if x.ndim in TO_LAST else x


def check(proto, shape, transposes=0, tolerance=2e-6):
    """Runs both and returns the imported Graph."""
    x = RANDOM.normal(0, 1, shape).astype(np.float32)
    graph = run_all(read_onnx(proto))
    assert sum(op.kind == "TRANSPOSE" for op in graph.operators) == transposes, [op.kind for op in graph.operators]
    wanted = ReferenceEvaluator(proto).run(None, {"x": x})
    x = x if x.ndim == 3 and graph.inputs[0].shape == x.shape else channels_last(x)
    assert graph.inputs[0].shape == x.shape
    got = Runner(graph).outputs([[x]])
    for a, b, tensor in zip(got, wanted, graph.outputs, strict=True):
        b = b if b.shape == tensor.shape else channels_last(b)
        np.testing.assert_allclose(a[0].reshape(b.shape), b, rtol=1e-6, atol=tolerance)
    return graph


IMAGE = (1, 4, 9, 7)
ONE_NODE = {
    "conv": (node("Conv", "x", "w", "b", pads=[1, 1, 1, 1]), {"w": array(6, 4, 3, 3), "b": array(6)}),
    "conv-strided": (node("Conv", "x", "w", strides=[2, 2], pads=[0, 1, 1, 0]), {"w": array(5, 4, 3, 3)}),
    "conv-dilated": (node("Conv", "x", "w", dilations=[2, 2]), {"w": array(5, 4, 3, 3)}),
    "conv-same-upper": (node("Conv", "x", "w", auto_pad="SAME_UPPER", strides=[2, 2]), {"w": array(5, 4, 4, 2)}),
    "conv-same-lower": (node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2]), {"w": array(5, 4, 4, 2)}),
    "depthwise": (node("Conv", "x", "w", "b", group=4, pads=[1, 1, 1, 1]), {"w": array(4, 1, 3, 3), "b": array(4)}),
    "depthwise-2": (node("Conv", "x", "w", group=4), {"w": array(8, 1, 3, 3)}),
    "max-pool": (node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), {}),
    "max-pool-ceil": (node("MaxPool", "x", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), {}),
    "average-pool": (node("AveragePool", "x", kernel_shape=[2, 3], strides=[1, 2]), {}),
    "average-pool-include": (node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1), {}),
    "average-pool-exclude": (node("AveragePool", "x", kernel_shape=[3, 3], pads=[1, 1, 1, 1]), {}),
    "global-average": (node("GlobalAveragePool", "x"), {}),
    "global-max": (node("GlobalMaxPool", "x"), {}),
    "batch-norm": (
        node("BatchNormalization", "x", "s", "b", "m", "v"),
        {"s": array(4), "b": array(4), "m": array(4), "v": np.abs(array(4)) + 0.5},
    ),
    "add-channel": (node("Add", "x", "c"), {"c": array(4, 1, 1)}),
    "mul-scalar": (node("Mul", "c", "x"), {"c": np.float32(1.5)}),
    "sub-from": (node("Sub", "c", "x"), {"c": array(1, 4, 1, 1)}),
    "maximum": (node("Max", "x", "c"), {"c": np.float32(0.25)}),
    "relu": (node("Relu", "x"), {}),
    "relu6": (node("Clip", "x", "l", "h"), {"l": np.float32(0), "h": np.float32(6)}),
    "clip": (node("Clip", "x", "l", "h"), {"l": np.float32(-0.3), "h": np.float32(0.7)}),
    "leaky": (node("LeakyRelu", "x", alpha=0.2), {}),
    "prelu": (node("PRelu", "x", "a"), {"a": array(4, 1, 1)}),
    "sigmoid": (node("Sigmoid", "x"), {}),
    "hard-swish": (node("HardSwish", "x"), {}),
    "pad": (node("Pad", "x", "p"), {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0])}),
    "pad-reflect": (node("Pad", "x", "p", mode="reflect"), {"p": np.array([0, 0, 1, 2, 0, 0, 3, 0])}),
    "slice": (node("Slice", "x", "s", "e", "a"), {"s": np.array([1, -5]), "e": np.array([4, 1 << 40]), "a": np.array([1, 2])}),
    "slice-steps": (
        node("Slice", "x", "s", "e", "a", "t"),
        {"s": np.array([7]), "e": np.array([-100]), "a": np.array([2]), "t": np.array([-2])},
    ),
    "mean": (node("ReduceMean", "x", axes=[2, 3]), {}),
    "mean-flat": (node("ReduceMean", "x", axes=[2, 3], keepdims=0), {}),
    "concat": (node("Concat", "x", "x", axis=1), {}),
    "resize-nearest": (
        node("Resize", "x", "", "s", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
        {"s": np.array([1, 1, 2, 2], np.float32)},
    ),
    "resize-linear": (node("Resize", "x", "", "s", mode="linear"), {"s": np.array([1, 1, 2, 2], np.float32)}),
    "softmax-channels": (node("Softmax", "x", axis=1), {}),
    "transposed": (
        node("ConvTranspose", "x", "w", "b", strides=[2, 2], kernel_shape=[2, 2]), {"w": array(4, 3, 2, 2), "b": array(3)},
    ),
    "transposed-same": (node("ConvTranspose", "x", "w", strides=[2, 2], pads=[1, 1, 1, 1]), {"w": array(4, 3, 4, 4)}),
    "transposed-cut": (
        node("ConvTranspose", "x", "w", "b", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
        {"w": array(4, 3, 3, 3), "b": array(3)},
    ),
    "transposed-dilated": (node("ConvTranspose", "x", "w", dilations=[2, 1]), {"w": array(4, 3, 2, 2)}),
    "grouped": (node("Conv", "x", "w", group=2, pads=[1, 1, 1, 1]), {"w": array(6, 2, 3, 3)}),
    "div-constant": (node("Div", "x", "c"), {"c": array(4, 1, 1) + 2}),
    "div-scalar-by": (node("Div", "c", "x"), {"c": np.float32(2)}),
    "sum": (node("Sum", "x", "c", "x"), {"c": array(4, 1, 1)}),
    "min": (node("Min", "x", "c", "d"), {"c": np.float32(0.5), "d": array(4, 1, 1)}),
    "elu": (node("Elu", "x"), {}),
    "hard-sigmoid": (node("HardSigmoid", "x", alpha=1 / 6), {}),
    "hard-sigmoid-fifth": (node("HardSigmoid", "x"), {}),
    "square": (node("Pow", "x", "c"), {"c": np.float32(2)}),
    "cube": (node("Pow", "x", "c"), {"c": np.float32(3)}),
    "layer-norm": (node("LayerNormalization", "x", "s", "b"), {"s": array(7), "b": array(7)}),
    "instance-norm": (node("InstanceNormalization", "x", "s", "b"), {"s": array(4), "b": array(4)}),
    "depth-to-space": (node("DepthToSpace", "x", blocksize=2), {}),
    "pixel-shuffle": (node("DepthToSpace", "x", blocksize=2, mode="CRD"), {}),
    "gather-one": (node("Gather", "x", "i", axis=2), {"i": np.array(-1)}),
    "gather-row": (node("Gather", "x", "i", axis=2), {"i": np.array([6, 4, 2])}),
    "sum-channels": (node("ReduceSum", "x", "a", keepdims=1), {"a": np.array([1])}),
    "max-all": (node("ReduceMax", "x", keepdims=0), {}),
    "resize-align-corners": (
        node("Resize", "x", "", "s", mode="linear", coordinate_transformation_mode="align_corners"), {"s": np.array([1, 1, 2, 2], np.float32)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_NODE)
def test_one_node(name):
    nodes, constants = ONE_NODE[name]
    graph = check(model([nodes], IMAGE, constants), IMAGE)
    assert graph.operators


APPROXIMATE = {
    "gelu": ([node("Gelu", "x")], {}),
    "gelu-tanh": ([node("Gelu", "x", approximate="tanh")], {}),
    "erf": ([node("Erf", "x")], {}),
    "gelu-as-exported": (
        [
            node("Div", "x", "r", output="d"), node("Erf", "d", output="e"), node("Add", "e", "o", output="a"),
            node("Mul", "x", "a", output="m"), node("Mul", "m", "h"),
        ],
        {"r": np.float32(2**0.5), "o": np.float32(1), "h": np.float32(0.5)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", APPROXIMATE)
def test_error_function(name):
    nodes, constants = APPROXIMATE[name]
    check(model(nodes, (1, 60), constants, opset=20), (1, 60), tolerance=1.2e-3)


def test_gather_of_any_order():
    check(model([node("Gather", "x", "i", axis=1)], (1, 9), {"i": np.array([[3, 0, 8], [1, 1, 5]])}), (1, 9))


def arg_max(shape, **attributes):
    proto = model([node("ArgMax", "x", axis=1, **attributes)], shape, {})
    proto.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    return proto


def test_arg_max():
    check(arg_max((1, 7), keepdims=0), (1, 7))
    check(arg_max(IMAGE), IMAGE)
    with pytest.raises(LinnetError, match="takes the last of equals; supported is the first"):
        read_onnx(arg_max(IMAGE, select_last_index=1))


def test_transposed_convolution_in_groups():
    weights = array(4, 3, 2, 2)
    apart = [
        helper.make_node("Split", ["x"], ["a", "b"], axis=1),
        node("ConvTranspose", "a", "v", strides=[2, 2], output="c"), node("ConvTranspose", "b", "w", strides=[2, 2], output="d"),
        node("Concat", "c", "d", axis=1),
    ]  # fmt: skip
    whole = model([node("ConvTranspose", "x", "w", strides=[2, 2], group=2)], IMAGE, {"w": weights})
    x = array(*IMAGE)
    wanted = ReferenceEvaluator(model(apart, IMAGE, {"v": weights[:2], "w": weights[2:]})).run(None, {"x": x})[0]
    got = Runner(run_all(read_onnx(whole))).outputs([[channels_last(x)]])[0]
    np.testing.assert_allclose(got[0], channels_last(wanted), atol=2e-6)


@pytest.mark.parametrize("axis", [2, 3])
def test_softmax_along_a_line(axis):
    check(model([node("Softmax", "x", axis=axis)], IMAGE, {}), IMAGE, transposes=2)


def test_flatten_into_dense_permutes_the_weights():
    nodes = [
        node("Conv", "x", "w", output="c"),
        node("Relu", "c", output="r"),
        node("Flatten", "r", output="f"),
        node("Gemm", "f", "v", "b", transB=1),
    ]
    graph = check(model(nodes, IMAGE, {"w": array(5, 4, 3, 3), "v": array(6, 5 * 7 * 5), "b": array(6)}), IMAGE, tolerance=1e-5)
    assert [op.kind for op in graph.operators] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]


def test_batch_norm_goes_into_the_convolution():
    nodes = [node("Conv", "x", "w", output="c"), node("BatchNormalization", "c", "s", "b", "m", "v", output="n"), node("Relu", "n")]
    constants = {"w": array(6, 4, 3, 3), "s": array(6), "b": array(6), "m": array(6), "v": np.abs(array(6)) + 0.5}
    graph = check(model(nodes, IMAGE, constants), IMAGE)
    assert [op.kind for op in graph.operators] == ["CONV_2D"] and graph.operators[0].attrs["fused_activation"] == "RELU"


def test_a_residual_and_a_join_stay_channel_last():
    nodes = [
        node("Conv", "x", "w", output="a", pads=[1, 1, 1, 1]),
        node("Add", "a", "x", output="s"),
        node("Split", "s", output="p"),
        node("Concat", "q", "p", axis=1),
    ]
    nodes[2] = helper.make_node("Split", ["s"], ["p", "q"], axis=1)
    check(model(nodes, IMAGE, {"w": array(4, 4, 3, 3)}), IMAGE)


def test_one_dimension():
    nodes = [
        node("Conv", "x", "w", output="c", pads=[1, 1]),
        node("Relu", "c", output="r"),
        node("MaxPool", "r", output="m", kernel_shape=[2], strides=[2]),
        node("ReduceMean", "m", axes=[2], keepdims=0, output="g"),
        node("MatMul", "g", "v", output="d"),
        node("Add", "d", "b"),
    ]
    graph = check(model(nodes, (1, 3, 20), {"w": array(8, 3, 3), "v": array(8, 5), "b": array(5)}), (1, 3, 20))
    assert [op.kind for op in graph.operators if op.kind != "RESHAPE"] == ["CONV_2D", "MAX_POOL_2D", "MEAN", "FULLY_CONNECTED"]


def test_shapes_computed_in_the_file_are_folded():
    nodes = [
        node("Shape", "x", output="s"),
        node("Gather", "s", "zero", output="n"),
        node("Concat", "n", "rest", axis=0, output="shape"),
        node("Reshape", "x", "shape"),
    ]
    check(model(nodes, (1, 12), {"zero": np.array([0]), "rest": np.array([3, 4])}), (1, 12))


# What is refused -----------------------------------------------------------------------------------------------------


def test_an_old_opset_is_refused():
    with pytest.raises(LinnetError, match="is of opset 11, supported are 13 and later; export it again with a newer opset"):
        read_onnx(model([node("Relu", "x")], IMAGE, {}, opset=11))


def test_an_unknown_operator_is_named():
    with pytest.raises(LinnetError, match='operator 0, Det "y", is not supported; nearest supported: SpaceToDepth, Dropout'):
        read_onnx(model([node("Det", "x")], (1, 3, 3), {}))


INSTEAD = {
    "QLinearConv": "quantized in QOperator format; quantize it in QDQ format",
    "ConvInteger": "quantized dynamically; quantize it statically",
    "Loop": "export the model with fixed sizes and without control flow",
    "AveragePol": "nearest supported: AveragePool, GlobalAveragePool, ",
    "Xqzw": "; supported: Abs, Add, ArgMax",
}


@pytest.mark.parametrize("kind", INSTEAD)
def test_what_is_named_in_place_of_it(kind):
    reader = _Reader(model([node(kind, "x")], (1, 3, 3), {}), "m")
    with pytest.raises(LinnetError, match=INSTEAD[kind]):
        reader.graph()


def test_an_operator_of_another_domain_is_named():
    proto = model([node("FusedConv", "x", domain="com.microsoft")], (1, 3, 3), {})
    with pytest.raises(LinnetError, match='FusedConv "y", is not supported; it is of the domain "com.microsoft"; export'):
        _Reader(proto, "m").graph()


def test_dead_branches_are_dropped():
    nodes = [node("Relu", "x"), node("Det", "x", output="dead"), node("Add", "dead", "dead", output="dead2")]
    assert [op.kind for op in check(model(nodes, (1, 3, 3), {}), (1, 3, 3)).operators] == ["RELU"]


REFUSED = {
    "nearest-rounding": (
        node("Resize", "x", "", "s", mode="nearest", nearest_mode="ceil"), {"s": np.array([1, 1, 1.5, 1.5], np.float32)},
        "resizes by half_pixel, ceil; use whole factors, or asymmetric with floor",
    ),
    "cubic": (node("Resize", "x", "", "s", mode="cubic"), {"s": np.array([1, 1, 2, 2], np.float32)}, "supported are nearest and linear"),
    "three-dimensions": (node("Conv", "x", "w"), {"w": array(6, 4, 3, 3, 3)}, "convolves 3 dimensions, supported are 1 and 2"),
    "pool-dilated": (node("MaxPool", "x", kernel_shape=[2, 2], dilations=[2, 2]), {}, "pools have none here"),
    "elu-alpha": (node("Elu", "x", alpha=0.5), {}, "has an alpha of 0.5; supported is 1, or LeakyRelu"),
    "pad-edge": (node("Pad", "x", "p", mode="edge"), {"p": np.zeros(8, np.int64)}, "supported are constant and reflect"),
    "power": (node("Pow", "x", "c"), {"c": np.float32(1.5)}, r"raises to \[1.5\]; supported are -0.5, 0.5, 1, 2, 3 and 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    nodes, constants, message = REFUSED[name]
    shape = (*IMAGE, 9) if name == "three-dimensions" else IMAGE
    with pytest.raises(LinnetError, match=f"operator 0, {nodes.op_type} .*{message}"):
        read_onnx(model([nodes], shape, constants))


def test_open_shapes_are_refused():
    with pytest.raises(LinnetError, match=r'input "x" has the open shape \(1, 3, \'h\', \'w\'\); fix all but the batch'):
        read_onnx(model([node("Relu", "x")], ("n", 3, "h", "w"), {}))


def test_computed_weights_are_refused():
    nodes = [node("Relu", "x", output="w"), node("Conv", "x", "w")]
    with pytest.raises(LinnetError, match='operator 1, Conv "y", has weights that is computed; it must be constant'):
        read_onnx(model(nodes, (4, 4, 3, 3), {}))


def test_files_that_are_not_onnx(tmp_path):
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(LinnetError, match=r"text\.onnx: is not an ONNX file"):
        read_onnx(tmp_path / "text.onnx")
    with pytest.raises(LinnetError, match=r"none\.onnx: cannot be read"):
        read_onnx(tmp_path / "none.onnx")


def test_the_batch_becomes_one(tmp_path):
    onnx.save(model([node("Relu", "x")], ("batch", 3, 5, 5), {}), tmp_path / "m.onnx")
    graph = read_onnx(tmp_path / "m.onnx")
    assert graph.name == "m" and graph.inputs[0].shape == (1, 5, 5, 3)


RECURRENT = {
    "a layout of batches first": {"layout": 1},
    "a clip": {"clip": 1.0},
    "other activations than its kind's": {"activations": ["Relu", "Tanh", "Tanh"]},
}


@pytest.mark.parametrize("what", RECURRENT)
def test_layers_with_a_memory_that_are_refused(what):
    nodes = [helper.make_node("LSTM", ["x", "w", "r"], ["", "y"], hidden_size=3, **RECURRENT[what])]
    shape = (1, 5, 2) if what.startswith("a layout") else (5, 1, 2)
    with pytest.raises(LinnetError, match=f'operator 0, LSTM .* has {what}, which is not supported'):
        read_onnx(model(nodes, shape, {"w": array(1, 12, 2), "r": array(1, 12, 3)}))


@pytest.mark.parametrize("kind, gates, more", [("LSTM", 4, {}), ("GRU", 3, {}), ("GRU", 3, {"linear_before_reset": 1}), ("RNN", 1, {})])
def test_layers_with_a_memory_are_unrolled(kind, gates, more):
    nodes = [helper.make_node(kind, ["x", "w", "r", "b"], ["", "y"], hidden_size=3, **more)]
    constants = {"w": array(1, 3 * gates, 2), "r": array(1, 3 * gates, 3), "b": array(1, 6 * gates)}
    check(model(nodes, (5, 1, 2), constants), (5, 1, 2))
