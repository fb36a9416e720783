"""The board's post-processors (device/linnet: postprocess, yolo, blaze, nms, region) under CPython, against NumPy on whole tensors."""

import importlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from linnet.model import Model
from linnet.packer import pack_model
from openmv_scenes import FACE_BOX, FACE_POINTS, drawn_face

PACKAGE = types.ModuleType("linnet_of_boards")
PACKAGE.__path__ = [str(Path(__file__).resolve().parents[2] / "device" / "linnet")]
sys.modules[PACKAGE.__name__] = PACKAGE
blaze, nms, postprocess, region, yolo = (
    importlib.import_module(f"{PACKAGE.__name__}.{name}") for name in ("blaze", "nms", "postprocess", "region", "yolo")
)


class Described:
    """What post-processors ask of a model: one input (1, h, w, 3), outputs of these dtypes, scales and zero points."""

    labels = []

    def __init__(self, outputs, input_shape=(1, 96, 96, 3)):
        self.input_shape = [input_shape]
        self.output_shape = [y.shape for y, _, _ in outputs]
        self.output_dtype = [{"int8": "b", "uint8": "B", "float32": "f"}[y.dtype.name] for y, _, _ in outputs]
        self.output_scale = [scale for _, scale, _ in outputs]
        self.output_zero_point = [zero_point for _, _, zero_point in outputs]


class Given:
    def __init__(self, region):
        self.region = region


def real(y, scale, zero_point):
    return y.astype(float) if y.dtype == np.float32 else scale * (y.astype(float) - zero_point)


def quantized(values, dtype):
    """(array, scale, zero point) that hold these values, as a converter would choose them."""
    if dtype == "float32":
        return values.astype(np.float32), 0.0, 0
    low, high = min(values.min(), 0.0), max(values.max(), 0.0)
    scale, bottom = (high - low) / 255, -128 if dtype == "int8" else 0
    zero_point = int(round(bottom - low / scale))
    return np.clip(np.round(values / scale) + zero_point, bottom, bottom + 255).astype(dtype), scale, zero_point


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def same_boxes(got, wanted):
    """Boxes (x0, y0, x1, y1, score) in any order."""
    assert len(got) == len(wanted)
    got, wanted = (np.array(sorted(tuple(map(float, box[:5])) for box in boxes)).reshape(-1, 5) for boxes in (got, wanted))
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


DTYPES = pytest.mark.parametrize("dtype", ("int8", "uint8", "float32"))


@DTYPES
def test_the_least_element_is_that_of_the_reals(dtype):
    rng = np.random.default_rng(1)
    y, scale, zero_point = quantized(rng.normal(0, 3, 256), dtype)
    scores = postprocess.Scores(Described([(y, scale, zero_point)]), [y], 0)
    for threshold in (*rng.normal(0, 3, 50), 0.0, 100.0, -1e9, 1e9):
        np.testing.assert_array_equal(y >= scores.least(threshold), real(y, scale, zero_point) >= threshold)


@DTYPES
def test_top_k(dtype):
    rng = np.random.default_rng(2)
    for k in (1, 3, 20):
        y, scale, zero_point = quantized(rng.random((1, 12)), dtype)
        model = Described([(y, scale, zero_point)])
        model.labels = ["first", "second"]
        values = real(y, scale, zero_point)[0]
        order = [i for i in np.argsort(-values, kind="stable") if values[i] >= 0.3][:k]
        got = postprocess.TopK(k, 0.3)(model, [None], [y])
        assert [label for label, _ in got] == [model.labels[i] if i < 2 else i for i in order]
        np.testing.assert_allclose([score for _, score in got], values[order])


def components(mask):
    """The cells that hang together, corners too, by flooding a whole array until nothing changes."""
    numbers = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        padded = np.pad(numbers, 1)
        h, w = mask.shape
        most = np.max([padded[i : i + h, k : k + w] for i in range(3) for k in range(3)], 0)
        grown = np.where(mask, most, 0)
        if (grown == numbers).all():
            return [numbers == n for n in np.unique(numbers[mask])]
        numbers = grown


