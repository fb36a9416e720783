"""The commands pack, inspect and run as a user types them: what they write, print and refuse."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rich_click

import linnet
from linnet import blob as blobs
from linnet import cli
from linnet.model import Model

TESTS = Path(__file__).resolve().parents[1]
RELU = TESTS / "blob" / "golden" / "relu.linnet"
MIXED = TESTS / "blob" / "golden" / "mixed.linnet"


@pytest.fixture
def run(monkeypatch, capfd):
    """run("pack", ...) runs the command line in this process: (exit code, stdout, stderr)."""
    # esptool, which other tests import, groups the commands of all programs in the process.
    monkeypatch.setattr(rich_click.rich_click, "COMMAND_GROUPS", {})
    monkeypatch.setattr(rich_click.rich_click, "OPTION_GROUPS", {})

    def command(*arguments, width=100):
        monkeypatch.setattr(sys, "argv", ["linnet", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "dumb")
        with pytest.raises(SystemExit) as ended:
            cli.main()
            raise SystemExit(0)
        out = capfd.readouterr()
        return ended.value.code or 0, out.out, out.err

    return command


@pytest.fixture
def refusal(run):
    """refusal("pack", ...) is the one line of a command that fails, without `linnet: `."""

    def command(*arguments):
        code, out, err = run(*arguments)
        assert code == 1 and out == "" and err.count("\n") == 1, (code, out, err)
        assert err.startswith("linnet: ")
        return err[len("linnet: ") : -1]

    return command


# The program ---------------------------------------------------------------------------------------------------


def test_help_lists_the_commands(run):
    code, out, _ = run("--help")
    assert code == 0
    listed = [line.split()[1] for line in out.splitlines() if line.startswith("│ ")]
    assert [name for name in listed if not name.startswith("-")] == cli.linnet.list_commands(None)
    assert listed[-len(cli.linnet.list_commands(None)) :][:5] == ["pack", "quantize", "inspect", "run", "verify"]
    assert "cannot be loaded" not in out


@pytest.mark.parametrize("name", cli.linnet.list_commands(None))
def test_every_command_has_help_and_an_example(run, name):
    code, out, _ = run(name, "--help")
    assert code == 0
    assert f"linnet {name}" in out.split("Usage:")[0] + out.split("╯")[-1]
    command = cli.linnet.get_command(None, name)
    short = command.short_help or command.help.splitlines()[0]
    assert short[0].islower() and not short.endswith(".") and len(short.split()) <= 9


def test_version(run):
    assert run("--version")[1] == f"linnet {linnet.__version__}\n"


def test_broken_command_does_not_hold_up_others(run, refusal, monkeypatch):
    real = cli.import_module

    def broken(name, package):
        if name == ".stream":
            raise ImportError("No module named 'gone'")
        return real(name, package)

    monkeypatch.setattr(cli, "import_module", broken)
    code, out, _ = run("--help")
    assert code == 0 and "cannot be loaded: No module named 'gone'" in out
    assert refusal("stream").startswith("stream cannot be loaded: No module named 'gone'")
    assert run("inspect", RELU)[0] == 0


def test_start_imports_neither_numpy_nor_the_core():
    code = "import sys, linnet.cli; print([m for m in ('numpy', 'mpremote', 'ai_edge_litert') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


# pack ------------------------------------------------------------------------------------------------------------


def test_pack_writes_a_blob_that_proves_itself(run, digits, tmp_path):
    out_path = tmp_path / "d.linnet"
    code, out, err = run("pack", digits / "digits.tflite", "-o", out_path, "--labels", digits / "labels.txt")
    assert (code, err) == (0, "")
    model = Model(out_path)
    assert model.labels == [str(i) for i in range(10)]
    assert model.name == "digits" and model.blob.strings["source"] == "digits.tflite"
    assert model.selftest() == 2
    for part in (f"{model.len:,} bytes", f"{model.ram:,} bytes of RAM", "CONV_2D", "2 vectors, equal to LiteRT's"):
        assert part in out


def test_pack_is_reproducible(digits):
    assert linnet.pack(digits / "digits.tflite") == linnet.pack(digits / "digits.tflite")


def test_pack_stores_given_golden_inputs(run, digits, tmp_path):
    x = np.load(digits / "digits_test.npz")["x"][:6]
    np.save(tmp_path / "x.npy", x)
    path = tmp_path / "d.linnet"
    assert run("pack", digits / "digits.tflite", "-o", path, "--golden", tmp_path / "x.npy", "--n-golden", 3)[0] == 0
    vectors = blobs.read(path).golden
    assert [vector.seed for vector in vectors] == [0, 0, 0]
    assert [vector.inputs[0] for vector in vectors] == [sample.tobytes() for sample in x[:3]]
    assert Model(path).selftest() == 3


def test_pack_without_golden_vectors(run, digits, tmp_path):
    path = tmp_path / "d.linnet"
    code, out, _ = run("pack", digits / "digits.tflite", "-o", path, "--n-golden", 0)
    assert code == 0 and "vectors" not in out and blobs.read(path).golden == []


def test_pack_refuses(refusal, digits, tmp_path):
    model, out = digits / "digits.tflite", tmp_path / "o.linnet"
    bad = tmp_path / "bad.npy"
    np.save(bad, np.zeros((3, 9), np.int8))
    (tmp_path / "text.npy").write_text("hello")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe")
    (tmp_path / "text.tflite").write_text("this is not a model at all")
    assert "none.tflite" in refusal("pack", tmp_path / "none.tflite", "-o", out)
    assert "text.tflite" in refusal("pack", tmp_path / "text.tflite", "-o", out)
    assert "bad.npy: the model takes int8 (1, 8, 8, 1), the file holds int8 (3, 9)" in refusal(
        "pack", model, "-o", out, "--golden", bad
    )
    assert "text.npy: not an .npy or .npz file" in refusal("pack", model, "-o", out, "--golden", tmp_path / "text.npy")
    assert "binary.txt: labels cannot be read" in refusal("pack", model, "-o", out, "--labels", tmp_path / "binary.txt")
    assert "no/o.linnet: No such file" in refusal("pack", model, "-o", tmp_path / "no" / "o.linnet")
    assert not out.exists()


def test_pack_stops_where_litert_differs(digits, monkeypatch):
    from linnet import core, packer

    run = core.Opened.run

    def wrong(self, first, last):
        run(self, first, last)
        if (first, last) == (2, 3):
            self.arena[:] = 0

    monkeypatch.setattr(core.Opened, "run", wrong)
    with pytest.raises(linnet.LinnetError, match=r"digits.tflite: operator 2 \S+ \".+\" differs from LiteRT at \(0, "):
        packer.pack(digits / "digits.tflite")


# inspect ---------------------------------------------------------------------------------------------------------


def test_inspect_shows_operators_and_memory(run):
    code, out, err = run("inspect", MIXED)
    assert (code, err) == (0, "")
    for part in ("mixed", "CONV_2D", "1×4×4×3", "864", "golden    1 vectors", "scale 0.1, zero point 5"):
        assert part in out
    picture = out[out.index("memory, ") :].splitlines()
    rows = [line for line in picture if line[:3].strip().isdigit()]
    assert len(rows) == 3 and "s" in rows[0].split("CONV_2D")[1]


@pytest.mark.parametrize("width", [40, 60, 100, 250])
def test_inspect_fits_the_terminal(run, width):
    _, out, _ = run("inspect", MIXED, width=width)
    picture = out[out.index("memory, ") :]
    assert max(map(len, picture.splitlines())) <= width


def test_inspect_json(run):
    described = json.loads(run("inspect", MIXED, "--json")[1])
    assert described["macs"] == 864 and described["bytes"] == MIXED.stat().st_size
    assert [row["name"] for row in described["operators"]] == ["CONV_2D", "ADD", "SOFTMAX"]
    assert described["operators"][0]["params"]["kernel_h"] == 3
    assert described["inputs"] == [{"dtype": "int8", "shape": [1, 4, 4, 2], "scale": pytest.approx(0.1), "zero_point": 5}]
    assert described["golden_vectors"] == 1 and described["labels"] == []


def test_inspect_hex_is_the_dump_in_format_md(run):
    assert run("inspect", RELU, "--hex")[1] in (TESTS.parent / "FORMAT.md").read_text()


def test_inspect_refuses(refusal):
    hostile = TESTS / "blob" / "hostile" / "crc.linnet"
    assert refusal("inspect", hostile) == f"{hostile}: CRC: CRC differs: damaged"
    assert refusal("inspect", "none.linnet") == "none.linnet: No such file or directory"


# run ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def packed(digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(linnet.pack(digits / "digits.tflite"))
    return path


def test_run_gives_what_predict_gives(run, packed, digits, tmp_path):
    x = np.load(digits / "digits_test.npz")["x"][:20]
    np.save(tmp_path / "x.npy", x)
    code, out, err = run("run", packed, "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy")
    assert (code, err) == (0, "") and out.startswith("20 samples on host, ")
    y = np.load(tmp_path / "y.npy")
    model = Model(packed)
    assert y.dtype == np.int8
    np.testing.assert_array_equal(y, [model.predict([sample])[0] for sample in x])


def test_run_quantizes_real_numbers(run, packed, digits, tmp_path):
    x = np.load(digits / "digits_test.npz")["x"][:5]
    model = Model(packed)
    real = (x.astype(np.float32) - model.input_zero_point[0]) * np.float32(model.input_scale[0])
    for name, batch in (("x", x), ("real", real), ("double", real.astype(np.float64))):
        np.save(tmp_path / f"{name}.npy", batch)
        assert run("run", packed, "-i", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}_y.npy")[0] == 0
    y = [np.load(tmp_path / f"{name}_y.npy") for name in ("x", "real", "double")]
    np.testing.assert_array_equal(y[0], y[1])
    np.testing.assert_array_equal(y[0], y[2])


def two_of_each(path):
    """A blob with two inputs and two outputs: y0 = x0, y1 = x1, by RELU tables that change nothing."""
    sys.path.insert(0, str(TESTS / "blob"))
    import make_blobs
    from linnet.graph import Step
    from linnet.packer import assemble

    x0, x1, y0, y1 = (make_blobs.tensor(name, (1, n), 0.5, 0) for name, n in (("a", 4), ("b", 8), ("c", 4), ("d", 8)))
    same = bytes(range(256))
    steps = [Step(10, "LUT", [x], [y], bytes([n, 0, 0, 0]), same, 0, [0]) for x, y, n in ((x0, y0, 4), (x1, y1, 8))]
    path.write_bytes(assemble(steps, [x0, x1], [y0, y1]).data)
    return path


def test_run_takes_and_gives_several_tensors(run, refusal, tmp_path):
    blob = two_of_each(tmp_path / "two.linnet")
    a, b = np.arange(12, dtype=np.int8).reshape(3, 4), np.arange(24, dtype=np.int8).reshape(3, 8)
    np.savez(tmp_path / "x.npz", a, b)
    assert run("run", blob, "-i", tmp_path / "x.npz", "-o", tmp_path / "y.npz")[0] == 0
    y = np.load(tmp_path / "y.npz")
    np.testing.assert_array_equal(y["y0"], a)
    np.testing.assert_array_equal(y["y1"], b)
    assert "the model has 2 outputs: give the name of an .npz file" in refusal(
        "run", blob, "-i", tmp_path / "x.npz", "-o", tmp_path / "y.npy"
    )
    np.savez(tmp_path / "uneven.npz", a, b[:2])
    assert "the inputs have different numbers of samples: [3, 2]" in refusal(
        "run", blob, "-i", tmp_path / "uneven.npz", "-o", tmp_path / "y.npz"
    )
    np.savez(tmp_path / "one.npz", a)
    assert "has 1 arrays, the model has 2 inputs" in refusal(
        "run", blob, "-i", tmp_path / "one.npz", "-o", tmp_path / "y.npz"
    )


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((3, 8, 9, 1), np.int8), "the model takes int8 (1, 8, 8, 1), the file holds int8 (3, 8, 9, 1)"),
        (np.zeros((3, 8, 8, 1), np.int16), "the model takes int8 (1, 8, 8, 1), the file holds int16 (3, 8, 8, 1)"),
        (np.zeros((0, 8, 8, 1), np.int8), "holds no samples"),
    ],
)
def test_run_refuses_inputs_that_do_not_fit(refusal, packed, tmp_path, x, message):
    np.save(tmp_path / "x.npy", x)
    assert refusal("run", packed, "-i", tmp_path / "x.npy", "-o", tmp_path / "y.npy") == f"{tmp_path / 'x.npy'}: {message}"
    assert not (tmp_path / "y.npy").exists()


def test_run_refuses_missing_files(refusal, packed, tmp_path):
    assert "none.npy: cannot be read: No such file" in refusal("run", packed, "-i", "none.npy", "-o", tmp_path / "y.npy")
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8, 1), np.int8))
    assert "there is no folder" in refusal("run", packed, "-i", tmp_path / "x.npy", "-o", tmp_path / "no" / "y.npy")
