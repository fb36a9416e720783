"""Real models, bit by bit: against what TensorFlow Lite Micro computed, and against LiteRT's kernels."""

import numpy as np
import pytest

from linnet.blob import decode
from linnet.model import Model
from linnet.packer import pack_model
from linnet.reference import Reference
from linnet.verify import channels_left, compare

MODELS = {
    # name: what TensorFlow Lite Micro needs, all state included, in bytes; None where that was not measured
    "kws_ref_model": 22820,
    "pretrainedResnet_quant": 54996,
    "vww_96_int8": 100708,
    "ad01_int8": 2580,
    "str_ww_ref_model": None,
    "person_detect": None,
    "blazeface_front_128": None,
}
MEASURED = [name for name, arena_bytes in MODELS.items() if arena_bytes]

# MLPerf Tiny's: any of these that grows has lost something.
ARENAS = {"kws_ref_model": 11000, "pretrainedResnet_quant": 38000, "vww_96_int8": 42000, "ad01_int8": 1000}


@pytest.fixture
def packed(shared):
    return lambda name: pack_model(shared(f"models/{name}.tflite"), n_golden=1)


@pytest.mark.parametrize("name", MEASURED)
def test_outputs_are_those_of_tflm(name, packed, shared):
    recorded = np.load(shared(f"vectors/{name}_tflm.npz"))
    model = Model(packed(name).data)
    for x, y in zip(recorded["x"], recorded["y"]):
        np.testing.assert_array_equal(model.predict([x])[0].reshape(y.shape), y)


@pytest.mark.parametrize("name", MODELS)
def test_every_operator_is_litert_s(name, packed, shared):
    source = shared(f"models/{name}.tflite")
    model, reference = Model(packed(name).data), Reference(source)
    kept = channels_left(model, reference, source)
    rng = np.random.default_rng(7)
    for extreme in (None, -128, 127):
        inputs = []
        for row in (model.blob.tensors[i] for i in model.blob.inputs):
            x = rng.integers(-128, 128, row.shape) if extreme is None else np.full(row.shape, extreme)
            real = (x - row.zero_point) * np.float32(row.scale)
            inputs.append(real.astype(np.float32) if row.dtype == "float32" else x.astype(row.dtype))
        rows = 0
        for _, difference in compare(model, reference, inputs, kept):
            assert difference is None, difference
            rows += 1
        assert rows == len(model.blob.operators)


@pytest.mark.parametrize("name", MEASURED)
def test_arena_is_no_larger_than_tflm_s(name, packed):
    blob = decode(packed(name).data)
    # The runtime's own state is linnet_model_t and the binding's object: less than 256 bytes, no heap.
    assert blob.arena_bytes + 256 <= MODELS[name]
    assert blob.arena_bytes <= ARENAS[name]


def test_keywords_sample_by_sample(packed, shared):
    """500 recordings: every score is that of LiteRT's kernels, every word that of LiteRT's own interpreter."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    source, data = shared("models/kws_ref_model.tflite"), np.load(shared("data/kws_mfcc_500.npz"))
    model, reference = Model(packed("kws_ref_model").data), Reference(source)
    interpreter = Interpreter(str(source), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    words, theirs = [], []
    for x in data["x"]:
        (scores,) = model.predict([x])
        wanted = reference.evaluate(given["index"], {taken["index"]: x[None]})
        np.testing.assert_array_equal(scores, wanted.ravel())
        interpreter.set_tensor(taken["index"], x[None])
        interpreter.invoke()
        words.append(int(scores.argmax()))
        theirs.append(int(interpreter.get_tensor(given["index"]).argmax()))
    assert words == theirs
    right = int((np.array(words) == data["y"]).sum())
    assert right == int((np.array(theirs) == data["y"]).sum())
    assert right > 440


def test_digits_accuracy_is_litert_s(digits):
    model = Model(pack_model(digits / "digits.tflite").data)
    reference = Reference(digits / "digits.tflite")
    data = np.load(digits / "digits_test.npz")
    (output,) = model.blob.outputs
    (given,) = model.blob.inputs
    tensors = model.blob.tensors
    for x in data["x"]:
        (scores,) = model.predict([x])
        wanted = reference.evaluate(tensors[output].source, {tensors[given].source: x.reshape(tensors[given].shape)})
        np.testing.assert_array_equal(scores, wanted.ravel())