@DTYPES
def test_fomo(dtype):
    rng = np.random.default_rng(3)
    where = region.fit(320, 240, (40, 0, 240, 240), 96, 96, "letterbox")
    for _ in range(10):
        y, scale, zero_point = quantized(rng.random((1, 12, 12, 3)), dtype)
        values = real(y, scale, zero_point)[0]
        got = postprocess.Fomo(0.8)(Described([(y, scale, zero_point)]), [Given(where)], [y])
        assert got[0] == [] and len(got) == 3
        for c in (1, 2):
            wanted = []
            for cells in components(values[..., c] >= 0.8):
                rows, columns = np.nonzero(cells)
                x, y0 = 40 + 20 * columns.min(), 20 * rows.min()
                size = 20 * (columns.max() + 1 - columns.min()), 20 * (rows.max() + 1 - rows.min())
                wanted.append(((x, y0, *size), values[..., c][cells].max()))
            assert sorted(box for box, _ in got[c]) == sorted(tuple(int(n) for n in box) for box, _ in wanted)
            np.testing.assert_allclose([score for _, score in got[c]], sorted((score for _, score in wanted), reverse=True))


@DTYPES
def test_yolo_v2(dtype):
    rng = np.random.default_rng(4)
    anchors, classes = ((1.0, 2.0), (3.0, 1.5)), 3
    y, scale, zero_point = quantized(rng.normal(0, 2, (1, 5, 7, 2 * (5 + classes))), dtype)
    t = real(y, scale, zero_point).reshape(5, 7, 2, 5 + classes)
    column, row, anchor = np.arange(7)[None, :, None], np.arange(5)[:, None, None], np.array(anchors)
    u, v = (sigmoid(t[..., 0]) + column) / 7, (sigmoid(t[..., 1]) + row) / 5
    w, h = np.exp(t[..., 2]) * anchor[:, 0] / 7, np.exp(t[..., 3]) * anchor[:, 1] / 5
    likely = np.exp(t[..., 5:]) / np.exp(t[..., 5:]).sum(-1, keepdims=True)
    score, best = sigmoid(t[..., 4]) * likely.max(-1), likely.argmax(-1)
    got = yolo.YoloV2(0.3, anchors).decode(Described([(y, scale, zero_point)]), [y])
    for c in range(classes):
        keep = (score >= 0.3) & (best == c)
        same_boxes(got[c], np.stack([u - w / 2, v - h / 2, u + w / 2, v + h / 2, score], -1)[keep])
    assert sum(map(len, got)) > 5


@DTYPES
def test_yolo_v5_and_v8(dtype):
    rng = np.random.default_rng(5)
    y, scale, zero_point = quantized(rng.random((1, 200, 9)), dtype)
    t = real(y, scale, zero_point)[0]
    corners = np.concatenate([t[:, :2] - t[:, 2:4] / 2, t[:, :2] + t[:, 2:4] / 2], 1)
    score, best = t[:, 4] * t[:, 5:].max(1), t[:, 5:].argmax(1)
    got = yolo.YoloV5(0.6).decode(Described([(y, scale, zero_point)]), [y])
    for c in range(4):
        keep = (score >= 0.6) & (best == c)
        same_boxes(got[c], np.column_stack([corners, score])[keep])
    assert sum(map(len, got)) > 5
    across = np.ascontiguousarray(y.transpose(0, 2, 1))
    score, best = t[:, 4:].max(1), t[:, 4:].argmax(1)
    got = yolo.YoloV8(0.9).decode(Described([(across, scale, zero_point)]), [across])
    for c in range(5):
        keep = (score >= 0.9) & (best == c)
        same_boxes(got[c], np.column_stack([corners, score])[keep])


def test_yolo_finds_one_box_of_many_in_the_frame():
    y = np.zeros((1, 6, 6), np.float32)  # v8: two classes, six candidates
    y[0, :, 0], y[0, :, 1], y[0, :, 3] = (0.5, 0.5, 0.25, 0.5, 0, 0.9), (0.51, 0.5, 0.25, 0.5, 0, 0.8), (0.2, 0.2, 0.1, 0.1, 0.7, 0)
    where = region.fit(320, 240, None, 96, 96, "letterbox")  # 96 by 72 pixels, 12 above and below
    got = yolo.YoloV8(0.6, nms_threshold=0.5)(Described([(y, 0.0, 0)]), [Given(where)], [y])
    assert got[1] == [((120, 40, 80, 160), pytest.approx(0.9))]
    assert got[0] == [((48, 8, 32, 32), pytest.approx(0.7))]
    hard = yolo.YoloV8(0.6, nms_threshold=0.5, nms_sigma=0.0)(Described([(y, 0.0, 0)]), [Given(where)], [y])
    assert hard == got


