"""linnet.importers.tflite: what is read is what the file says; whatever else the file is, one sentence says so."""

import flatbuffers
import numpy as np
import pytest
import tflite
from ai_edge_litert import schema_py_generated as schema
from tflite_builder import Options, Tensor, constant, single_op_model

from linnet.errors import LinnetError
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.passes import run_all

CONV = {
    "Padding": tflite.Padding.SAME, "StrideH": 2, "StrideW": 1, "DilationHFactor": 1, "DilationWFactor": 3,
    "FusedActivationFunction": tflite.ActivationFunctionType.RELU6,
}  # fmt: skip
WEIGHTS = np.arange(2 * 3 * 3 * 4).reshape(2, 3, 3, 4).astype(np.int8)
BIAS = np.array([5, -70000], np.int32)


def conv_model(x="int8", y="int8", weights=WEIGHTS, scales=(0.5, 0.25), bias=BIAS, **changes):
    """A CONV_2D; `changes` are fields of its options."""
    return single_op_model(
        "CONV_2D",
        Options("Conv2DOptions", CONV | changes),
        [Tensor((1, 8, 8, 4), x, None if x == "float32" else 0.1, 3 if x == "int8" else 0)],
        [Tensor((1, 4, 8, 2), y, None if y == "float32" else 0.2, -5 if y == "int8" else 0)],
        [constant(weights, None if scales is None else np.array(scales, np.float32)), constant(bias)],
    )


def relu_model(op="RELU", dtype="int8", shape=(1, 4), scale=0.1):
    return single_op_model(op, None, [Tensor(shape, dtype, scale)], [Tensor(shape, dtype, scale)])


def edited(content, edit):
    """The model after edit(model) changed it, as the schema's object tree."""
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    edit(model)
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


# What is read --------------------------------------------------------------------------------------------------------


def test_convolution(tflite_file):
    graph = read_tflite(tflite_file(conv_model()))
    (op,) = graph.operators
    assert (graph.name, op.kind, op.index) == ("model", "CONV_2D", 0)
    assert op.attrs == {
        "padding": "SAME", "stride_h": 2, "stride_w": 1, "dilation_h": 1, "dilation_w": 3, "fused_activation": "RELU6",
    }  # fmt: skip
    x, weights, bias = op.inputs
    assert graph.inputs == [x] and graph.outputs == op.outputs
    assert (x.shape, x.dtype, x.scale, x.zero_point, x.data) == ((1, 8, 8, 4), "int8", np.float32(0.1), 3, None)
    assert np.array_equal(weights.data, WEIGHTS) and weights.data.dtype == np.int8
    assert weights.quant.scale.tolist() == [0.5, 0.25] and weights.quant.axis == 0
    assert bias.data.tolist() == BIAS.tolist() and bias.quant is None
    assert op.outputs[0].zero_point == -5
    assert [tensor.source for tensor in (x, weights, bias, *op.outputs)] == [0, 1, 2, 3]


def test_axis_of_depthwise_weights(tflite_file):
    weights, _ = constant(np.ones((1, 3, 3, 4), np.int8), np.full(4, 0.5), 3)
    options = {"StrideH": 1, "StrideW": 1, "DepthMultiplier": 1, "DilationHFactor": 1, "DilationWFactor": 1}
    x, y = Tensor((1, 3, 3, 4), "int8", 0.1), Tensor((1, 3, 3, 4), "int8", 0.2)
    model = single_op_model(
        "DEPTHWISE_CONV_2D", Options("DepthwiseConv2DOptions", options), [x], [y], [(weights, np.ones((1, 3, 3, 4), np.int8))]
    )
    (op,) = read_tflite(tflite_file(model)).operators
    assert op.inputs[1].quant.axis == 3 and op.attrs["depth_multiplier"] == 1 and len(op.inputs) == 2


@pytest.mark.parametrize(
    ("kind", "options", "want"),
    [
        ("SOFTMAX", Options("SoftmaxOptions", {"Beta": 0.5}), {"beta": 0.5}),
        ("LOGISTIC", None, {}),
        (
            "MAX_POOL_2D",
            Options("Pool2DOptions", {"Padding": 1, "StrideH": 2, "StrideW": 3, "FilterHeight": 4, "FilterWidth": 5}),
            {
                "padding": "VALID", "stride_h": 2, "stride_w": 3, "filter_height": 4, "filter_width": 5,
                "fused_activation": "NONE",
            },
        ),
    ],
)  # fmt: skip
def test_options(kind, options, want, tflite_file):
    x, y = Tensor((1, 4, 5, 1), "int8", 0.1), Tensor((1, 1, 1, 1), "int8", 1 / 256, -128)
    (op,) = read_tflite(tflite_file(single_op_model(kind, options, [x], [y]))).operators
    assert op.attrs == want


