"""Uploads to an emulated board: MicroPython's own language, LittleFS, and a power cut in the middle."""

import hashlib
import random
import threading

import pytest

from linnet.emulate import Emulator
from linnet.errors import LinnetError
from linnet.transport import Connection
from linnet.upload import install, put

BOARD = "qemu-rv32"  # the quickest of them on the wire
_gauss = random.Random(5).gauss
OLD, NEW = (bytes(max(-128, min(127, round(_gauss(0, 25)))) & 255 for _ in range(20000)) for _ in range(2))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def digest_there(conn, path):
    """By the board's own means, not by those of upload.py."""
    conn.exec(f"import hashlib, binascii\nwith open({path!r}, 'rb') as f: sha = hashlib.sha256(f.read())")
    return conn.eval("binascii.hexlify(sha.digest()).decode()")


def test_content_economy_and_skip(tmp_path):
    noise = random.Random(6).randbytes(51200)
    files = {"/lib/linnet/a.py": b"print(1)\n" * 900, "/models/noise.linnet": noise, "/models/weights.linnet": NEW}
    with Emulator(BOARD, state_dir=tmp_path) as emulator, Connection(emulator.port, timeout_s=30) as conn:
        summary = put(conn, noise, "/noise")
        assert summary.wire_bytes <= 1.4 * len(noise) and summary.round_trips <= len(noise) / 2048
        install(conn, files)
        assert install(conn, files).skipped == list(files)
        assert digest_there(conn, "/noise") == digest(noise)
        assert conn.eval("sorted(__import__('os').listdir('/models'))") == ["noise.linnet", "weights.linnet"]


@pytest.mark.parametrize("seed", range(8))
def test_power_cut_leaves_the_old_file_or_the_new_one(tmp_path, seed):
    path = "/models/kws.linnet"
    with Emulator(BOARD, state_dir=tmp_path) as emulator, Connection(emulator.port, timeout_s=30) as conn:
        put(conn, OLD, path)
    emulator = Emulator(BOARD, state_dir=tmp_path)
    emulator.start()
    rng = random.Random(seed)
    cut_at_bytes = rng.choice([6144, 12288, 18432, 20000])
    # While the next lines are on their way, or the file is being checked and renamed, or after that.
    timer = threading.Timer(rng.uniform(0, 0.02), emulator.kill)

    def cut(_, done_bytes, size_bytes):
        if done_bytes == cut_at_bytes:
            timer.start()

    with pytest.raises(LinnetError, match="went away|no answer|no more bytes"):
        with Connection(emulator.port, timeout_s=30) as conn:
            put(conn, NEW, path, cut)
            conn.exec("while True: pass")
    timer.join()
    with Emulator(BOARD, state_dir=tmp_path) as emulator, Connection(emulator.port, timeout_s=30) as conn:
        assert digest_there(conn, path) in (digest(OLD), digest(NEW))
        put(conn, NEW, path)
        assert conn.eval("__import__('os').listdir('/models')") == ["kws.linnet"]


def test_pulled_cable_and_again(tmp_path):
    with Emulator(BOARD, state_dir=tmp_path) as emulator:
        for _ in range(3):
            conn = Connection(emulator.port, timeout_s=30).open()

            def pull(path, done_bytes, size_bytes):
                conn.abandon()

            with pytest.raises(LinnetError, match="closed"):
                put(conn, OLD, "/f", pull)
        with Connection(emulator.port, timeout_s=30) as conn:
            put(conn, OLD, "/f")
            assert sorted(set(conn.eval("__import__('os').listdir('/')"))) == ["f"]


def test_full_filesystem(tmp_path):
    with Emulator(BOARD, state_dir=tmp_path) as emulator, Connection(emulator.port, timeout_s=30) as conn:
        with pytest.raises(LinnetError, match="/f: the board's filesystem is full"):
            put(conn, bytes(emulator.board.flash_bytes + 1), "/f")
        assert conn.eval("__import__('os').listdir('/')") == []
