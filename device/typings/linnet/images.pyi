from typing import Any

from .region import Region

GRAY: int
RGB565: int
RGB565_BIG: int
RGB888: int

class Image:
    """A frame that is no OpenMV image: any buffer of pixels. format: one of the constants of this module."""

    pixels: Any
    def __init__(self, pixels: Any, width: int, height: int, format: int) -> None: ...
    def width(self) -> int: ...
    def height(self) -> int: ...
    def format(self) -> int: ...

class Normalization:
    """How images become an input: model.predict([normalization(img)])."""

    roi: tuple[int, int, int, int] | None
    region: Region | None
    def __init__(
        self,
        scale: tuple[float, float] | None = None,
        mean: tuple[float, float, float] | None = None,
        stdev: tuple[float, float, float] | None = None,
        roi: tuple[int, int, int, int] | None = None,
        fit: str = "letterbox",
        smooth: bool = True,
    ) -> None: ...
    def __call__(self, image: Any, shape: tuple[int, ...] | None = None, dtype: int | None = None) -> Any: ...
    def fill(self, buffer: Any, shape: tuple[int, ...], dtype: int, scale: float = 0.0, zero_point: int = 0) -> None:
        """Writes the bound image's input."""

class Motion:
    """Says whether anything moved: a gate in front of a network. `changed`: pixels of the last comparison."""

    changed: int
    def __init__(
        self,
        width: int = 40,
        height: int = 30,
        threshold: int = 16,
        part: float = 0.02,
        roi: tuple[int, int, int, int] | None = None,
    ) -> None: ...
    def __call__(self, image: Any) -> bool: ...
