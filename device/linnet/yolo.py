"""Boxes of YOLO networks: post-processors for Model's postprocess= or predict's callback=.

All give a list per class of [((x, y, w, h), score), ...], in the frame's pixels, best first; lists may be empty.
threshold: the least score. nms_threshold, nms_sigma: linnet.nms.suppress, within a class.
"""

from math import exp

from .nms import suppress
from .postprocess import Scores, logit
from .region import region_of

# Widths and heights in cells: Darknet's cfg/yolov2-tiny.cfg (public domain), trained on COCO.
COCO_ANCHORS = (0.57273, 0.677385), (1.87446, 2.06253), (3.33843, 5.47434), (7.88282, 3.52778), (9.77052, 9.16828)


class _Yolo:
    def __init__(self, threshold=0.6, nms_threshold=0.1, nms_sigma=0.1):
        self._threshold, self._nms_threshold, self._nms_sigma = threshold, nms_threshold, nms_sigma

    def __call__(self, model, inputs, outputs):
        boxes = self.decode(model, outputs)  # type: ignore[attr-defined]  # each layout's own: a list per class
        region = region_of(model, inputs)
        found = []
        for of_class in boxes:
            kept = suppress(of_class, self._nms_threshold, self._nms_sigma) if len(of_class) > 1 else of_class
            found.append([(region.box(*box[:4]), box[4]) for box in kept])
        return found


class YoloV2(_Yolo):
    """Output 0: (1, rows, columns, anchors * (5 + classes)), before any sigmoid: x, y, w, h, objectness, classes.

    anchors: ((width, height), ...) in cells.
    """

    def __init__(self, threshold=0.6, anchors=COCO_ANCHORS, nms_threshold=0.1, nms_sigma=0.1):
        super().__init__(threshold, nms_threshold, nms_sigma)
        self._anchors = anchors

    def decode(self, model, outputs):
        """[[(x0, y0, x1, y1, score), ...] per class]; 0.0 ... 1.0 of the input each way."""
        _, rows, columns, depth = model.output_shape[0]
        step = depth // len(self._anchors)
        scores = Scores(model, outputs, 0)
        y, real, least = scores.y, scores.real, scores.least(logit(self._threshold))
        boxes = [[] for _ in range(step - 5)]
        for i in range(rows * columns * len(self._anchors)):
            at = i * step
            if y[at + 4] < least:
                continue
            best = _largest(y, at + 5, step - 5, 1)
            top = real(y[at + 5 + best])
            total = sum([exp(real(y[at + 5 + c]) - top) for c in range(step - 5)])
            score = _sigmoid(real(y[at + 4])) / total
            if score < self._threshold:
                continue
            cell, (anchor_w, anchor_h) = i // len(self._anchors), self._anchors[i % len(self._anchors)]
            u = (cell % columns + _sigmoid(real(y[at]))) / columns
            v = (cell // columns + _sigmoid(real(y[at + 1]))) / rows
            w, h = exp(real(y[at + 2])) * anchor_w / columns, exp(real(y[at + 3])) * anchor_h / rows
            boxes[best].append(_around(u, v, w, h, score))
        return boxes


class YoloV5(_Yolo):
    """Output 0: (1, boxes, 5 + classes): x, y, w, h as parts of the input, objectness, classes, all after the sigmoid."""

    def decode(self, model, outputs):
        """[[(x0, y0, x1, y1, score), ...] per class]; 0.0 ... 1.0 of the input each way."""
        _, n, step = model.output_shape[0]
        scores = Scores(model, outputs, 0)
        y, real, least = scores.y, scores.real, scores.least(self._threshold)
        boxes = [[] for _ in range(step - 5)]
        for at in range(0, n * step, step):
            # No class's score is more than 1: what falls short here falls short.
            if y[at + 4] < least:
                continue
            best = _largest(y, at + 5, step - 5, 1)
            score = real(y[at + 4]) * real(y[at + 5 + best])
            if score >= self._threshold:
                boxes[best].append(_around(real(y[at]), real(y[at + 1]), real(y[at + 2]), real(y[at + 3]), score))
        return boxes


class YoloV8(_Yolo):
    """Output 0: (1, 4 + classes, boxes): x, y, w, h as parts of the input, then each class's score after the sigmoid."""

    def decode(self, model, outputs):
        """[[(x0, y0, x1, y1, score), ...] per class]; 0.0 ... 1.0 of the input each way."""
        _, depth, n = model.output_shape[0]
        scores = Scores(model, outputs, 0)
        y, real, least = scores.y, scores.real, scores.least(self._threshold)
        boxes = [[] for _ in range(depth - 4)]
        for i in range(n):
            best = _largest(y, 4 * n + i, depth - 4, n)
            q = y[(4 + best) * n + i]
            if q >= least:
                boxes[best].append(_around(real(y[i]), real(y[n + i]), real(y[2 * n + i]), real(y[3 * n + i]), real(q)))
        return boxes


def _largest(y, start, n, step):
    """Which of n elements is the largest, the first of several."""
    best, q = 0, y[start]
    for i in range(1, n):
        if y[start + i * step] > q:
            best, q = i, y[start + i * step]
    return best


def _around(u, v, w, h, score):
    return u - w / 2, v - h / 2, u + w / 2, v + h / 2, score


def _sigmoid(x):
    return 1 / (1 + exp(-x)) if x > -80 else 0.0
