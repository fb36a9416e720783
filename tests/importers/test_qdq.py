"""QDQ-quantized ONNX models run as int8 with the file's own integers, a step at most from what onnxruntime computes."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator
from qdq_models import CHAINS, IMAGE, MODELS, Qdq, build

from linnet.cli import linnet as command_line
from linnet.errors import LinnetError
from linnet.importers.onnx import TO_LAST, read_onnx
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble, pack_model
from linnet.passes import run_all

RECORDED = np.load(Path(__file__).with_name("qdq_onnxruntime.npz"))


def channels_last(x):
    return np.ascontiguousarray(x.transpose(TO_LAST[x.ndim])) if x.ndim in TO_LAST else x


def run(graph, samples):
    """Real outputs (n, ...) of an int8 graph."""
    model = Model(assemble(lower(graph), graph.inputs, graph.outputs).data)
    outputs = [model.predict([channels_last(x[None])], real=True)[0] for x in samples]
    return np.stack(outputs).reshape(len(samples), *graph.outputs[0].shape[1:])


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
@pytest.mark.parametrize("name", MODELS)
def test_against_onnxruntime(name, dtype):
    proto, samples = build(name, dtype)
    graph = run_all(read_onnx(proto))
    assert {t.dtype for op in graph.operators for t in op.outputs} == {"int8"} == {graph.inputs[0].dtype}, graph.operators
    got = run(graph, samples)
    wanted = RECORDED[f"{name}-{dtype}"]
    wanted = np.stack([channels_last(y)[0] for y in wanted])
    steps = np.abs(got - wanted) / graph.outputs[0].scale
    most = 1 if name not in CHAINS else 2
    assert steps.max() < most + 0.01 and np.sum(steps > 0.5) <= 1 + steps.size / 5, (steps.max(), np.sum(steps > 0.5), steps.size)
    reference = ReferenceEvaluator(proto).run(None, {"x": samples[:1]})[0]
    assert np.abs(got[:1] - channels_last(reference)).max() / graph.outputs[0].scale < most + 0.01


def test_weights_and_biases_keep_the_integers_of_the_file():
    proto, _ = build("conv", "uint8")
    (layer,) = (op for op in read_onnx(proto).operators if op.kind == "CONV_2D")
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    weights = next(value for value in constants.values() if value.dtype == np.int8 and value.ndim == 4)
    bias = next(value for value in constants.values() if value.dtype == np.int32 and value.any())
    np.testing.assert_array_equal(layer.inputs[1].data, weights.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(layer.inputs[2].data, bias)
    assert layer.inputs[0].zero_point == 5 and layer.inputs[0].scale == np.float32(0.02)
    assert len(layer.inputs[1].quant.scale) == 6


def test_an_activation_goes_into_the_layer_before_it():
    assert [op.kind for op in run_all(read_onnx(build("relu-between", "int8")[0])).operators] == ["CONV_2D"]


def test_a_flattened_image_needs_no_transpose():
    kinds = [op.kind for op in run_all(read_onnx(build("flatten-dense", "uint8")[0])).operators]
    assert kinds == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]


def whole_file(tmp_path, name="conv", dtype="uint8"):
    path = tmp_path / "model.onnx"
    onnx.save(build(name, dtype)[0], path)
    return path


def test_inputs_and_outputs_of_bytes_stay_bytes():
    """Without a QuantizeLinear in front and a DequantizeLinear behind."""
    proto, samples = build("conv", "uint8")
    first, last = proto.graph.node[0], proto.graph.node[-1]
    proto.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.UINT8
    proto.graph.node[1].input[0] = "x"
    proto.graph.node.remove(first)
    proto.graph.output[0].CopyFrom(helper.make_tensor_value_info(last.input[0], onnx.TensorProto.UINT8, None))
    proto.graph.node.remove(last)
    graph = run_all(read_onnx(proto))
    assert (graph.inputs[0].dtype, graph.outputs[0].dtype) == ("uint8", "uint8")
    x = np.random.default_rng(1).integers(0, 256, IMAGE).astype(np.uint8)
    model = Model(assemble(lower(graph), graph.inputs, graph.outputs).data)
    wanted = ReferenceEvaluator(proto).run(None, {"x": x})[0]
    assert np.abs(model.predict([channels_last(x)])[0] - channels_last(wanted).reshape(-1).astype(int)).max() <= 1


# What users do with them -------------------------------------------------------------------------------------------


def test_pack_takes_the_file(tmp_path):
    packed = pack_model(whole_file(tmp_path))
    assert [row.name for row in packed.blob.operators] == ["CONV_2D"] and not packed.checked
    assert Model(packed.data).selftest() == 2 and packed.blob.strings["source"] == "model.onnx"


def refusal(path, *command):
    with pytest.raises(LinnetError) as error:
        command_line(list(map(str, command)), standalone_mode=False)
    return str(error.value)


def test_a_float_file_is_sent_to_quantize(tmp_path):
    proto = helper.make_model(
        helper.make_graph(
            [helper.make_node("Gemm", ["x", "w"], ["y"])],
            "float",
            [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 3])],
            [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)],
            [onnx.numpy_helper.from_array(np.ones((3, 2), np.float32), "w")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    path = tmp_path / "real.onnx"
    onnx.save(proto, path)
    wanted = f"quantize the model to int8 first: linnet quantize {path} --calib X.npz, or pack it as it is with --allow-float"
    assert wanted in refusal(path, "pack", path)
    command_line(["pack", str(path), "--allow-float"], standalone_mode=False)
    assert Model(tmp_path / "real.linnet").input_dtype == ("f",)


@pytest.mark.parametrize("command", [("inspect",), ("run", "-i", "x.npy", "-o", "y.npy")])
def test_commands_on_blobs_say_what_to_do_first(command, tmp_path):
    path = whole_file(tmp_path)
    assert refusal(path, command[0], path, *command[1:]) == f"{path}: is a model, not a blob; make one first: linnet pack {path}"


def test_verify_says_whom_to_ask(tmp_path):
    path = whole_file(tmp_path)
    (tmp_path / "model.linnet").write_bytes(pack_model(path).data)
    assert "LiteRT reads .tflite files only" in refusal(path, "verify", path, tmp_path / "model.linnet")


# What is refused ---------------------------------------------------------------------------------------------------


def refused(make, dtype="int8"):
    q = Qdq("refused", IMAGE, dtype)
    output = make(q)
    with pytest.raises(LinnetError) as error:
        read_onnx(q.model(output))
    return str(error.value)


def test_weights_with_a_zero_point():
    def make(q):
        operands = q.constant(np.arange(36).reshape(1, 4, 3, 3).astype(np.uint8) * 7), q.constant(np.float32(0.01)), q.constant(np.uint8(90))
        return q.op("Conv", q.x, q.add("DequantizeLinear", *operands))

    assert "its weights have a zero point; quantize them symmetrically to int8" in refused(make)


def test_weights_quantized_along_another_axis():
    def make(q):
        return q.op("Conv", q.x, q.weights(5, 4, 3, 3, axis=1)[0])

    assert "has weights quantized along axis 1; supported is 0, their output channels" in refused(make)


def test_activations_per_channel():
    def make(q):
        scales, zeros = q.constant(np.float32([0.1, 0.2, 0.1, 0.2])), q.constant(np.zeros(4, np.int8))
        return q.add("DequantizeLinear", q.add("QuantizeLinear", q.x, scales, zeros, axis=1), scales, zeros, axis=1)

    assert "quantizes an activation per channel; only weights may be" in refused(make)


def test_a_layer_that_stays_real(tmp_path):
    q = Qdq("partly", IMAGE, "int8")
    path = tmp_path / "partly.onnx"
    onnx.save(q.model(q.layer("Conv", q.add("Conv", q.x, q.constant(np.ones((4, 4, 1, 1), np.float32))), 5, 4, 3, 3)), path)
    message = refusal(path, "pack", path)
    assert 'CONV_2D "t2"' in message and "other layers are quantized: quantize its input, weights and output, too" in message
