"""Operators that depend on one byte alone become one table, with the results they had before; floats between bytes as well."""

import numpy as np
import pytest
from graphs import activation, constant

from linnet.graph import Graph, Operator, Tensor
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import fuse_floats, fuse_tables

NONE = {"fused_activation": "NONE"}


def tensor(name, scale, zero_point, shape=(1, 4, 8, 8)):
    return activation(shape, scale, zero_point, name)


def silu(outputs="z"):
    x, y, z = tensor("x", 0.05, 3), tensor("y", 1 / 256, -128), tensor("z", 0.04, -100)
    named = {"y": y, "z": z}
    return Graph("silu", [x], [named[o] for o in outputs], [Operator("LOGISTIC", [x], [y]), Operator("MUL", [x, y], [z], NONE)])


def hard_swish():
    x, a, b, c, d = (tensor(name, scale, -60) for name, scale in zip("xabcd", (0.05, 0.06, 0.06, 0.3, 0.05)))
    three, sixth = constant(np.array(100, np.int8), 0.03), constant(np.array([127], np.int8), 1 / 6 / 127)
    return Graph("hard swish", [x], [d], [
        Operator("ADD", [x, three], [a], NONE, 0), Operator("RELU6", [a], [b], {}, 1), Operator("MUL", [x, b], [c], NONE, 2),
        Operator("MUL", [c, sixth], [d], NONE, 3),
    ])  # fmt: skip


def square():
    x, y, z = tensor("x", 0.05, 3), tensor("y", 0.05, -20), tensor("z", 0.04, -100)
    return Graph("square", [x], [z], [Operator("LEAKY_RELU", [x], [y], {"alpha": 0.2}), Operator("MUL", [y, y], [z], NONE)])


def two_tensors():
    x, w, y, z = (tensor(name, scale, 0) for name, scale in zip("xwyz", (0.05, 0.04, 1 / 128, 0.03)))
    return Graph("two", [x, w], [z], [Operator("TANH", [x], [y]), Operator("MUL", [y, w], [z], NONE)])


def per_channel():
    x, y, z = tensor("x", 0.05, 3), tensor("y", 1 / 128, 0), tensor("z", 0.04, -100)
    scales = constant(np.arange(8).astype(np.int8), 0.02)
    return Graph("channels", [x], [z], [Operator("TANH", [x], [y]), Operator("MUL", [y, scales], [z], NONE)])


def results(graph):
    """[output of every graph output] for all bytes, and the names of the steps."""
    steps = lower(graph)
    model = Model(assemble(steps, graph.inputs, graph.outputs).data)
    xs = [np.resize(np.arange(-128, 128) * step, tensor.shape).astype(np.int8) for tensor, step in zip(graph.inputs, (1, 3))]
    return model.predict(xs), [step.kind for step in steps]


@pytest.mark.parametrize(
    "make, kinds",
    [
        (silu, ["LOGISTIC, MUL"]),
        (hard_swish, ["ADD, RELU6, MUL, MUL"]),
        (square, ["LEAKY_RELU, MUL"]),
        (lambda: silu("yz"), ["LOGISTIC", "MUL"]),  # y is wanted as well
        (two_tensors, ["TANH", "MUL"]),
        (per_channel, ["TANH", "MUL"]),
    ],
)
def test_tables_are_fused_where_that_is_exact(make, kinds):
    wanted, _ = results(make())
    graph = make()
    fuse_tables.run(graph)
    got, found = results(graph)
    assert found == kinds
    for y, want in zip(got, wanted, strict=True):
        np.testing.assert_array_equal(y, want)


def real(name, shape=(1, 4, 8, 8)):
    return Tensor(name, shape, "float32")


def island(*kinds, outputs="z"):
    """DEQUANTIZE, float32 operators, QUANTIZE."""
    x, z = tensor("x", 0.05, -128), tensor("z", 0.02, -100)
    values = [real(f"r{i}") for i in range(len(kinds) + 1)]
    named = {"z": z, "r": values[-1]}
    ops = [Operator("DEQUANTIZE", [x], [values[0]])]
    for kind, a, b in zip(kinds, values, values[1:]):
        more = [constant(np.float32(0.001))] if kind == "ADD" else []
        ops.append(Operator(kind, [a, *more], [b], NONE if more else {}))
    return Graph("island", [x], [named[o] for o in outputs], [*ops, Operator("QUANTIZE", [values[-1]], [z])])


@pytest.mark.parametrize("kinds", [("ELU",), ("SQRT",), ("ADD", "RSQRT"), ("EXP", "NEG", "TANH")])
def test_floats_between_bytes_become_a_table(kinds):
    wanted, _ = results(island(*kinds))
    graph = island(*kinds)
    fuse_floats.run(graph)
    got, found = results(graph)
    assert found == [", ".join(kinds)]
    np.testing.assert_array_equal(got[0], wanted[0])


def test_floats_that_are_wanted_stay():
    graph = island("ELU", outputs="zr")
    fuse_floats.run(graph)
    assert [op.kind for op in graph.operators] == ["DEQUANTIZE", "ELU", "QUANTIZE"]
