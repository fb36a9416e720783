"""The reference itself: equal to what TFLite Micro recorded, before the passes and after them."""

import numpy as np
import pytest
import record
import reference
from cases import base

from linnet.importers.tflite import read_tflite
from linnet.passes import run_all


def mismatch(got, want):
    """The first difference of two arrays as a sentence, or None."""
    if got.dtype != want.dtype or got.size != want.size:
        return f"{got.dtype} of {got.size}, wanted {want.dtype} of {want.size}"
    bad = np.flatnonzero(got.ravel() != want.ravel())
    return f"at {bad[0]}: got {got.ravel()[bad[0]]}, wanted {want.ravel()[bad[0]]}" if len(bad) else None


@pytest.mark.parametrize("operator", [operator.__name__ for operator in base.OPERATORS])
def test_reference_is_tflite_micro(operator, tmp_path):
    for name, model, [(inputs, outputs)] in record.recorded(record.VECTORS / f"{operator}.npz"):
        file = tmp_path / f"{name}.tflite"
        file.write_bytes(model)
        graph = read_tflite(file)
        for stage in (lambda graph: graph, run_all):
            for got, want in zip(reference.run_graph(stage(graph), inputs), outputs, strict=True):
                assert mismatch(got, want) is None, f"{name}: {mismatch(got, want)}"


@pytest.mark.parametrize("name", ["kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8"])
def test_reference_runs_whole_models(name, shared):
    vectors = np.load(shared(f"vectors/{name}_tflm.npz"))
    graph = read_tflite(shared(f"models/{name}.tflite"))
    for x, y in zip(vectors["x"], vectors["y"]):
        (got,) = reference.run_graph(graph, [x.reshape(graph.inputs[0].shape)])
        assert mismatch(got, y) is None, mismatch(got, y)
