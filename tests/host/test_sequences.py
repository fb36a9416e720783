"""LSTM and SVDF: what is refused in a sentence, and what hostile params and states do."""

import sys
from pathlib import Path

import numpy as np
import pytest
import record
from graphs import activation, constant, quant

from linnet import blob as blobs
from linnet import fields
from linnet.errors import LinnetError
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blob"))
import make_blobs  # noqa: E402

LSTM, SVDF = "unidirectional_sequence_lstm", "svdf"


@pytest.fixture
def graph_of(tflite_file):
    """graph_of(name, number) is a recorded case."""

    def graph(name, number=0):
        model = list(record.recorded(record.VECTORS / f"{name}.npz"))[number][1]
        return read_tflite(tflite_file(model))

    return graph


def put(op, index, **changes):
    for field, value in changes.items():
        setattr(op.inputs[index], field, value)


def leave_out(op, index):
    op.inputs[index] = None


REFUSALS = [
    (LSTM, lambda op: op.inputs.__setitem__(9, constant(np.ones(4, np.int16), 1)), "has peephole weights, which is not supported; use a plain"),
    (LSTM, lambda op: op.inputs.__setitem__(16, constant(np.ones(4, np.int8), 1)), "has a projection, which is not supported"),
    (LSTM, lambda op: op.inputs.__setitem__(20, constant(np.ones(4, np.int16), 1)), "has layer normalization, which is not supported"),
    (LSTM, lambda op: leave_out(op, 1), "lacks the weights or the bias of a gate, or a state; use a plain LSTM"),
    (LSTM, lambda op: leave_out(op, 13), "lacks the weights or the bias of a gate"),
    (LSTM, lambda op: op.attrs.update(fused_activation="RELU"), "its activation is RELU, supported is TANH"),
    (LSTM, lambda op: put(op, 0, dtype="float32"), "input is float32; .*full integer quantization"),
    (LSTM, lambda op: put(op, 18, initial=None), "hidden state must be a variable, which keeps its value"),
    (LSTM, lambda op: put(op, 19, initial=None), "cell state must be a variable"),
    (LSTM, lambda op: put(op, 19, dtype="int8"), "cell state is int8, expected int16"),
    (LSTM, lambda op: put(op, 19, quant=quant(2.0**-30)), "cell state has the scale .*, zero point 0; convert the model again"),
    (LSTM, lambda op: put(op, 19, quant=quant(2.0**-11, 3)), "cell state has the scale .*, zero point 3"),
    (LSTM, lambda op: put(op, 2, dtype="int16"), "weights are int16, zero point 0; quantize them to int8"),
    (LSTM, lambda op: put(op, 2, quant=quant(0.1, 5)), "weights are int8, zero point 5; quantize them to int8, symmetrically"),
    (LSTM, lambda op: put(op, 6, shape=(1, 77)), "the shape of its weights is .1, 77., expected"),
    (LSTM, lambda op: put(op, 12, dtype="int64"), "bias is int64, expected int32"),
    (LSTM, lambda op: put(op, 5, data=None), "weights must be constant"),
    (SVDF, lambda op: put(op, 0, dtype="float32"), "input is float32; .*full integer quantization"),
    (SVDF, lambda op: put(op, 4, initial=None), "state must be a variable"),
    (SVDF, lambda op: put(op, 4, dtype="int32"), "state is int32, its weights int16; both must be int16, or both int8"),
    (SVDF, lambda op: op.attrs.update(rank=0), "do not fit .* and a rank of 0"),
    (SVDF, lambda op: put(op, 1, quant=quant(0.1, 4)), "weights are int8, zero point 4"),
    (SVDF, lambda op: put(op, 3, dtype="int64"), "bias is int64, expected int32"),
    (SVDF, lambda op: op.inputs.pop(), "has 4 inputs and 1 outputs, expected 5"),
    (SVDF, lambda op: op.outputs.__setitem__(0, activation((7, 9))), "output has 63 elements, expected"),
]


@pytest.mark.parametrize(("name", "edit", "sentence"), REFUSALS)
def test_misfits_are_refused_in_a_sentence(name, edit, sentence, graph_of):
    graph = graph_of(name)
    edit(graph.operators[0])
    with pytest.raises(LinnetError, match=sentence):
        lower(graph)


