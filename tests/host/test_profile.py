"""`linnet profile` on the demo's model: exact counts that repeat, what it prints, what it refuses."""

import json
import sys
from pathlib import Path

import pytest

from linnet import cli, profile, report_profile
from linnet.errors import LinnetError
from linnet.packer import pack_model

DIGITS = Path(__file__).resolve().parents[2] / "models" / "digits" / "digits.tflite"
# Core of the profile -> what the model is packed for.
CORES = {"m4": "armv7em", "m0plus": "armv6m"}


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    """{core: file} of the digits model; "portable" as well."""
    made = {}
    for core, target in {**CORES, "portable": "portable"}.items():
        made[core] = tmp_path_factory.mktemp("blobs") / f"digits_{core}.linnet"
        packed = pack_model(DIGITS, n_golden=0, core=target)
        made[core].write_bytes(packed.data)
    return made


@pytest.fixture
def run(monkeypatch, capfd):
    """run(ARGUMENT, ...) runs `linnet profile` in this process: (exit code, stdout, stderr)."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["linnet", "profile", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        monkeypatch.setenv("TERM", "dumb")
        with pytest.raises(SystemExit) as ended:
            cli.main()
            raise SystemExit(0)
        out = capfd.readouterr()
        return ended.value.code or 0, out.out, out.err

    return command


@pytest.mark.parametrize("core", CORES)
def test_counts_repeat_to_the_instruction(blobs, core):
    first, second = (profile.profile_file(blobs[core], core) for _ in range(2))
    assert first == second
    assert first.total == sum(first.counts.values()) > 100_000
    # Apart, each operator pays for one call of linnet_run.
    assert 0 <= sum(first.operators) - first.total < 200 * len(first.operators)


@pytest.mark.parametrize("core", CORES)
def test_tuned_kernels_are_faster_than_portable_ones(blobs, core):
    tuned, portable = profile.profile_file(blobs[core], core), profile.profile_file(blobs["portable"], core)
    assert tuned.outputs == portable.outputs
    assert 3 * tuned.total < portable.total


def test_table_has_a_row_an_operator_and_the_totals(blobs, run):
    profiled = profile.profile_file(blobs["m4"], "m4")
    code, out, err = run(blobs["m4"], "--core", "m4")
    assert code == 0 and err == ""
    assert "Cortex-M4F" in out and "about" not in out
    for row in report_profile.rows(profiled):
        assert any(row["name"] in line and f"{row['instructions']:,}" in line for line in out.splitlines())
    assert "one inference" in out and f"{profiled.total:,}" in out
    assert f"arena {profiled.arena_bytes:,} bytes, stack {profiled.stack_bytes}" in out
    assert f"{profiled.code_bytes:,} bytes. The outputs equal the host's." in out


def test_json_says_the_same(blobs, run):
    profiled = profile.profile_file(blobs["m4"], "m4")
    code, out, _ = run(blobs["m4"], "--core", "m4", "--json")
    said = json.loads(out)
    assert code == 0 and "estimate" not in said
    assert said["core"] == "m4" and said["instructions"] == profiled.total and said["code_bytes"] == profiled.code_bytes
    assert [row["instructions"] for row in said["operators"]] == profiled.operators
    assert sum(row["share"] for row in said["operators"]) == pytest.approx(1)
    assert sum(row["macs"] for row in said["operators"]) == 235_712


def test_board_gives_the_core_and_an_estimate(blobs, run):
    code, out, _ = run(blobs["m0plus"], "--board", "rpi_pico")
    assert code == 0 and "Cortex-M0+" in out
    assert "RPI_PICO at 125 MHz: about" in out and "An estimate, not a measurement" in out
    code, out, _ = run(blobs["m0plus"], "--board", "RPI_PICO", "--json")
    said = json.loads(out)
    estimate = said["estimate"]
    assert said["core"] == "m0plus" and estimate["clock_hz"] == 125_000_000
    assert said["instructions"] < estimate["cycles"] < 2 * said["instructions"]
    assert estimate["latency_ms"] == pytest.approx(estimate["cycles"] / 125_000)


def test_wrong_cores_and_boards_are_a_sentence(blobs, run):
    with pytest.raises(LinnetError, match='no core "m1": there are m0plus, m3'):
        profile.profile_file(blobs["m4"], "m1")
    for arguments, sentence in (
        ([], "linnet: say which core, with --core (m0plus, m3, m4, m7, m33, m55, rv32, esp32), or which board, with --board"),
        (["--board", "RPI_PICO", "--core", "m4"], "linnet: RPI_PICO has the core m0plus, not m4: leave --core out"),
        (["--board", "unix"], "linnet: unix has a x64 core, which cannot be profiled: there are m0plus, m3"),
        (["--board", "picco"], 'linnet: no board is called "picco"'),
    ):
        code, out, err = run(blobs["m4"], *arguments)
        assert code == 1 and out == "" and err.startswith(sentence) and err.count("\n") == 1
    code, _, err = run(blobs["m4"], "--core", "m1")
    assert code == 2 and "m0plus" in err
    code, _, err = run(blobs["m4"].with_name("none.linnet"), "--core", "m4")
    assert code == 1 and err.endswith("none.linnet: No such file or directory\n")


def test_a_missing_tool_is_named_with_its_package(blobs, run, tmp_path, monkeypatch):
    profile.profile_file(blobs["m4"], "m4")  # so that the runner is built
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(blobs["m4"], "--core", "m4") == (
        1,
        "",
        "linnet: arm-none-eabi-nm is not installed: apt-get install binutils-arm-none-eabi\n",
    )
    monkeypatch.setenv("LINNET_BUILD", str(tmp_path / "build"))  # and now it is not
    code, _, err = run(blobs["m4"], "--core", "m4")
    assert code == 1 and err.startswith("linnet: arm-none-eabi-gcc is not installed: apt-get install gcc-arm-none-eabi ")