def test_options_that_are_not_there_are_all_defaults(tflite_file):
    tensor = Tensor((1, 4), "int8", 0.1)
    (op,) = read_tflite(tflite_file(single_op_model("ADD", None, [tensor, tensor], [tensor]))).operators
    assert op.attrs == {"fused_activation": "NONE"}


def test_absent_optional_input_is_none(tflite_file):
    x, y, options = Tensor((1, 4), "int8", 0.1), Tensor((1, 2), "int8", 0.1), Options("FullyConnectedOptions", {})
    weights = constant(np.ones((2, 4), np.int8), 0.5)
    (op,) = read_tflite(tflite_file(single_op_model("FULLY_CONNECTED", options, [x], [y], [weights, None]))).operators
    assert op.inputs[2] is None and op.attrs["keep_num_dims"] is False


def test_open_batch_becomes_one(tflite_file):
    graph = read_tflite(tflite_file(relu_model(shape=(-1, 4))))
    assert graph.inputs[0].shape == (1, 4)


def test_operator_code_of_old_files(tflite_file):
    def edit(model):
        model.operatorCodes[0].builtinCode = 0  # old converters wrote only the deprecated field

    assert read_tflite(tflite_file(edited(relu_model(), edit))).operators[0].kind == "RELU"


@pytest.mark.parametrize("name", ["kws_ref_model", "blazeface_front_128", "person_detect", "str_ww_ref_model"])
def test_real_models(name, shared):
    graph = read_tflite(shared(f"models/{name}.tflite"))
    assert graph.name == name
    assert {"kws_ref_model": 13, "blazeface_front_128": 76, "person_detect": 31, "str_ww_ref_model": 11}[name] == len(
        graph.operators
    )


# What is refused -----------------------------------------------------------------------------------------------------


def refusal(path):
    with pytest.raises(LinnetError) as caught:
        read_tflite(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


def test_missing_file(tmp_path):
    assert "cannot be read (No such file or directory)" in refusal(tmp_path / "none.tflite")


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x89PNG\r\n\x1a\n" + bytes(100), b"import tensorflow"])
def test_not_a_tflite_file(content, tflite_file):
    assert "is not a TFLite file" in refusal(tflite_file(content))


def test_every_truncation_is_refused(tflite_file):
    content = conv_model()
    for n_bytes in range(8, len(content) - 8, 3):  # the last few bytes are padding
        refusal(tflite_file(content[:n_bytes]))


def test_damage_is_a_linnet_error_or_harmless(tflite_file):
    rng = np.random.default_rng(1)
    content = np.frombuffer(conv_model(), np.uint8)
    refused = 0
    for _ in range(1500):
        damaged = content.copy()
        at = rng.integers(8, len(damaged), rng.integers(1, 4))
        damaged[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))], len(at))
        try:
            read_tflite(tflite_file(damaged.tobytes()))
        except LinnetError:
            refused += 1
    assert refused > 100


def no_outputs(model):
    model.subgraphs[0].outputs = []


def custom(model):
    model.operatorCodes[0].deprecatedBuiltinCode = model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
    model.operatorCodes[0].customCode = "TFLite_Detection_PostProcess"


def twice(model):
    model.subgraphs[0].operators *= 2


def out_of_order(model):
    model.subgraphs[0].inputs = [1]


def tensor_index(model):
    model.subgraphs[0].operators[0].inputs = [7]


def sparse(model):
    model.subgraphs[0].tensors[0].sparsity = schema.SparsityParametersT()


def other_options(model):
    model.subgraphs[0].operators[0].builtinOptionsType = schema.BuiltinOptions.Pool2DOptions
    model.subgraphs[0].operators[0].builtinOptions = schema.Pool2DOptionsT()


def short_constant(model):
    model.buffers[2].data = model.buffers[2].data[:-1]


def open_height(model):
    model.subgraphs[0].tensors[0].shapeSignature = [-1, -1, 8, 4]


def open_dimension(model):
    model.subgraphs[0].tensors[0].shape = [1, -1, 8, 4]


def padding_code(model):
    model.subgraphs[0].operators[0].builtinOptions.padding = 9


def float64(model):
    model.subgraphs[0].tensors[1].type = schema.TensorType.FLOAT64


