"""int16 activations: the layer that needs them is found, its cost is told, and blobs with them run."""

import numpy as np
import pytest
from float_graphs import image_graph

from linnet import Model
from linnet.graph import Graph, Operator, Tensor
from linnet.quantizer import Options, quantize, quantize_graph
from linnet.quantizer.account import account
from linnet.quantizer.runner import Runner, sqnr_db
from linnet.quantizer.scheme import WIDE

PLAIN = {"method": "minmax", "equalize": False, "correct_bias": False}


def lifted():
    """Between its first layers everything is raised by 1000 and lowered again: there, int8 has few levels for what matters."""
    graph = image_graph()
    low = graph.operators[0].outputs[0]
    high, back = (Tensor(name, low.shape, "float32") for name in ("high", "back"))
    graph.operators[1].inputs[0] = back
    fused = {"fused_activation": "NONE"}
    graph.operators[1:1] = [
        Operator("ADD", [low, _real("up", [1000])], [high], fused),
        Operator("SUB", [high, _real("down", [1000])], [back], fused),
    ]
    return graph


def test_the_layer_that_needs_it_is_found(samples):
    samples = samples[:24]
    plain = quantize_graph(lifted, samples, Options(**PLAIN))
    made = quantize_graph(lifted, samples, Options(**PLAIN, mixed=True))
    first = made.widened[0]
    assert (first.kind, first.layer) == ("ADD", "high")
    assert first.gained_db > 6 and first.alone_db == pytest.approx(first.gained_db)
    assert len(made.widened) <= 3
    assert made.sqnr_db == pytest.approx(plain.sqnr_db + sum(each.gained_db for each in made.widened))
    sizes = [(runner.constant_bytes, runner.arena_bytes) for runner in (Runner(plain.graph), Runner(made.graph))]
    assert sizes[1][0] - sizes[0][0] == sum(each.constant_bytes for each in made.widened)
    assert sizes[1][1] - sizes[0][1] == sum(each.arena_bytes for each in made.widened) > 0
    wide = next(tensor for op in made.graph.operators for tensor in op.outputs if tensor.name == first.layer)
    assert wide.dtype == "int16" and wide.zero_point == 0
    kinds = [op.kind for op in made.graph.operators]
    assert kinds.count("QUANTIZE") >= 2 and [t.dtype for t in made.graph.inputs + made.graph.outputs] == ["int8", "int8"]


def test_a_layer_that_works_on_int16_is_accounted_for_with_its_weights(samples):
    made = quantize_graph(lifted, samples, Options(**PLAIN, mixed=True))
    rows = account(made, samples)
    names = [row.layer for row in rows]
    assert len(names) == len(set(names)) and "QUANTIZE" not in [row.kind for row in rows]
    assert [row.kind for row in rows if row.weights_db] == ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "FULLY_CONNECTED"]


def test_scales_of_int16_may_be_powers_of_two(samples):
    made = quantize_graph(lifted, samples, Options(**PLAIN, mixed=True, scales="power-of-two"))
    tensors = [tensor for op in made.graph.operators for tensor in op.inputs + op.outputs if tensor is not None and tensor.quant]
    logs = np.log2(np.concatenate([np.float64(tensor.quant.scale) for tensor in tensors]))
    assert made.widened and np.array_equal(logs, np.rint(logs))


def test_a_blob_with_both_runs(samples):
    result = quantize(lifted(), np.concatenate([x for x, in samples]), options=Options(**PLAIN, mixed=True))
    model = Model(result.packed.data)
    assert {"RESCALE_INT16", "ELEMENTWISE_INT16"} <= {op.name for op in model.blob.operators}
    assert model.selftest() == 2
    wanted = Runner(lifted()).outputs(samples)[0].reshape(len(samples), -1)
    assert sqnr_db(wanted, np.stack([model.predict(x, real=True)[0] for x in samples])) > 20


def test_where_nothing_stands_out_all_stays_int8(samples):
    made = quantize_graph(image_graph, samples, Options(mixed=True))
    assert all(each.gained_db >= 0.5 for each in made.widened)
    assert all(tensor.dtype == "int8" for op in made.graph.operators for tensor in op.outputs) == (not made.widened)


@pytest.mark.parametrize("kind", sorted(WIDE - {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}))
def test_every_operator_in_int16(kind):
    """Between two layers whose values it needs exactly: a widened operator is nearer to float than the same one in int8."""
    random = np.random.default_rng(5)
    x = Tensor("x", (1, 4, 4, 6), "float32")
    window = {"padding": "VALID", "pad_top": 0, "pad_left": 0, "stride_h": 2, "stride_w": 2, "filter_height": 2, "filter_width": 2}
    fused = {"fused_activation": "NONE"}
    shape, more, attrs = {
        "AVERAGE_POOL_2D": ((1, 2, 2, 6), [], window | fused), "MAX_POOL_2D": ((1, 2, 2, 6), [], window | fused),
        "MEAN": ((1, 6), [_integers("axes", [1, 2])], {"keep_dims": False}),
        "SUM": ((1, 6), [_integers("axes", [1, 2])], {"keep_dims": False}),
        "RESHAPE": ((1, 96), [_integers("shape", [1, 96])], {}), "EXPAND_DIMS": ((1, 1, 4, 4, 6), [_integers("axis", [1])], {}),
        "SQUEEZE": ((4, 4, 6), [], {}), "SOFTMAX": ((1, 4, 4, 6), [], {"beta": 1.0}),
        "LEAKY_RELU": ((1, 4, 4, 6), [], {"alpha": 0.1}),
    }.get(kind, ((1, 4, 4, 6), [], {}))  # fmt: skip
    if kind in ("ADD", "SUB", "MUL"):
        more, attrs = [_real("other", random.normal(0, 1, (1, 1, 1, 6)))], fused
    first, y, last = (Tensor(name, s, "float32") for name, s in (("first", (1, 4, 4, 6)), ("y", shape), ("last", shape)))
    operators = [
        Operator("MUL", [x, _real("by", [1.7])], [first], fused),
        Operator(kind, [first, *more], [y], attrs, 1),
        Operator("ADD", [y, _real("one", [0.1])], [last], fused, 2),
    ]
    graph = Graph("one", [x], [last], operators)
    samples = [[random.normal(0, 1, (1, 4, 4, 6)).astype(np.float32)] for _ in range(24)]

    from linnet.quantizer.search import Search

    search = Search(lambda: graph, samples, Options(**PLAIN), iter)
    candidate = (False, "minmax", False)
    groups = search.groups(candidate)
    possible = groups.that_can_be_wide()
    assert groups.of(y) in possible or kind in ("RESHAPE", "EXPAND_DIMS", "SQUEEZE")
    made = search.build(*candidate, search.wide(candidate, possible))[0]
    kinds = {op.kind: op.inputs[0].dtype for op in made.operators}
    assert kinds[kind] == "int16"
    assert search.score(made) > search.score(search.build(*candidate)[0]) - 0.2 and search.score(made) > 25


def _integers(name, values):
    return Tensor(name, (len(values),), "int32", None, np.array(values, np.int32))


def _real(name, values):
    data = np.array(values, np.float32)
    return Tensor(name, data.shape, "float32", None, data)
