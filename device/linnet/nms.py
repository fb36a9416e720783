"""Boxes that overlap: all but the best of them go, at once or softly (Bodla et al., "Soft-NMS", ICCV 2017)."""

from math import exp


def iou(a, b):
    """How much two boxes (x0, y0, x1, y1, ...) overlap: 0.0 ... 1.0, the intersection of the union."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    shared = w * h
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def suppress(boxes, threshold=0.1, sigma=0.1):
    """The boxes (x0, y0, x1, y1, score, ...) that stay, best first. `boxes` is used up.

    sigma > 0: a box that overlaps a better one loses score, by exp(-iou * iou / sigma), and goes at `threshold` or less: the
    smaller sigma, the more is lost. sigma 0: a box whose iou with a better one is more than `threshold` goes.
    """
    kept = []
    while boxes:
        best = 0
        for i in range(1, len(boxes)):
            if boxes[i][4] > boxes[best][4]:
                best = i
        box = boxes.pop(best)
        kept.append(box)
        left = []
        for other in boxes:
            overlap = iou(box, other)
            if sigma and overlap:
                other = other[:4] + (other[4] * exp(-overlap * overlap / sigma),) + other[5:]
            if other[4] > threshold if sigma else overlap <= threshold:
                left.append(other)
        boxes = left
    return kept
