"""The distances of every core's tuned kernels, as tests/host/test_overlap.py has the portable ones': all small windows, and
every distance from the least that Step.overlap allows to where the two lie apart.
"""

import functools
import itertools

import pytest
from graphs import activation, add, conv_2d, depthwise_conv_2d, fully_connected, pool, random_inputs
from test_overlap import far_apart, lowered, run_at, up, windows

from linnet import layouts
from linnet.graph import IN_PLACE

N_DISTANCES = 12  # of one operator; where there are more, the least ones and some of the others
TWO_LAYOUTS = ("armv6m", "rv32imc")
LAYOUTS = [(core, layout) for core in layouts.TUNED for layout in ("speed", "size")[: 1 + (core in TWO_LAYOUTS)]]


def windowed(make, channels, batches, **attrs):
    """Every small operator without dilation, in turn with each of channels, pairs of (in, out), and of batches."""
    for number, (size, out, kernel, stride, dilation, padding) in enumerate(windows()):
        for more, (in_c, out_c) in enumerate(channels if dilation == 1 else ()):
            n = batches[(number + more) % len(batches)]
            yield make(
                activation((n, *size, in_c)), (n, *out, out_c), kernel,
                **({"seed": number} if "dilation_h" in attrs else {}),
                padding=padding, stride_h=stride[0], stride_w=stride[1], **attrs,
            )  # fmt: skip


DILATION = {"dilation_h": 1, "dilation_w": 1}
CASES = {
    "CONV_2D": lambda: windowed(conv_2d, [(4, 4), (4, 9), (8, 4), (3, 5), (16, 2)], [1, 1, 2], **DILATION),
    "DEPTHWISE_CONV_2D": lambda: windowed(depthwise_conv_2d, [(4, 4), (12, 12), (3, 3), (20, 20)], [1, 1, 2], **DILATION),
    "AVERAGE_POOL_2D": lambda: windowed(functools.partial(pool, "AVERAGE_POOL_2D"), [(4, 4), (20, 20)], [1, 2]),
    "FULLY_CONNECTED": lambda: (
        fully_connected(activation((rows, in_n)), out_n)
        for rows, in_n, out_n in itertools.product([1, 2, 5], [4, 7, 16, 300], [1, 4, 9, 20])
    ),
    "ADD": lambda: (add(activation((1, n), 0.06, 5), activation((1, n), 0.05, -9), (0.07, 4)) for n in (1, 3, 4, 21, 48)),
}


@functools.cache
def operators(name):
    """[(graph, portable Step)]"""
    return [lowered(op) for op in CASES[name]()]


def tuned_steps(name, core, layout):
    """(graph, Step) of those that the core has a kernel for."""
    for graph, step in operators(name):
        (tuned,) = layouts.tune([step], core, layout)
        if tuned is not step:
            yield graph, tuned


def allowed(overlap, out_bytes):
    """The distances to try, multiples of 4 at least as large as the overlap."""
    if overlap is None:
        return []
    if overlap == IN_PLACE:
        return [0]
    every = range(up(overlap), up(out_bytes) + 4, 4)
    if len(every) <= N_DISTANCES:
        return list(every)
    half = N_DISTANCES // 2
    return [*every[:half], *every[half :: len(every) // half]]


@pytest.mark.parametrize("core, layout", LAYOUTS, ids=lambda value: value)
@pytest.mark.parametrize("name", CASES)
def test_results_are_exact_at_every_distance(name, core, layout):
    n_steps = 0
    for graph, step in tuned_steps(name, core, layout):
        x, apart = random_inputs(graph, n_steps), far_apart(step, graph)
        want = run_at(step, graph, x, apart, core)
        for tensor, overlap in zip(step.inputs, step.overlap):
            for distance in allowed(overlap, step.outputs[0].bytes):
                got = run_at(step, graph, x, apart | {tensor: distance}, core)
                assert got == want, f"{[t.shape for t in step.inputs]} -> {step.outputs[0].shape} at {distance}, least {overlap}"
        n_steps += 1
    assert n_steps or name == "AVERAGE_POOL_2D"


@pytest.mark.parametrize("core, layout", LAYOUTS, ids=lambda value: value)
@pytest.mark.parametrize("name", ["CONV_2D", "FULLY_CONNECTED"])
def test_closer_is_too_close_somewhere(name, core, layout):
    # By 4 bytes, or by the outputs that a kernel keeps in registers until it has read all it needs.
    for graph, step in tuned_steps(name, core, layout):
        x, apart = random_inputs(graph, 1), far_apart(step, graph)
        want = run_at(step, graph, x, apart, core)
        for closer in (4, 8, 16):
            if run_at(step, graph, x, {step.inputs[0]: up(step.overlap[0]) - closer}, core) != want:
                return
    pytest.fail("no operator is wrong when its output lies closer to its input than Step.overlap allows")
