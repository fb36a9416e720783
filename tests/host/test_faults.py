"""Deploys that go wrong on emulated boards, by seed: each ends in a board that works, with the old model or the new one.

`make test-faults` runs 240 of them; the tests a few of each kind.
"""

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_line import FaultyLine

from linnet import LinnetError
from linnet.board import load_board
from linnet.deploy import deploy
from linnet.emulate import Emulator, firmware_path
from linnet.packer import pack
from linnet.stream import stream
from linnet.transport import Connection

DIGITS = Path(__file__).resolve().parents[2] / "models" / "digits"
BOARDS = ["unix", "unix", "unix", "qemu-rv32", "qemu-m4f"]  # the quick one more often
QEMU = ["qemu-rv32", "qemu-m4f"]  # with a flash of their own; unix has a folder of this machine
SEEDS = range(int(os.environ.get("LINNET_FAULTS", 24)))
DEPLOY_BYTES = 120_000  # about what the host sends in a deploy that installs everything
OLD, NEW = "old", "new"


class Case:
    """One board with the old model on it (or nothing), about to get the new one while something goes wrong."""

    def __init__(self, seed, folder):
        self.seed = seed
        self.random = random.Random(seed)
        self.board = load_board(self.random.choice(BOARDS))
        self.state = folder / "state"
        self.blobs = {}
        for name in (OLD, NEW):
            path = folder / name / "kws.linnet"
            path.parent.mkdir()
            path.write_bytes(pack(DIGITS / "digits.tflite", name=name, core="portable"))
            self.blobs[name] = path
        self.fresh = self.random.random() < 0.3  # nothing of Linnet is there before

    def emulator(self):
        return Emulator(self.board, self.state)

    def prepare(self, emulator):
        if not self.fresh:
            with Connection(emulator.port) as connection:
                deploy(connection, self.blobs[OLD])
                # Of an older version all through, so that a new one has everything to send.
                connection.exec(AGE)

    def deploy_through(self, port):
        """Deploys the new model. Whatever happens is a success or one sentence. Returns whether it succeeded."""
        try:
            with Connection(port, timeout_s=4) as connection:
                deploy(connection, self.blobs[NEW])
        except LinnetError as error:
            assert str(error) and "Traceback" not in str(error), error
            return False
        return True

    def assert_works(self, emulator, succeeded, again=True):
        """The board runs the old model or the new one, as it is; and, if `again`, a deploy afterwards ends well."""
        with Connection(emulator.port, timeout_s=20) as connection:
            connection.soft_reset()
            there = connection.exec(LOOK).decode().split()
            if succeeded:
                assert there == [NEW, "2"]
            elif self.fresh:
                assert there in (["nothing"], [NEW, "2"]), there
            else:
                assert there in ([OLD, "2"], [NEW, "2"]), there
            if not again:
                return
            deploy(connection, self.blobs[NEW])
            connection.soft_reset()
            assert connection.exec(LOOK).decode().split() == [NEW, "2"]
            leftovers = connection.eval("[n for f in ('/lib', '/lib/linnet', '/models') for n in __import__('os').listdir(f)]")
            assert not [name for name in leftovers if name.endswith((".part", ".install", ".new"))]


# Makes every file of the library another one, that works as well: a byte after the end.
AGE = """
import os
for folder in '/lib', '/lib/linnet':
    for name in os.listdir(folder):
        if name.endswith('.mpy'):
            with open(folder + '/' + name, 'ab') as f:
                f.write(b'x')
os.remove('/lib/linnet.sums')
"""

LOOK = """
try:
    import linnet
    m = linnet.load('kws')
    print(m.name, m.selftest())
except (ImportError, OSError, AttributeError) as e:  # the last: of a folder linnet/ without __init__
    import os
    try:
        os.stat('/models/kws.linnet')
        print(repr(e))
    except OSError:
        print('nothing')
"""


def power_cut(case):
    """The emulator is killed when a random byte of the deploy has passed; mostly early, often at the very end."""
    cut_after = case.random.choice([case.random.randrange(DEPLOY_BYTES), case.random.randrange(8000), DEPLOY_BYTES - 1])
    emulator = case.emulator()
    emulator.start()
    try:
        case.prepare(emulator)
        with FaultyLine(emulator.port, case.seed, cut_after=cut_after, on_cut=emulator.kill) as line:
            succeeded = case.deploy_through(line.port)
    finally:
        emulator.stop()
    with case.emulator() as emulator:
        case.assert_works(emulator, succeeded)


def bad_line(case):
    """Bytes are lost, doubled, damaged and late, in both directions."""
    rates = {name: case.random.choice([0, 1e-5, 1e-4]) for name in ("lose", "double", "damage")}
    with case.emulator() as emulator:
        case.prepare(emulator)
        with FaultyLine(emulator.port, case.seed, delay=case.random.choice([0, 0.005]), **rates) as line:
            succeeded = case.deploy_through(line.port)
        case.assert_works(emulator, succeeded)


