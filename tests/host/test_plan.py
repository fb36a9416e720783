"""The memory plan: nothing alive is overwritten, what may share memory does, and the result is always the same."""

import struct

import numpy as np
import pytest

from linnet import core
from linnet.errors import LinnetError
from linnet.graph import IN_PLACE, Quantization, Step, Tensor
from linnet.model import Model
from linnet.packer import assemble
from linnet.plan import check_plan, plan_memory

QUANT = Quantization(np.array([0.1], np.float32), np.array([0]))


def tensor(name, n):
    return Tensor(name, (1, n), "int8", QUANT)


def lut(x, y, overlap=0, add=1):
    """y = x + add, byte by byte."""
    table = bytes((i + add) % 256 for i in range(256))
    return Step(10, "LUT", [x], [y], struct.pack("<I", x.elements), table, 0, [overlap])


def add(x0, x1, y, overlap=(0, 0)):
    """y = (x0 + x1) / 2, rounded."""
    multiplier, shift = [1 << 30] * 3, [0, 0, -20]
    params = struct.pack("<I6h6i", y.elements, 0, 0, 0, -128, 127, 0, *multiplier, *shift)
    return Step(6, "ADD", [x0, x1], [y], params, b"", 0, list(overlap))


def scratchy(x, y, n):
    """A step that wants n bytes of scratch: a convolution of one pixel with an n-byte window, which is not run here."""
    window = struct.pack("<11H4BH", 1, 1, 1, n, 1, 1, 8, 1, 2, 0, 0, 1, 1, 1, 1, 0)
    return Step(1, "CONV_2D", [x], [y], window + struct.pack("<4h", 0, 0, -128, 127), b"", 0, [None])


def chain(sizes, overlap=0):
    tensors = [tensor(f"t{i}", n) for i, n in enumerate(sizes)]
    return tensors, [lut(x, y, overlap) for x, y in zip(tensors, tensors[1:])]


def test_chain_of_in_place_steps_needs_one_tensor():
    tensors, steps = chain([1000] * 6)
    plan = plan_memory(steps, tensors[:1], tensors[-1:])
    assert plan.arena_bytes == 1008
    check_plan(plan, tensors[:1], tensors[-1:])


def test_chain_without_overlap_needs_two():
    tensors, steps = chain([1000] * 6, overlap=None)
    plan = plan_memory(steps, tensors[:1], tensors[-1:])
    assert plan.arena_bytes == 2016
    check_plan(plan, tensors[:1], tensors[-1:])


def test_distance_is_kept():
    tensors, steps = chain([1000] * 2, overlap=100)
    plan = plan_memory(steps, tensors[:1], tensors[-1:])
    assert plan.offsets[tensors[0]] - plan.offsets[tensors[1]] >= 100
    assert plan.arena_bytes == 1120  # 112 bytes further on, a multiple of 16


def test_in_place_is_exactly_there_or_apart():
    tensors, steps = chain([1000] * 6, overlap=IN_PLACE)
    plan = plan_memory(steps, tensors[:1], tensors[-1:])
    assert plan.arena_bytes == 1008
    check_plan(plan, tensors[:1], tensors[-1:])
    x, y, z = tensor("x", 64), tensor("y", 64), tensor("z", 64)
    plan = plan_memory([lut(x, y, 16), add(x, y, z, (IN_PLACE, IN_PLACE))], [x], [z])
    check_plan(plan, [x], [z])
    plan.offsets[z], plan.arena_bytes = plan.offsets[y] + 16, 256
    with pytest.raises(AssertionError, match="overlaps"):
        check_plan(plan, [x], [z])


def test_negative_distance_lets_the_output_start_later():
    big, small, rest = tensor("big", 1008), tensor("small", 96), tensor("rest", 912)
    steps = [Step(8, "RESHAPE", [big], [small], b"", b"", 0, [-912]), lut(small, rest, None)]
    plan = plan_memory(steps, [big], [rest])
    assert plan.arena_bytes == 1008
    check_plan(plan, [big], [rest])


def test_input_that_lives_on_is_not_overwritten():
    x, y, z = tensor("x", 64), tensor("y", 64), tensor("z", 64)
    plan = plan_memory([lut(x, y), add(x, y, z)], [x], [z])
    assert plan.arena_bytes == 128
    check_plan(plan, [x], [z])


def test_model_output_lives_to_the_end():
    x, y, z = tensor("x", 64), tensor("y", 64), tensor("z", 64)
    plan = plan_memory([lut(x, y), lut(y, z)], [x], [y, z])
    assert abs(plan.offsets[y] - plan.offsets[z]) >= 64
    check_plan(plan, [x], [y, z])