def overlaps(boxes):
    """iou of every pair, (n, n)."""
    low = np.stack([np.maximum(boxes[:, None, i], boxes[None, :, i]) for i in (0, 1)], -1)
    high = np.stack([np.minimum(boxes[:, None, i], boxes[None, :, i]) for i in (2, 3)], -1)
    shared = np.clip(high - low, 0, None).prod(-1)
    area = (boxes[:, 2:4] - boxes[:, :2]).prod(-1)
    return shared / (area[:, None] + area[None] - shared)


@pytest.mark.parametrize("sigma", (0.0, 0.1, 0.5))
def test_suppression(sigma):
    rng = np.random.default_rng(6)
    for _ in range(20):
        low, size = rng.random((15, 2)), 0.05 + rng.random((15, 2)) / 2
        boxes = np.column_stack([low, low + size, rng.random(15)])
        pairs = overlaps(boxes)
        alive, scores, wanted = np.ones(15, bool), boxes[:, 4].copy(), []
        while alive.any():
            best = int(np.argmax(np.where(alive, scores, -1)))
            wanted.append((best, scores[best]))
            alive[best] = False
            if sigma:
                scores[alive] *= np.exp(-(pairs[best, alive] ** 2) / sigma)
                alive &= scores > 0.2
            else:
                alive &= pairs[best] <= 0.2
        got = nms.suppress([tuple(box) + (i,) for i, box in enumerate(boxes)], 0.2, sigma)
        assert [box[5] for box in got] == [i for i, _ in wanted]
        np.testing.assert_allclose([box[4] for box in got], [score for _, score in wanted])


def anchors_of(grids):
    return np.concatenate([
        np.repeat([((i % n + 0.5) / n, (i // n + 0.5) / n) for i in range(n * n)], each, 0) for n, each in grids
    ])  # fmt: skip


@DTYPES
def test_blaze_palm(dtype):
    rng = np.random.default_rng(7)
    scores, boxes = quantized(rng.normal(-4, 3, (1, 2016, 1)), dtype), quantized(rng.normal(0, 20, (1, 2016, 18)), dtype)
    model = Described([scores, boxes], (1, 192, 192, 3))
    got = blaze.BlazePalm(0.9).decode(model, [scores[0], boxes[0]])
    score, t = sigmoid(real(*scores)[0, :, 0]), real(*boxes)[0] / 192
    at = anchors_of(((24, 2), (12, 6)))
    middle, half = at + t[:, :2], t[:, 2:4] / 2
    keep = score >= 0.9
    same_boxes(got, np.column_stack([middle - half, middle + half, score])[keep])
    points = sorted(tuple(p for point in box[5] for p in point) for box in got)
    np.testing.assert_allclose(points, sorted(map(tuple, (np.tile(at, 7) + t[:, 4:])[keep])))


def test_blaze_face_finds_a_drawn_face_and_its_parts(shared):
    model = Model(pack_model(shared("models/blazeface_front_128.tflite")).data)
    where = region.fit(320, 240, (40, 0, 240, 240), 128, 128, "letterbox")
    rows = np.arange(128) * 240 // 128
    outputs = model.predict([drawn_face()[rows][:, 40 + rows].astype(np.float32) / 255])
    ((box, score, points),) = blaze.BlazeFace()(model, [Given(where)], outputs)
    assert score > 0.6
    assert np.abs(np.subtract(box, FACE_BOX)).max() <= 10
    assert np.abs(np.subtract(points[:4], FACE_POINTS)).max() <= 6


def test_every_way_to_fit_leads_back():
    for how, corners in (("letterbox", (0, 0, 320, 240)), ("crop", (40, 0, 240, 240)), ("stretch", (0, 0, 320, 240))):
        where = region.fit(320, 240, None, 96, 96, how)
        assert where.box(0.0, 0.0, 1.0, 1.0) == corners
        assert where.point(0.5, 0.5) == (160, 120)
    assert region.fit(320, 240, (10, 20, 100, 30), 48, 96, "crop").roi == (52, 20, 15, 30)
    assert region.fit(320, 240, None, 96, 96, "letterbox").to == (0, 12, 96, 72)


def test_a_roi_of_another_normalization_is_taken():
    class Bound:
        roi = 30, 40, 100, 50

    where = region.region_of(Described([]), [Bound()])
    assert where.box(0.0, 0.25, 1.0, 0.75) == (30, 40, 100, 50)
