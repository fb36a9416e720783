"""Device tests in MicroPython's manner: a script's output must equal SCRIPT.exp, wherever it runs.

usage: python tests/device/run.py [--board NAME]... [SCRIPT ...]

A script that prints SKIP needs what this board does not have. `host` is CPython with the host package.
"""

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from linnet.board import all_boards
from linnet.emulate import Emulator, firmware_path
from linnet.errors import LinnetError
from linnet.payload import payload
from linnet.probe import probe
from linnet.transport import BoardError, Connection
from linnet.upload import install

HERE = Path(__file__).resolve().parent
SCRIPTS = sorted(path.name[: -len(".exp")] for path in HERE.glob("*.py.exp"))
# What the host package promises as well; the others look at the board's own errors, heap and filesystems.
HOST_SCRIPTS = ("attributes.py", "convert.py", "dtypes.py", "peek.py", "real.py", "smoke.py", "variables.py")
TIMEOUT_S = 120


def boards():
    """Names of the emulated boards whose firmware is built."""
    return [name for name, board in all_boards().items() if board.emulated and firmware_path(board).exists()]


def run_on_host(script):
    """The script's output under CPython."""
    done = subprocess.run([sys.executable, str(HERE / script)], capture_output=True, text=True, timeout=TIMEOUT_S)
    return done.stdout + done.stderr


@contextlib.contextmanager
def on_board(name, files=None):
    """Starts emulated board `name` with an empty flash, installs Linnet; gives a function: path of a script -> output.

    files: more to install, {path on the board: bytes}.
    """
    with tempfile.TemporaryDirectory() as folder, Emulator(name, state_dir=folder) as emulator:
        with Connection(emulator.port) as connection:
            facts = probe(connection)
            tiny = {f"{facts.root}/lib/tiny.py": (HERE / "tiny.py").read_bytes()}
            install(connection, payload(facts) | tiny | (files or {}))
            yield lambda script: run_on(connection, script)


def run_on(connection, script):
    """The script's output on a connected board that has Linnet, and tiny.py in its /lib."""
    connection.soft_reset()
    text = bytearray()
    try:
        connection.exec((HERE / script).read_text(), TIMEOUT_S, text.extend)
    except BoardError as error:
        text += error.traceback.encode()
    return text.decode().replace("\r\n", "\n")


def compare(script, output):
    """"pass", "skip", or the first line that differs."""
    if output.strip() == "SKIP":
        return "skip"
    wanted = (HERE / f"{script}.exp").read_text().splitlines()
    got = output.splitlines()
    for number, (w, g) in enumerate(zip(wanted + [""] * len(got), got + [""] * len(wanted)), 1):
        if w != g:
            return f"line {number}: wanted {w!r}, got {g!r}; last: {(got or [''])[-1]!r}"
    return "pass"


def main(arguments):
    names, scripts = [], []
    arguments = iter(arguments)
    for argument in arguments:
        (names.append(next(arguments, "")) if argument == "--board" else scripts.append(Path(argument).name))
    failed = 0
    for name in names or ["host", *boards()]:
        with contextlib.nullcontext(run_on_host) if name == "host" else on_board(name) as run:
            for script in scripts or (HOST_SCRIPTS if name == "host" else SCRIPTS):
                result = compare(script, run(script))
                failed += result not in ("pass", "skip")
                print(f"{name:16} {script:18} {result}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LinnetError as error:
        sys.exit(f"run.py: {error}")
