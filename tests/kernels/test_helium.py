"""Kernels tuned for Cortex-M with Helium give the portable kernels' bytes: their C twins here, the assembly itself on an
emulated Cortex-M55. `python tests/kernels/test_helium.py 500` tries so many layers of each operator there.
"""

import shutil
import struct
import sys
from dataclasses import replace

import layers
import numpy as np
import pytest

from linnet import blob as blob_format
from linnet import core, packer
from linnet.errors import LinnetError
from linnet.graph import IN_PLACE
from linnet.importers.tflite import read_tflite
from linnet.layouts import helium, tune
from linnet.lower import lower
from linnet.model import Model
from linnet.passes import run_all
from linnet.plan import Plan
from linnet.profile import profile

CORE = "helium"
N_TWIN, N_CORE = 100, 14  # layers of each operator on the host, on the emulated core
TAPS = 2  # a layout of DEPTHWISE_CONV_2D
STATE_BYTES = 64  # of an open model, beside its arena
MODELS = {
    # name: (file, million instructions at most, arena bytes at most) of issue 3
    "kws": ("kws_ref_model.tflite", 0.75, 11_000),
    "ic": ("pretrainedResnet_quant.tflite", 2.4, 38_000),
    "vww": ("vww_96_int8.tflite", 2.2, 42_000),
    "ad": ("ad01_int8.tflite", 0.051, 2_100),
}


def depthwise_3x3(rng, wild=False):
    """What the depthwise kernels are for: blocks of 16 channels, the last one not always full."""
    c = int(rng.choice([1, 3, 8, 16, 17, 40]))
    max_size = int(rng.choice([6, 14]))
    w = layers.window(rng, c, c, [(3, 3)], max_size, strides=[(1, 1), (1, 1), (2, 2)], dilations=(1,))
    return layers.depthwise_conv_2d(rng, wild, w)


def deep_conv_2d(rng, wild=False):
    """Whole blocks of 16 inputs, read where they lie when the kernel is 1x1."""
    in_c, out_c = int(rng.choice([16, 32, 48, 80])), int(rng.choice([3, 4, 8, 20]))
    w = layers.window(rng, in_c, out_c, [(1, 1), (1, 1), (3, 3)], 9, dilations=(1,))
    return layers.conv_2d(rng, wild, w)


def max_pool_2d(rng, wild=False):
    """Its params are an average pool's."""
    step = layers.average_pool_2d(rng, wild)
    return replace(step, code=5, name="MAX_POOL_2D")


MAKERS = layers.MAKERS | {"MAX_POOL_2D": max_pool_2d, "3x3": depthwise_3x3, "deep": deep_conv_2d}


def draw(name, index):
    """Layer `index` of a maker: every other one is wild."""
    return MAKERS[name](np.random.default_rng([sum(name.encode()), index]), wild=bool(index % 2))