def test_svdf_may_have_no_bias(graph_of):
    graph = graph_of(SVDF)
    leave_out(graph.operators[0], 3)
    (step,) = lower(graph)
    assert step.macs > 0


def assembled(graph):
    return assemble(lower(graph), graph.inputs, graph.outputs)


def number_of(packed):
    return packed.blob.n_reset


def values_of(old):
    numbers = (0, 1, 2, 3, 14, 31, 255, -1, -16, -32, 127, -32768, 65535, 1 << 12, 1 << 16, 1 << 24, (1 << 31) - 1, (1 << 32) - 1)
    for value in numbers:
        if isinstance(old, tuple):
            yield [value] * len(old)
            yield from ([*old[:i], value, *old[i + 1 :]] for i in range(len(old)))
        else:
            yield value


@pytest.mark.parametrize("name", [LSTM, SVDF])
def test_hostile_params_are_refused_or_harmless(name, graph_of):
    """The kernel stays within its tensors whatever it is told: the sanitizers look."""
    refused, ran, statuses = 0, 0, set()
    for number in range(0, 24, 5):
        graph = graph_of(name, number)
        packed = assembled(graph)
        row = packed.blob.operators[number_of(packed)]
        for field, old in fields.OPERATORS[row.code][1].unpack(row.params).items():
            for value in values_of(old):
                blob = make_blobs.Damaged(packed)
                try:
                    blob.params(number_of(packed), **{field: value})
                except Exception as error:
                    assert "format" in str(error) or "range" in str(error), error
                    continue
                try:
                    opened = Model(blobs.with_crc(bytes(blob.data)))
                except LinnetError as error:
                    refused += 1
                    statuses |= {status for status in ("PARAMS", "OPERANDS", "DATA") if status in str(error)}
                    continue
                for _ in range(2):
                    opened.predict([np.full(t.shape, 100).astype(t.dtype) for t in graph.inputs])
                ran += 1
    assert refused > 100 and ran > 100 and {"PARAMS", "OPERANDS"} <= statuses


@pytest.mark.parametrize("name", [LSTM, SVDF])
def test_hostile_operands_and_data_are_refused_or_harmless(name, graph_of):
    random, refused = np.random.default_rng(1), 0
    for number in range(0, 24, 3):
        graph = graph_of(name, number)
        packed = assembled(graph)
        index = number_of(packed)
        row = packed.blob.operators[index]
        operands = row.inputs + row.outputs
        for at in range(len(operands)):
            for other in range(len(packed.blob.tensors)):
                blob = make_blobs.Damaged(packed)
                blob.operands(index, *operands[:at], other, *operands[at + 1 :])
                try:
                    opened = Model(blobs.with_crc(bytes(blob.data)))
                except LinnetError as error:
                    assert "OPERANDS" in str(error)
                    refused += 1
                    continue
                opened.predict([np.full(t.shape, -128).astype(t.dtype) for t in graph.inputs])
        for length in (0, row.data_bytes - 4, row.data_bytes + 4):
            blob = make_blobs.Damaged(packed)
            blob.operator(index, data_bytes=length)
            with pytest.raises(LinnetError, match="DATA|RECORD"):
                Model(blobs.with_crc(bytes(blob.data)))
        blob = make_blobs.Damaged(packed)
        n = len(packed.blob.weights)
        blob.at("WEIGHTS", 0, f"{n}B", *random.integers(0, 256, n).tolist())
        opened = Model(blobs.with_crc(bytes(blob.data)))
        for _ in range(3):
            opened.predict([random.integers(-128, 128, t.shape).astype(t.dtype) for t in graph.inputs])
    assert refused > 50


@pytest.mark.parametrize("name", [LSTM, SVDF])
def test_tensors_of_a_hostile_plan_may_lie_anywhere(name, graph_of):
    """All at the same place: nonsense, but within the arena."""
    for number in range(0, 24, 3):
        graph = graph_of(name, number)
        packed = assembled(graph)
        blob = make_blobs.Damaged(packed)
        for index, row in enumerate(packed.blob.tensors):
            if not row.in_weights:
                blob.tensor(index, offset=0)
        opened = Model(blobs.with_crc(bytes(blob.data)))
        for _ in range(3):
            opened.predict([np.full(t.shape, -128).astype(t.dtype) for t in graph.inputs])
