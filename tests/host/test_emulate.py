"""Emulated boards answer the real mpremote, keep their files when killed, and are what board.toml says."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from real_mpremote import mpremote

from linnet import board, emulate
from linnet.emulate import Emulator
from linnet.errors import LinnetError

EMULATED = [name for name, found in board.all_boards().items() if found.emulated]
MODULES = "binascii deflate gc hashlib io json machine micropython os random select struct sys time uctypes vfs"


def need_firmware(name):
    path = emulate.firmware_path(board.load_board(name))
    if not path.exists():
        pytest.skip(f"the firmware of {name} is not built: {path}")


@pytest.fixture(params=EMULATED)
def name(request):
    need_firmware(request.param)
    return request.param


@pytest.fixture
def emulator(name, tmp_path):
    with Emulator(name, state_dir=tmp_path) as started:
        yield started


def test_is_what_board_toml_says(emulator):
    lines = mpremote(
        emulator.port,
        "exec",
        "import gc, os, sys; gc.collect(); print(sys.implementation._mpy, gc.mem_free() + gc.mem_alloc());"
        "print(sys.path); stat = os.statvfs('/'); print(stat[0] * stat[2])",
    ).splitlines()
    mpy, heap_bytes = (int(word) for word in lines[0].split())
    assert board.native_arch_name(mpy) == emulator.board.native_arch
    # The collector's own tables are in the heap.
    assert 0.95 * emulator.board.heap_bytes < heap_bytes <= emulator.board.heap_bytes
    assert lines[1] == "['', '.frozen', '/lib']"
    if emulator.board.emulator.program:
        assert int(lines[2]) == emulator.board.flash_bytes


def test_modules(emulator):
    program = (
        f"for module in '{MODULES}'.split(): __import__(module)\n"
        "import hashlib, micropython, sys\n"
        "micropython.heap_lock(); micropython.heap_unlock(); micropython.kbd_intr(3)\n"
        "print(hashlib.sha256(b'linnet').digest()[:4].hex(), hasattr(sys.stdin, 'buffer'))\n"
    )
    if emulator.board.linnet_built_in:
        program += "import _linnet\n"
    assert mpremote(emulator.port, "exec", program) == f"{hashlib.sha256(b'linnet').hexdigest()[:8]} True"


def test_files_last_when_killed(name, tmp_path):
    content = os.urandom(20000)
    local = tmp_path / "content"
    local.write_bytes(content)
    with Emulator(name, state_dir=tmp_path) as started:
        mpremote(started.port, "fs", "cp", str(local), ":kept.bin")
        os.kill(started.pid, signal.SIGKILL)
    with Emulator(name, state_dir=tmp_path) as started:
        mpremote(started.port, "fs", "cp", ":kept.bin", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content


def test_killed_at_any_moment(name, tmp_path):
    """Files are renamed in a loop while the power fails: the old or the new one is there, whole."""
    endless = (
        "import os\nn = 0\n"
        "while True:\n"
        " with open('/new', 'wb') as f: f.write(bytes([n % 256]) * 3000)\n"
        " os.rename('/new', '/file'); n += 1\n"
    )
    check = "print(len(set(open('file', 'rb').read())), os.stat('file')[6])"
    for moment_s in (0.3, 0.45, 0.61):
        with Emulator(name, state_dir=tmp_path) as started:
            mpremote(started.port, "exec", "--no-follow", endless)
            time.sleep(moment_s)
            started.kill()
        with Emulator(name, state_dir=tmp_path) as started:
            assert mpremote(started.port, "exec", "import os\n" + check) == "1 3000"


def test_soft_reset_forgets_ram_and_keeps_files(emulator):
    mpremote(emulator.port, "exec", "x = 1; open('f', 'w').close()")
    mpremote(emulator.port, "soft-reset")
    assert mpremote(emulator.port, "resume", "exec", "import os; print('x' in globals(), os.listdir('/'))") == (
        "False ['f']"
    )


def test_ctrl_c_ends_a_program(emulator):
    mpremote(emulator.port, "exec", "--no-follow", "while True: pass")
    assert mpremote(emulator.port, "exec", "print(1)") == "1"


def test_main_runs_at_start(name, tmp_path):
    with Emulator(name, state_dir=tmp_path) as started:
        mpremote(started.port, "exec", "with open('main.py', 'w') as f: f.write('began = 42')")
    with Emulator(name, state_dir=tmp_path) as started:
        assert mpremote(started.port, "resume", "exec", "print(began)") == "42"


@pytest.mark.parametrize("name", [name for name in EMULATED if name.startswith("qemu-")], indirect=True)
def test_machine_reset(emulator):
    mpremote(emulator.port, "exec", "open('f', 'w').close()")
    mpremote(emulator.port, "resume", "exec", "x = 1")
    mpremote(emulator.port, "resume", "exec", "--no-follow", "import machine; machine.reset()")
    assert mpremote(emulator.port, "resume", "exec", "import os; print('x' in globals(), os.listdir())") == (
        "False ['f']"
    )


def test_icount_makes_time_repeatable(name, tmp_path):
    if board.load_board(name).emulator.icount_shift is None:
        with pytest.raises(LinnetError, match="has no instruction counter"):
            Emulator(name, state_dir=tmp_path, icount=True).start()
        return
    program = "import time; now = time.ticks_cpu; f = lambda n: sum(range(n)); f(9); t = now(); f(500); print(now() - t)"
    ticks = []
    for _ in range(2):
        with Emulator(name, state_dir=tmp_path, icount=True) as started:
            ticks.append(int(mpremote(started.port, "exec", program)))
    assert abs(ticks[0] - ticks[1]) <= 1 and ticks[0] > 1000


@pytest.fixture
def unix(tmp_path):
    """One cheap board: what follows is about the host's side."""
    need_firmware("unix")
    return Emulator("unix", state_dir=tmp_path / "state")


