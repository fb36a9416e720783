from typing import Any

Rectangle = tuple[int, int, int, int]

class Region:
    """Rectangle `roi` of a frame lies at `to` of an input of out_w by out_h pixels."""

    roi: Rectangle
    to: Rectangle
    out_w: int
    out_h: int
    def __init__(self, roi: Rectangle, to: Rectangle, out_w: int, out_h: int) -> None: ...
    def point(self, u: float, v: float) -> tuple[int, int]:
        """(x, y) in the frame of a point of the input, 0.0 ... 1.0 each way."""

    def box(self, u0: float, v0: float, u1: float, v1: float) -> Rectangle:
        """(x, y, w, h) in the frame of a rectangle of the input."""

def fit(frame_w: int, frame_h: int, roi: Rectangle | None, out_w: int, out_h: int, how: str) -> Region:
    """how: "letterbox", "crop" or "stretch"."""

def region_of(model: Any, inputs: list) -> Region:
    """The Region that input 0 of a predict was taken from."""