def pulled_cable(case):
    """The line ends in the middle, without a word to the board, which lives on."""
    with case.emulator() as emulator:
        case.prepare(emulator)
        with FaultyLine(emulator.port, case.seed, cut_after=case.random.randrange(DEPLOY_BYTES)) as line:
            succeeded = case.deploy_through(line.port)
        case.assert_works(emulator, succeeded)


def busy_board(case):
    """main.py never ends, and talks."""
    program = case.random.choice(["while True: pass", "while True: print('x' * 50)", "import time\nwhile True: time.sleep(1)"])
    emulator = case.emulator()
    emulator.start()
    try:
        case.prepare(emulator)
        with Connection(emulator.port) as connection:
            connection.exec(f"with open('/main.py', 'w') as f: f.write({program!r})")
    finally:
        emulator.kill()
    with case.emulator() as emulator:
        case.assert_works(emulator, case.deploy_through(emulator.port))


def full_flash(case):
    """There is room for the old version, and for none, a part or all of the new one beside it."""
    case.fresh = False
    case.board = replace(load_board(case.random.choice(QEMU)), flash_bytes=4096 * case.random.randrange(52, 84))
    with case.emulator() as emulator:
        case.prepare(emulator)
        case.assert_works(emulator, case.deploy_through(emulator.port), again=False)


def damage_at_rest(case):
    """A byte of a file on the board changes; what is damaged is named, never run."""
    with case.emulator() as emulator:
        case.fresh = False
        with Connection(emulator.port) as connection:
            deploy(connection, case.blobs[OLD])
            files = connection.eval("['/lib/linnet/' + n for n in __import__('os').listdir('/lib/linnet') if n not in ('__init__.mpy', 'installed.mpy')]")
            path = case.random.choice([*sorted(files), "/lib/_linnet.mpy", "/models/kws.linnet"])
            at, bit = case.random.random(), 1 << case.random.randrange(8)
            connection.exec(
                f"f = open({path!r}, 'rb')\nd = bytearray(f.read())\nf.close()\nd[int({at} * len(d))] ^= {bit}\n"
                f"f = open({path!r}, 'wb')\nf.write(d)\nf.close()"
            )
            connection.soft_reset()
            with pytest.raises(LinnetError, match=path):
                connection.exec("import linnet\nlinnet.load('kws')")
        case.assert_works(emulator, case.deploy_through(emulator.port))


def odd_filesystem(case):
    """boot.py takes the filesystem away, or makes it one to read only."""
    case.fresh = False
    case.board = load_board(case.random.choice(QEMU))
    readonly = case.random.random() < 0.5
    mount = "vfs.mount(vfs.VfsLfs2(qemu.flash, progsize=256), '/'%s)"
    boot = "import qemu, vfs\nvfs.umount('/')\n" + (mount % ", readonly=True" if readonly else "")
    with case.emulator() as emulator:
        case.prepare(emulator)
        with Connection(emulator.port) as connection:
            connection.exec(f"with open('/boot.py', 'w') as f: f.write({boot!r})")
        assert not case.deploy_through(emulator.port)
        with Connection(emulator.port) as connection:
            connection.exec(f"import os, qemu, vfs\ntry: vfs.umount('/')\nexcept OSError: pass\n{mount % ''}\nos.remove('/boot.py')")
        case.assert_works(emulator, False)


def reset_mid_stream(case):
    """The board resets itself while a program on it sends records."""
    n, at = 40, case.random.randrange(1, 39)
    program = (
        "import linnet, machine, os\nfrom linnet.stream import emit\nm = linnet.load('kws')\n"
        f"for i in range({n}):\n emit(i=i, golden=m.selftest())\n"
        f" if i == {at} and 'went' not in os.listdir('/'):\n  open('/went', 'w').close()\n  machine.reset()\n"
    )
    case.fresh = False
    case.board = load_board(case.random.choice(QEMU))
    with case.emulator() as emulator:
        case.prepare(emulator)
        with Connection(emulator.port) as connection:
            records = []
            streamed = stream(connection, program, records.append)
        assert streamed.restarts == 1 and all(record["golden"] == 2 for record in records)
        assert [record["i"] for record in records][-n:] == list(range(n))
        with Connection(emulator.port) as connection:
            connection.exec("import os\nos.remove('/went')")
        case.assert_works(emulator, False)


KINDS = [power_cut, bad_line, power_cut, pulled_cable, busy_board, full_flash, power_cut, damage_at_rest, odd_filesystem, reset_mid_stream]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{KINDS[seed % len(KINDS)].__name__}")
def test_a_working_board_is_left(seed, tmp_path):
    case = Case(seed, tmp_path)
    if not firmware_path(case.board).exists():
        pytest.skip(f"the firmware of {case.board.name} is not built: make boards")
    KINDS[seed % len(KINDS)](case)


def test_two_hosts_on_one_port(tmp_path):
    board = load_board("unix")
    if not firmware_path(board).exists():
        pytest.skip("the firmware of unix is not built: make boards")
    with Emulator(board, tmp_path) as emulator, Connection(emulator.port) as first:
        with pytest.raises(LinnetError, match="in use by another program"):
            Connection(emulator.port).open()
        assert first.eval("1 + 1") == 2
