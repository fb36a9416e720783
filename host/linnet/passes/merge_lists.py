"""A SLICE of a CONCATENATION becomes the parts that it takes, where it cuts through none but constants.

TensorFlow's loops write turn by turn into a list: what lies before, the new element, what lies after. Unrolled, only the last list is
left, made once of all elements.
"""

import numpy as np

from linnet.graph import Operator, Tensor
from linnet.operators.concatenation import MAX_INPUTS


def run(graph):
    parts_of = {}  # tensor: (axis, the parts that it is made of)
    for at, op in enumerate(graph.operators):
        if op.kind == "SLICE":
            found = _taken(op, parts_of)
        elif op.kind == "CONCATENATION" and op.attrs.get("fused_activation", "NONE") == "NONE" and op.outputs[0].shape:
            axis = op.attrs["axis"] % len(op.outputs[0].shape)
            found = axis, [part for tensor in op.inputs for part in _parts(tensor, axis, parts_of)]
        else:
            continue
        if found is not None and len(found[1]) <= MAX_INPUTS:
            parts_of[op.outputs[0]] = found
            attrs = {"axis": found[0], "fused_activation": "NONE"}
            kind = "CONCATENATION" if len(found[1]) > 1 else "RESHAPE"
            graph.operators[at] = Operator(kind, found[1], op.outputs, attrs if len(found[1]) > 1 else {}, op.index)


def _parts(tensor, axis, parts_of):
    known_axis, parts = parts_of.get(tensor, (None, None))
    return parts if known_axis == axis else [tensor]


def _taken(op, parts_of):
    """(axis, the parts that this SLICE takes), or None."""
    axis, parts = parts_of.get(op.inputs[0], (None, None))
    if parts is None or any(tensor is None or tensor.data is None for tensor in op.inputs[1:]):
        return None
    sizes, begin = op.outputs[0].shape, op.inputs[1].data.ravel().tolist()
    if any(i != axis and size != whole for i, (size, whole) in enumerate(zip(sizes, op.inputs[0].shape))):
        return None
    first, end, at, taken = begin[axis], begin[axis] + sizes[axis], 0, []
    for part in parts:
        low, high = max(first, at) - at, min(end, at + part.shape[axis]) - at
        at += part.shape[axis]
        if low >= high:
            continue
        if (low, high) != (0, part.shape[axis]):
            if part.data is None:
                return None
            data = np.ascontiguousarray(np.take(part.data, range(low, high), axis))
            part = Tensor(part.name, data.shape, part.dtype, part.quant, data)
        taken.append(part)
    return axis, taken
