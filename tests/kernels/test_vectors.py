"""The C core, whole: importer, passes, lowering, layouts and kernels give what TFLite Micro recorded, and the NumPy reference."""

import cases
import numpy as np
import pytest
import record
import reference
from cases import base

from linnet import layouts
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.nearly import UNITS, differ
from linnet.packer import assemble
from linnet.passes import run_all

LAYOUTS = [("portable", "speed"), *((core, layout) for core in layouts.TUNED for layout in layouts.names(core))]


def open_model(graph, core="portable", layout="speed"):
    packed = assemble(layouts.tune(lower(graph), core, layout), graph.inputs, graph.outputs, core=core)
    return Model(packed.data)


def run(model, inputs):
    return model.predict([np.reshape(x, shape) for x, shape in zip(inputs, model.input_shape, strict=True)])


def read(model, folder):
    file = folder / "model.tflite"
    file.write_bytes(model)
    return run_all(read_tflite(file, allow_float=True))


def assert_equal(got, wanted, what, kind=None):
    """To the bit; where a library's function comes in, as near as linnet/nearly.py says for that kind of operator."""
    for y, recorded in zip(got, wanted, strict=True):
        places = np.flatnonzero(differ(y, recorded, kind))
        assert not len(places), f"{what}: {len(places)} of {y.size} differ, at {places[0]} {y[places[0]]}, not {recorded.flat[places[0]]}"


@pytest.mark.parametrize("path", sorted(record.VECTORS.glob("*.npz")), ids=lambda path: path.stem)
@pytest.mark.parametrize("core, layout", LAYOUTS)
def test_core_gives_what_tflite_micro_recorded(path, core, layout, tmp_path, record_property):
    n_cases = 0
    for name, file, steps in record.recorded(path):
        graph = read(file, tmp_path)
        kind = graph.operators[-1].kind
        model = open_model(graph, core, layout)
        if core != "portable" and not any(operator.variant for operator in model.blob.operators):
            continue  # the portable blob
        for number, (inputs, outputs) in enumerate(steps):
            assert_equal(run(model, inputs), outputs, f"{path.stem} {name}, step {number}, for {core}, {layout}", kind)
        n_cases += 1
    nearly = kind in UNITS and graph.outputs[0].dtype == "float32"
    record_property("near_cases" if nearly else "exact_cases", (path.stem, core, n_cases))


@pytest.mark.parametrize("operator", [operator.__name__ for operator in base.OPERATORS])
def test_core_is_the_reference_on_seeded_and_extreme_inputs(operator, tmp_path):
    random = np.random.default_rng(1)
    path = record.VECTORS / f"{operator}.npz"
    for name, model, _ in record.recorded(path):
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
            assert_equal(run(open_model(graph), xs), reference.run_graph(graph, xs), f"{path.stem} {name} {fill}")


def test_every_operator_has_recorded_cases():
    assert {path.stem for path in record.VECTORS.glob("*.npz")} == {operator.__name__ for operator in cases.OPERATORS}
