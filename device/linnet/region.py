"""Which part of a frame a model sees, and the way back: from the network's coordinates to the frame's pixels."""


class Region:
    """Rectangle roi = (x, y, w, h) of a frame lies at `to`, likewise, of an input of out_w by out_h pixels."""

    def __init__(self, roi, to, out_w, out_h):
        self.roi, self.to, self.out_w, self.out_h = roi, to, out_w, out_h

    def point(self, u, v):
        """(x, y) in the frame of a point of the input, 0.0 ... 1.0 each way; never outside of the roi."""
        x, y, w, h = self.roi
        to_x, to_y, to_w, to_h = self.to
        return (
            x + min(max(round((u * self.out_w - to_x) * w / to_w), 0), w),
            y + min(max(round((v * self.out_h - to_y) * h / to_h), 0), h),
        )

    def box(self, u0, v0, u1, v1):
        """(x, y, w, h) in the frame of a rectangle of the input."""
        x, y = self.point(u0, v0)
        right, bottom = self.point(u1, v1)
        return x, y, right - x, bottom - y


def fit(frame_w, frame_h, roi, out_w, out_h, how):
    """A Region.

    how: "letterbox" keeps the shape of the roi (None: the whole frame) and pads, as OpenMV's firmware does since 5.0; "crop"
    keeps it and leaves its edges out, as firmware 4 did; "stretch" does not keep it. ValueError for a roi outside of the frame.
    """
    x, y, w, h = roi or (0, 0, frame_w, frame_h)
    if x < 0 or y < 0 or w < 1 or h < 1 or x + w > frame_w or y + h > frame_h:
        raise ValueError("roi %s: outside of a frame of %d by %d" % (roi, frame_w, frame_h))
    to_w, to_h = out_w, out_h
    if how == "letterbox":
        if w * out_h > h * out_w:
            to_h = max(1, (h * out_w + w // 2) // w)
        else:
            to_w = max(1, (w * out_h + h // 2) // h)
    elif how == "crop":
        if w * out_h > h * out_w:
            part = max(1, (h * out_w + out_h // 2) // out_h)
            x, w = x + (w - part) // 2, part
        else:
            part = max(1, (w * out_h + out_w // 2) // out_w)
            y, h = y + (h - part) // 2, part
    elif how != "stretch":
        raise ValueError('fit: "letterbox", "crop" or "stretch" wanted, %s given' % how)
    return Region((x, y, w, h), ((out_w - to_w) // 2, (out_h - to_h) // 2, to_w, to_h), out_w, out_h)


def region_of(model, inputs):
    """The Region that input 0 of a predict was taken from. What is no image is a frame of the input's own size."""
    _, out_h, out_w, _ = model.input_shape[0]
    given = inputs[0]
    region = getattr(given, "region", None)
    if region:
        return region
    # OpenMV's own Normalization knows its roi alone.
    x, y, w, h = getattr(given, "roi", None) or (0, 0, out_w, out_h)
    return fit(x + w, y + h, (x, y, w, h), out_w, out_h, "letterbox")
