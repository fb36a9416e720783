"""Layers in halves, for two cores: the same results on one thread and on two, and of a pair neither touches what is the other's.

Shown three ways: by the blob's own ranges, by two threads over the C core, and by ThreadSanitizer (tests/cores/race.c). There is no
emulator of a second core, so `_thread` on a board is not shown; the code that would use it is run here, over CPython's.
"""

import importlib.util
import random
import subprocess
from pathlib import Path

import numpy as np
import pytest

from linnet import LinnetError, fields, pairs, verify
from linnet.blob import encode
from linnet.core import Opened
from linnet.model import Model, load
from linnet.packer import pack, pack_model
from linnet.paths import build_dir
from linnet.reference import Reference

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "pico.md").read_text()
CASES = [("digits", "portable"), ("digits", "armv6m"), ("kws_ref_model", "portable"), ("kws_ref_model", "armv6m"), ("vww_96_int8", "portable")]


@pytest.fixture(scope="module")
def kws():
    path = ROOT.parent / "shared" / "models" / "kws_ref_model.tflite"
    return pack(path if path.exists() else ROOT / "models" / "digits" / "digits.tflite", core="armv6m", cores=2)


def reads_and_writes(blob, index):
    """(the ranges of the arena that an operator reads, those that it writes), its scratch among both."""
    row = blob.operators[index]
    scratch = [(row.scratch_offset, row.scratch_offset + row.scratch_bytes)]
    ranges = [[(t.offset, t.offset + t.bytes) for t in map(blob.tensors.__getitem__, side) if not t.in_weights] for side in (row.inputs, row.outputs)]
    return ranges[0] + scratch, ranges[1] + scratch


def disjoint(some, others):
    return all(end <= low or high <= start for start, end in some for low, high in others)


@pytest.mark.parametrize("name, core", CASES)
def test_halves_give_what_the_whole_gives_and_share_nothing_that_is_written(name, core, digits, shared):
    path = digits / "digits.tflite" if name == "digits" else shared(f"models/{name}.tflite")
    blob = pack(path, core=core, cores=2, n_golden=0)
    whole, halves, both = Model(pack(path, core=core, n_golden=0)), Model(blob), load(blob, cores=2)
    if (name, core) == ("kws_ref_model", "armv6m"):
        assert f"{halves.ram:,} bytes of arena" in PAGE and f"{whole.ram:,} for keyword spotting" in PAGE.replace("\n", " ")
    firsts = pairs.pairs_of(halves.blob)
    assert len(firsts) > (0 if name == "digits" else 5)
    rng = np.random.default_rng(7)
    x = [rng.integers(-128, 128, shape).astype(np.int8) for shape in whole.input_shape]
    wanted = whole.predict(x)[0]
    for model in (halves, both):
        np.testing.assert_array_equal(model.predict(x)[0], wanted)
    for first in firsts:
        (reads, writes), (its_reads, its_writes) = (reads_and_writes(halves.blob, i) for i in (first, first + 1))
        assert disjoint(writes, its_reads + its_writes) and disjoint(its_writes, reads + writes), first


def test_every_row_of_a_layer_is_made_once_from_the_rows_it_was_made_from():
    rng, layout, n = random.Random(8), fields.OPERATORS[1][1], 0
    for _ in range(3000):
        sizes = {name: 1 for name, _ in layout.fields}
        sizes |= dict(in_h=rng.randint(1, 40), in_w=rng.choice([4, 8, 12]), in_c=4, out_w=4, out_c=rng.choice([1, 4, 64]))
        sizes |= dict(kernel_h=rng.randint(1, 9), kernel_w=9, out_h=rng.randint(1, 40), pad_top=rng.randint(0, 4), stride_h=rng.randint(1, 3), reserved=0)
        row = Row(layout.pack(**sizes))
        for params, in_row, out_row in pairs._halves(row) or []:
            half = layout.unpack(params)
            assert half["in_h"] + in_row == sizes["in_h"] if out_row else half["in_h"] == sizes["in_h"] and in_row == 0
            for y in range(half["out_h"]):
                assert in_row + y * half["stride_h"] - half["pad_top"] == (out_row + y) * sizes["stride_h"] - sizes["pad_top"]
            n += half["out_h"]
        if pairs._halves(row):
            (upper, _, _), (lower, _, at) = pairs._halves(row)
            assert layout.unpack(upper)["out_h"] == at and at + layout.unpack(lower)["out_h"] == sizes["out_h"]
    assert n > 10_000


