from typing import Any

class Blaze:
    """A detector with anchors: [((x, y, w, h), score, [(x, y), ...]), ...] in the frame's pixels, with keypoints."""

    def __init__(
        self,
        grids: tuple[tuple[int, int], ...],
        scores: tuple[int, ...],
        boxes: tuple[int, ...],
        threshold: float,
        nms_threshold: float,
        nms_sigma: float,
    ) -> None: ...
    def __call__(
        self, model: Any, inputs: list, outputs: list
    ) -> list[tuple[tuple[int, int, int, int], float, list[tuple[int, int]]]]: ...
    def decode(self, model: Any, outputs: list) -> list[tuple]: ...

class BlazeFace(Blaze):
    """Faces. Keypoints: right eye, left eye, nose, mouth, right ear, left ear."""

    def __init__(self, threshold: float = 0.6, nms_threshold: float = 0.1, nms_sigma: float = 0.1) -> None: ...

class BlazePalm(Blaze):
    """Palms. Keypoints: wrist and fingers."""

    def __init__(self, threshold: float = 0.6, nms_threshold: float = 0.1, nms_sigma: float = 0.1) -> None: ...
