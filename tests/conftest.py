"""All tests run on the core compiled with AddressSanitizer and UndefinedBehaviorSanitizer, warnings being errors."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"  # models and recordings that are not in the repository


# Emulated boards and cores, and exhaustive searches: run last, so that a plain mistake shows within seconds.
SLOW = (
    "test_wheel", "test_faults", "test_openmv", "test_device", "test_deploy", "test_larger_than_ram", "test_freeze", "test_emulate", "test_fit", "test_upload_emulated", "test_overlap", "test_overlap_tuned", "test_poison",
    "test_armv6m", "test_armv7em", "test_helium", "test_rv32imc", "test_xtensa", "test_vectors", "test_rp2", "test_rp2_models",
    "test_tuned_on_boards", "test_models_on_boards",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """The slowest files last, in the order of SLOW."""
    items.sort(key=lambda item: SLOW.index(item.path.stem) if item.path.stem in SLOW else -1)


def pytest_configure(config):
    """Starts pytest again with the sanitizers' runtime loaded first, as they want it; then loads the core."""
    worker = hasattr(config, "workerinput")  # of pytest-xdist: started in its controller's environment, never again
    if "LINNET_CORE" not in os.environ and not worker:
        build = Path(os.environ.get("LINNET_BUILD", ROOT / "build"))
        make = ["make", "--silent", "-f", ROOT / "device/host.mk", f"BUILD={build}", "sanitized"]
        compiled = subprocess.run(make, capture_output=True, text=True)
        if compiled.returncode:
            pytest.exit(f"the core does not compile with -Wconversion -Werror:\n{compiled.stderr}", 1)
        runtime = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
        capture = config.pluginmanager.getplugin("capturemanager")
        if capture:
            capture.stop_global_capturing()
        # Python itself leaks on purpose.
        environment = {
            **os.environ,
            "LINNET_CORE": str(build / "host/liblinnet-san.so"),
            "LD_PRELOAD": runtime.stdout.strip(),
            "ASAN_OPTIONS": "detect_leaks=0",
        }
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, "-m", "pytest", *config.invocation_params.args], environment)
    if getattr(config.option, "numprocesses", None) and not worker:
        return  # its controller: runs no test, and the environment is the workers'
    from linnet import core

    core.library()
    # Not for the programs that tests start.
    for name in ("LINNET_CORE", "LD_PRELOAD", "ASAN_OPTIONS"):
        os.environ.pop(name, None)


@pytest.fixture
def shared():
    """shared("models/kws_ref_model.tflite") is that file in ../shared; the test skips where it is absent."""

    def path(name):
        if not (SHARED / name).exists():
            pytest.skip(f"../shared/{name} is not there")
        return SHARED / name

    return path


@pytest.fixture
def digits():
    """The folder of the demo's model: digits.tflite, digits_test.npz, labels.txt."""
    return ROOT / "models" / "digits"
