"""The kernels for Cortex-M0+: exactly the portable ones' results, on the host as C twins and on an emulated core.

    python tests/kernels/test_armv6m.py 10    # ten rounds of some 180 other layers, on both
"""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
import random_steps

from linnet import blob as blobs
from linnet import core
from linnet.errors import LinnetError
from linnet.fields import CORES
from linnet.graph import IN_PLACE
from linnet.layouts import armv6m, tune
from linnet.layouts.armv6m import scales
from linnet.lower import lower
from linnet.model import Model
from linnet.packer import assemble
from linnet.plan import Plan
from linnet.requant import requant

CODE = next(code for code, name in CORES.items() if name == "armv6m")
LAYOUTS = ("speed", "size")
KINDS = tuple(random_steps.MAKERS)
N_STEPS = 40  # of a kind
MODELS = {
    # Model: instructions at most (a third of what the best peer needs), and bytes of arena.
    "kws_ref_model": (8_700_000, 11_000),
    "pretrainedResnet_quant": (33_200_000, 38_000),
    "vww_96_int8": (26_100_000, 42_000),
    "ad01_int8": (580_000, 2_100),
}


def blob_of(steps, inputs, outputs, plan=None):
    packed = assemble(steps, inputs, outputs, plan=plan)
    packed.blob.core = CODE
    return blobs.encode(packed.blob)


def run(step, x, plan=None):
    return Model(blob_of([step], step.inputs, step.outputs, plan)).predict(x)[0]


