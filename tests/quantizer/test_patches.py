"""Patches times weights is the layer, whatever its groups, stride, dilation and padding."""

import numpy as np
import pytest
from float_graphs import constant

from linnet.graph import Graph, Operator, Tensor
from linnet.quantizer import Options
from linnet.quantizer.patches import patches
from linnet.quantizer.search import quantize_graph

SHAPE = (1, 7, 6, 8)


def convolution(groups, stride=1, dilation=1, pad=0, kernel=3):
    random = np.random.default_rng(groups)
    weights = constant("w", random.normal(0, 0.4, (12, kernel, kernel, 8 // groups)))
    reach = (kernel - 1) * dilation + 1
    out_h, out_w = ((size + 2 * pad - reach) // stride + 1 for size in SHAPE[1:3])
    attrs = {"padding": "VALID", "pad_top": pad, "pad_left": pad, "stride_h": stride, "stride_w": stride}
    attrs |= {"dilation_h": dilation, "dilation_w": dilation, "fused_activation": "NONE"}
    x, y = Tensor("x", SHAPE, "float32"), Tensor("y", (1, out_h, out_w, 12), "float32")
    bias = constant("b", random.normal(0, 0.3, 12))
    return Operator("CONV_2D", [x, weights, bias], [y], attrs, 0), dict(stride=stride, dilation=dilation, pad=pad)


def by_definition(x, weights, groups, stride, dilation, pad):
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))[0]
    out_c, kernel = weights.shape[0], weights.shape[1]
    reach = (kernel - 1) * dilation + 1
    rows = []
    for top in range(0, x.shape[0] - reach + 1, stride):
        for left in range(0, x.shape[1] - reach + 1, stride):
            patch = x[top : top + reach : dilation, left : left + reach : dilation]
            per_group = np.split(patch, groups, axis=2)
            rows.append([(weights[o] * per_group[o * groups // out_c]).sum() for o in range(out_c)])
    return np.array(rows)


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("stride", "dilation", "pad"), [(1, 1, 0), (2, 1, 1), (1, 2, 2)])
def test_a_convolution(groups, stride, dilation, pad):
    op, how = convolution(groups, stride, dilation, pad)
    x = np.random.default_rng(3).normal(0, 1, SHAPE).astype(np.float32)
    rows, weights = patches(op, x), op.inputs[1].data
    flat = weights.reshape(len(weights), -1)
    got = np.einsum("nck,ck->nc", rows, flat) if rows.ndim == 3 else rows @ flat.T
    np.testing.assert_allclose(got, by_definition(x, weights, groups, **how), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rounding", ["nearest", "optimized"])
def test_a_grouped_layer_is_quantized(rounding):
    samples = np.random.default_rng(4).normal(0, 1, (20, *SHAPE)).astype(np.float32)

    def graph():
        op, _ = convolution(4)
        return Graph("grouped", op.inputs[:1], op.outputs, [op])

    result = quantize_graph(graph, [[sample] for sample in samples], Options(rounding=rounding))
    assert result.sqnr_db > 30
