"""Kernels tuned for Xtensa give the portable kernels' bytes: their C twins here, the assembly itself on an emulated core.
`python tests/kernels/test_xtensa.py 500` tries so many layers of each operator there.
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
from linnet.layouts import tune, xtensa
from linnet.lower import lower
from linnet.model import Model
from linnet.passes import run_all
from linnet.paths import build_dir
from linnet.plan import Plan
from linnet.profile import profile

CORE = "xtensa"
OWN = ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"]
OPERATORS = [*OWN, "ADD"]  # whose kernel and layout are RV32IMC's: test_rv32imc.py has more of it
N_TWIN, N_CORE = 40, 6  # layers of each operator on the host, on the emulated core
MODELS = {
    # name: (file, million multiply-accumulates, instructions for each at most, arena bytes at most)
    "kws": ("kws_ref_model.tflite", 2.656, 2.8, 11_000),
    "ic": ("pretrainedResnet_quant.tflite", 12.50, 2.4, 38_000),
    "vww": ("vww_96_int8.tflite", 7.49, 3.1, 42_000),
    "ad": ("ad01_int8.tflite", 0.264, 2.1, 2_500),
}
STATE_BYTES = 64  # of an open model, beside its arena


def on_core(blob):
    """The Profile on the emulated core, which compares its outputs with the host's; skips where that cannot run."""
    gcc = "xtensa-esp32-elf-gcc"
    if shutil.which(gcc) is None and not (build_dir() / "xtensa/bin" / gcc).exists():
        pytest.skip("there is no compiler for Xtensa: make natmod")
    if shutil.which("qemu-system-xtensa") is None:
        pytest.skip("qemu-system-xtensa is not installed")
    return profile(blob, "esp32")


def tuned_layers(name, n):
    """(index, portable step, tuned step) of the first n layers that the core has a kernel for."""
    index = 0
    while n:
        step = layers.draw(name, index)
        tuned = xtensa.tune(step, "speed")
        if tuned:
            yield index, step, tuned
            n -= 1
        index += 1


@pytest.mark.parametrize("name", OWN)
def test_twin_equals_portable(name):
    for index, step, tuned in tuned_layers(name, N_TWIN):
        portable, model = Model(layers.single(step)), Model(layers.single(tuned, CORE))
        for x in layers.inputs(np.random.default_rng(index), step):
            want, got = portable.predict(x)[0], model.predict(x)[0]
            assert np.array_equal(want, got), f"{name} {index}: {step.inputs[0].shape} -> {step.outputs[0].shape}"


@pytest.mark.parametrize("name", OPERATORS)
def test_core_equals_twin(name):
    for index, _, tuned in tuned_layers(name, N_CORE):
        on_core(layers.single(tuned, CORE, edge=index % 3 == 0))


@pytest.mark.parametrize("name", OWN)
def test_most_layers_are_tuned(name):
    tuned = sum(xtensa.tune(layers.draw(name, index), "speed") is not None for index in range(30))
    assert tuned > (4 if name == "DEPTHWISE_CONV_2D" else 20)  # 3x3 only


def test_exact_channels_are_among_the_layers():
    assert any(int.from_bytes(tuned.data[:4], "little") for _, _, tuned in tuned_layers("CONV_2D", 60))


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
    for index, _, tuned in tuned_layers(name, 60):
        least = up(tuned.overlap[0])
        x = next(layers.inputs(np.random.default_rng(index), tuned))
        want = run_at(tuned, up(tuned.outputs[0].bytes), x)
        for further in (0, 4, 12, 40):
            assert run_at(tuned, least + further, x) == want, f"{name} {index}: {least} + {further}"


def test_depthwise_is_exact_in_place():
    for index, _, tuned in tuned_layers("DEPTHWISE_CONV_2D", 60):
        if tuned.overlap != [None]:
            x = next(layers.inputs(np.random.default_rng(index), tuned))
            assert tuned.overlap == [IN_PLACE] and run_at(tuned, 0, x) == run_at(tuned, up(tuned.outputs[0].bytes), x), index


@pytest.mark.parametrize("name", OPERATORS)
def test_hostile_data_is_refused(name):
    _, _, tuned = next(tuned_layers(name, 1))
    with pytest.raises(LinnetError, match="DATA"):
        Model(layers.single(replace(tuned, data=tuned.data[:-4]), CORE))
    if name in ("CONV_2D", "FULLY_CONNECTED"):
        with pytest.raises(LinnetError, match="DATA"):
            Model(layers.single(replace(tuned, data=b"\xff" * 4 + tuned.data[4:]), CORE))


def test_hostile_exact_channels_are_refused():
    tuned = next(t for _, _, t in tuned_layers("CONV_2D", 60) if int.from_bytes(t.data[:4], "little"))
    for wrong in (b"\xff" * 16, bytes(4) + b"\xff" * 4 + bytes(8), bytes(8) + (31).to_bytes(4, "little") + bytes(4)):
        with pytest.raises(LinnetError, match="DATA"):
            Model(layers.single(replace(tuned, data=tuned.data[:-16] + wrong), CORE))


def test_any_constants_of_the_right_length_are_safe():
    rng = np.random.default_rng(3)
    for name in OPERATORS:
        for _, step, tuned in tuned_layers(name, 10):
            data = bytearray(rng.bytes(len(tuned.data)))
            if name == "DEPTHWISE_CONV_2D":
                data[48::52] = data[49::52] = data[50::52] = data[51::52] = bytes(len(data) // 52)  # no exact channels
            elif name != "ADD":
                data[:4] = tuned.data[:4]
                n_exact = int.from_bytes(data[:4], "little")
                data[len(data) - 16 * n_exact :] = tuned.data[len(data) - 16 * n_exact :]
            Model(layers.single(replace(tuned, data=bytes(data)), CORE)).predict(next(layers.inputs(rng, step)))


def test_another_core_refuses_the_layout():
    _, _, tuned = next(tuned_layers("CONV_2D", 1))
    with pytest.raises(LinnetError, match="OPERATOR"):
        Model(layers.single(tuned, "helium"))


def built(path, core_name):
    """(Packed, bytes) of a model with its constants laid out for a core."""
    graph = run_all(read_tflite(path))
    packed = packer.assemble(tune(lower(graph), core_name), graph.inputs, graph.outputs, core=core_name)
    return packed, packed.data


@pytest.mark.parametrize("name", MODELS)
def test_model(name, shared):
    file, millions, most_instructions, most_bytes = MODELS[name]
    path = shared(f"models/{file}")
    _, portable = built(path, "portable")
    packed, tuned = built(path, CORE)
    for seed in (1, 2, 3):
        assert core.seeded_outputs(tuned, seed) == core.seeded_outputs(portable, seed)
    assert packed.plan.arena_bytes + STATE_BYTES <= most_bytes
    assert on_core(tuned).total <= most_instructions * millions * 1e6


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    for operator in OPERATORS:
        for number, _, layer in tuned_layers(operator, count):
            profile(layers.single(layer, CORE, edge=number % 3 == 0), "esp32")
        print(f"{operator}: {count} layers agree")
