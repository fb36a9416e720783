"""What fuzzing and reading found in blobs that only an attacker writes: each must be refused, or run without touching a wrong
byte and without undefined arithmetic. The sanitizers look."""

import sys
from pathlib import Path

import numpy as np
import pytest
import record
from graphs import random_inputs

from linnet import blob as blobs
from linnet import core, fields, layouts
from linnet.errors import LinnetError
from linnet.graph import Step, Tensor
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import run_all

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))

import make_blobs  # noqa: E402


def recorded(name, tflite_file, number=0):
    """The first recorded case of an operator, or another: its Blob, with one operator."""
    _, model, _ = list(record.recorded(record.VECTORS / f"{name}.npz"))[number]
    graph = run_all(read_tflite(tflite_file(model), allow_float=True))
    blob = assemble(lower(graph), graph.inputs, graph.outputs).blob
    assert len(blob.operators) == 1
    return blob


def damaged(blob, **values):
    """The bytes of a Blob, other values in its operator's params."""
    (row,) = blob.operators
    layout = fields.OPERATORS[row.code][1]
    row.params = layout.pack(**(layout.unpack(row.params) | values))
    return blobs.encode(blob)


def refused(data, status):
    with pytest.raises(LinnetError, match=status):
        Model(data)


@pytest.mark.parametrize("zero_point", [-(1 << 31), (1 << 31) - 1])
def test_zero_points_of_files_may_be_anything(zero_point):
    x = np.array([-128, 127], np.int8)
    core.dequantize(x, 0.5, zero_point)
    core.quantize(np.array([-1e30, 1e30], np.float32), 0.5, zero_point, "int8")


def test_sums_of_many_inputs_wrap():
    """32 times -128 is all that is left of an int32 after a shift by 19, and the output's zero point lies below it."""
    inputs = [make_blobs.tensor(f"x{i}", (1, 4), 0.5, 0) for i in range(32)]
    output = make_blobs.tensor("y", (1, 4), 0.5, -128)
    values = {"n": 4, "input_zero_point": 0, "output_zero_point": -128, "multiplier": (1 << 31) - 1, "shift": 0}
    step = Step(137, "ADD_N", inputs, [output], make_blobs.params(137, **values), b"", 0, [None] * 32)
    model = Model(assemble([step], inputs, [output]).data)
    (y,) = model.predict([np.full((1, 4), -128, np.int8)] * 32)
    assert y.size == 4


def test_number_of_elements_does_not_wrap():
    """Four sizes of 16 bits whose product, times the two bytes of an int16, is the tensor's once 64 bits are all that is kept."""
    n = 4
    while not (sizes := factors((1 << 63) + n)):
        n += 1
    x, y = (Tensor(name, (1, n), "int16") for name in "xy")
    window = dict(zip(("batches", "in_h", "in_w", "in_c"), sizes), out_h=sizes[1], out_w=sizes[2], out_c=sizes[3])
    window |= {"kernel_h": 1, "kernel_w": 1, "stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1}
    pool = make_blobs.params(260, **window, act_min=-32768, act_max=32767)
    refused(assemble([Step(260, "MAX_POOL_2D_INT16", [x], [y], pool, b"", 0, [None])], [x], [y]).data, "OPERANDS")


def factors(n):
    """Four factors below 2^16 of n, or None."""
    primes, at = [], 2
    rest = n
    while rest > 1 and at < 1 << 12:
        if rest % at:
            at += 1
        else:
            primes.append(at)
            rest //= at
    if rest >= 1 << 16:
        return None
    sizes = [1] * 4
    for prime in sorted([*primes, rest], reverse=True):
        sizes[sizes.index(min(sizes))] *= prime
    return sizes if max(sizes) < 1 << 16 else None


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "bool"])
def test_int64_may_lie_at_any_multiple_of_4(dtype):
    x, y = Tensor("x", (1, 3), dtype), Tensor("y", (1, 3), "int64")
    blob = assemble([Step(69, "CAST", [x], [y], make_blobs.params(69, n=3), b"", 0, [None])], [x], [y]).blob
    blob.tensors[blob.outputs[0]].offset = 36
    blob.arena_bytes = 64
    (cast,) = Model(blobs.encode(blob)).predict([np.array([[1, 0, 1]], dtype)])
    assert cast.ravel().tolist() == [1, 0, 1]


@pytest.mark.parametrize("name", ["batch_matmul", "batch_matmul_int16", "batch_matmul_float32"])
def test_depth_is_bounded_by_the_operands(name, tflite_file):
    """Walked in steps of 0, it could be anything: the kernel would never come back."""
    refused(damaged(recorded(name, tflite_file), depth=1 << 24, a_step=0, b_step=0), "OPERANDS")


@pytest.mark.parametrize("name", ["transpose_conv", "transpose_conv_int16"])
def test_pads_are_bounded_by_the_kernel(name, tflite_file):
    """The walk begins in the padding, of which 65535 rows and columns would be a long way."""
    for field in ("pad_top", "pad_left"):
        refused(damaged(recorded(name, tflite_file), **{field: 65535}), "PARAMS")


@pytest.mark.parametrize("core_name, name", [("rv32imc", "fully_connected"), ("helium", "depthwise_conv_2d")])
def test_scratch_may_lie_over_the_input(core_name, name, tflite_file):
    """Anywhere over it, and the output on top."""
    tried = 0
    for _, model, _ in list(record.recorded(record.VECTORS / f"{name}.npz"))[:12]:
        graph = run_all(read_tflite(tflite_file(model)))
        blob = assemble(layouts.tune(lower(graph), core_name), graph.inputs, graph.outputs, core=core_name).blob
        row = blob.operators[0]
        if not row.scratch_bytes:
            continue
        middle = fields.padded(row.scratch_bytes)
        for index in row.inputs + row.outputs:
            blob.tensors[index].offset = middle
        blob.arena_bytes = 3 * middle + fields.padded(max(tensor.bytes for tensor in blob.tensors))
        for row.scratch_offset in range(0, 2 * middle, 4):
            Model(blobs.encode(blob)).predict(random_inputs(graph))
            tried += 1
    assert tried > 100
