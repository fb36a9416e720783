"""STRIDED_SLICE: NumPy's and TensorFlow's indexing with begins, ends and strides."""

from linnet.errors import LinnetError
from linnet.operators.operands import expect_operands
from linnet.operators.strided_copy import CODE, NAME, copy_step, elements, integers

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "StridedSliceOptions"


def read(options):
    return {
        "begin_mask": options.BeginMask(),
        "end_mask": options.EndMask(),
        "ellipsis_mask": options.EllipsisMask(),
        "new_axis_mask": options.NewAxisMask(),
        "shrink_axis_mask": options.ShrinkAxisMask(),
        "offset": bool(options.Offset()),
    }


def lower(op):
    expect_operands(op, 4)
    source, output = op.inputs[0], op.outputs[0]
    base = elements(source)
    try:
        view = base[index(op, source.shape)]
    except IndexError:
        raise LinnetError(f"{op}: its begins and strides do not fit {source.shape}; convert the model again") from None
    return copy_step(op, source, output, base, view)


def index(op, shape):
    """The operator's operands and masks as a NumPy index into an array of this shape."""
    begin, end, strides = (integers(op, i, f"its {what}") for i, what in ((1, "begin"), (2, "end"), (3, "strides")))
    if not len(begin) == len(end) == len(strides) or 0 in strides:
        raise LinnetError(f"{op}: has begins {begin}, ends {end}, strides {strides}; they must be equally many, strides not 0")

    def masked(name, i):
        return op.attrs[f"{name}_mask"] >> i & 1

    kinds = ["..." if masked("ellipsis", i) else "new" if masked("new_axis", i) else "axis" for i in range(len(begin))]
    if kinds.count("...") > 1 or kinds.count("axis") > len(shape):
        raise LinnetError(f"{op}: indexes {kinds.count('axis')} dimensions of {shape}, with {kinds.count('...')} ellipses")
    if "..." not in kinds:
        kinds.append("...")
    found, axis = [], 0
    for i, kind in enumerate(kinds):
        if kind == "...":
            found.append(Ellipsis)
            axis += len(shape) - kinds.count("axis")
        elif kind == "new":
            found.append(None)
        else:
            start = None if masked("begin", i) else begin[i]
            if masked("shrink_axis", i):
                found.append(start or 0)
            else:
                stop = None if masked("end", i) else end[i]
                if op.attrs.get("offset") and stop is not None:
                    stop += slice(start, None, strides[i]).indices(shape[axis])[0]
                found.append(slice(start, stop, strides[i]))
            axis += 1
    return tuple(found)
