"""The C core, whole: importer, passes, lowering, layouts and kernels give what TFLite Micro recorded, and the NumPy reference."""

import cases
import numpy as np
import pytest
import record
import reference

from linnet import layouts
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import run_all

LAYOUTS = [("portable", "speed"), *((core, layout) for core in layouts.TUNED for layout in ("speed", "size"))]


def run(graph, core, layout, inputs):
    packed = assemble(layouts.tune(lower(graph), core, layout), graph.inputs, graph.outputs, core=core)
    shaped = [x.reshape(tensor.shape) for x, tensor in zip(inputs, graph.inputs, strict=True)]
    return Model(packed.data).predict(shaped)


def read(model, folder):
    file = folder / "model.tflite"
    file.write_bytes(model)
    return run_all(read_tflite(file))


def assert_equal(got, wanted, what):
    for y, recorded in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(np.ravel(y).view(np.uint8), np.ravel(recorded).view(np.uint8), what)


@pytest.mark.parametrize("path", sorted(record.VECTORS.glob("*.npz")), ids=lambda path: path.stem)
@pytest.mark.parametrize("core, layout", LAYOUTS)
def test_core_gives_what_tflite_micro_recorded(path, core, layout, tmp_path):
    for name, model, inputs, outputs in record.recorded(path):
        got = run(read(model, tmp_path), core, layout, inputs)
        assert_equal(got, outputs, f"{path.stem} {name} for {core}, {layout}")


@pytest.mark.parametrize("path", sorted(record.VECTORS.glob("*.npz")), ids=lambda path: path.stem)
def test_core_is_the_reference_on_seeded_and_extreme_inputs(path, tmp_path):
    random = np.random.default_rng(1)
    for name, model, inputs, _ in record.recorded(path):
        for fill in (None, "least", "most"):
            graph = read(model, tmp_path)
            xs = []
            for tensor in graph.inputs:
                if tensor.dtype == "float32":
                    x = random.normal(0, 3, tensor.shape).astype(np.float32)
                    x = x if fill is None else np.full_like(x, -1e30 if fill == "least" else 1e30)
                else:
                    limits = np.iinfo(tensor.dtype)
                    x = random.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype)
                    x = x if fill is None else np.full_like(x, limits.min if fill == "least" else limits.max)
                xs.append(x)
            assert_equal(run(graph, "portable", "speed", xs), reference.run_graph(graph, xs), f"{path.stem} {name} {fill}")


def test_every_operator_has_recorded_cases():
    assert {path.stem for path in record.VECTORS.glob("*.npz")} == {operator.__name__ for operator in cases.OPERATORS}
