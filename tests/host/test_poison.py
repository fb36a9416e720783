"""The memory plan with everything it calls free filled with poison: before each operator, all of the arena but the tensors
that it or a later one still reads. The outputs must be those of the same operators with a place of its own for each tensor.
"""

import functools

import numpy as np
import pytest

from linnet import inspect, layouts
from linnet.importers.tflite import read_tflite
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.passes import drop_constant_channels, run_all
from linnet.plan import Plan, plan_memory

MODELS = ["digits", "kws_ref_model", "str_ww_ref_model", "pretrainedResnet_quant", "vww_96_int8", "ad01_int8",
          "person_detect", "blazeface_front_128"]  # fmt: skip
TWO_LAYOUTS = ("armv6m", "rv32imc")
LAYOUTS = [("portable", "speed")]
LAYOUTS += [(core, layout) for core in layouts.TUNED for layout in ("speed", "size")[: 1 + (core in TWO_LAYOUTS)]]
POISONS = (0xA5, 0x7F)


@functools.cache
def lowered(path):
    """(graph, portable steps) of a file, constant channels taken out as the packer does."""
    graph = run_all(read_tflite(path))
    drop_constant_channels.run(graph)
    return graph, lower(graph)


def apart(steps, inputs, scratch):
    """A Plan in which no two things share a byte."""
    offsets, end = {}, 0
    for tensor in [*inputs, *(t for step in steps for t in step.outputs)]:
        offsets[tensor], end = end, end + -(-tensor.bytes // 16) * 16
    places = []
    for _, n_bytes in scratch:
        places.append((end if n_bytes else 0, n_bytes))
        end += -(-n_bytes // 16) * 16
    return Plan(list(steps), [], end, offsets, places)


def tuned(path, core, layout):
    """(Packed by the planner, Packed with everything apart, graph) of one model in one layout."""
    graph, steps = lowered(path)
    steps = layouts.tune(steps, core, layout)
    plan = plan_memory(steps, graph.inputs, graph.outputs)
    planned = assemble(steps, graph.inputs, graph.outputs, plan=plan, core=core)
    plan = apart(plan.steps, graph.inputs, plan.scratch)
    return planned, assemble(steps, graph.inputs, graph.outputs, plan=plan, core=core), graph


def inputs_of(blob, seed=0):
    rng = np.random.default_rng(seed)
    for index in blob.inputs:
        row = blob.tensors[index]
        if row.dtype == "float32":
            yield rng.normal(0, 1, row.shape).astype(np.float32)
        else:
            yield rng.integers(-128, 128, row.shape).astype(row.dtype)


def live_before(items, operator):
    """The tensors made before this operator (model inputs too) that it or a later one reads, or that are outputs."""
    return [item for item in items if item["label"] != "s" and item["first"] < operator <= item["last"]]


def mask(n, items):
    """(n,) bool: the bytes of the arena that these items occupy."""
    covered = np.zeros(n, bool)
    for item in items:
        covered[item["offset"] : item["offset"] + item["bytes"]] = True
    return covered


def poisoned(model, xs, poison, live=live_before):
    """The outputs (bytes) of an inference under poison; fails when an operator writes where it has no output or scratch."""
    items = inspect.memory(model.blob)
    model._put(xs)
    for operator in range(model.n_operators):
        arena = np.frombuffer(model.arena, np.uint8)[: model.ram]
        free = ~mask(model.ram, live(items, operator))
        arena[free] = np.where(np.arange(free.sum()) % 3, poison, ~np.uint8(poison))
        before = arena.copy()
        model._opened.run(operator, operator + 1)
        own = mask(model.ram, [item for item in items if item["first"] == operator])
        stray = np.flatnonzero((arena != before) & ~own)
        name = model.blob.operators[operator].name
        assert not len(stray), f"operator {operator} {name} writes byte {stray[0]} of the arena, which is not its own"
    return [model._tensor(index).tobytes() for index in model.blob.outputs]


def plain(model, xs):
    return [y.tobytes() for y in model.predict(xs)]


@pytest.mark.parametrize("core, layout", LAYOUTS, ids=lambda value: value)
@pytest.mark.parametrize("name", MODELS)
def test_nothing_free_is_read(name, core, layout, digits, shared):
    path = digits / "digits.tflite" if name == "digits" else shared(f"models/{name}.tflite")
    planned, all_apart, _ = tuned(path, core, layout)
    xs = list(inputs_of(planned.blob))
    want = plain(Model(all_apart.data), xs)
    model = Model(planned.data)
    assert plain(model, xs) == want
    for poison in POISONS:
        assert poisoned(model, xs, poison) == want, f"{name} for {core} {layout}, poison {poison:#x}"


# That it can fail --------------------------------------------------------------------------------------------


def broken_plans(planned, graph):
    """The plan with one tensor's place moved onto another that must outlive its making, for every such pair."""
    plan, items = planned.plan, {item.what: item for item in planned.plan.items}
    for moved in plan.offsets:
        for victim in plan.offsets:
            a, b = items[moved], items[victim]
            if moved is victim or not b.first < a.first < b.last or a.first < 0:
                continue
            offsets = plan.offsets | {moved: plan.offsets[victim]}
            end = max(offsets[tensor] + tensor.bytes for tensor in offsets)
            yield Plan(plan.steps, [], max(plan.arena_bytes, -(-end // 16) * 16), offsets, plan.scratch)


@pytest.mark.parametrize("core, layout", LAYOUTS, ids=lambda value: value)
def test_an_offset_within_a_live_tensor_is_found(core, layout, digits):
    planned, all_apart, graph = tuned(digits / "digits.tflite", core, layout)
    xs = list(inputs_of(planned.blob))
    want = plain(Model(all_apart.data), xs)
    plans = list(broken_plans(planned, graph))
    assert plans
    for plan in plans:
        model = Model(assemble(plan.steps, graph.inputs, graph.outputs, plan=plan, core=core).data)
        assert poisoned(model, xs, POISONS[0]) != want


def test_a_tensor_poisoned_too_early_is_found(digits):
    planned, _, _ = tuned(digits / "digits.tflite", "portable", "speed")
    model, xs = Model(planned.data), list(inputs_of(planned.blob))
    want = plain(model, xs)

    def until_the_last_use(items, operator):
        return [item for item in live_before(items, operator) if operator < item["last"]]

    assert poisoned(model, xs, POISONS[0], until_the_last_use) != want
