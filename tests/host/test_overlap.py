"""The planner's distances hold in the real kernels: an output exactly as close to its input as Step.overlap says is
computed as if the two lay apart; and closer it is not."""

import itertools

import numpy as np
import pytest
from graphs import (
    activation,
    add,
    constant,
    conv_2d,
    depthwise_conv_2d,
    elementwise,
    fully_connected,
    pool,
    random_inputs,
)

from linnet import core
from linnet.graph import Graph, Operator, Tensor
from linnet.lower import lower
from linnet.model import Model
from linnet.operators import window
from linnet.overlap import rows_overlap, window_overlap
from linnet.packer import assemble
from linnet.passes import run_all
from linnet.plan import Plan


def up(n, multiple=4):
    return -(-n // multiple) * multiple


def run_at(step, graph, x, distances, core_name="portable"):
    """The output bytes of a single step for inputs x, each input starting so many bytes after the output does."""
    lowest = min(0, *distances.values())
    offsets = {step.outputs[0]: up(-lowest, 16)}
    offsets |= {tensor: offsets[step.outputs[0]] + distance for tensor, distance in distances.items()}
    assert all(offset % 4 == 0 for offset in offsets.values())
    end = up(max(offset + tensor.bytes for tensor, offset in offsets.items()), 16)
    scratch = core.scratch_bytes(step.code, step.params, step.variant)
    plan = Plan([step], [], up(end + scratch, 16), offsets, [(end if scratch else 0, scratch)])
    return Model(assemble([step], graph.inputs, graph.outputs, plan=plan, core=core_name).data).predict(x)[0].tobytes()


def lowered(op):
    """(graph, Step) of an operator alone."""
    graph = run_all(Graph("test", list(dict.fromkeys(t for t in op.inputs if t.data is None)), op.outputs, [op]))
    (step,) = lower(graph)
    return graph, step


def far_apart(step, graph):
    """Distances at which nothing overlaps, not even when one of the inputs is moved closer."""
    apart, at = {}, up(step.outputs[0].bytes) + max(up(tensor.bytes) for tensor in graph.inputs)
    for tensor in graph.inputs:
        apart[tensor], at = at, at + up(tensor.bytes)
    return apart


def exact_at(op, shift=0, seed=1):
    """Whether the operator's result is right when every input that may starts at its distance plus shift, rounded up to 4.

    Two inputs are tried one after the other, the idle one far away."""
    graph, step = lowered(op)
    if graph.inputs[0].dtype == "float32":
        x = [np.random.default_rng([seed, i]).normal(0, 2, tensor.shape).astype(np.float32) for i, tensor in enumerate(graph.inputs)]
    else:
        x = random_inputs(graph, seed)
    apart = far_apart(step, graph)
    want = run_at(step, graph, x, apart)
    places = {tensor: overlap for tensor, overlap in zip(step.inputs, step.overlap) if overlap is not None}
    close = [apart | {tensor: up(places[tensor]) + shift} for tensor in graph.inputs if tensor in places]
    return all(run_at(step, graph, x, distances) == want for distances in close)


def sizes(in_size, kernel, stride, dilation, padding):
    return window.geometry(in_size, kernel, stride, dilation, padding)[0]


def windows():
    """(in_h, in_w, kernel, stride, dilation, padding) of every small window that has an output."""
    shapes = [(1, 1), (1, 6), (5, 1), (4, 7), (6, 5)]
    kernels = [(1, 1), (3, 3), (2, 2), (1, 3), (4, 1), (5, 5)]
    for (in_h, in_w), kernel, stride, dilation, padding in itertools.product(
        shapes, kernels, [(1, 1), (2, 2), (1, 3)], [1, 2], ["SAME", "VALID"]
    ):
        out = [sizes(n, k, s, dilation, padding) for n, k, s in zip((in_h, in_w), kernel, stride)]
        if min(out) > 0:
            yield (in_h, in_w), tuple(out), kernel, stride, dilation, padding


def windowed(kind, channels, batches=1):
    """Every small operator of a kind; channels are pairs of (in, out)."""
    for number, (size, out, kernel, stride, dilation, padding) in enumerate(windows()):
        in_c, out_c = channels[number % len(channels)]
        attrs = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1]}
        x, out_shape = activation((batches, *size, in_c)), (batches, *out, out_c)
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            make = conv_2d if kind == "CONV_2D" else depthwise_conv_2d
            yield make(x, out_shape, kernel, number, dilation_h=dilation, dilation_w=dilation, **attrs)
        elif dilation == 1:
            yield pool(kind, x, out_shape, kernel, **attrs)


