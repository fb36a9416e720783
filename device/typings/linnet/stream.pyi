from typing import Any

def emit(**fields: Any) -> None:
    """Sends one record to the host. Values: numbers, str, bool, None, lists and dicts of them."""

def emit_frame(img: Any, **fields: Any) -> None:
    """Sends one record with a camera's frame, of which `linnet stream --frames DIR` makes a PNG file."""

def send(text: str) -> None:
    """Sends one record whose JSON the caller has written already."""

class Stream:
    """Records of one shape: out = Stream("label", "score"); out.emit("yes", 0.93)."""

    def __init__(self, *names: str) -> None: ...
    def emit(self, *values: Any) -> None: ...
