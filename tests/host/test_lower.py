"""linnet.lower: every step's bytes are FORMAT.md's, every misfit is one sentence."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
import record
import reference
from graphs import (
    activation,
    add,
    chain,
    constant,
    conv_2d,
    depthwise_conv_2d,
    elementwise,
    fully_connected,
    pad,
    pool,
    quant,
)

from linnet import fields
from linnet.errors import LinnetError
from linnet.graph import Operator, Tensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.passes import run_all

HEADER = Path(__file__).resolve().parents[2] / "device" / "kernels" / "linnet_operators.h"
MACS = {
    "kws_ref_model": 2656768,
    "pretrainedResnet_quant": 12501632,
    "vww_96_int8": 7489664,
    "ad01_int8": 264192,
    "str_ww_ref_model": 826368,
    "person_detect": 7157888,
    "blazeface_front_128": 30760960,
}


def lowered(op):
    (step,) = lower(run_all(chain(op)))
    return step


def params_of(step):
    name, layout = fields.OPERATORS[step.code]
    assert name == step.name and layout.size == len(step.params)
    return layout.unpack(step.params)


def channels_of(data, n):
    """bias, multiplier, shift (n) and whatever follows them."""
    end = -(-9 * n // 16) * 16
    assert not any(data[9 * n : end])
    return np.frombuffer(data, "<i4", n), np.frombuffer(data, "<i4", n, 4 * n), np.frombuffer(data, "i1", n, 8 * n), data[end:]


# Bytes ---------------------------------------------------------------------------------------------------------------


def test_codes_are_those_of_the_device():
    device = {int(code): name.upper() for code, name in re.findall(r"ROW\((\d+), (\w+)\)", HEADER.read_text())}
    assert {code: name for code, (name, _) in fields.OPERATORS.items()} == device


def test_conv_2d():
    x = activation((2, 5, 6, 3), 0.05, -7)
    op = conv_2d(x, (2, 3, 3, 4), padding="SAME", stride_h=2, stride_w=2, fused_activation="RELU6")
    step = lowered(op)
    assert params_of(step) == {
        "batches": 2, "in_h": 5, "in_w": 6, "in_c": 3, "out_h": 3, "out_w": 3, "out_c": 4, "kernel_h": 3, "kernel_w": 3,
        "pad_top": 1, "pad_left": 0, "stride_h": 2, "stride_w": 2, "dilation_h": 1, "dilation_w": 1, "reserved": 0,
        "input_zero_point": -7, "output_zero_point": 4, "act_min": 4, "act_max": 64,
    }  # fmt: skip
    bias, multiplier, shift, weights = channels_of(step.data, 4)
    data = op.inputs[1].data
    assert weights == data.tobytes()
    assert np.array_equal(bias, op.inputs[2].data + 7 * data.reshape(4, -1).sum(axis=1, dtype=np.int32))
    factors = float(x.scale) * op.inputs[1].quant.scale.astype(float) / float(op.outputs[0].scale)
    assert np.allclose(multiplier * 2.0 ** (shift - 31.0), factors, rtol=1e-9)
    assert step.inputs == [x] and step.macs == 2 * 3 * 3 * 4 * 27 and step.kind == "CONV_2D"


def test_depthwise_conv_2d():
    op = depthwise_conv_2d(activation((1, 4, 4, 2), zero_point=5), (1, 4, 4, 6), padding="SAME")
    step = lowered(op)
    bias, _, _, weights = channels_of(step.data, 6)
    data = op.inputs[1].data  # (1, 3, 3, 6)
    assert weights == data.tobytes()
    assert np.array_equal(bias, -5 * data.sum(axis=(0, 1, 2), dtype=np.int32))
    assert step.macs == 16 * 6 * 9
    assert params_of(step)["pad_top"] == 1


def test_sums_of_weights_wrap_as_accumulators_do():
    op = fully_connected(activation((1, 4), zero_point=127), 2)
    op.inputs[1].data[:] = 127
    op.inputs[2].data[:] = [-(2**31), 2**31 - 1]
    bias = channels_of(lowered(op).data, 2)[0]
    assert bias.tolist() == [2**31 - 4 * 127 * 127, 2**31 - 1 - 4 * 127 * 127]


def test_fully_connected_multiplies_its_scales_in_single_precision():
    op = fully_connected(activation((3, 16), 0.0123), 5)
    product = np.float32(op.inputs[0].scale) * np.float32(op.inputs[1].quant.scale[0])
    multiplier, shift = reference.quantize_multiplier(float(product) / float(op.outputs[0].scale))
    step = lowered(op)
    _, multipliers, shifts, weights = channels_of(step.data, 5)
    assert set(multipliers) == {multiplier} and set(shifts) == {shift} and len(weights) == 80
    assert {name: params_of(step)[name] for name in ("rows", "in_n", "out_n")} == {"rows": 3, "in_n": 16, "out_n": 5}
    assert step.overlap == [5]


def test_add():
    step = lowered(add(activation((1, 6), 0.02, 1), activation((1, 6), 0.03, -2), (0.04, 3), fused_activation="RELU"))
    params = params_of(step)
    assert (params["n"], params["zero_point"], params["output_zero_point"]) == (6, (1, -2), 3)
    assert (params["act_min"], params["act_max"]) == (3, 127)
    real = [m * 2.0 ** (s - 31) for m, s in zip(params["multiplier"], params["shift"])]
    assert real == pytest.approx([0.02 / 0.06, 0.5, 0.06 / 0.04 / 2**20], rel=1e-6)
    assert step.overlap == [0, 0]


def test_add_of_unequal_shapes_is_elementwise():
    small = constant(np.array([1, 2, 3], np.int8), 0.02)
    step = lowered(add(activation((1, 200, 3)), small))
    assert (step.name, step.overlap) == ("ELEMENTWISE", [0, None])
    assert step.inputs[1].data.tolist() == [1, 2, 3] * 100  # repeated, so that rows are longer than three
    params = params_of(step)
    assert params["dims"] == (1, 1, 1, 2, 300)
    assert params["strides"] == (0, 0, 0, 300, 1) + (0, 0, 0, 0, 1) + (0,) * 5


def test_pad():
    step = lowered(pad(activation((2, 3, 4), zero_point=9), [[1, 0], [0, 2], [3, 3]]))
    assert params_of(step) == {"in": (1, 2, 3, 4), "before": (0, 1, 0, 3), "after": (0, 0, 2, 3), "value": 9}
    # When the fifth of six rows is in its place 117 bytes are written, and the input is still to be read from byte 20 on.
    assert step.overlap == [97]


def test_reshape_has_no_params_and_may_lie_anywhere():
    x = activation((1, 6))
    op = Operator("RESHAPE", [x, constant(np.array([2, 3], np.int32))], [activation((2, 3))])
    step = lowered(op)
    assert (step.params, step.data, step.inputs, step.overlap) == (b"", b"", [x], [-6])


def test_quantize_and_dequantize():
    quantize = lowered(elementwise("QUANTIZE", Tensor("f", (1, 5), "float32"), (0.25, -4), "int8"))
    dequantize = lowered(elementwise("DEQUANTIZE", activation((1, 5), 0.25, -4), dtype="float32"))
    assert quantize.params == dequantize.params == struct.pack("<Ifi", 5, 0.25, -4)
    assert (quantize.overlap, dequantize.overlap) == ([0], [15])


def test_softmax_table():
    step = lowered(elementwise("SOFTMAX", activation((4, 10), 0.3), (1 / 256, -128), beta=0.5))
    assert step.params == struct.pack("<2I", 4, 10)
    table = np.frombuffer(step.data, "<i4")
    assert len(table) == 256 and table[0] == 2**31 - 1
    k = np.arange(256)
    assert np.max(np.abs(table / 2.0**31 - np.where(k * 0.15 < 31, np.exp(-0.15 * k), 0))) < 1e-6


@pytest.mark.parametrize("name", ["logistic", "relu", "relu6", "quantize"])
def test_tables_are_what_tflite_micro_recorded(name, tflite_file):
    tables = 0
    for _, model, [(inputs, outputs)] in record.recorded(record.VECTORS / f"{name}.npz"):
        (step,) = lower(run_all(read_tflite(tflite_file(model))))
        if step.name == "LUT":
            table = np.frombuffer(step.data, outputs[0].dtype)
            assert np.array_equal(table[inputs[0].view(np.uint8)], outputs[0])
            tables += 1
    assert tables


def test_quantize_between_int8_and_uint8_is_a_table():
    step = lowered(elementwise("QUANTIZE", activation((1, 4), 0.5, -128), (0.5, 0), "uint8"))
    assert step.name == "LUT" and step.kind == "QUANTIZE"
    assert np.frombuffer(step.data, np.uint8)[np.arange(-128, 128).astype(np.uint8)].tolist() == list(range(256))


@pytest.mark.parametrize("path", sorted(record.VECTORS.glob("*.npz")), ids=lambda path: path.stem)
def test_every_recorded_model_lowers(path, tflite_file):
    for _, model, _ in record.recorded(path):
        for step in lower(run_all(read_tflite(tflite_file(model), allow_float=True))):
            params_of(step)


@pytest.mark.parametrize("name", MACS)
def test_real_models(name, shared):
    steps = lower(run_all(read_tflite(shared(f"models/{name}.tflite"))))
    assert sum(step.macs for step in steps) == MACS[name]
    for step in steps:
        params_of(step)


# Misfits -------------------------------------------------------------------------------------------------------------


def conv(**changes):
    op = conv_2d(activation((1, 4, 4, 2)), (1, 2, 2, 3))
    for name, value in changes.items():
        tensor = {"x": op.inputs[0], "w": op.inputs[1], "b": op.inputs[2], "y": op.outputs[0]}[name[0]]
        setattr(tensor, name[2:], value)
    return op


def softmax(shape=(1, 4), scale=0.1, out_quant=(1 / 256, -128)):
    return elementwise("SOFTMAX", activation(shape, scale), out_quant, beta=1.0)


def floats(*shape):
    return Tensor("f", shape, "float32")


MISFITS = {
    "weights have no scale": lambda: conv(w_quant=None),
    "weights are float32; quantize them": lambda: conv(w_dtype="float32"),
    "weights must be constant": lambda: conv(w_data=None),
    "weights have 2 scales along axis 0, expected 1 or 3": lambda: conv(w_quant=quant([0.1, 0.2])),
    "weights have a zero point other than 0": lambda: conv(w_quant=quant(0.1, 3)),
    "weights have a scale that is negative": lambda: conv(w_quant=quant(-0.1)),
    "bias is int8, expected int32": lambda: conv(b_dtype="int8"),
    "bias has 2 elements, expected 3": lambda: conv(b_shape=(2,)),
    "bias must be constant": lambda: conv(b_data=None),
    "input is quantized per channel": lambda: conv(x_quant=quant([0.1, 0.2])),
    "input has the scale 0.0, which is not positive": lambda: conv(x_quant=quant(0.0)),
    "input has the zero point 300, outside int8": lambda: conv(x_quant=quant(0.1, 300)),
    "input has no scale": lambda: conv(x_quant=None),
    "output is int16; Linnet runs int8": lambda: conv(y_dtype="int16"),
    '"conv" is int8, supported there is float32': lambda: conv(x_dtype="float32"),
    "do not fit 3 input channels, in groups or whole": lambda: conv(x_shape=(1, 4, 4, 3)),
    "weights make 3 channels, the output has 5": lambda: conv(y_shape=(1, 2, 2, 5)),
    "1 batches go in, 2 come out": lambda: conv(y_shape=(2, 2, 2, 3)),
    "output is \\(3, 2\\), its window makes \\(2, 2\\)": lambda: conv(y_shape=(1, 3, 2, 3)),
    "the shape of its input is \\(4, 4, 2\\), expected 4 dimensions": lambda: conv(x_shape=(4, 4, 2)),
    "the shape of its weights is \\(3, 18\\), expected 4 dimensions": lambda: conv(w_shape=(3, 18)),
    "has the shape \\(1, 0\\); sizes must be >= 1": lambda: elementwise("RELU", activation((1, 0))),
    "stride_h is 300, outside 1 ... 255": lambda: conv_2d(
        activation((1, 4, 4, 2)), (1, 1, 1, 3), stride_h=300, stride_w=2
    ),
    "in_w is 70000, outside 1 ... 65535": lambda: conv_2d(activation((1, 1, 70000, 1)), (1, 1, 70000, 1), (1, 1)),
    "fused activation TANH is not supported": lambda: conv_2d(
        activation((1, 4, 4, 2)), (1, 2, 2, 3), fused_activation="TANH"
    ),
    "stride 0": lambda: conv_2d(activation((1, 4, 4, 2)), (1, 2, 2, 3), stride_h=0),
    "do not fit 2 input and 3 output": lambda: depthwise_conv_2d(activation((1, 4, 4, 2)), (1, 2, 2, 3)),
    "input has 20 elements, expected 16": lambda: Operator(
        "FULLY_CONNECTED",
        [activation((2, 10)), *fully_connected(activation((1, 8)), 3).inputs[1:]],
        [activation((2, 3))],
        {"fused_activation": "NONE"},
    ),
    "do not make": lambda: add(activation((1, 2, 3)), activation((1, 2, 4))),
    "too small beside": lambda: add(activation((1, 2), 1.0), activation((1, 2), 1.0), (1e-6, 0)),
    "a pool does not rescale": lambda: Operator(
        "MAX_POOL_2D",
        [activation((1, 2, 2, 1), 0.1)],
        [activation((1, 1, 1, 1), 0.2)],
        pool("MAX_POOL_2D", activation((1, 2, 2, 1)), (1, 1, 1, 1)).attrs,
    ),
    "PAD does not rescale": lambda: Operator(
        "PAD", [activation((2,), 0.1), constant(np.array([[0, 1]], np.int32))], [activation((3,), 0.2)]
    ),
    "is not \\(9,\\)": lambda: Operator(
        "PAD", [activation((2,)), constant(np.array([[0, 1]], np.int32))], [activation((9,))]
    ),
    "padded by \\[\\[0, -1\\]\\] is not": lambda: Operator(
        "PAD", [activation((2,)), constant(np.array([[0, -1]], np.int32))], [activation((1,))]
    ),
    "has too many dimensions": lambda: pad(activation((1, 1, 1, 1, 2)), [[0, 1]] * 5),
    "TFLite's are 1/256 and -128": lambda: softmax(out_quant=(1 / 128, -128)),
    "9000 classes are more than 8191": lambda: softmax((1, 9000)),
    "too small for TFLite's integer softmax": lambda: softmax(scale=1e-9),
    "LOGISTIC .*1/256 and -128": lambda: elementwise("LOGISTIC", activation((1, 4)), (1 / 256, 0)),
    "quantizes float32 to int32": lambda: elementwise("QUANTIZE", floats(1, 4), (0.1, 0), "int32"),
    "makes int32 of int8": lambda: elementwise("DEQUANTIZE", activation((1, 4)), dtype="int32"),
    "makes uint8 of int8; a reshape": lambda: elementwise("RESHAPE", activation((1, 4)), dtype="uint8"),
    "quantize the model to int8 first": lambda: elementwise("GELU", floats(1, 4), approximate=False),
    "is not supported; supported are ABS": lambda: elementwise("UNHEARD_OF", activation((1, 4))),
    "has 1 inputs and 1 outputs, expected 2 and 1": lambda: elementwise("ADD", activation((1, 4)), fused_activation="NONE"),
}


@pytest.mark.parametrize("message", MISFITS)
def test_misfits_are_named(message):
    op = MISFITS[message]()
    with pytest.raises(LinnetError, match=message) as caught:
        lowered(op)
    assert str(caught.value).startswith(f"test: {op.kind} ") and "\n" not in str(caught.value)