def apart(step, at=None):
    """A plan in which the input lies `at` bytes after the output; beyond it where it is not said."""
    (x, *more), (y,) = step.inputs, step.outputs
    y_at = -(-max(0, -(at or 0)) // 16) * 16
    offsets = {y: y_at, x: y_at + (at if at is not None else -(-y.bytes // 16) * 16)}
    end = -(-max(offset + tensor.bytes for tensor, offset in offsets.items()) // 16) * 16
    for tensor in more:
        offsets[tensor], end = end, end + -(-tensor.bytes // 16) * 16
    scratch = core.scratch_bytes(step.code, step.params, step.variant)
    return Plan([step], [], -(-(end + scratch) // 16) * 16, offsets, [(end if scratch else 0, scratch)])


def all_apart(steps, inputs):
    """A plan in which nothing shares memory, at once where the planner would search for long."""
    offsets, scratch, end = {}, [], 0
    for tensor in [*inputs, *(y for step in steps for y in step.outputs)]:
        offsets[tensor], end = end, end + -(-tensor.bytes // 16) * 16
    for step in steps:
        n_bytes = core.scratch_bytes(step.code, step.params, step.variant)
        scratch.append((end, n_bytes) if n_bytes else (0, 0))
    return Plan(steps, [], end + -(-max(n for _, n in scratch) // 16) * 16, offsets, scratch)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_tuned_equals_portable(kind, layout):
    n_tuned = 0
    for index, step in enumerate(random_steps.steps(kind, N_STEPS)):
        tuned = armv6m.tune(step, layout)
        if tuned is None:
            continue
        n_tuned += 1
        for fill in ("random", "extreme"):
            x = random_steps.inputs(step, np.random.default_rng(index), fill)
            got, want = run(tuned, x), run(step, x)
            assert np.array_equal(got, want), f"{kind} {index} {fill}: {np.argwhere(got != want)[:5].tolist()}"
    assert n_tuned > 0.8 * N_STEPS


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_exact_at_the_distance(kind, layout):
    """An output as close to its input as Step.overlap says: every other byte of memory holds what it held before."""
    for index, step in enumerate(random_steps.steps(kind, N_STEPS // 2, seed=2)):
        tuned = armv6m.tune(step, layout)
        if tuned is None or tuned.overlap[0] is None:
            continue
        distance = 0 if tuned.overlap[0] == IN_PLACE else -(-tuned.overlap[0] // 4) * 4
        x = random_steps.inputs(step, np.random.default_rng(index), "random")
        got, want = run(tuned, x, apart(tuned, distance)), run(tuned, x, apart(tuned))
        assert np.array_equal(got, want), f"{kind} {index} at {distance}"


def test_layers_outside_the_kernels_stay_portable():
    rng = np.random.default_rng(0)
    tall = random_steps.window(rng, (5, 1), (1, 1), 4, 4)
    assert armv6m.tune(random_steps.depthwise_conv_2d(rng, "random", "typical", tall), "speed") is None


@pytest.mark.parametrize("shift", [-31, -20, -12, -9, -7, -4, -1, 0, 2])
@pytest.mark.parametrize("zero_point, low, high", [(-128, -128, 127), (0, -128, 127), (-5, -5, 60), (127, -128, 127)])
def test_scales_are_exact_for_every_sum(shift, zero_point, low, high):
    rng = np.random.default_rng(abs(shift))
    for multiplier in (1 << 30, (1 << 31) - 1, *rng.integers(1 << 30, 1 << 31, 4).tolist()):
        middle, reach = int(rng.integers(-3000, 3000)), int(rng.integers(1, 1 << min(19, 9 - shift)))
        sums = np.unique(np.concatenate([np.arange(middle - 2000, middle + 2000), rng.integers(-reach, reach + 1, 5000)]))
        sums = sums[(sums >= middle - reach) & (sums <= middle + reach)]
        scale = scales.prove(middle - reach, middle + reach, multiplier, shift, zero_point, low, high)
        assert scale is not None
        want = np.clip(requant(sums, multiplier, shift) + zero_point, low, high)
        s = np.clip(sums - scale.origin, 0, scale.range)
        value = s * scale.coarse + (s * scale.fine >> 12) + scale.offset - np.where(s < scale.zero, scale.nudge, 0)
        assert np.array_equal((value >> 24 & 255).astype(np.uint8).view(np.int8), want)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_data_is_refused_or_harmless(kind, layout):
    """Whatever the constants are, the checks find it or the kernel stays inside its memory (the sanitizers look)."""
    refused = 0
    for index, step in enumerate(random_steps.steps(kind, 24, seed=3)):
        tuned = armv6m.tune(step, layout)
        if tuned is None:
            continue
        rng = np.random.default_rng(index)
        data = bytearray(tuned.data)
        if index % 3 == 0:
            data = data[: int(rng.integers(0, len(data)))]
        # The head, which says what follows, is hit as often as all the rest.
        for limit in (min(len(data), 64), len(data)):
            if limit:
                data[int(rng.integers(0, limit))] = int(rng.integers(256))
        try:
            run(replace(tuned, data=bytes(data)), random_steps.inputs(step, rng, "random"))
        except LinnetError:
            refused += 1
    assert refused


@pytest.fixture
def emulated():
    """profile(), where QEMU and the compiler are."""
    for tool in ("qemu-system-arm", "arm-none-eabi-gcc", "gcc"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    from linnet.profile import profile

    return profile


def many(layout, count, seed):
    """(blob of `count` random tuned layers of every kind, number of layers); every other one sees -128 and 127 alone."""
    steps, inputs, outputs = [], [], []
    for kind in KINDS:
        for index, step in enumerate(random_steps.steps(kind, count, seed)):
            tuned = armv6m.tune(step, layout)
            if tuned is None:
                continue
            inputs += step.inputs
            if index % 2:
                polar = [random_steps.polarizer(x) for x in step.inputs]
                steps += polar
                tuned = replace(tuned, inputs=[p.outputs[0] for p in polar])
            steps.append(tuned)
            outputs += tuned.outputs
    return blob_of(steps, inputs, outputs, all_apart(steps, inputs)), len(outputs)


@pytest.mark.parametrize("core_name", ["m0plus", "m3"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_core_equals_host(emulated, layout, core_name):
    """Random layers of every kind in one model; profile() compares the outputs."""
    blob, n_layers = many(layout, 20, seed=4)
    assert n_layers >= 60
    emulated(blob, core_name)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MODELS)
def test_public_models(emulated, shared, name, layout):
    """Equal to the portable kernels, layer kinds and memory as they come; and within the budget."""
    from linnet.importers.tflite import read_tflite
    from linnet.passes import run_all

    graph = read_tflite(shared(f"models/{name}.tflite"))
    graph = run_all(graph) or graph
    steps = lower(graph)
    tuned = tune(steps, "armv6m", layout)
    blob = blob_of(tuned, graph.inputs, graph.outputs)
    assert core.seeded_outputs(blob, 1) == core.seeded_outputs(assemble(steps, graph.inputs, graph.outputs).data, 1)
    profiled = emulated(blob, "m0plus")
    most_instructions, most_arena_bytes = MODELS[name]
    assert profiled.arena_bytes <= most_arena_bytes
    if layout == "speed":
        assert profiled.total <= most_instructions


def main(n_rounds):
    from linnet.profile import profile

    for number in range(n_rounds):
        for layout in LAYOUTS:
            for kind in KINDS:
                for index, step in enumerate(random_steps.steps(kind, 48, seed=100 + number)):
                    tuned = armv6m.tune(step, layout)
                    x = random_steps.inputs(step, np.random.default_rng(index), "extreme" if index % 2 else "random")
                    assert tuned is None or np.array_equal(run(tuned, x), run(step, x)), (layout, kind, number, index)
            blob, n_layers = many(layout, 48, seed=100 + number)
            profile(blob, "m0plus")
            print(f"round {number} {layout}: {n_layers} layers exact")


if __name__ == "__main__":
    main(int(sys.argv[1]))
