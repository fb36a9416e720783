"""Kernels tuned for RV32IMC give the portable kernels' bytes: their C twins here, the assembly itself on an emulated core.
`python tests/kernels/test_rv32imc.py 500` tries so many layers of each operator and layout there.
"""

import shutil
import sys
from dataclasses import replace

import layers
import numpy as np
import pytest

from linnet import core, packer
from linnet.errors import LinnetError
from linnet.graph import IN_PLACE
from linnet.importers.tflite import read_tflite
from linnet.layouts import rv32imc, tune
from linnet.layouts.layer import read_layer
from linnet.layouts.thresholds import find_steps, multiply_high
from linnet.lower import lower
from linnet.model import Model
from linnet.passes import run_all
from linnet.plan import Plan
from linnet.profile import profile
from linnet.requant import requant

CORE = "rv32imc"
OPERATORS = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD"]
LAYOUTS = [(name, layout) for name in OPERATORS for layout in rv32imc.LAYOUTS]
N_TWIN, N_CORE = 120, 10  # layers of each operator and layout on the host, on the emulated core
MODELS = {
    # name: (file, million instructions at most in layouts speed and size, arena bytes at most)
    "kws": ("kws_ref_model.tflite", 7.5, 9.5, 11_000),
    "ic": ("pretrainedResnet_quant.tflite", 30.0, 42.0, 38_000),
    "vww": ("vww_96_int8.tflite", 21.4, 27.0, 42_000),
    "ad": ("ad01_int8.tflite", 0.68, 1.0, 2_100),
}
STATE_BYTES = 64  # of an open model, beside its arena


