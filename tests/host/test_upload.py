"""Uploads: content, economy by count, and that no fault leaves a broken file under its real name."""

import os
import random

import pytest
from fake_board import FakeBoard

from linnet import upload
from linnet.errors import LinnetError
from linnet.transport import Connection
from linnet.upload import install, put

NOISE = random.Random(7).randbytes(51200)  # deflate cannot shrink it
_gauss = random.Random(8).gauss
WEIGHTS = bytes(round(_gauss(0, 25)) & 255 for _ in range(20000))


@pytest.fixture
def flash(tmp_path):
    return tmp_path / "flash"


def connected(board):
    return Connection(board.port, timeout_s=5)


def upload_to(flash, files, timeout_s=5.0, **options):
    """(Summary, FakeBoard) of an upload to a stand-in with these options."""
    with FakeBoard(flash, **options) as board, connected(board) as conn:
        return install(conn, files, timeout_s=timeout_s), board


def test_content_and_folders(flash):
    files = {"/lib/linnet/a.py": b"print(1)\n" * 500, "/models/x.linnet": NOISE, "/empty": b"", "/one": b"\n"}
    summary, board = upload_to(flash, files)
    assert {path: board.read(path) for path in files} == files
    assert board.files() == sorted(files)
    assert summary.sent == list(files) and summary.skipped == [] and summary.payload_bytes == sum(map(len, files.values()))


@pytest.mark.parametrize("size_bytes", [1, 2, 3, 511, 6143, 6144, 6145, 12288])
def test_sizes_around_a_chunk(flash, size_bytes):
    _, board = upload_to(flash, {"/f": NOISE[:size_bytes]})
    assert board.read("/f") == NOISE[:size_bytes]


