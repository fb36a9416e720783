# A stand-in for OpenMV's image (docs.openmv.io/library/omv.image.html), as far as the examples go: the pixels are a buffer, those
# of RGB565 16 bits each, the low byte first. Of what is drawn only outlines of rectangles and single points appear.

GRAYSCALE, RGB565, JPEG = 0x08020001, 0x0C030002, 0x06060000


class Image(bytearray):
    def __init__(self, width, height, pixformat):
        super().__init__(width * height * (2 if pixformat == RGB565 else 1))
        self._width, self._height, self._format = width, height, pixformat
        self.texts = []

    def width(self):
        return self._width

    def height(self):
        return self._height

    def format(self):
        return self._format

    def size(self):
        return len(self)

    def bytearray(self):
        return self

    def set_pixel(self, x, y, color):
        if not 0 <= x < self._width or not 0 <= y < self._height:
            return self
        at = y * self._width + x
        if self._format == RGB565:
            r, g, b = color
            bits = r >> 3 << 11 | g >> 2 << 5 | b >> 3
            self[2 * at], self[2 * at + 1] = bits & 255, bits >> 8
        else:
            self[at] = color if isinstance(color, int) else color[1]
        return self

    def draw_rectangle(self, rectangle, color=(255, 255, 255), thickness=1):
        x, y, w, h = rectangle
        for i in range(w):
            self.set_pixel(x + i, y, color)
            self.set_pixel(x + i, y + h - 1, color)
        for i in range(h):
            self.set_pixel(x, y + i, color)
            self.set_pixel(x + w - 1, y + i, color)
        return self

    def draw_circle(self, circle, color=(255, 255, 255), thickness=1, fill=False):
        return self.set_pixel(circle[0], circle[1], color)

    def draw_string(self, x, y, text, color=(255, 255, 255), scale=1):
        self.texts.append(text)
        return self
