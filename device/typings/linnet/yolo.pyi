from typing import Any

COCO_ANCHORS: tuple[tuple[float, float], ...]

class YoloV2:
    """A list per class of [((x, y, w, h), score), ...], in the frame's pixels. anchors: ((width, height), ...) in cells."""

    def __init__(
        self,
        threshold: float = 0.6,
        anchors: tuple[tuple[float, float], ...] = ...,
        nms_threshold: float = 0.1,
        nms_sigma: float = 0.1,
    ) -> None: ...
    def __call__(self, model: Any, inputs: list, outputs: list) -> list[list[tuple[tuple[int, int, int, int], float]]]: ...
    def decode(self, model: Any, outputs: list) -> list[list[tuple]]: ...

class YoloV5:
    """A list per class of [((x, y, w, h), score), ...], in the frame's pixels."""

    def __init__(self, threshold: float = 0.6, nms_threshold: float = 0.1, nms_sigma: float = 0.1) -> None: ...
    def __call__(self, model: Any, inputs: list, outputs: list) -> list[list[tuple[tuple[int, int, int, int], float]]]: ...
    def decode(self, model: Any, outputs: list) -> list[list[tuple]]: ...

class YoloV8(YoloV5):
    """A list per class of [((x, y, w, h), score), ...], in the frame's pixels."""