def test_wire_bytes_and_round_trips(flash):
    summary, _ = upload_to(flash, {"/noise": NOISE})
    assert summary.wire_bytes <= 1.4 * len(NOISE)
    assert summary.round_trips <= len(NOISE) / 2048
    assert summary.chunks == -(-len(NOISE) // 6144) and summary.resends == 0


def test_deflate_where_it_pays(flash):
    text = b"import linnet\n" * 2000
    summary, board = upload_to(flash, {"/text": text})
    assert board.read("/text") == text and summary.wire_bytes < len(text) / 4
    summary, _ = upload_to(flash, {"/weights": WEIGHTS})
    assert summary.wire_bytes < 1.3 * len(WEIGHTS) + 2500


def test_same_content_is_skipped(flash):
    files = {"/lib/a": NOISE, "/lib/b": WEIGHTS}
    upload_to(flash, files)
    with FakeBoard(flash) as board, connected(board) as conn:
        before = conn.round_trips
        summary = install(conn, files)
        assert summary.skipped == list(files) and not summary.sent and summary.chunks == 0
        assert conn.round_trips - before <= 6  # to start the program, to ask for all digests at once, to end it
        summary = install(conn, files | {"/lib/b": WEIGHTS[:-1] + b"x"})
        assert summary.sent == ["/lib/b"]


def test_many_files_ask_in_few_lines(flash):
    files = {f"/lib/linnet/a_rather_long_name_for_a_module_{i}.py": b"%d" % i for i in range(60)}
    _, board = upload_to(flash, files)
    assert board.files() == sorted(files)


def test_progress_reaches_the_end(flash):
    calls = []
    with FakeBoard(flash) as board, connected(board) as conn:
        put(conn, NOISE[:13000], "/f", lambda *call: calls.append(call))
    assert calls == [("/f", 6144, 13000), ("/f", 12288, 13000), ("/f", 13000, 13000)]


def test_connection_is_usable_after(flash):
    with FakeBoard(flash) as board, connected(board) as conn:
        put(conn, NOISE, "/f")
        assert conn.eval("1 + 1") == 2


@pytest.mark.parametrize("lacking", ["deflate", "binascii.crc32", "deflate,binascii.crc32,os.statvfs"])
def test_boards_that_lack_modules(flash, lacking):
    files = {"/lib/a": WEIGHTS, "/b": NOISE[:5000]}
    _, board = upload_to(flash, files, without=lacking)
    assert {path: board.read(path) for path in files} == files


@pytest.mark.parametrize("free_heap_bytes, chunks", [(190000, 2), (100000, 4), (30000, 5), (12000, 20), (3000, 20)])
def test_small_heaps_get_small_chunks(flash, free_heap_bytes, chunks):
    summary, board = upload_to(flash, {"/f": NOISE[:10000]}, free_heap_bytes=free_heap_bytes)
    assert board.read("/f") == NOISE[:10000] and summary.chunks == chunks


def test_fat_renames_by_removing_first(flash):
    upload_to(flash, {"/f": b"old"})
    _, board = upload_to(flash, {"/f": b"new"}, filesystem="fat")
    assert board.read("/f") == b"new" and board.files() == ["/f"]


# Faults of the wire


@pytest.mark.parametrize(
    "faults",
    [{"damage": 6e-5}, {"lose": 6e-5}, {"double": 6e-5}, {"lose_answer": 0.2}, dict(damage=2e-5, lose=2e-5, double=2e-5, lose_answer=0.05)],
    ids=lambda faults: "+".join(faults),
)
@pytest.mark.parametrize("seed", [1, 2])
def test_bad_wire(flash, faults, seed):
    files = {"/lib/a": NOISE, "/lib/b": WEIGHTS}
    summary, board = upload_to(flash, files, timeout_s=0.2, seed=seed, **faults)
    assert {path: board.read(path) for path in files} == files and board.files() == sorted(files)
    assert summary.resends > 0


def test_hopeless_wire_ends(flash):
    upload_to(flash, {"/f": b"old"})
    with FakeBoard(flash, damage=0.01) as board, connected(board) as conn:
        with pytest.raises(LinnetError, match="damaged or lost 6 times|ended on the board") as error:
            install(conn, {"/f": NOISE}, timeout_s=0.1)
        assert "\n" not in str(error.value)
    assert board.read("/f") == b"old" and board.files() == ["/f"]


@pytest.mark.parametrize("seed", range(12))
def test_pulled_cable_leaves_the_old_file_or_the_new_one(flash, seed):
    old, new = NOISE[:9000], WEIGHTS[:9000]
    upload_to(flash, {"/models/kws.linnet": old})
    cut = random.Random(seed).randint(200, 14500)
    with FakeBoard(flash, vanish_after=cut) as board:
        with pytest.raises(LinnetError, match="went away|raw REPL|no answer") as error, connected(board) as conn:
            put(conn, new, "/models/kws.linnet")
            conn.exec("#" * 20000)  # cut after the upload
        assert "\n" not in str(error.value)
    assert board.read("/models/kws.linnet") in (old, new)
    summary, board = upload_to(flash, {"/models/kws.linnet": new})
    assert board.read("/models/kws.linnet") == new
    assert board.files() == ["/models/kws.linnet"]


def test_leftovers_of_other_files_go_too(flash):
    flash.mkdir()
    (flash / "models").mkdir()
    for name in "models/other.linnet.part", "models/other.linnet", "mine.part":
        (flash / name).write_bytes(b"x")
    _, board = upload_to(flash, {"/models/kws.linnet": b"new", "/boot.py": b""})
    assert board.files() == ["/boot.py", "/mine.part", "/models/kws.linnet", "/models/other.linnet"]


def test_interrupted_by_the_user(flash):
    def tired(path, done_bytes, size_bytes):
        raise KeyboardInterrupt

    upload_to(flash, {"/f": b"old"})
    with FakeBoard(flash) as board, connected(board) as conn:
        with pytest.raises(KeyboardInterrupt):
            put(conn, NOISE, "/f", tired)
        assert board.read("/f") == b"old" and board.files() == ["/f"]
        put(conn, NOISE, "/f")
        assert board.read("/f") == NOISE


def test_host_dies_mid_way(flash):
    with FakeBoard(flash) as board:
        conn = connected(board).open()
        receiver = upload._Receiver(conn, 5.0, upload.Summary([], [])).__enter__()
        receiver.ask("o", "51200 /f")
        conn.write(b"half a li")
        conn.abandon()
        with connected(board) as conn:
            put(conn, NOISE, "/f")
        assert board.read("/f") == NOISE and board.files() == ["/f"]


# Boards that cannot take the file


def refused(folder, files, **options):
    """The sentence with which an upload over an old /f ends; the old file and the connection must be whole."""
    upload_to(folder, {"/f": b"old"})
    with FakeBoard(folder, **options) as board, connected(board) as conn:
        with pytest.raises(LinnetError) as error:
            install(conn, files)
        assert conn.eval("1") == 1
    assert board.read("/f") == b"old" and board.files() == ["/f"]
    assert "\n" not in str(error.value)
    return str(error.value)


def test_full_filesystem_is_seen_before(flash):
    text = refused(flash, {"/f": NOISE}, capacity_bytes=10003)
    assert text.startswith("/f: the board's filesystem is full (51200 bytes wanted, 10000 free)")


def test_full_filesystem_is_seen_midway(flash):
    text = refused(flash, {"/f": NOISE}, capacity_bytes=10003, says_free="plenty")
    assert text.startswith("/f: the board's filesystem is full") and "untouched" in text


def test_read_only_filesystem(flash):
    assert "read-only" in refused(flash, {"/f": b"new"}, filesystem="read-only")


def test_no_sha256(flash):
    assert "hashlib.sha256" in refused(flash, {"/f": b"new"}, without="hashlib")


def test_worn_flash(flash):
    assert "reads back differently" in refused(flash, {"/f": NOISE[:5000]}, flash="worn")


def test_folder_in_the_way(flash):
    assert "is a file on the board" in refused(flash, {"/f/g": b"new"})


@pytest.mark.parametrize("path", ["", "/a\tb", "/a\nb"])
def test_names_that_no_line_can_carry(flash, path):
    assert "is no name for a file" in refused(flash, {path: b"new"})


def test_board_restarts_midway(flash):
    with FakeBoard(flash) as board, connected(board) as conn:
        receiver = upload._Receiver(conn, 0.2, upload.Summary([], [])).__enter__()
        conn.interrupt()
        with pytest.raises(LinnetError, match="the upload ended on the board"):
            receiver.ask("o", "1 /f")


def test_receiver_is_sent_without_what_the_board_needs_not():
    source = upload.receiver_source()
    assert source.isascii() and '"""' not in source and "#" not in source
    compile(source, "receiver", "exec")
    assert len(source) < 4800


def test_put_returns_a_summary(flash):
    with FakeBoard(flash) as board, connected(board) as conn:
        summary = put(conn, b"x", "/f")
        assert summary.sent == ["/f"] and summary.elapsed_s > 0 and os.path.exists(flash / "f")