EDITS = {
    "has no inputs or no outputs": no_outputs,
    "operator 0, TFLite_Detection_PostProcess .* is not supported; supported: .*ADD, .*see CONTRIBUTING.md, Adding an op": custom,
    "makes .* which exists already": twice,
    'uses "t0" before it is made': out_of_order,
    "operator 0 names a tensor beyond the 4 there are": tensor_index,
    'tensor 0 "t0" is sparse': sparse,
    'operator 0, CONV_2D "t3": it has the options of another operator': other_options,
    'tensor 1 "t1" holds 71 bytes, its shape \\(2, 3, 3, 4\\) needs 72': short_constant,
    'tensor 0 "t0" has the open shape \\(-1, -1, 8, 4\\); fix all but the batch': open_height,
    'tensor 0 "t0" has the shape \\(1, -1, 8, 4\\); sizes must be fixed': open_dimension,
    'operator 0, CONV_2D "t3": its padding has the unknown code 9': padding_code,
    'tensor 1 "t1" is FLOAT64; quantize the model to int8': float64,
}


@pytest.mark.parametrize("message", EDITS)
def test_what_cannot_run_is_named(message, tflite_file):
    path = tflite_file(edited(conv_model(), EDITS[message]))
    with pytest.raises(LinnetError, match=message):
        read_tflite(path)
    refusal(path)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ethos-u", "the file is compiled for an Arm Ethos-U; pack the one that its compiler was given"),
        ("edgetpu-custom-op", "the file is compiled for an Edge TPU; pack the one that its compiler was given"),
        ("FlexErf", "it is TensorFlow's own; convert the model again without SELECT_TF_OPS"),
    ],
)
def test_custom_operators_have_a_remedy(code, remedy, tflite_file):
    """Also where a tensor's type is none of ours, which says less."""

    def edit(model):
        custom(model)
        model.operatorCodes[0].customCode = code
        model.subgraphs[0].tensors[1].type = schema.TensorType.UINT32

    assert refusal(tflite_file(edited(conv_model(), edit))).endswith(f'operator 0, {code} "t3", is not supported: {remedy}')


@pytest.mark.parametrize(
    ("kind", "nearest"),
    [("CONV_3D", "CONV_2D"), ("L2_POOL_2D", "MAX_POOL_2D"), ("BIDIRECTIONAL_SEQUENCE_LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM")],
)
def test_unsupported_operator_names_the_nearest(kind, nearest, tflite_file):
    message = refusal(tflite_file(relu_model(kind)))
    assert f'operator 0, {kind} "t1", is not supported; nearest supported: ' in message
    assert nearest in message.split("nearest supported: ")[1].split(" (see")[0].split(", ")
    assert message.endswith("(see CONTRIBUTING.md, Adding an operator)")


def test_shuffled_weights(tflite_file):
    options = Options("FullyConnectedOptions", {"WeightsFormat": 1})
    x, y = Tensor((1, 4), "int8", 0.1), Tensor((1, 2), "int8", 0.1)
    weights = constant(np.ones((2, 4), np.int8), 0.5)
    assert "shuffled" in refusal(tflite_file(single_op_model("FULLY_CONNECTED", options, [x], [y], [weights])))


def test_float_model(tflite_file):
    weights, bias = WEIGHTS.astype(np.float32), BIAS.astype(np.float32)
    message = refusal(tflite_file(conv_model(x="float32", y="float32", weights=weights, scales=None, bias=bias)))
    assert 'CONV_2D "t3" (operator 0) works on float32; quantize the model to int8 first' in message


def test_dynamic_range_model(tflite_file):
    content = conv_model(x="float32", y="float32", bias=BIAS.astype(np.float32))
    assert "dynamic-range quantization" in refusal(tflite_file(content))


def test_other_activations(tflite_file):
    graph = run_all(read_tflite(tflite_file(conv_model(x="uint8", y="uint8"))))
    with pytest.raises(LinnetError, match="input is uint8; Linnet runs int8: convert the model again with int8 instead of uint8"):
        lower(graph)


def test_activations_without_a_scale(tflite_file):
    with pytest.raises(LinnetError, match="input has no scale; quantize the model to int8"):
        lower(run_all(read_tflite(tflite_file(relu_model(scale=None)))))


def test_float_and_dynamic_real_models(shared):
    assert "works on float32; quantize the model to int8 first" in refusal(shared("models/ad01_fp32.tflite"))
    assert "dynamic-range quantization" in refusal(shared("models/kws_ref_model_float32.tflite"))
