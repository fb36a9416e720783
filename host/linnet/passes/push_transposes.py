"""TRANSPOSEs move towards the outputs, past every operator that works the same in another order of axes, and cancel out.

What a channel-first model needs when it becomes channel last: an importer puts TRANSPOSEs around its windows, this takes them
away. y = transpose(x, p): axis i of y is axis p[i] of x.
"""

import numpy as np

from linnet.graph import Operator, Tensor, is_constant

ELEMENTWISE = {
    "ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "PRELU", "RELU", "RELU6", "RELU_N1_TO_1", "LEAKY_RELU",
    "ELU", "HARD_SWISH", "LOGISTIC", "TANH", "ABS", "NEG", "EXP", "LOG", "SQRT", "RSQRT", "SQUARE", "FLOOR", "CEIL", "ROUND",
    "QUANTIZE", "DEQUANTIZE", "CAST",
}  # fmt: skip
REDUCTIONS = {"MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "ARG_MAX", "ARG_MIN"}
MAX_ROUNDS = 10_000


def run(graph):
    for _ in range(MAX_ROUNDS):
        if not any(_step(graph, op) for op in list(graph.operators) if op.kind == "TRANSPOSE" and op in graph.operators):
            return


def _step(graph, op):
    """One move of one TRANSPOSE; False where there is none."""
    order = _order(op)
    if order is None:
        return False
    if order == sorted(order) or _moves_only_ones(op, order):
        return _drop(graph, op, order)
    for user in graph.consumers(op.outputs[0]):
        for move in (_merge, _past_elementwise, _past_reduction, _past_concatenation, _past_pad, _past_slice, _past_ones, _into_dense):
            if move(graph, op, user, order):
                _forget(graph, op)
                return True
    return False


def _order(op):
    tensor = op.inputs[1]
    return [int(axis) for axis in tensor.data] if is_constant(tensor) else None


def _moves_only_ones(op, order):
    """Axes longer than 1 stay in their order: the bytes do not move."""
    return _moves_nothing(op.outputs[0].shape, order)


def _drop(graph, op, order):
    """A TRANSPOSE that moves nothing: a RESHAPE, or nothing at all."""
    source, output = op.inputs[0], op.outputs[0]
    if source.shape == output.shape and output not in graph.outputs:
        for user in graph.consumers(output):
            user.inputs = [source if tensor is output else tensor for tensor in user.inputs]
        graph.operators.remove(op)
    elif source.shape == output.shape and graph.producer(source) is not None and graph.consumers(source) == [op]:
        producer = graph.producer(source)
        producer.outputs = [output if tensor is source else tensor for tensor in producer.outputs]
        graph.operators.remove(op)
    else:
        op.kind, op.attrs = "RESHAPE", {}
        op.inputs = [source, _constant(output.shape)]
    return True


def _forget(graph, op):
    if op in graph.operators and op.outputs[0] not in graph.outputs and not graph.consumers(op.outputs[0]):
        graph.operators.remove(op)


def _constant(values):
    data = np.array(values, np.int32)
    return Tensor("constant", data.shape, "int32", None, data)


def _turned(tensor, order, name):
    """What `tensor` was before axes came into this order: a new Tensor."""
    shape = [0] * len(order)
    for position, axis in enumerate(order):
        shape[axis] = tensor.shape[position]
    return Tensor(name, tuple(shape), tensor.dtype, tensor.quant)


def _sink(graph, user, order):
    """`user` is about to work on data that is not transposed: its outputs are transposed after it instead."""
    at = graph.operators.index(user) + 1
    outputs = []
    for tensor in user.outputs:
        turned = _turned(tensor, order, tensor.name + "/turned")
        outputs.append(turned)
        graph.operators.insert(at, Operator("TRANSPOSE", [turned, _constant(order)], [tensor], {}, user.index))
    user.outputs = outputs


def _sources(graph, user, order, operands):
    """What these operands of `user` are before transposition by `order`; None where one is not. Constants are turned back, and what has a single
    axis longer than 1 is reshaped."""
    rank, found = len(order), []
    for tensor in operands:
        if is_constant(tensor):
            if len(tensor.shape) > rank or tensor.quant is not None and len(tensor.quant.scale) > 1:
                return None
            whole = tensor.data.reshape((1,) * (rank - len(tensor.shape)) + tensor.shape) if tensor.elements > 1 else None
            data = tensor.data if whole is None else np.ascontiguousarray(whole.transpose(np.argsort(order)))
            found.append(Tensor(tensor.name, data.shape, tensor.dtype, tensor.quant, data))
            continue
        producer = graph.producer(tensor)
        if len(tensor.shape) == rank and producer is not None and producer.kind == "TRANSPOSE" and _order(producer) == order:
            found.append(producer.inputs[0])
        elif len(tensor.shape) == rank and _moves_nothing(tensor.shape, order):
            found.append(_turned(tensor, order, tensor.name + "/turned"))
        else:
            return None
    for tensor, source in zip(operands, found):
        if not is_constant(tensor) and not is_constant(source) and graph.producer(source) is None and source not in graph.inputs:
            reshape = Operator("RESHAPE", [tensor, _constant(source.shape)], [source], {}, user.index)
            graph.operators.insert(graph.operators.index(user), reshape)
    return found


def _moves_nothing(shape, order):
    """Whether what is turned into this shape by `order` has its bytes where they were."""
    long = [axis for axis, size in zip(order, shape) if size > 1]
    return long == sorted(long)


# Moves: each (graph, the TRANSPOSE, a user of its output, its order) -> whether it was made --------------------------------


def _merge(graph, op, user, order):
    """Two in a row are one."""
    if user.kind != "TRANSPOSE" or _order(user) is None:
        return False
    user.inputs = [op.inputs[0], _constant([order[axis] for axis in _order(user)])]
    return True


def _past_elementwise(graph, op, user, order):
    sources = _sources(graph, user, order, user.inputs) if user.kind in ELEMENTWISE else None
    if sources is None:
        return False
    user.inputs = sources
    _sink(graph, user, order)
    return True


def _past_reduction(graph, op, user, order):
    if user.kind not in REDUCTIONS or user.inputs[0] is not op.outputs[0] or not is_constant(user.inputs[1]):
        return False
    rank = len(order)
    axes = sorted({int(axis) % rank for axis in np.ravel(user.inputs[1].data)})
    user.inputs = [op.inputs[0], _constant(sorted(order[axis] for axis in axes))]
    if user.attrs.get("keep_dims"):
        _sink(graph, user, order)
        return True
    left = [order[axis] for axis in range(rank) if axis not in axes]  # axes of the source, as the output has them
    if left != sorted(left):
        _sink(graph, user, [sorted(left).index(axis) for axis in left])
    return True


def _past_concatenation(graph, op, user, order):
    sources = _sources(graph, user, order, user.inputs) if user.kind == "CONCATENATION" else None
    if sources is None or any(len(tensor.shape) != len(order) for tensor in sources):
        return False
    user.inputs = sources
    user.attrs["axis"] = order[user.attrs["axis"] % len(order)]
    _sink(graph, user, order)
    return True


def _past_pad(graph, op, user, order):
    if user.kind not in ("PAD", "PADV2", "MIRROR_PAD") or user.inputs[0] is not op.outputs[0] or not is_constant(user.inputs[1]):
        return False
    amounts = np.empty_like(user.inputs[1].data)
    amounts[order] = user.inputs[1].data
    user.inputs = [op.inputs[0], Tensor("constant", amounts.shape, user.inputs[1].dtype, None, amounts), *user.inputs[2:]]
    _sink(graph, user, order)
    return True


def _past_slice(graph, op, user, order):
    masks = ("ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    if user.kind != "STRIDED_SLICE" or any(user.attrs[mask] for mask in masks) or not all(map(is_constant, user.inputs[1:])):
        return False
    if any(len(tensor.data) != len(order) for tensor in user.inputs[1:]):
        return False
    turned = [np.empty(len(order), np.int64) for _ in range(3)]
    for values, tensor in zip(turned, user.inputs[1:]):
        values[order] = tensor.data
    for mask in ("begin_mask", "end_mask"):
        user.attrs[mask] = sum(1 << order[bit] for bit in range(len(order)) if user.attrs[mask] >> bit & 1)
    user.inputs = [op.inputs[0], *map(_constant, turned)]
    _sink(graph, user, order)
    return True


def _past_ones(graph, op, user, order):
    """A RESHAPE that only adds or takes away axes of 1."""
    if user.kind != "RESHAPE" or user.inputs[0] is not op.outputs[0]:
        return False
    source, shape = op.inputs[0], user.outputs[0].shape
    axes = [axis for axis in order if source.shape[axis] > 1]
    places = [i for i, size in enumerate(shape) if size > 1]
    if [source.shape[axis] for axis in axes] != [shape[i] for i in places]:
        return False
    turned = list(range(len(shape)))
    for axis, place in zip(axes, places):
        turned[place] = places[sorted(axes).index(axis)]
    if turned == sorted(turned):
        return False
    before = [1] * len(shape)
    for place, axis in zip(places, sorted(axes)):
        before[place] = source.shape[axis]
    user.inputs = [source, _constant(before)]
    _sink(graph, user, turned)
    return True


def _into_dense(graph, op, user, order):
    """TRANSPOSE, RESHAPE to rows, FULLY_CONNECTED: the weights' columns are transposed instead."""
    source = op.inputs[0]
    rows = user.outputs[0].shape
    if user.kind != "RESHAPE" or order[0] != 0 or len(rows) != 2 or rows[0] != source.shape[0] or user.outputs[0] in graph.outputs:
        return False
    dense = graph.consumers(user.outputs[0])
    fits = all(d.kind == "FULLY_CONNECTED" and d.inputs[0] is user.outputs[0] and is_constant(d.inputs[1]) for d in dense)
    if not dense or not fits:
        return False
    for layer in dense:
        weights = layer.inputs[1]
        data = weights.data.reshape(len(weights.data), *op.outputs[0].shape[1:])
        data = data.transpose([0, *(int(i) for i in np.argsort(order)[1:])])
        layer.inputs[1] = Tensor(
            weights.name, weights.shape, weights.dtype, weights.quant, np.ascontiguousarray(data).reshape(weights.shape)
        )
    user.inputs = [source, *user.inputs[1:]]
    return True
