"""What the cameras of the OpenMV tests see: a drawn face, digits on paper, pictures; and frames as a camera's memory holds them."""

import io

import numpy as np
from PIL import Image

FACE = 150, 120, 34  # middle and size, pixels of the frame
FACE_BOX = 123, 109, 54, 52  # x, y, w, h: from the brows to the chin, without the hair
FACE_POINTS = (138, 118), (162, 118), (150, 134), (150, 145)  # eyes, nose, mouth


def rgb565(frame):
    """(h, w, 3) uint8 -> the bytes of OpenMV's RGB565, (h, w, 2): the low byte first."""
    r, g, b = (frame[..., c].astype(np.uint16) for c in range(3))
    return ((r >> 3) << 11 | (g >> 2) << 5 | b >> 3).astype("<u2").view(np.uint8).reshape(*frame.shape[:2], 2)


def drawn_face(h=240, w=320):
    """(h, w, 3) uint8: a face at FACE, soft as a photograph is."""
    y, x = np.mgrid[0:h, 0:w].astype(float)
    cx, cy, r = FACE
    image = np.full((h, w, 3), (110.0, 120.0, 130.0)) + ((x / w - 0.5) * 30)[..., None]

    def paint(dx, dy, a, b, color, soft=0.06, opacity=1.0):
        """An ellipse around (cx + dx, cy + dy) with half axes a and b, all in units of r."""
        distance = np.hypot((x - cx - dx * r) / (a * r), (y - cy - dy * r) / (b * r)) - 1
        mask = opacity / (1 + np.exp(np.clip(distance / soft, -50, 50)))
        image[...] = image * (1 - mask[..., None]) + mask[..., None] * np.array(color)

    paint(0, 2.0, 1.5, 0.75, (40, 60, 110))  # shoulders
    paint(0, -0.15, 1.02, 1.28, (50, 35, 25))  # hair
    paint(0, 1.1, 0.42, 0.5, (185, 135, 110))  # neck
    paint(0, 0.12, 0.8, 1.08, (225, 175, 145))
    paint(0.6, 0.2, 0.4, 0.9, (150, 100, 80), 0.4, 0.35)  # shade
    for side in (-0.34, 0.34):
        paint(side, -0.05, 0.26, 0.2, (150, 105, 85), 0.3, 0.5)
        paint(side, -0.05, 0.17, 0.085, (245, 240, 235), 0.1)
        paint(side, -0.05, 0.08, 0.085, (45, 30, 25), 0.1)
        paint(side, -0.27, 0.24, 0.05, (60, 40, 30), 0.3, 0.9)
    paint(-0.06, 0.25, 0.05, 0.3, (245, 205, 180), 0.5, 0.5)  # nose
    paint(0, 0.46, 0.17, 0.07, (150, 95, 80), 0.3, 0.6)
    for side in (-0.08, 0.08):
        paint(side, 0.47, 0.04, 0.03, (80, 45, 40), 0.3, 0.8)
    paint(0, 0.74, 0.28, 0.08, (165, 75, 75), 0.2, 0.9)  # mouth
    paint(0, 0.74, 0.27, 0.015, (90, 35, 35), 0.3, 0.9)
    return np.clip(image, 0, 255).astype(np.uint8)


def digit_on_paper(pixels):
    """(8, 8, 1) int8 of the digits' test set, -128 paper, 127 ink -> a gray frame (120, 160) uint8, ink dark."""
    frame = np.full((120, 160), 255, np.uint8)
    frame[:, 20:140] = np.kron(127 - pixels[..., 0].astype(int), np.ones((15, 15), int))
    return frame


def pictures(path, n):
    """The first n pictures of a file of JPEGs (32, 32, 3), and what they show."""
    data = np.load(path)
    ends = data["offset"]
    for i in range(n):
        with Image.open(io.BytesIO(data["jpeg"][ends[i] : ends[i + 1]].tobytes())) as picture:
            yield np.asarray(picture.convert("RGB")), str(data["classes"][data["y"][i]])


def in_view(picture):
    """A picture (n, n, 3) enlarged to the middle 240 by 240 pixels of a frame (240, 320, 3)."""
    rows = np.arange(240) * len(picture) // 240
    frame = np.zeros((240, 320, 3), np.uint8)
    frame[:, 40:280] = picture[rows][:, rows]
    return frame