def test_inputs_of_the_model_do_not_share():
    x0, x1, y = tensor("x0", 64), tensor("x1", 64), tensor("y", 64)
    plan = plan_memory([lut(x0, y)], [x0, x1], [y])
    assert abs(plan.offsets[x0] - plan.offsets[x1]) >= 64


def test_scratch_is_the_core_s_answer_and_has_its_place():
    x, y = tensor("x", 512), tensor("y", 8)
    step = scratchy(x, y, 200)
    wanted = core.scratch_bytes(step.code, step.params)
    assert wanted >= 400
    plan = plan_memory([step], [x], [y])
    assert plan.scratch[0][1] == wanted
    assert plan.arena_bytes >= 512 + 8 + wanted
    check_plan(plan, [x], [y])


def test_branches_run_in_the_order_that_needs_least():
    """Four large tensors, each made small at once, instead of all four first."""
    x = tensor("x", 16)
    large = [tensor(f"large{i}", 4096) for i in range(4)]
    small = [tensor(f"small{i}", 16) for i in range(4)]
    widen = [Step(8, "RESHAPE", [x], [t], b"", b"", 0, [None]) for t in large]
    shrink = [Step(8, "RESHAPE", [t], [s], b"", b"", 0, [None]) for t, s in zip(large, small)]
    as_given = plan_memory(widen + shrink, [x], small, reorder=False)
    plan = plan_memory(widen + shrink, [x], small)
    check_plan(plan, [x], small)
    assert as_given.arena_bytes > 4 * 4096 > plan.arena_bytes
    assert sorted(map(id, plan.steps)) == sorted(map(id, widen + shrink))


def test_missing_producer_is_named():
    x, y, z = tensor("x", 8), tensor("y", 8), tensor("z", 8)
    with pytest.raises(LinnetError, match='operator 0 LUT reads "y", which nothing before it makes'):
        plan_memory([lut(y, z)], [x], [z])
    with pytest.raises(LinnetError, match='no operator makes the output "z"'):
        plan_memory([lut(x, y)], [x], [z])


def test_check_plan_finds_a_bad_plan():
    tensors, steps = chain([64] * 3, overlap=None)
    plan = plan_memory(steps, tensors[:1], tensors[-1:])
    plan.offsets[tensors[1]] = plan.offsets[tensors[0]]
    with pytest.raises(AssertionError, match="overlaps"):
        check_plan(plan, tensors[:1], tensors[-1:])


def random_graph(rng):
    """Steps of a random graph of equal tensors that branches and joins: (steps, inputs, outputs)."""
    n = int(rng.integers(8, 100))
    inputs = [tensor(f"x{i}", n) for i in range(rng.integers(1, 4))]
    live, steps = list(inputs), []
    for index in range(rng.integers(1, 20)):
        y = tensor(f"t{index}", n)
        picks = [live[i] for i in rng.integers(0, len(live), 2)]
        overlaps = [rng.choice([None, IN_PLACE]) if rng.random() < 0.4 else int(rng.integers(0, 3) ** 3) for _ in range(2)]
        if rng.random() < 0.5:
            steps.append(lut(picks[0], y, overlaps[0], int(rng.integers(1, 100))))
        else:
            steps.append(add(*picks, y, overlaps))
        live.append(y)
        if len(live) > 4:
            live.pop(rng.integers(len(live)))
    outputs = list({t for t in live[-2:] if t not in inputs}) or [steps[-1].outputs[0]]
    return steps, inputs, sorted(outputs, key=lambda t: t.name)


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_compute_what_they_would_without_a_plan(seed):
    rng = np.random.default_rng(seed)
    steps, inputs, outputs = random_graph(rng)
    plan = plan_memory(steps, inputs, outputs, alignment=int(rng.choice([4, 16])))
    check_plan(plan, inputs, outputs)
    again = plan_memory(steps, inputs, outputs, alignment=16)
    assert again.arena_bytes == plan_memory(steps, inputs, outputs).arena_bytes
    xs = {t: rng.integers(-128, 128, t.shape).astype(np.int8) for t in inputs}
    apart = plan_memory(steps, inputs, outputs, reorder=False)
    offset = 0
    for t in apart.offsets:
        apart.offsets[t], offset = offset, offset + t.bytes + (-t.bytes % 16)
    apart.arena_bytes = offset
    results = []
    for each in (plan, apart):
        packed = assemble(steps, inputs, outputs, plan=each)
        results.append(Model(packed.data).predict([xs[t] for t in inputs]))
    for got, wanted in zip(*results):
        np.testing.assert_array_equal(got, wanted)
