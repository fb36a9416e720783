"""Camera frames in streamed records (device/linnet/stream.py, emit_frame): PNG files of them."""

import binascii
import struct
import zlib
from pathlib import Path

import numpy as np

from .errors import LinnetError

PIXEL_BYTES = {"gray": 1, "rgb565": 2, "rgb565_big": 2, "rgb888": 3}


class FrameFiles:
    """Takes the frames out of records; writes them to FOLDER/000001.png and so on where there is a folder."""

    def __init__(self, folder=None):
        self._folder = Path(folder) if folder else None
        self._n = 0
        if self._folder:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LinnetError(f"{folder}: cannot be made: {error.strerror}; give another folder") from None

    def take(self, record):
        """The record with its frame's file, or its size, in the frame's place; any other record as it is."""
        frame = record.get("frame") if isinstance(record, dict) else None
        if not isinstance(frame, dict) or "pixels" not in frame:
            return record
        try:
            image = decode(frame)
        except (ValueError, KeyError, TypeError, binascii.Error):
            return record | {"frame": "damaged"}
        if not self._folder:
            return record | {"frame": f"{image.shape[1]}x{image.shape[0]}"}
        self._n += 1
        path = self._folder / f"{self._n:06}.png"
        try:
            path.write_bytes(png(image))
        except OSError as error:
            raise LinnetError(f"{path}: cannot be written: {error.strerror}; give another folder") from None
        return record | {"frame": str(path)}


def decode(frame):
    """A frame as its record has it -> (height, width) or (height, width, 3) uint8. ValueError or KeyError for what is none."""
    shape = int(frame["height"]), int(frame["width"]), PIXEL_BYTES[frame["kind"]]
    pixels = frame["pixels"]  # base64, or the bytes themselves
    pixels = np.frombuffer(pixels if isinstance(pixels, bytes) else binascii.a2b_base64(pixels), np.uint8).reshape(shape)
    if frame["kind"] == "gray":
        return pixels[..., 0]
    if frame["kind"] == "rgb888":
        return pixels
    bits = pixels.view("<u2" if frame["kind"] == "rgb565" else ">u2")[..., 0].astype(np.uint32)
    parts = (bits >> 11) * 527 + 23, (bits >> 5 & 63) * 259 + 33, (bits & 31) * 527 + 23
    return np.stack([part >> 6 for part in parts], 2).astype(np.uint8)


def png(image):
    """(height, width) or (height, width, 3) uint8 -> the bytes of a PNG file (its specification, sections 5 and 11)."""
    height, width = image.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if image.ndim == 2 else 2, 0, 0, 0)
    rows = np.zeros((height, 1 + image.size // height), np.uint8)  # a filter type, 0, before each
    rows[:, 1:] = image.reshape(height, -1)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes())), (b"IEND", b"")
    body = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
