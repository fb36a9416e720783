"""What slides over height and width: geometry as TFLite computes it, and `window` of FORMAT.md section 5."""

import struct
from dataclasses import dataclass, replace

from linnet.errors import LinnetError
from linnet.operators import activation
from linnet.operators.operands import expect_rank

PADDINGS = {0: "SAME", 1: "VALID"}


@dataclass(frozen=True)
class Window:
    """Fields as in FORMAT.md; sizes in elements."""

    batches: int
    in_h: int
    in_w: int
    in_c: int
    out_h: int
    out_w: int
    out_c: int
    kernel_h: int
    kernel_w: int
    pad_top: int
    pad_left: int
    stride_h: int
    stride_w: int
    dilation_h: int = 1
    dilation_w: int = 1

    @property
    def pixels(self):
        """Output pixels of all batches."""
        return self.batches * self.out_h * self.out_w

    @property
    def kernel(self):
        return self.kernel_h * self.kernel_w

    @property
    def is_dilated(self):
        return self.dilation_h != 1 or self.dilation_w != 1

    def as_row(self):
        """An image of one column as one of one row: the same bytes, and what the kernels do fastest."""
        if not self.in_w == self.out_w == self.kernel_w == 1 or self.pad_left:
            return self
        return replace(
            self, in_h=1, in_w=self.in_h, out_h=1, out_w=self.out_h, kernel_h=1, kernel_w=self.kernel_h, pad_top=0,
            pad_left=self.pad_top, stride_h=1, stride_w=self.stride_h, dilation_h=1, dilation_w=self.dilation_h,
        )  # fmt: skip

    def pack(self, op):
        """The 28 bytes of FORMAT.md; LinnetError names the field that does not fit."""
        limits = {name: 255 if name.startswith(("stride", "dilation")) else 65535 for name in vars(self)}
        for name, value in vars(self).items():
            low = 0 if name.startswith("pad") else 1
            if not low <= value <= limits[name]:
                raise LinnetError(f"{op}: {name} is {value}, outside {low} ... {limits[name]}")
        return struct.pack("<11H4BH", *vars(self).values(), 0)


def read(options):
    """The attributes that convolutions and pools share, from their TFLite options."""
    if options.Padding() not in PADDINGS:
        raise LinnetError(f"its padding has the unknown code {options.Padding()}")
    return {
        "padding": PADDINGS[options.Padding()],
        "stride_h": options.StrideH(),
        "stride_w": options.StrideW(),
        "fused_activation": activation.read(options),
    }


def kernel_size(op):
    """(height, width) of the window of a convolution or pool."""
    if "filter_height" in op.attrs:
        return op.attrs["filter_height"], op.attrs["filter_width"]
    return tuple(op.inputs[1].shape[1:3])


def geometry(in_size, kernel, stride, dilation, padding):
    """(output size, padding before) along one axis. TFLite's ComputeOutSize and ComputePadding."""
    effective = (kernel - 1) * dilation + 1
    if padding == "VALID":
        return (in_size + stride - effective) // stride, 0
    out_size = (in_size + stride - 1) // stride
    return out_size, max((out_size - 1) * stride + effective - in_size, 0) // 2


def of(op):
    """The Window of an operator whose padding is resolved (passes/resolve_padding.py)."""
    expect_rank(op, op.inputs[0], 4, "input")
    expect_rank(op, op.outputs[0], 4, "output")
    (batches, in_h, in_w, in_c), (out_batches, out_h, out_w, out_c) = op.inputs[0].shape, op.outputs[0].shape
    kernel_h, kernel_w = kernel_size(op)
    attrs = op.attrs
    if batches != out_batches:
        raise LinnetError(f"{op}: {batches} batches go in, {out_batches} come out")
    return Window(
        batches, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w,
        attrs["pad_top"], attrs["pad_left"], attrs["stride_h"], attrs["stride_w"],
        attrs.get("dilation_h", 1), attrs.get("dilation_w", 1),
    )  # fmt: skip


def pack_requant(op):
    """The 8 bytes of `requant`: zero points of input 0 and output 0, and the clamp of the fused activation."""
    return struct.pack("<4h", op.inputs[0].zero_point, op.outputs[0].zero_point, *activation.clamp(op))
