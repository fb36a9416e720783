"""What the numbers of a network mean, for Model's postprocess= or predict's callback=: classes, and FOMO's centroids.

Every post-processor is called with (model, inputs, outputs). Scores are compared as the integers they are; a float is made
only of what passes. linnet.yolo has boxes, linnet.blaze faces and palms.
"""

from math import log

from .region import region_of


class TopK:
    """Classification: [(label, score), ...] of the k best classes of output 0, best first.

    label: the index of a class without a label. threshold: the least real score.
    """

    def __init__(self, k=1, threshold=0.0):
        self._k, self._threshold = k, threshold

    def __call__(self, model, inputs, outputs):
        scores, labels = Scores(model, outputs, 0), model.labels
        y, least = scores.y, scores.least(self._threshold)
        best = []
        for i in range(len(y)):
            q = y[i]
            if q < least or len(best) == self._k and q <= best[-1][0]:
                continue
            at = len(best)
            while at and q > best[at - 1][0]:
                at -= 1
            best.insert(at, (q, i))
            del best[self._k :]
        return [(labels[i] if i < len(labels) else i, scores.real(q)) for q, i in best]


class Fomo:
    """FOMO (Edge Impulse): a list per class of [((x, y, w, h), score), ...], in the frame's pixels, best first.

    Output 0 is (1, rows, columns, classes), class 0 the background, whose list is empty. Cells of one class that touch are one
    object; its rectangle holds them, its score is the best of them.
    """

    def __init__(self, threshold=0.4):
        self._threshold = threshold

    def __call__(self, model, inputs, outputs):
        _, rows, columns, classes = model.output_shape[0]
        scores, region = Scores(model, outputs, 0), region_of(model, inputs)
        y, least = scores.y, scores.least(self._threshold)
        found = [[] for _ in range(classes)]
        cells = [{} for _ in range(classes)]  # {row * columns + column: score} of those that pass
        for at in range(rows * columns):
            for c in range(1, classes):
                q = y[at * classes + c]
                if q >= least:
                    cells[c][at] = q
        for c in range(1, classes):
            while cells[c]:
                top, left, bottom, right, q = _object(cells[c], columns)
                box = region.box(left / columns, top / rows, (right + 1) / columns, (bottom + 1) / rows)
                found[c].append((box, scores.real(q)))
            found[c].sort(key=lambda entry: -entry[1])
        return found


class Scores:
    """Output `index`, flat, its elements as the network gave them."""

    def __init__(self, model, outputs, index):
        y = outputs[index]
        self.y = y.reshape((y.size,)) if hasattr(y, "reshape") else y
        self._is_real = model.output_dtype[index] == "f"
        self.scale, self.zero_point = model.output_scale[index], model.output_zero_point[index]

    def real(self, q):
        """The number that an element stands for."""
        return float(q) if self._is_real else self.scale * (int(q) - self.zero_point)

    def least(self, threshold):
        """The smallest element that stands for `threshold` or more."""
        if self._is_real:
            return threshold
        q = int(min(max(threshold / self.scale + self.zero_point, -70000), 70000))
        while self.real(q) < threshold and q < 70000:
            q += 1
        while self.real(q - 1) >= threshold and q > -70000:
            q -= 1
        return q


def logit(p):
    """The number whose sigmoid is p."""
    return log(p / (1 - p)) if 0 < p < 1 else 1e9 if p >= 1 else -1e9


def _object(cells, columns):
    """Takes out of the cells one and all that hang together with it, corners too: (top, left, bottom, right, best score)."""
    at, best = cells.popitem()
    edge = [at]
    top = bottom = at // columns
    left = right = at % columns
    while edge:
        at = edge.pop()
        row, column = at // columns, at % columns
        top, bottom = min(top, row), max(bottom, row)
        left, right = min(left, column), max(right, column)
        for r in (row - 1, row, row + 1):
            for c in range(max(column - 1, 0), min(column + 2, columns)):
                if r * columns + c in cells:
                    best = max(best, cells.pop(r * columns + c))
                    edge.append(r * columns + c)
    return top, left, bottom, right, best