def on_core(blob):
    """The Profile on the emulated core, which compares its outputs with the host's; skips where that cannot run."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    return profile(blob, "m55")


def tuned_layers(name, n):
    """(index, portable step, tuned step) of the first n layers that the core has a kernel for."""
    index = 0
    while n:
        step = draw(name, index)
        tuned = helium.tune(step, "speed")
        if tuned:
            yield index, step, tuned
            n -= 1
        index += 1


@pytest.mark.parametrize("name", MAKERS)
def test_twin_equals_portable(name):
    for index, step, tuned in tuned_layers(name, N_TWIN):
        portable, model = Model(layers.single(step)), Model(layers.single(tuned, CORE))
        for x in layers.inputs(np.random.default_rng(index), step):
            want, got = portable.predict(x)[0], model.predict(x)[0]
            assert np.array_equal(want, got), f"{name} {index}: {step.inputs[0].shape} -> {step.outputs[0].shape}"


@pytest.mark.parametrize("name", MAKERS)
def test_core_equals_twin(name):
    for index, _, tuned in tuned_layers(name, N_CORE):
        on_core(layers.single(tuned, CORE, edge=index % 3 == 0))


@pytest.mark.parametrize("name", MAKERS)
def test_layers_are_tuned(name):
    least = {"DEPTHWISE_CONV_2D": 45}.get(name, 60)  # one output an input
    assert sum(helium.tune(draw(name, index), "speed") is not None for index in range(60)) >= least


def test_every_layout_and_kind_is_drawn():
    drawn = {(t.code, t.variant >> 4) for name in MAKERS for _, _, t in tuned_layers(name, N_CORE)}
    assert drawn == {(1, 0), (2, 0), (2, 1), (2, 2), (3, 0), (4, 0), (5, 0), (6, 0), (6, 1)}
    for name in ("CONV_2D", "FULLY_CONNECTED", "3x3", "deep"):
        kinds = {struct.unpack_from("<I", t.data)[0] for _, _, t in tuned_layers(name, N_CORE) if t.variant >> 4 < TAPS}
        assert kinds == {helium.RELU, helium.RIGHT, helium.ANY}, name


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
    return Model(blob_format.encode(packed.blob)).predict(x)[0].tobytes()


@pytest.mark.parametrize("name", ["CONV_2D", "deep", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_results_are_exact_at_every_distance_allowed(name):
    closer_fails = False
    for index, _, tuned in tuned_layers(name, 100):
        if tuned.overlap[0] in (None, IN_PLACE):
            continue
        least = up(tuned.overlap[0])
        x = next(layers.inputs(np.random.default_rng(index), tuned))
        want = run_at(tuned, up(tuned.outputs[0].bytes), x)
        for further in (0, 4, 12, 40):
            assert run_at(tuned, least + further, x) == want, f"{name} {index}: {least} + {further}"
        closer_fails |= run_at(tuned, least - 4, x) != want
    assert closer_fails or "POOL" in name or name == "DEPTHWISE_CONV_2D"  # there a window's first bytes are soon needed no more


def test_depthwise_works_in_place():
    count = 0
    for index, _, tuned in tuned_layers("3x3", 200):
        if tuned.overlap != [IN_PLACE]:
            assert tuned.overlap == [None] or tuned.variant >> 4 == TAPS
            continue
        x = next(layers.inputs(np.random.default_rng(index), tuned))
        assert run_at(tuned, 0, x) == run_at(tuned, up(tuned.outputs[0].bytes), x), f"{index}: {tuned.inputs[0].shape}"
        count += 1
    assert count > 60


def test_hostile_data_is_refused():
    for name in ("CONV_2D", "3x3", "FULLY_CONNECTED", "ADD"):
        _, _, tuned = next(tuned_layers(name, 1))
        negative, kind = tuned.data[:-36] + b"\xff" * 36, b"\x03" + tuned.data[1:]
        for data in (tuned.data + bytes(16), tuned.data[:-16], negative[-len(tuned.data) :], kind, b""):
            if name == "ADD" and data is kind:
                continue
            with pytest.raises(LinnetError, match="DATA"):
                Model(layers.single(replace(tuned, data=data), CORE))


def test_another_core_refuses_the_layout():
    _, _, tuned = next(tuned_layers("CONV_2D", 1))
    with pytest.raises(LinnetError, match="OPERATOR"):
        Model(layers.single(tuned, "armv7em"))


def built(path, core_name):
    """(Packed, bytes) of a model with its constants laid out for a core."""
    graph = read_tflite(path)
    graph = run_all(graph) or graph
    packed = packer.assemble(tune(lower(graph), core_name), graph.inputs, graph.outputs, core=core_name)
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
    assert on_core(tuned).total <= most_instructions * 1e6


if __name__ == "__main__":
    n_layers = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for maker in MAKERS:
        for number, _, layer in tuned_layers(maker, n_layers):
            profile(layers.single(layer, CORE, edge=number % 3 == 0), "m55")
        print(f"{maker}: {n_layers} layers agree")
