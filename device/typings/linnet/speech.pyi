from array import array
from typing import Any

class Mfcc:
    """The last `rows` frames of 16-bit sound, `coefficients` numbers each; `heard`: frames since the start."""

    heard: int
    def __init__(
        self,
        rows: int = 49,
        coefficients: int = 10,
        rate_hz: int = 16000,
        window: int = 480,
        stride: int = 320,
        bands: int = 40,
        low_hz: float = 20.0,
        high_hz: float = 4000.0,
    ) -> None: ...
    def feed(self, pcm: Any) -> None:
        """Takes samples: any buffer of int16, of any length."""

    def features(self) -> array:
        """array("f") of rows * coefficients, the oldest first."""
