"""device/examples/openmv on emulated boards, as OpenMV IDE runs them, against stand-ins for OpenMV's modules (tests/device/openmv).

No camera was there: the stand-ins are written from OpenMV's public documentation, frames are drawn or come from test sets.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from image_twin import GRAY, RGB565, letterboxed, reference
from linnet.model import Model
from linnet.packer import pack_model
from openmv_scenes import FACE_BOX, digit_on_paper, drawn_face, in_view, pictures, rgb565
from test_openmv_speech import mfcc, second

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "device"))

import run  # noqa: E402

EXAMPLES = ROOT / "device" / "examples" / "openmv"
STAND_INS = ROOT / "tests" / "device" / "openmv"
BOARDS = "unix", "qemu-m7"
RAW = np.arange(-128, 128, dtype=np.int8)  # what an int8 input gets of each pixel


def stand_ins(is_old):
    """{path: bytes}: with csi, or with sensor alone as older firmware."""
    files = {f"/lib/{path.relative_to(STAND_INS)}": path.read_bytes() for path in STAND_INS.rglob("*.py")}
    csi, sensor = files.pop("/lib/csi.py"), files.pop("/lib/sensor.py")
    return files | ({"/lib/sensor.py": sensor, "/lib/camera_of_csi.py": csi} if is_old else {"/lib/csi.py": csi})


def see(board, example, frames, models, is_old=False, sound=None):
    """What an example prints on these frames, or this sound, without its times; it must end for want of more."""
    files = stand_ins(is_old) | ({} if sound is None else {"/sound.raw": sound.astype("<i2").tobytes()})
    files |= {f"/frames/{i:03}.raw": frame.tobytes() for i, frame in enumerate(frames)}
    files |= {f"/models/{name}.linnet": blob for name, blob in models.items()}
    with run.on_board(board, files) as execute:
        output = execute(EXAMPLES / example)
    lines = output.strip().splitlines()
    assert re.fullmatch("EOFError: no more (frames|sound)", lines[-1]), output
    timed = [line for line in lines if line.endswith(" fps")]
    assert (not frames or len(timed) == len(frames)) and all(re.search(r"  \d+\.\d fps$", line) for line in timed), output
    return [re.sub(r" +\S+ fps$", "", line) for line in lines if line.endswith(" fps") or line.startswith("face at")]


def packed(path, labels=None):
    return pack_model(path, labels, name=Path(path).stem).data


def scores(blob, frame, format, table):
    """The best class's label and score of a frame, by the host's model: on the board it must be the same to the byte."""
    model = Model(blob)
    fields = letterboxed(frame, format, model.input_shape[0])
    x = reference(frame, np.stack([table] * fields["channels"]), **fields)
    y = model.predict([x.astype(np.int8)])[0]
    order = np.argsort(-y.astype(int), kind="stable")
    real = [model.output_scale[0] * (int(y[i]) - model.output_zero_point[0]) for i in order]
    return [f"{model.labels[i]} {int(100 * score)} %" for i, score in zip(order, real)]


@pytest.mark.parametrize("board", BOARDS)
def test_digits(board, digits):
    test_set = np.load(digits / "digits_test.npz")
    frames = [digit_on_paper(test_set["x"][i]) for i in range(4)]
    labels = (digits / "labels.txt").read_text().split()
    blob = packed(digits / "digits.tflite", labels)
    lines = see(board, "digits.py", frames, {"digits": blob}, is_old=board == "qemu-m7")
    assert [line.split()[0] for line in lines] == [labels[y] for y in test_set["y"][:4]]
    assert lines == [scores(blob, frame[:, 20:140], GRAY, RAW[::-1])[0] for frame in frames]


@pytest.mark.parametrize("board", BOARDS)
def test_image_classification(board, shared):
    blob = packed(shared("models/pretrainedResnet_quant.tflite"), "airplane automobile bird cat deer dog frog horse ship truck".split())
    seen = list(pictures(shared("data/cifar10_jpeg_test_2000.npz"), 3))
    frames = [rgb565(in_view(picture)) for picture, _ in seen]
    lines = see(board, "image_classification.py", frames, {"cifar10": blob})
    wanted = [scores(blob, frame[:, 40:280], RGB565, RAW) for frame in frames]
    assert lines == ["  ".join(best[:3]) for best in wanted]
    assert sum(line.split()[0] == name for line, (_, name) in zip(lines, seen)) >= 2


@pytest.mark.parametrize("board", BOARDS)
def test_person_detection(board, shared):
    blob = packed(shared("models/vww_96_int8.tflite"), ["nobody", "somebody"])
    frames = [rgb565(frame) for frame in (drawn_face(), np.full((240, 320, 3), 90, np.uint8))]
    lines = see(board, "person_detection.py", frames, {"person": blob})
    assert lines == [scores(blob, frame[:, 40:280], RGB565, RAW)[0] for frame in frames]


@pytest.mark.parametrize("board", BOARDS)
def test_motion_gate(board, shared):
    blob = packed(shared("models/vww_96_int8.tflite"), ["nobody", "somebody"])
    there = drawn_face().mean(2).astype(np.uint8)
    empty = np.full_like(there, 90)
    speck = empty.copy()
    speck[100:110, 100:110] = 255
    lines = see(board, "motion_gate.py", [empty, empty, speck, there, there], {"person": blob})
    first, then = (scores(blob, frame[:, 40:280], GRAY, RAW)[0] for frame in (empty, there))
    assert lines == [first, "still", "still", then, "still"]


@pytest.mark.parametrize("board", BOARDS)
def test_face_detection(board, shared):
    blob = packed(shared("models/blazeface_front_128.tflite"))
    frames = [rgb565(frame) for frame in (drawn_face()[::2, ::2], np.full((120, 160, 3), 90, np.uint8))]
    lines = see(board, "face_detection.py", frames, {"blazeface_front_128": blob})
    assert lines[1:] == ["1 faces", "0 faces"]
    box = tuple(int(n) for n in re.findall(r"\d+", lines[0])[:4])
    assert np.abs(np.subtract(box, np.array(FACE_BOX) / 2)).max() <= 5


@pytest.mark.parametrize("board", BOARDS)
def test_keyword_spotting(board, shared):
    """Marvin is none of the ten words; the score is that of the features that tf.signal would give."""
    labels = "down go left no off on right stop up yes silence unknown".split()
    blob = packed(shared("models/kws_ref_model.tflite"), labels)
    pcm = second(shared("data/sww_marvin.wav"))
    lines = see(board, "keyword_spotting.py", [], {"kws_ref_model": blob}, sound=np.tile(pcm, 2))
    y = Model(blob).predict([mfcc(pcm.astype(float)).astype(np.float32)], real=True)[0]
    assert len(lines) >= 6 and labels[y.argmax()] == "unknown"
    label, percent, _ = lines[4].split()
    assert label == "unknown" and abs(float(percent) - 100 * y.max()) < 10


# As a script for ml.Model has it, but for the import.
ML_SCRIPT = """
import linnet as ml
import csi
from ulab import numpy as np