def on_core(blob):
    """The Profile on the emulated core, which compares its outputs with the host's; skips where that cannot run."""
    for tool in ("riscv64-unknown-elf-gcc", "qemu-system-riscv32"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return profile(blob, "rv32")


def tuned_layers(name, layout, n):
    """(index, portable step, tuned step) of the first n layers that the core has a kernel for."""
    index = 0
    while n:
        step = layers.draw(name, index)
        tuned = rv32imc.tune(step, layout)
        if tuned:
            yield index, step, tuned
            n -= 1
        index += 1


@pytest.mark.parametrize("name, layout", LAYOUTS)
def test_twin_equals_portable(name, layout):
    for index, step, tuned in tuned_layers(name, layout, N_TWIN):
        portable, model = Model(layers.single(step)), Model(layers.single(tuned, CORE))
        for x in layers.inputs(np.random.default_rng(index), step):
            want, got = portable.predict(x)[0], model.predict(x)[0]
            assert np.array_equal(want, got), f"{name} {index}: {step.inputs[0].shape} -> {step.outputs[0].shape}"


@pytest.mark.parametrize("name, layout", LAYOUTS)
def test_core_equals_twin(name, layout):
    for index, _, tuned in tuned_layers(name, layout, N_CORE):
        on_core(layers.single(tuned, CORE, edge=index % 3 == 0))


@pytest.mark.parametrize("name", OPERATORS)
def test_most_layers_are_tuned(name):
    tuned = sum(rv32imc.tune(layers.draw(name, index), "speed") is not None for index in range(60))
    assert tuned > (8 if name == "DEPTHWISE_CONV_2D" else 40)  # 3x3 only


def test_formula_at_every_accumulator():
    layer = read_layer(layers.conv_2d(np.random.default_rng(5)))
    low, high = layer.reach()
    for i, steps in enumerate(find_steps(layer)):
        formula = multiply_high(steps, int(layer.multiplier[i]), int(layer.shift[i]), rv32imc.FRACTION)
        acc = np.arange(low[i], high[i] + 1)
        want = np.clip(
            requant(acc, layer.multiplier[i], layer.shift[i]) + layer.params["output_zero_point"],
            layer.params["act_min"], layer.params["act_max"],
        )  # fmt: skip
        s = np.clip(acc - formula.start, 0, formula.limit)
        y = ((s << rv32imc.FRACTION) * formula.multiplier >> 32) + formula.addend
        y -= (s < formula.negatives).astype(np.int64) << rv32imc.FRACTION
        assert np.array_equal((y >> formula.shift).astype(np.int8), want)


def up(n, multiple=4):
    return -(-n // multiple) * multiple


def run_at(step, distance, x):
    """The output when the input starts `distance` bytes after the output does."""
    out = max(0, up(-distance, 16))
    offsets = {step.outputs[0]: out, step.inputs[0]: out + distance}
    end = up(max(offset + t.bytes for t, offset in offsets.items()), 16)
    scratch = core.scratch_bytes(step.code, step.params, step.variant)
    plan = Plan([step], [], up(end + scratch, 16), offsets, [(end if scratch else 0, scratch)])
    packed = packer.assemble([step], step.inputs, step.outputs, plan=plan, core=CORE)
    return Model(packed.data).predict(x)[0].tobytes()


@pytest.mark.parametrize("name", ["CONV_2D", "FULLY_CONNECTED"])
def test_results_are_exact_at_every_distance_allowed(name):
    closer_fails = False
    for index, _, tuned in tuned_layers(name, "speed", 100):
        least = up(tuned.overlap[0])
        x = next(layers.inputs(np.random.default_rng(index), tuned))
        want = run_at(tuned, up(tuned.outputs[0].bytes), x)
        for further in (0, 4, 12, 40):
            assert run_at(tuned, least + further, x) == want, f"{name} {index}: {least} + {further}"
        closer_fails |= run_at(tuned, least - 4, x) != want
    assert closer_fails


def test_depthwise_is_exact_in_place():
    for index, _, tuned in tuned_layers("DEPTHWISE_CONV_2D", "speed", 100):
        if tuned.code == 2 and tuned.overlap != [None]:
            x = next(layers.inputs(np.random.default_rng(index), tuned))
            assert tuned.overlap == [IN_PLACE] and run_at(tuned, 0, x) == run_at(tuned, up(tuned.outputs[0].bytes), x), index


@pytest.mark.parametrize("name, layout", LAYOUTS)
def test_hostile_data_is_refused(name, layout):
    _, _, tuned = next(tuned_layers(name, layout, 1))
    if tuned.data:
        with pytest.raises(LinnetError, match="DATA"):
            Model(layers.single(replace(tuned, data=tuned.data[:-16]), CORE))
    if name in ("CONV_2D", "FULLY_CONNECTED"):
        with pytest.raises(LinnetError, match="DATA"):
            Model(layers.single(replace(tuned, data=b"\xff" * 4 + tuned.data[4:]), CORE))


def test_another_core_refuses_the_layout():
    _, _, tuned = next(tuned_layers("CONV_2D", "speed", 1))
    with pytest.raises(LinnetError, match="OPERATOR"):
        Model(layers.single(tuned, "helium"))


def built(path, core_name, layout="speed"):
    """(Packed, bytes) of a model with its constants laid out for a core."""
    graph = run_all(read_tflite(path))
    packed = packer.assemble(tune(lower(graph), core_name, layout), graph.inputs, graph.outputs, core=core_name)
    return packed, packed.data


@pytest.mark.parametrize("layout", rv32imc.LAYOUTS)
@pytest.mark.parametrize("name", MODELS)
def test_model(name, layout, shared):
    file, *most_instructions, most_bytes = MODELS[name]
    path = shared(f"models/{file}")
    _, portable = built(path, "portable")
    packed, tuned = built(path, CORE, layout)
    for seed in (1, 2, 3):
        assert core.seeded_outputs(tuned, seed) == core.seeded_outputs(portable, seed)
    assert packed.plan.arena_bytes + STATE_BYTES <= most_bytes
    assert on_core(tuned).total <= most_instructions[rv32imc.LAYOUTS[layout]] * 1e6


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for operator, chosen in LAYOUTS:
        for number, _, layer in tuned_layers(operator, chosen, count):
            profile(layers.single(layer, CORE, edge=number % 3 == 0), "rv32")
        print(f"{operator}, {chosen}: {count} layers agree")
