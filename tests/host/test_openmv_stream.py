"""`linnet stream --frames`: camera frames come as records, from a board with the stand-in for a camera, and become PNG files."""

import io
import json
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from image_twin import RGB565, as_rgb
from linnet.board import load_board
from linnet.errors import LinnetError
from linnet.frames import FrameFiles, decode, png
from linnet.openmv_camera import find, stream_camera
from linnet.stream import stream
from openmv_scenes import drawn_face, rgb565
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import run  # noqa: E402
from linnet.emulate import Emulator  # noqa: E402
from linnet.transport import Connection  # noqa: E402
from linnet.upload import install  # noqa: E402

SCRIPT = """
import csi
from linnet.stream import emit, emit_frame

camera = csi.CSI()
camera.reset()
camera.pixformat(csi.RGB565)
camera.framesize(csi.QVGA)
emit(label="none yet")
for label in ("face", "nobody"):
    emit_frame(camera.snapshot(), label=label)
"""


def opened(data):
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


@pytest.mark.parametrize("shape", ((1, 1), (5, 7), (5, 7, 3)))
def test_png(shape):
    image = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(opened(png(image)), image)


def test_frames_of_every_kind():
    rng = np.random.default_rng(2)
    for kind, code, channels in (("rgb565", 2, 2), ("rgb888", 3, 3), ("rgb565_big", 4, 2)):
        pixels = rng.integers(0, 256, (3, 4, channels), np.uint8)
        frame = {"width": 4, "height": 3, "kind": kind, "pixels": b64encode(pixels.tobytes()).decode()}
        np.testing.assert_array_equal(decode(frame), as_rgb(pixels, code))


def test_what_is_no_frame_passes():
    files = FrameFiles()
    for record in (3, {"frame": 12}, {"frame": "x"}, {"label": "yes"}):
        assert files.take(record) == record
    damaged = {"width": 2, "height": 2, "kind": "gray", "pixels": "AAAA"}
    assert files.take({"frame": damaged, "n": 1}) == {"frame": "damaged", "n": 1}
    assert files.take({"frame": damaged | {"pixels": "AAAAAA=="}}) == {"frame": "2x2"}


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LinnetError, match="cannot be made"):
        FrameFiles(tmp_path / "file" / "frames")


@pytest.mark.parametrize("board", ("unix", "qemu-m7"))
def test_frames_of_a_camera(board, tmp_path):
    frames = [rgb565(drawn_face()), rgb565(np.full((240, 320, 3), 90, np.uint8))]
    files = {f"/lib/{name}": (ROOT / "tests/device/openmv" / name).read_bytes() for name in ("csi.py", "image.py")}
    files |= {f"/frames/{i}.raw": frame.tobytes() for i, frame in enumerate(frames)}
    taker, records = FrameFiles(tmp_path / "frames"), []
    with Emulator(board, state_dir=tmp_path) as emulator, Connection(emulator.port) as connection:
        package = {f"/lib/linnet/{name}.py": (ROOT / f"device/linnet/{name}.py").read_bytes() for name in ("stream",)}
        install(connection, package | {"/lib/linnet/__init__.py": b""} | files)
        stream(connection, SCRIPT, lambda record: records.append(taker.take(record)))
    paths = [str(tmp_path / "frames" / f"00000{n}.png") for n in (1, 2)]
    assert records == [{"label": "none yet"}, {"label": "face", "frame": paths[0]}, {"label": "nobody", "frame": paths[1]}]
    for path, frame in zip(paths, frames):
        np.testing.assert_array_equal(opened(Path(path).read_bytes()), as_rgb(frame, RGB565))


def test_the_command(tmp_path):
    script = tmp_path / "send.py"
    frame = '{"width": 2, "height": 1, "kind": "gray", "pixels": "AP8="}'
    script.write_text(f"print(chr(30) + '{{\"frame\": {frame}}}')")
    command = [sys.executable, "-m", "linnet", "stream", script, "--board", "unix", "--frames", tmp_path / "f", "--count", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"frame": str(tmp_path / "f" / "000001.png")}
    np.testing.assert_array_equal(opened((tmp_path / "f" / "000001.png").read_bytes()), [[0, 255]])


# OpenMV's own protocol. No camera was there, nor is its package needed here: a stand-in with the methods of openmv.Camera that
# docs.openmv.io (openmv-py, API reference) describes.


class OMVException(Exception):
    pass


class Camera:
    """Says what it is told to, then nothing. Keeps account of the calls."""

    said, seen, calls, trouble = [], [], [], None

    def __init__(self, port, baudrate=921600):
        assert baudrate == 921600, "any other leaves the camera in its REPL"
        self.calls.append(port)

    def __enter__(self):
        if self.trouble == "connect":
            raise OMVException("Failed to connect")
        return self

    def __exit__(self, *_):
        self.calls.append("closed")

    def stop(self):
        self.calls.append("stop")

    def exec(self, script):
        self.calls.append(script)

    def streaming(self, enable, raw=False, resolution=None):
        self.calls.append(enable)

    def read_stdout(self):
        if self.trouble == "unplug" and not self.said:
            raise SystemExit(0)
        return self.said.pop(0) if self.said else None

    def read_frame(self):
        return self.seen.pop(0) if self.seen else None


@pytest.fixture
def camera(monkeypatch):
    package = ModuleType("openmv")
    package.Camera, package.OMVException = type("Camera", (Camera,), {"said": [], "seen": [], "calls": []}), OMVException
    monkeypatch.setitem(sys.modules, "openmv", package)
    return package.Camera


def test_a_camera_that_speaks_openmvs_protocol(camera):
    picture = np.random.default_rng(3).integers(0, 256, (2, 3, 3), np.uint8)
    camera.said += ["hello\n\x1e{\"n\"", ": 1}\n\x1e{\"n\": \x1e{\"n\": 2}\n"]
    camera.seen += [None, {"width": 3, "height": 2, "format": 0x0C030002, "depth": 0, "data": picture.tobytes(), "raw_size": 12}]
    records, lines, damaged = [], [], []
    streamed = stream_camera("port", "program", records.append, lines.append, damaged.append, lambda: len(records) == 3)
    assert (streamed.records, streamed.damaged, lines, damaged) == (3, 1, ["hello"], ['{"n": '])
    assert records[:2] == [{"n": 1}, {"n": 2}]
    np.testing.assert_array_equal(decode(records[2]["frame"]), picture)
    assert camera.calls == ["port", "stop", "program", True, False, "stop", "closed"]


def test_trouble_with_a_camera(camera, monkeypatch):
    camera.trouble = "connect"
    with pytest.raises(LinnetError, match="port: Failed to connect; is OpenMV IDE disconnected"):
        stream_camera("port", "program", None)
    camera.trouble = "unplug"
    with pytest.raises(LinnetError, match="port: the camera is gone"):
        stream_camera("port", "program", None)
    assert camera.calls[-2:] == ["stop", "closed"]
    monkeypatch.setattr("linnet.target.plugged_in", list)
    with pytest.raises(LinnetError, match="0 OpenMV cameras are plugged in"):
        find()
    monkeypatch.setattr("linnet.target.plugged_in", lambda: [("p1", [load_board("OPENMV4")]), ("p2", [load_board("RPI_PICO")])])
    assert find() == "p1" and find("p3") == "p3"
    monkeypatch.setitem(sys.modules, "openmv", None)
    with pytest.raises(LinnetError, match="pip install openmv"):
        stream_camera("port", "program", None)