csi0 = csi.CSI()
csi0.reset()
csi0.pixformat(csi.GRAYSCALE)
csi0.framesize(csi.QQVGA)
model = ml.Model("/models/digits.tflite", load_to_fb=True)
print(model.len, model.ram, model.input_shape, model.input_dtype, model.output_shape, model.output_dtype, model.labels[:3])
out = model.predict([csi0.snapshot()])
print(type(out[0]) is np.ndarray, out[0].shape, sum(out[0].flatten().tolist()))
x = np.array([i / 63 for i in range(64)]).reshape((1, 8, 8, 1))
print(model.predict([x])[0].tolist())
print(model.predict([np.array([i % 2 for i in range(64)], dtype=np.int8)])[0].tolist())
def raw(model, inputs, outputs):
    return outputs[0].shape, outputs[0].dtype == np.int8, outputs[0].tolist()
print(model.predict([x], callback=raw))
print(ml.Model("digits", postprocess=raw).predict([x]))
"""


@pytest.mark.parametrize("board", BOARDS)
def test_a_script_for_ml_model(board, digits, tmp_path):
    script = tmp_path / "ml_script.py"
    script.write_text(ML_SCRIPT)
    blob = packed(digits / "digits.tflite")
    frame = np.full((120, 160), 200, np.uint8)
    files = stand_ins(False) | {"/frames/0.raw": frame.tobytes(), "/models/digits.linnet": blob}
    with run.on_board(board, files | {"/models/digits.txt": (digits / "labels.txt").read_bytes()}) as execute:
        lines = execute(script).strip().splitlines()
    model = Model(blob)
    ramp = np.array([i / 63 for i in range(64)], np.float32)
    stripes = np.array([i % 2 for i in range(64)], np.float32)
    raw = model.predict([ramp])[0].tolist()
    assert lines[0] == f"{len(blob)} {model.ram} ((1, 8, 8, 1),) ('b',) ((1, 10),) ('b',) ['0', '1', '2']"
    assert lines[1].startswith("True (1, 10) ") and abs(float(lines[1].split()[-1]) - 1) < 0.03
    for line, x in zip(lines[2:4], (ramp, stripes)):
        np.testing.assert_allclose(json.loads(line), model.predict([x], real=True)[0], atol=1e-6)  # printed with 7 digits
    assert lines[4:] == [str(((1, 10), True, raw))] * 2


def test_every_example_is_run():
    assert {path.name for path in EXAMPLES.glob("*.py")} == set(re.findall(r' see\(\S+, "(\w+\.py)"', Path(__file__).read_text()))
