"""What linnet quantize makes passes deploy as what linnet pack makes does: golden vectors, and the host's results."""

import sys
from pathlib import Path

import numpy as np
import pytest
from float_graphs import image_graph
from test_inputs import fitted, hardly_varying
from test_mixed import PLAIN, lifted

import linnet
from linnet.deploy import deploy
from linnet.model import Model, as_input
from linnet.quantizer import Options
from linnet.remote import run_connected

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "host"))

from test_deploy import m4f  # noqa: F401


def features():
    from sklearn.linear_model import LogisticRegression

    x, y = hardly_varying()
    return linnet.from_sklearn(fitted(LogisticRegression(), x, y)), x[:40].astype(np.float32)


@pytest.mark.parametrize("kind", ["int8", "int16", "float32 inputs"])
def test_quantized_models_are_deployed_proved_and_run(m4f, kind, samples, tmp_path):  # noqa: F811
    graph, x = {
        "int8": lambda: (image_graph(), np.concatenate([x for x, in samples])),
        "int16": lambda: (lifted(), np.concatenate([x for x, in samples])),
        "float32 inputs": features,
    }[kind]()
    result = linnet.quantize(graph, x, options=Options(mixed=True, **PLAIN))
    names = {op.name for op in result.packed.blob.operators}
    assert {"int8": "CONV_2D", "int16": "RESCALE_INT16", "float32 inputs": "QUANTIZE"}[kind] in names
    path = tmp_path / "quantized.linnet"
    path.write_bytes(result.packed.data)
    deployed = deploy(m4f, path)
    assert deployed.n_golden == 2
    model = Model(path)
    rows = [[as_input(row[None], model.blob.tensors[model.blob.inputs[0]], "x")] for row in x[:5]]
    for ours, theirs in zip(run_connected(m4f, deployed.path, model, rows), map(model.predict, rows)):
        np.testing.assert_array_equal(ours[0].ravel(), theirs[0].ravel())
