# A stand-in for OpenMV's csi (docs.openmv.io/library/omv.csi.html), as far as the examples go. Frames are the files in /frames,
# by name, in the pixel format and size that are asked for; after the last one snapshot() raises EOFError.

import os

import image

GRAYSCALE, RGB565 = image.GRAYSCALE, image.RGB565
QQVGA, QVGA, VGA = 1, 2, 3
_SIZES = {QQVGA: (160, 120), QVGA: (320, 240), VGA: (640, 480)}


class CSI:
    def __init__(self, cid=-1):
        self._names = sorted(os.listdir("/frames"))
        self._window = self._frame = None

    def reset(self, hard=True):
        self._format, self._size = GRAYSCALE, (0, 0)

    def pixformat(self, pixformat):
        self._format = pixformat

    def framesize(self, framesize):
        self._size = framesize if isinstance(framesize, tuple) else _SIZES[framesize]

    def window(self, roi):
        self._window = roi if len(roi) == 4 else ((self._size[0] - roi[0]) // 2, (self._size[1] - roi[1]) // 2) + roi

    def snapshot(self, time=-1, frames=-1):
        if self._frame is None:
            width, height = self._window[2:] if self._window else self._size
            self._frame = image.Image(width, height, self._format)  # the frame buffer: every image is of the same memory
        if time >= 0 or frames >= 0:
            return None
        if not self._names:
            raise EOFError("no more frames")
        with open("/frames/" + self._names.pop(0), "rb") as file:
            self._read(file)
        return self._frame

    def _read(self, file):
        x, y, w, h = self._window or (0, 0) + self._size
        bytes_a_pixel = 2 if self._format == RGB565 else 1
        pixels = memoryview(self._frame)
        if file.seek(0, 2) != self._size[0] * self._size[1] * bytes_a_pixel:
            raise ValueError("stand-in: a frame of another size than %d by %d" % self._size)
        for row in range(h):
            file.seek(((y + row) * self._size[0] + x) * bytes_a_pixel)
            file.readinto(pixels[row * w * bytes_a_pixel : (row + 1) * w * bytes_a_pixel])
