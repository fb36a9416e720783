"""Camera images into a model's input, without floats and without allocating: what ml.preprocessing is in OpenMV.

    from linnet.images import Normalization
    model.predict([img])                                          # the whole frame
    model.predict([Normalization(roi=(80, 40, 160, 160))(img)])   # a part of it
"""

from array import array

try:
    import _linnet_image
except ImportError:
    raise ImportError("_linnet_image.mpy is not installed: deploy the model again with linnet deploy")

from .region import fit as fit_region

GRAY, RGB565, RGB888, RGB565_BIG = 1, 2, 3, 4  # kernels/image/linnet_image.h
_BITS = {"b": (-128, 127), "B": (0, 255), "h": (-32768, 32767)}

try:
    import image as _openmv

    _FORMATS = {_openmv.GRAYSCALE: GRAY, _openmv.RGB565: RGB565}
except (ImportError, AttributeError):
    _FORMATS = None


class Image:
    """A frame that is no OpenMV image: any buffer, of an ESP32's camera for instance. format: one of those above."""

    def __init__(self, pixels, width, height, format):
        self.pixels, self._width, self._height, self._format = pixels, width, height, format

    def width(self):
        return self._width

    def height(self):
        return self._height

    def format(self):
        return self._format


class Normalization:
    """How images become an input; bound to one by calling it: model.predict([normalization(img)]).

    scale: the real values that black and white stand for; mean and stdev: one number each for red, green and blue, which are
    subtracted and divided by after that. Without any of them an int8 or uint8 input gets the pixels as they are (less 128),
    which is what OpenMV always does, and a float32 input 0.0 ... 1.0. With them an int8, uint8 or int16 input is quantized by
    the model's own scale and zero point, in a table of 256 entries a channel.
    roi: (x, y, w, h) of the frame, None for all of it. fit: "letterbox", "crop" or "stretch" (linnet.region.fit).
    smooth: between pixels, or the mean of them where the image shrinks to half or less; False takes the nearest.
    Once bound: roi, and `region` (linnet.region.Region), which leads back to the frame.
    """

    def __init__(self, scale=None, mean=None, stdev=None, roi=None, fit="letterbox", smooth=True):
        self._real = None if scale is None and mean is None and stdev is None else (
            scale or (0.0, 1.0), mean or (0.0, 0.0, 0.0), stdev or (1.0, 1.0, 1.0))  # fmt: skip
        self._wanted_roi, self._fit, self._smooth = roi, fit, smooth
        self.roi = roi
        self.region = None
        self._image = None
        self._format = -1
        self._geometry = array("i", [0] * 17)
        self._shape = self._kind = self._table = None

    def __call__(self, image, shape=None, dtype=None):
        """(image): this, bound to the image. (buffer, shape, dtype): fills a buffer, as predict asks any callable to."""
        if shape is not None:
            return self.fill(image, shape, dtype)
        self._image = image
        return self

    def fill(self, buffer, shape, dtype, scale=0.0, zero_point=0):
        """Writes the bound image's input. shape: (1, height, width, 1 or 3); dtype: array's letter as a number.

        Allocates where the image's size or format, or the input, is another than before: then not again.
        """
        image, geometry = self._image, self._geometry
        if image is None:
            raise ValueError("normalization: not bound to an image: predict([normalization(img)])")
        is_new_size = geometry[0] != image.width() or geometry[1] != image.height()
        if is_new_size or self._format != image.format() or self._shape != shape:
            self._place(image, shape)
        if self._kind != dtype or self._scale != scale or self._zero_point != zero_point:
            self._make_table(dtype, scale, zero_point)
        _linnet_image.convert(geometry, image.pixels if type(image) is Image else image, self._table, buffer)

    def _place(self, image, shape):
        if len(shape) != 4 or shape[0] != 1 or shape[3] not in (1, 3):
            raise ValueError("image: the model's input is no image but %s" % (shape,))
        width, height, format = image.width(), image.height(), image.format()
        kind = _kind_of(image, width, height, format)
        _, out_h, out_w, channels = shape
        self.region = region = fit_region(width, height, self._wanted_roi, out_w, out_h, self._fit)
        self.roi = region.roi
        fields = (width, height, kind) + region.roi + (out_w, out_h, channels) + region.to
        for i, field in enumerate(fields):
            self._geometry[i] = field
        self._geometry[15] = int(self._smooth)
        self._format, self._shape, self._kind = format, shape, None

    def _make_table(self, dtype, scale, zero_point):
        letter = chr(dtype)
        if letter not in "bBhf" or letter == "h" and not self._real:
            raise ValueError("image: an input of dtype '%s' wants Normalization(scale=...)" % letter)
        channels, size = self._shape[3], {"h": 2, "f": 4}.get(letter, 1)
        self._table = None
        self._table = table = array(letter, bytes(256 * channels * size))
        (low, high), mean, stdev = self._real or ((0.0, 1.0), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        if channels == 1:
            mean, stdev = (_luma(mean),), (_luma(stdev),)
        for i in range(256 * channels):
            v, c = i & 255, i >> 8
            if not self._real and letter != "f":
                table[i] = v - 128 if letter == "b" else v
            else:
                real = (low + v / 255 * (high - low) - mean[c]) / stdev[c]
                table[i] = real if letter == "f" else _quantized(real, scale, zero_point, letter)
        self._geometry[16] = size
        self._kind, self._scale, self._zero_point = dtype, scale, zero_point


class Motion:
    """Says whether anything moved: a gate in front of a network. Compares frames shrunk to a few gray pixels.

    threshold: how much a pixel (0 ... 255) must differ to count; part: the share of the pixels that must.
    """

    def __init__(self, width=40, height=30, threshold=16, part=0.02, roi=None):
        self._shape = (1, height, width, 1)
        self._image = Normalization(roi=roi, fit="stretch")
        self._seen, self._now = bytearray(width * height), bytearray(width * height)
        self._threshold, self._least = threshold, max(1, int(part * width * height))
        self._is_first = True
        self.changed = 0  # pixels, of the last comparison

    def __call__(self, image):
        """True when the frame differs from the last one that did; of the first frame too."""
        self._image(image).fill(self._now, self._shape, 66)  # ord("B")
        self.changed = _linnet_image.changed(self._seen, self._now, self._threshold)
        moved = self._is_first or self.changed >= self._least
        if moved:
            self._seen, self._now = self._now, self._seen
        self._is_first = False
        return moved


def _kind_of(image, width, height, format):
    if type(image) is Image:
        return format
    if _FORMATS is not None:
        kind = _FORMATS.get(format)
    else:
        kind = {1: GRAY, 2: RGB565}.get(image.size() / (width * height))
    if kind is None:
        raise ValueError("image: format %d cannot go into a model: take GRAYSCALE or RGB565 frames" % format)
    return kind


def _luma(rgb):
    return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]


def _quantized(real, scale, zero_point, letter):
    """TFLite's rounding: halves away from zero."""
    steps = real / scale
    low, high = _BITS[letter]
    return min(max((int(steps + 0.5) if steps >= 0 else -int(0.5 - steps)) + zero_point, low), high)