class Row:
    """As much of a step as a layer's halves are made from."""

    code, variant = 1, 0

    def __init__(self, params):
        self.params = params


def race(folder, blob, firsts):
    """tests/cores/race.c on a blob: (exit code, what it printed)."""
    build = build_dir()
    subprocess.run(["make", "--silent", "-f", ROOT / "device/host.mk", f"BUILD={build}", "race"], check=True)
    path = folder / "race.linnet"
    path.write_bytes(blob)
    # ThreadSanitizer of GCC 12 wants its addresses where they were before kernels spread them wider.
    fixed = ["setarch", "--addr-no-randomize"]
    if subprocess.run([*fixed, "true"], capture_output=True).returncode:
        fixed = []
    done = subprocess.run([*fixed, build / "host/race", path, *map(str, firsts)], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout + done.stderr


def test_no_race(kws, tmp_path):
    assert race(tmp_path, kws, pairs.pairs_of(Model(kws).blob)) == (0, "equal\n")


def test_a_race_would_be_seen(kws, tmp_path):
    """The second half of a layer at the same time as the layer after it."""
    first = pairs.pairs_of(Model(kws).blob)[0]
    code, text = race(tmp_path, kws, [first + 1])
    assert code != 0 and "data race" in text


class Native:
    """What device/linnet/cores.py asks of _linnet.Model, over the host's core."""

    def __init__(self, blob):
        self.opened = Opened(blob)
        self.run = self.opened.run
        self.rows = Model(blob).blob.operators
        self.texts = {6: Model(blob).blob.strings.get("pairs", "").encode()}

    def operator(self, index):
        return self.rows[index].code, (), ()

    def string(self, key):
        return self.texts.get(key) or None


def board_code():
    spec = importlib.util.spec_from_file_location("cores_of_the_board", ROOT / "device" / "linnet" / "cores.py")
    cores = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cores)
    return cores


def test_the_board_s_own_code_runs_both_halves_at_once(kws):
    cores = board_code()
    model, native = Model(kws), Native(kws)
    both = cores.Both(native, "kws")
    row = model.blob.tensors[model.blob.inputs[0]]
    output = model.blob.tensors[model.blob.outputs[0]]
    rng = np.random.default_rng(9)
    for _ in range(20):
        x = rng.integers(-128, 128, row.shape).astype(np.int8)
        native.opened.arena[row.offset : row.offset + row.bytes] = x.ravel().view(np.uint8)
        both.run(model.blob.n_reset, model.n_operators)
        got = native.opened.arena[output.offset : output.offset + output.bytes].view(np.int8)
        np.testing.assert_array_equal(got, model.predict([x])[0])
    with pytest.raises(ValueError, match="digits: not packed for two cores: linnet pack --cores 2"):
        cores.Both(Native(pack(ROOT / "models/digits/digits.tflite")), "digits")


@pytest.mark.parametrize("words", ["x", "-1", "4", "0 1000", "2 \u0661"])
def test_pairs_that_are_none_are_refused(words, digits):
    """Damaged, or worse: what two cores do at once must be layers, which take no address from the arena."""
    packed = pack_model(digits / "digits.tflite", cores=2)
    packed.blob.strings["pairs"] = words
    with pytest.raises(LinnetError, match="are not pairs of layers: pack the model again"):
        load(encode(packed.blob), cores=2)
    native = Native(pack(digits / "digits.tflite", cores=2))
    native.texts[6] = words.encode()
    with pytest.raises((ValueError, IndexError)):
        board_code().Both(native, "digits")


def test_what_is_refused(digits):
    path = digits / "digits.tflite"
    with pytest.raises(LinnetError, match="is not packed for two cores: linnet pack --cores 2"):
        load(pack(path), cores=2)
    with pytest.raises(LinnetError, match="a weight window serves one core"):
        load(pack(path, cores=2), window=16384, cores=2)
    with pytest.raises(LinnetError, match="its layers are in halves, for two cores: verify the model packed without --cores"):
        verify.first_difference(Model(pack(path, cores=2)), Reference(path), [])
