def iou(a: tuple, b: tuple) -> float:
    """How much two boxes (x0, y0, x1, y1, ...) overlap: 0.0 ... 1.0."""

def suppress(boxes: list[tuple], threshold: float = 0.1, sigma: float = 0.1) -> list[tuple]:
    """The boxes (x0, y0, x1, y1, score, ...) that stay, best first. sigma 0: hard suppression."""
