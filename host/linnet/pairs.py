"""Layers for two cores: a convolution becomes a pair of operators, the upper rows of its output and the lower ones.

Whoever knows nothing of pairs runs them one after the other. linnet.load(..., cores=2) runs both at once, which is sound because
of a pair neither writes what the other reads or writes: the layer's output lies apart from its input, each has a scratch of its own.
The blob says which they are in its string "pairs": the indices of their first operators.
"""

from dataclasses import replace

from linnet import core, fields
from linnet.errors import LinnetError
from linnet.fields import padded
from linnet.layouts import CODES

SECOND_LAYOUT = 16  # of a variant: FORMAT.md, section 5
SHARED = (1, 2)  # codes: CONV_2D, DEPTHWISE_CONV_2D
LEAST_MACS = 20_000  # a layer that takes less is not worth meeting for


def apart(steps):
    """These Steps (graph.Step), those that may become pairs with their outputs apart from their inputs."""
    return [replace(step, overlap=[None] * len(step.overlap)) if _halves(step) else step for step in steps]


def split(blob):
    """Makes pairs in a blob.Blob whose plan is that of apart(steps)."""
    operators, pairs, most = [], [], [0, 0]
    for row in blob.operators:
        halves = _halves(row)
        if halves:
            pairs.append(len(operators))
            made = [_part(blob, row, *half) for half in halves]
            sizes = [padded(part.scratch_bytes) for part in made]
            most = [max(pair) for pair in zip(most, sizes)]
            operators += made
        else:
            operators.append(row)
    for first in pairs:
        operators[first].scratch_offset = blob.arena_bytes
        operators[first + 1].scratch_offset = blob.arena_bytes + most[0]
    blob.operators = operators
    blob.arena_bytes += sum(most)
    blob.strings["pairs"] = " ".join(map(str, pairs))


def pairs_of(blob):
    """The indices of the first operators of a blob.Blob's pairs, ascending. LinnetError where others than layers are named."""
    words = blob.strings.get("pairs", "").split()
    layers = [str(i) for i, row in enumerate(blob.operators) if row.code in SHARED]
    if not set(words) <= set(layers) or not {str(int(word) + 1) for word in words} <= set(layers):
        raise LinnetError(f"the blob's pairs, {' '.join(words)[:60]!r}, are not pairs of layers: pack the model again")
    return [int(word) for word in words]


def _halves(row):
    """[(params, first row of the input, first row of the output)] of the two halves of a layer, None where it stays whole.

    row: an OperatorRow or a Step, laid out for the RP2040 or for any core: other layouts depend on the output's height.
    """
    if row.code not in SHARED or row.variant % SECOND_LAYOUT > CODES["armv6m"]:
        return None
    layout = fields.OPERATORS[row.code][1]
    whole = layout.unpack(row.params)
    if whole["batches"] != 1 or whole["out_h"] < 2 or fields.macs(row.code, whole) < LEAST_MACS:
        return None
    out_row, in_row = whole["out_w"] * whole["out_c"], whole["in_w"] * whole["in_c"]
    middle = whole["out_h"] / 2
    # Even first, as the depthwise kernels work at two rows at a time.
    for rows in sorted(range(1, whole["out_h"]), key=lambda rows: (abs(rows - middle) > 1, rows % 2, abs(rows - middle))):
        top = rows * whole["stride_h"] - whole["pad_top"]
        skipped = max(0, top)
        if skipped < whole["in_h"] and rows * out_row % 4 == skipped * in_row % 4 == 0:
            upper = whole | {"out_h": rows}
            lower = whole | {"out_h": whole["out_h"] - rows, "in_h": whole["in_h"] - skipped, "pad_top": skipped - top}
            return [(layout.pack(**upper), 0, 0), (layout.pack(**lower), skipped, rows)]
    return None


def _part(blob, row, params, in_row, out_row):
    """The OperatorRow of a half, its operands being new rows of the blob's tensors."""
    sizes = fields.OPERATORS[row.code][1].unpack(params)

    def rows_of(index, first, n):
        whole = blob.tensors[index]
        row_bytes = sizes["in_w"] * sizes["in_c"] if index == row.inputs[0] else sizes["out_w"] * sizes["out_c"]
        shape = (1, n, *whole.shape[-2:]) if len(whole.shape) == 4 else (n, row_bytes)
        blob.tensors.append(replace(whole, offset=whole.offset + first * row_bytes, bytes=n * row_bytes, shape=shape, source=None))
        return len(blob.tensors) - 1

    return replace(
        row,
        inputs=[rows_of(row.inputs[0], in_row, sizes["in_h"])],
        outputs=[rows_of(row.outputs[0], out_row, sizes["out_h"])],
        params=params,
        scratch_bytes=core.scratch_bytes(row.code, params, row.variant),
    )
