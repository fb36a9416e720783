"""Kernels tuned for Cortex-M with the DSP extension give the portable kernels' bytes: their C twins here, the assembly itself
on an emulated Cortex-M4F. `python tests/kernels/test_armv7em.py 500` tries so many layers of each operator there.
"""

import shutil
import sys
from dataclasses import replace

import layers
import numpy as np
import pytest

from linnet import blob as blob_format
from linnet import core, packer
from linnet.errors import LinnetError
from linnet.importers.tflite import read_tflite
from linnet.layouts import armv7em, tune
from linnet.lower import lower
from linnet.model import Model
from linnet.passes import run_all
from linnet.plan import Plan
from linnet.profile import profile

CORE = "armv7em"
N_TWIN, N_CORE = 120, 16  # layers of each operator on the host, on the emulated core
MODELS = {
    # name: (file, million instructions at most, arena bytes at most) of issue 3
    "kws": ("kws_ref_model.tflite", 3.07, 11_000),
    "ic": ("pretrainedResnet_quant.tflite", 12.4, 38_000),
    "vww": ("vww_96_int8.tflite", 9.1, 42_000),
    "ad": ("ad01_int8.tflite", 0.27, 2_100),
}
STATE_BYTES = 64  # of an open model, beside its arena


def on_core(blob, name="m4"):
    """The Profile on the emulated core, which compares its outputs with the host's; skips where that cannot run."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return profile(blob, name)


def tuned_layers(name, n):
    """(index, portable step, tuned step) of the first n layers that the core has a kernel for."""
    index = 0
    while n:
        step = layers.draw(name, index)
        tuned = armv7em.tune(step, "speed")
        if tuned:
            yield index, step, tuned
            n -= 1
        index += 1


@pytest.mark.parametrize("name", layers.MAKERS)
def test_twin_equals_portable(name):
    for index, step, tuned in tuned_layers(name, N_TWIN):
        portable, model = Model(layers.single(step)), Model(layers.single(tuned, CORE))
        for x in layers.inputs(np.random.default_rng(index), step):
            want, got = portable.predict(x)[0], model.predict(x)[0]
            assert np.array_equal(want, got), f"{name} {index}: {step.inputs[0].shape} -> {step.outputs[0].shape}"


@pytest.mark.parametrize("name", layers.MAKERS)
def test_core_equals_twin(name):
    for index, _, tuned in tuned_layers(name, N_CORE):
        on_core(layers.single(tuned, CORE, edge=index % 3 == 0))


@pytest.mark.parametrize("name", layers.MAKERS)
def test_most_layers_are_tuned(name):
    tuned = sum(armv7em.tune(layers.draw(name, index), "speed") is not None for index in range(60))
    assert tuned > 20


def up(n, multiple=4):
    return -(-n // multiple) * multiple


def run_at(step, distance, x):
    """The output when the input starts `distance` bytes after the output does."""
    out = max(0, up(-distance, 16))
    offsets = {step.outputs[0]: out, step.inputs[0]: out + distance}
    end = up(max(offset + t.bytes for t, offset in offsets.items()), 16)
    scratch = core.scratch_bytes(step.code, step.params, step.variant)
    plan = Plan([step], [], up(end + scratch, 16), offsets, [(end if scratch else 0, scratch)])
    packed = packer.assemble([step], step.inputs, step.outputs, plan=plan)
    packed.blob.core = armv7em.CORE
    return Model(blob_format.encode(packed.blob)).predict(x)[0].tobytes()


@pytest.mark.parametrize("name", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D"])
def test_results_are_exact_at_every_distance_allowed(name):
    closer_fails = False
    for index, _, tuned in tuned_layers(name, 100):
        least = up(tuned.overlap[0])
        x = next(layers.inputs(np.random.default_rng(index), tuned))
        want = run_at(tuned, up(tuned.outputs[0].bytes), x)
        for further in (0, 4, 12, 40):
            assert run_at(tuned, least + further, x) == want, f"{name} {index}: {least} + {further}"
        closer_fails |= run_at(tuned, least - 4, x) != want
    assert closer_fails or name == "AVERAGE_POOL_2D"  # there a window's first bytes are soon needed no more


def test_hostile_data_is_refused():
    for name in layers.MAKERS:
        _, _, tuned = next(tuned_layers(name, 1))
        if not tuned.data:
            continue
        short = replace(tuned, data=tuned.data[:-16] if len(tuned.data) > 16 else tuned.data + bytes(16))
        with pytest.raises(LinnetError, match="DATA"):
            Model(layers.single(short, CORE))
        if name != "ADD":
            many = replace(tuned, data=b"\xff" * 4 + tuned.data[4:])
            with pytest.raises(LinnetError, match="DATA"):
                Model(layers.single(many, CORE))


def test_scratch_with_pointers_must_lie_apart():
    tuned = next(step for _, _, step in tuned_layers("DEPTHWISE_CONV_2D", 40) if step.variant >> 4 == 1)
    scratch = core.scratch_bytes(tuned.code, tuned.params, tuned.variant)
    offsets = {tuned.inputs[0]: up(scratch, 16), tuned.outputs[0]: 0}
    plan = Plan([tuned], [], up(scratch, 16) + up(tuned.inputs[0].bytes, 16), offsets, [(0, scratch)])
    packed = packer.assemble([tuned], tuned.inputs, tuned.outputs, plan=plan)
    packed.blob.core = armv7em.CORE
    with pytest.raises(LinnetError, match="SCRATCH"):
        Model(blob_format.encode(packed.blob))


def test_another_core_refuses_the_layout():
    _, _, tuned = next(tuned_layers("CONV_2D", 1))
    with pytest.raises(LinnetError, match="OPERATOR"):
        Model(layers.single(tuned, "helium"))


def built(path, core_name):
    """(Packed, bytes) of a model with its constants laid out for a core."""
    graph = read_tflite(path)
    graph = run_all(graph) or graph
    packed = packer.assemble(tune(lower(graph), core_name), graph.inputs, graph.outputs)
    packed.blob.core = armv7em.CORE if core_name == CORE else 0
    return packed, blob_format.encode(packed.blob)


@pytest.mark.parametrize("name", MODELS)
def test_model(name, shared):
    file, most_instructions, most_bytes = MODELS[name]
    path = shared(f"models/{file}")
    _, portable = built(path, "portable")
    packed, tuned = built(path, CORE)
    for seed in (1, 2, 3):
        assert core.seeded_outputs(tuned, seed) == core.seeded_outputs(portable, seed)
    assert packed.plan.arena_bytes + STATE_BYTES <= most_bytes
    for core_name in ("m4", "m7", "m33"):
        assert on_core(tuned, core_name).total <= most_instructions * 1e6


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for operator in layers.MAKERS:
        for number, _, layer in tuned_layers(operator, count):
            profile(layers.single(layer, CORE, edge=number % 3 == 0), "m4")
        print(f"{operator}: {count} layers agree")
