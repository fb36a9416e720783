"""What device/kernels/image does, in NumPy: a frame becomes a model's input."""

import numpy as np

GRAY, RGB565, RGB888, RGB565_BIG = 1, 2, 3, 4
NEAREST, SMOOTH = 0, 1


def as_rgb(image, format):
    """What the buffer says, (h, w, 3) of 0 ... 255."""
    if format == GRAY:
        return np.repeat(image[..., None].astype(int), 3, 2)
    if format == RGB888:
        return image.astype(int)
    bits = image.view("<u2" if format == RGB565 else ">u2")[..., 0].astype(int)
    parts = (bits >> 11, 31), (bits >> 5 & 63, 63), (bits & 31, 31)
    return np.stack([np.floor(value * 255 / most + 0.5).astype(int) for value, most in parts], 2)


def middles(n_from, n_to):
    step = (n_from << 16) // n_to
    return np.arange(n_to) * step + step // 2


def scaled(pixels, n_h, n_w, scaling):
    """(h, w, channels) -> (n_h, n_w, channels), as linnet_image.c does."""
    h, w, _ = pixels.shape
    if scaling == NEAREST:
        return pixels[middles(h, n_h) >> 16][:, middles(w, n_w) >> 16]
    if w >= 2 * n_w or h >= 2 * n_h:
        out = np.empty((n_h, n_w, pixels.shape[2]), int)
        for i in range(n_h):
            rows = pixels[i * h // n_h : max((i + 1) * h // n_h, i * h // n_h + 1)]
            for k in range(n_w):
                box = rows[:, k * w // n_w : max((k + 1) * w // n_w, k * w // n_w + 1)]
                n = box.shape[0] * box.shape[1]
                out[i, k] = (box.sum((0, 1)) + n // 2) // n
        return out

    def between(n_from, n_to):
        at = np.maximum(middles(n_from, n_to) - (1 << 15), 0)
        return at >> 16, np.minimum((at >> 16) + 1, n_from - 1), at >> 8 & 255

    y, y_far, y_weight = between(h, n_h)
    x, x_far, x_weight = between(w, n_w)
    x_weight, y_weight = x_weight[None, :, None], y_weight[:, None, None]
    above = pixels[y][:, x] * (256 - x_weight) + pixels[y][:, x_far] * x_weight
    below = pixels[y_far][:, x] * (256 - x_weight) + pixels[y_far][:, x_far] * x_weight
    return (above * (256 - y_weight) + below * y_weight + (1 << 15)) >> 16


def reference(image, table, **f):
    pixels = as_rgb(image, f["format"])
    part = pixels[f["y"] : f["y"] + f["h"], f["x"] : f["x"] + f["w"]]
    part = scaled(part, f["to_h"], f["to_w"], f["scaling"])
    if f["channels"] == 1:
        part = part[..., :1] if f["format"] == GRAY else ((part @ [77, 150, 29] + 128) >> 8)[..., None]
    values = np.full((f["out_h"], f["out_w"], f["channels"]), f["pad"])
    values[f["to_y"] : f["to_y"] + f["to_h"], f["to_x"] : f["to_x"] + f["to_w"]] = part
    return np.stack([table[c][values[..., c]] for c in range(f["channels"])], 2)


def letterboxed(frame, format, shape, fit="letterbox"):
    """The fields for a whole frame (h, w, ...) in an input of this shape (1, h, w, channels); fit: also "stretch"."""
    h, w = frame.shape[:2]
    _, out_h, out_w, channels = shape
    to_w = out_w if fit == "stretch" or w * out_h > h * out_w else (w * out_h + h // 2) // h
    to_h = out_h if fit == "stretch" or w * out_h <= h * out_w else (h * out_w + w // 2) // w
    return dict(
        format=format, x=0, y=0, w=w, h=h, out_w=out_w, out_h=out_h, channels=channels, to_x=(out_w - to_w) // 2,
        to_y=(out_h - to_h) // 2, to_w=to_w, to_h=to_h, pad=0, scaling=SMOOTH,
    )  # fmt: skip
