"""The models in the repository are what their READMEs say: operators, quantization, size and score."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import tflite

MODELS = Path(__file__).resolve().parents[2] / "models"
DIGITS = MODELS / "digits"
OPERATORS = ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "ADD", "MAX_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D",
             "ADD", "AVERAGE_POOL_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]


@pytest.fixture(scope="module")
def schema():
    """digits.tflite by its schema: (model, its one subgraph)."""
    model = tflite.Model.GetRootAs((DIGITS / "digits.tflite").read_bytes(), 0)
    assert model.SubgraphsLength() == 1
    return model, model.Subgraphs(0)


@pytest.fixture(scope="module")
def held_out():
    """(x int8 (n, 8, 8, 1), y uint8 (n,)), the images that the training never saw."""
    with np.load(DIGITS / "digits_test.npz") as arrays:
        return arrays["x"], arrays["y"]


def operator_names(model, graph):
    names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}
    operators = [graph.Operators(i) for i in range(graph.OperatorsLength())]
    return [names[model.OperatorCodes(op.OpcodeIndex()).BuiltinCode()] for op in operators]


def test_digits_has_just_the_operators_of_its_network(schema):
    assert operator_names(*schema) == OPERATORS


def test_digits_takes_and_gives_int8(schema):
    _, graph = schema
    assert (graph.InputsLength(), graph.OutputsLength()) == (1, 1)
    for index, shape, scale in ((graph.Inputs(0), (1, 8, 8, 1), 1 / 255), (graph.Outputs(0), (1, 10), 1 / 256)):
        tensor = graph.Tensors(index)
        assert tensor.Type() == tflite.TensorType.INT8
        assert tuple(tensor.ShapeAsNumpy()) == shape
        assert tensor.Quantization().Scale(0) == np.float32(scale)
        assert tensor.Quantization().ZeroPoint(0) == -128


def test_digits_weights_have_a_scale_per_channel_in_convolutions(schema):
    model, graph = schema
    for i, name in enumerate(operator_names(model, graph)):
        operator = graph.Operators(i)
        if name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            channels = graph.Tensors(operator.Outputs(0)).Shape(3)
            assert graph.Tensors(operator.Inputs(1)).Quantization().ScaleLength() == channels


def test_held_out_images_are_the_last_of_the_data_set(schema, held_out):
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed: it brings the images")
    x, y = held_out
    assert (x.dtype, y.dtype, x.shape, y.shape) == (np.int8, np.uint8, (360, 8, 8, 1), (360,))
    digits = datasets.load_digits()
    assert np.array_equal(y, digits.target[-360:])
    _, graph = schema
    scale = graph.Tensors(graph.Inputs(0)).Quantization().Scale(0)
    assert np.array_equal(x[..., 0], np.round(digits.images[-360:] / 16 / scale) - 128)


def test_labels_are_the_ten_digits():
    assert (DIGITS / "labels.txt").read_text().split() == list("0123456789")


def test_digits_scores_what_its_readme_says(held_out):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed: LiteRT computes the score")
    sys.path.insert(0, str(DIGITS))
    try:
        import train
    finally:
        sys.path.remove(str(DIGITS))
    x, y = held_out
    accuracy = train.accuracy_int8(train.interpreter_of((DIGITS / "digits.tflite").read_bytes()), x, y)
    percent, right, images = re.search(
        r"int8 accuracy.*\| ([\d.]+) % \((\d+) of (\d+)\)", (DIGITS / "README.md").read_text()).groups()
    assert (round(accuracy * len(y)), len(y)) == (int(right), int(images))
    assert f"{accuracy:.2%}" == f"{percent}%"
    assert accuracy >= 0.97
    assert f"| {percent} % of {images} |" in (MODELS / "README.md").read_text()


def test_models_table_states_the_size_of_the_file():
    size = (DIGITS / "digits.tflite").stat().st_size
    assert f"| {size:,} bytes |" in (MODELS / "README.md").read_text()