def moves(kind):
    """Small operators of a kind that moves data, along each axis."""
    no_axis = np.zeros((4, 2), np.int32)
    for shape, axis in itertools.product([(1, 3, 4, 8), (2, 4, 3, 4), (1, 1, 5, 3)], range(4)):
        x = activation(shape)
        grown, padded = no_axis.copy(), list(shape)
        grown[axis] = 1, 0 if shape[axis] == 1 else 1
        padded[axis] += int(grown[axis].sum())
        box = [slice(1 if i == axis and n > 1 else 0, n) for i, n in enumerate(shape)]
        begin, sizes = [b.start for b in box], [b.stop - b.start for b in box]
        order = [axis, *(i for i in range(4) if i != axis)]
        ints = [constant(np.array(values, np.int32)) for values in (begin, sizes, order)]
        align = {"align_corners": False, "half_pixel_centers": axis % 2 == 1}
        wide = [shape[0], shape[1] * (1 + axis % 2), shape[2] * (1 + axis // 2), shape[3]]
        yield {
            "PAD": lambda: Operator("PAD", [x, constant(grown)], [activation(padded)]),
            "MIRROR_PAD": lambda: Operator("MIRROR_PAD", [x, constant(grown)], [activation(padded)], {"mode": "SYMMETRIC"}),
            "SLICE": lambda: Operator("SLICE", [x, *ints[:2]], [activation(sizes)]),
            "TRANSPOSE": lambda: Operator("TRANSPOSE", [x, ints[2]], [activation([shape[i] for i in order])]),
            "CONCATENATION": lambda: concatenation([x, activation(padded), x_like(x)], axis),
            "RESIZE_BILINEAR": lambda: Operator(kind, [x, constant(np.array(wide[1:3], np.int32))], [activation(wide)], align),
            "RESIZE_NEAREST_NEIGHBOR": lambda: Operator(kind, [x, constant(np.array(wide[1:3], np.int32))], [activation(wide)], align),
        }[kind]()


def x_like(x):
    return activation(x.shape, name="another")


def concatenation(sources, axis):
    shape = list(sources[0].shape)
    shape[axis] = sum(source.shape[axis] for source in sources)
    return Operator("CONCATENATION", sources, [activation(shape)], {"axis": axis})


MOVES = ("PAD", "MIRROR_PAD", "SLICE", "TRANSPOSE", "CONCATENATION", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
def binary(kind, a, b, out_quant=(0.05, 4), dtype=None, **attrs):
    """An operator on two inputs that broadcast."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    output = activation(shape, *out_quant, name="binary") if dtype is None else Tensor("binary", shape, dtype)
    return Operator(kind, [a, b], [output], attrs)


def cumsum(x, axis, reverse):
    output = activation(x.shape, 0.2, 4, name="cumsum")
    return Operator("CUMSUM", [x, constant(np.array(axis, np.int32))], [output], {"exclusive": reverse, "reverse": reverse})


def binaries():
    """Two inputs of one shape, one repeated, and integers; in place where the shapes are equal."""
    for shape in ((1, 3, 8), (2, 5), (37,)):
        x, y = activation(shape, 0.03, 5, "x"), activation(shape, 0.07, -9, "y")
        yield binary("SUB", x, y, fused_activation="NONE")
        yield binary("MUL", x, y, (0.01, 4), fused_activation="NONE")
        yield binary("SQUARED_DIFFERENCE", x, y)
        yield binary("PRELU", x, y)
        yield binary("LESS", x, y, dtype="bool")
        yield binary("MUL", x, constant(np.arange(shape[-1]).astype(np.int8), 0.01), (0.01, 4), fused_activation="NONE")
        one, two = Tensor("one", shape, "int32"), Tensor("two", shape, "int32")
        yield binary("ADD", one, two, dtype="int32", fused_activation="NONE")
        yield binary("EQUAL", one, two, dtype="bool")


CASES = {
    "binary": binaries,
    "LOG_SOFTMAX": lambda: (elementwise("LOG_SOFTMAX", activation((rows, 9)), (1 / 16, 127)) for rows in (1, 3)),
    "CUMSUM": lambda: [cumsum(activation((2, 6, 3)), axis, reverse) for axis in (0, 1, 2) for reverse in (False, True)],
    "ADD_N": lambda: [Operator("ADD_N", [activation((9,), name=name) for name in "abc"], [activation((9,), 0.1, 3, "y")])],
    **{kind: lambda kind=kind: moves(kind) for kind in MOVES},
    "CONV_2D": lambda: windowed("CONV_2D", [(4, 4), (4, 8), (8, 4), (3, 5), (16, 4), (1, 6)]),
    "CONV_2D in batches": lambda: windowed("CONV_2D", [(4, 4), (4, 8), (8, 4)], batches=2),
    "DEPTHWISE_CONV_2D": lambda: windowed("DEPTHWISE_CONV_2D", [(4, 4), (4, 8), (3, 3), (1, 4), (2, 6)]),
    "DEPTHWISE_CONV_2D in batches": lambda: windowed("DEPTHWISE_CONV_2D", [(4, 4), (4, 8)], batches=2),
    "AVERAGE_POOL_2D": lambda: windowed("AVERAGE_POOL_2D", [(4, 4), (3, 3)], batches=2),
    "MAX_POOL_2D": lambda: windowed("MAX_POOL_2D", [(4, 4), (5, 5)], batches=2),
    "FULLY_CONNECTED": lambda: (
        fully_connected(activation((rows, in_n)), out_n)
        for rows, in_n, out_n in itertools.product([1, 2, 5], [1, 4, 7, 16], [1, 4, 8, 20])
    ),
    "ADD": lambda: (add(activation((1, n), 0.03, 5), activation((1, n), 0.07, -9)) for n in (1, 4, 37)),
    "SOFTMAX": lambda: (elementwise("SOFTMAX", activation((rows, 9)), (1 / 256, -128), beta=1.0) for rows in (1, 3)),
    "LOGISTIC": lambda: [elementwise("LOGISTIC", activation((1, 50)), (1 / 256, -128))],
    "RESHAPE": lambda: [elementwise("RESHAPE", activation((1, 48)))],
    "QUANTIZE": lambda: [elementwise("QUANTIZE", Tensor("f", (1, 41), "float32"), (0.1, 4), "int8")],
    "DEQUANTIZE": lambda: [elementwise("DEQUANTIZE", activation((1, n)), dtype="float32") for n in (1, 40, 41)],
}


def real(op):
    """The same operator on float32."""
    made = {None: None}
    for tensor in [t for t in op.inputs if t is not None] + op.outputs:
        data = tensor.data if tensor.data is None else tensor.data.astype(np.float32)
        made[tensor] = Tensor(tensor.name, tensor.shape, "float32", None, data)
    return Operator(op.kind, [made[t] for t in op.inputs], [made[t] for t in op.outputs], op.attrs)


def transpose_conv(size, kernel, stride, padding, channels=(2, 3)):
    out = [n * s if padding == "SAME" else (n - 1) * s + k for n, k, s in zip(size, kernel, stride)]
    x, y = Tensor("x", (2, *size, channels[0]), "float32"), Tensor("y", (2, *out, channels[1]), "float32")
    weights = constant(np.random.default_rng(len(out)).normal(0, 1, (channels[1], *kernel, channels[0])).astype(np.float32))
    attrs = {"padding": padding, "stride_h": stride[0], "stride_w": stride[1], "fused_activation": "NONE"}
    return Operator("TRANSPOSE_CONV", [constant(np.array(y.shape, np.int32)), weights, x], [y], attrs)


ON_FLOAT32 = (
    "CONV_2D", "CONV_2D in batches", "DEPTHWISE_CONV_2D", "DEPTHWISE_CONV_2D in batches", "AVERAGE_POOL_2D", "MAX_POOL_2D",
    "FULLY_CONNECTED", "ADD", "SOFTMAX", "LOG_SOFTMAX", "LOGISTIC",
)  # fmt: skip
CASES |= {
    **{f"{name} on float32": lambda name=name: map(real, CASES[name]()) for name in ON_FLOAT32},
    "L2_NORMALIZATION on float32": lambda: [real(elementwise("L2_NORMALIZATION", activation((3, 9)), fused_activation="NONE"))],
    "GREATER on float32": lambda: [Operator("GREATER", [Tensor(n, (37,), "float32") for n in "ab"], [Tensor("y", (37,), "bool")])],
    "TRANSPOSE_CONV on float32": lambda: (
        transpose_conv(*case) for case in itertools.product([(1, 4), (3, 3)], [(1, 1), (3, 3), (2, 4)], [(1, 1), (2, 2), (1, 3)], ["SAME", "VALID"])
        if min(k - s for k, s in zip(case[1], case[2])) >= 0
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_results_are_exact_at_the_distance(name):
    count = 0
    for op in CASES[name]():
        assert exact_at(op), f"{op.kind} {op.inputs[0].shape} -> {op.outputs[0].shape} {op.attrs}"
        count += 1
    assert count


@pytest.mark.parametrize("name", ["CONV_2D", "CONV_2D in batches", "FULLY_CONNECTED", "PAD", "CONCATENATION", "TRANSPOSE"])
def test_four_bytes_closer_is_too_close_somewhere(name):
    # Not everywhere: a window at the border may not be read once copied, or the bytes may be equal by chance.
    assert any(not exact_at(op, shift=-4) for op in CASES[name]())


def test_distance_of_a_pointwise_convolution_is_tight():
    op = conv_2d(activation((1, 6, 6, 4)), (1, 6, 6, 4), kernel=(1, 1))
    assert exact_at(op) and not exact_at(op, shift=-4)


def test_window_overlap_by_exhaustion():
    # The definition, pixel by pixel and tap by tap, against the vectorised formula.
    for number, (size, out, kernel, stride, dilation, padding) in enumerate(windows()):
        in_c, out_c = 1 + number % 3, 1 + number % 5
        pads = [window.geometry(n, k, s, dilation, padding)[1] for n, k, s in zip(size, kernel, stride)]
        w = window.Window(2, *size, in_c, *out, out_c, *kernel, *pads, *stride, dilation, dilation)
        image, reads = size[0] * size[1] * in_c, []
        for b, y, x in itertools.product(range(2), range(out[0]), range(out[1])):
            rows = [y * stride[0] - pads[0] + i * dilation for i in range(kernel[0])]
            columns = [x * stride[1] - pads[1] + j * dilation for j in range(kernel[1])]
            inside = [(r, c) for r in rows for c in columns if 0 <= r < size[0] and 0 <= c < size[1]]
            taps = [b * image + (r * size[1] + c) * in_c for r, c in inside]
            reads.append(min(taps, default=(b + 1) * image))  # dilated windows may miss a small input
        want = max((p + 1) * out_c - min(reads[p:]) for p in range(len(reads)))
        assert window_overlap(w) == max(want, -2 * image)


def test_window_without_taps_needs_nothing():
    # Explicit padding as large as the kernel: the first row of windows lies outside the input.
    assert window_overlap(window.Window(1, 1, 1, 8, 2, 1, 1, 1, 1, 1, 0, 1, 1)) == 2


def test_rows_overlap():
    assert rows_overlap(1, 100, 10) == 10
    assert rows_overlap(3, 4, 10) == 30 - 8
    assert rows_overlap(3, 10, 4) == 4


def test_overlap_by_hand():
    # 96 x 96 x 3 -> 48 x 48 x 8, as in visual wake words. The tightest moment is the end of the first row: 48 pixels of
    # 8 bytes are written, and the last window still starts at column 94.
    w = window.Window(1, 96, 96, 3, 48, 48, 8, 3, 3, 0, 0, 2, 2)
    assert window_overlap(w) == 48 * 8 - 94 * 3
