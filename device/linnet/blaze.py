"""MediaPipe's BlazeFace and BlazePalm: post-processors for Model's postprocess= or predict's callback=.

They give [((x, y, w, h), score, [(x, y), ...]), ...], in the frame's pixels, best first, with the keypoints: right eye, left
eye, nose, mouth, right ear, left ear of a face; wrist and fingers of a palm.
"""

from math import exp

from .nms import suppress
from .postprocess import Scores, logit
from .region import region_of


class Blaze:
    """A detector with anchors: squares of one size in the middle of every cell of some grids.

    grids: ((cells a side, anchors a cell), ...). scores, boxes: the outputs that hold them, in the order of the grids.
    """

    def __init__(self, grids, scores, boxes, threshold, nms_threshold, nms_sigma):
        self._grids, self._scores, self._boxes = grids, scores, boxes
        self._threshold, self._nms_threshold, self._nms_sigma = logit(threshold), nms_threshold, nms_sigma

    def __call__(self, model, inputs, outputs):
        found = self.decode(model, outputs)
        if len(found) > 1:
            found = suppress(found, self._nms_threshold, self._nms_sigma)
        region = region_of(model, inputs)
        return [(region.box(*box[:4]), box[4], [region.point(u, v) for u, v in box[5]]) for box in found]

    def decode(self, model, outputs):
        """[(x0, y0, x1, y1, score, [(u, v), ...]), ...]; 0.0 ... 1.0 of the input each way."""
        size = model.input_shape[0][1]
        found, first, last = [], 0, 0
        for score_index, box_index in zip(self._scores, self._boxes):
            scores, boxes = Scores(model, outputs, score_index), Scores(model, outputs, box_index)
            y, least = scores.y, scores.least(self._threshold)
            first, last = last, last + len(y)
            for i in range(len(y)):
                if y[i] >= least:
                    found.append(self._box(boxes, len(boxes.y) // len(y), i, first + i, size) + (_sigmoid(scores.real(y[i])),))
        return [entry[:4] + (entry[5], entry[4]) for entry in found]

    def _box(self, boxes, step, i, anchor, size):
        """(x0, y0, x1, y1, keypoints) of box i, in pixels of the input from its anchor."""
        u, v = self._anchor(anchor)
        y, real = boxes.y, boxes.real
        at = i * step
        points = [(u + real(y[at + k]) / size, v + real(y[at + k + 1]) / size) for k in range(0, step, 2)]
        (u, v), keypoints = points[0], points[2:]
        w, h = real(y[at + 2]) / size, real(y[at + 3]) / size
        return u - w / 2, v - h / 2, u + w / 2, v + h / 2, keypoints

    def _anchor(self, i):
        for cells, each in self._grids:
            if i < cells * cells * each:
                cell = i // each
                return (cell % cells + 0.5) / cells, (cell // cells + 0.5) / cells
            i -= cells * cells * each


class BlazeFace(Blaze):
    """Faces of blazeface_front (input 128 by 128)."""

    def __init__(self, threshold=0.6, nms_threshold=0.1, nms_sigma=0.1):
        super().__init__(((16, 2), (8, 6)), (1, 2), (0, 3), threshold, nms_threshold, nms_sigma)


class BlazePalm(Blaze):
    """Palms of palm_detection_full or _lite (input 192 by 192)."""

    def __init__(self, threshold=0.6, nms_threshold=0.1, nms_sigma=0.1):
        super().__init__(((24, 2), (12, 6)), (0,), (1,), threshold, nms_threshold, nms_sigma)


def _sigmoid(x):
    return 1 / (1 + exp(-x)) if x > -80 else 0.0