def test_one_emulator_a_flash(unix):
    assert emulate.running("unix", unix.state_dir) is None
    with unix:
        assert emulate.running("unix", unix.state_dir) == unix.port
        with pytest.raises(LinnetError, match=rf"unix: an emulator already runs on .*process {unix.pid}.*{unix.port}"):
            Emulator("unix", state_dir=unix.state_dir).start()
        with pytest.raises(LinnetError, match="already runs"):
            emulate.erase("unix", unix.state_dir)
    assert emulate.running("unix", unix.state_dir) is None
    assert unix.pid is None and unix.port is None


def test_stale_record(unix):
    unix.start()
    unix.kill()
    assert emulate.running("unix", unix.state_dir) is None
    with unix:
        assert mpremote(unix.port, "exec", "print(2)") == "2"


def test_erase(unix):
    with unix:
        mpremote(unix.port, "exec", "open('f', 'w').close()")
    emulate.erase("unix", unix.state_dir)
    with unix:
        assert mpremote(unix.port, "exec", "import os; print(os.listdir())") == "[]"


def test_ends_with_its_parent(unix):
    program = (
        "import os, sys; from linnet.emulate import Emulator\n"
        "e = Emulator('unix', sys.argv[1]); e.start(); print(e.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(unix.state_dir)], capture_output=True, text=True, timeout=60
    )
    pid = int(result.stdout)
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.05)
    pytest.fail(f"the emulator, process {pid}, outlived its parent")


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_missing_firmware(unix, monkeypatch, tmp_path):
    monkeypatch.setenv("LINNET_BUILD", str(tmp_path))
    with pytest.raises(LinnetError, match=r"unix: its firmware .*/unix/micropython is not built; run: make boards"):
        unix.start()
    assert not unix.state_dir.exists()


def test_missing_qemu(tmp_path):
    need_firmware("qemu-m4f")
    found = board.load_board("qemu-m4f")
    found = replace(found, emulator=replace(found.emulator, program="qemu-system-none"))
    with pytest.raises(LinnetError, match="qemu-system-none is not installed; run: apt-get install qemu-system-arm"):
        Emulator(found, state_dir=tmp_path).start()


def test_emulator_that_ends_at_once(tmp_path):
    need_firmware("qemu-m4f")
    found = board.load_board("qemu-m4f")
    found = replace(found, emulator=replace(found.emulator, arguments=("-machine", "toaster")))
    with pytest.raises(LinnetError, match="qemu-m4f: the emulator ended at once: .*machine"):
        Emulator(found, state_dir=tmp_path).start()
    assert emulate.running("qemu-m4f", tmp_path) is None


def test_real_board():
    with pytest.raises(LinnetError, match="RPI_PICO2: is a real board, not an emulated one"):
        Emulator("rpi_pico2")
