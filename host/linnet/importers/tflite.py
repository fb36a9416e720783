"""Reads a .tflite file, int8-quantized, into a Graph."""

import difflib
import struct
from pathlib import Path

import numpy as np
import tflite

from linnet.errors import LinnetError
from linnet.graph import Operator, Quantization, Tensor
from linnet.importers import floats
from linnet.importers.subgraphs import CONTROL, Subgraph, flatten
from linnet.operators import OPERATORS, int4, works_on
from linnet.operators.operands import remedy

DTYPES = {
    tflite.TensorType.FLOAT32: "float32",
    tflite.TensorType.FLOAT16: "float16",
    tflite.TensorType.INT32: "int32",
    tflite.TensorType.UINT8: "uint8",
    tflite.TensorType.INT64: "int64",
    tflite.TensorType.BOOL: "bool",
    tflite.TensorType.INT16: "int16",
    tflite.TensorType.INT8: "int8",
    tflite.TensorType.INT4: "int8",  # constants alone, which are unpacked
    tflite.TensorType.RESOURCE: "resource",  # a variable's handle, which is followed here
}
TYPE_NAMES = {code: name for name, code in vars(tflite.TensorType).items() if isinstance(code, int)}
# Custom operators of files that were converted for something else.
COMPILERS = {"ethos-u": "an Arm Ethos-U", "edgetpu-custom-op": "an Edge TPU"}
# A flatbuffers table without fields: every option at its default.
EMPTY_TABLE = bytes([4, 0, 4, 0, 4, 0, 0, 0])
# What the flatbuffers reader and NumPy raise on bytes that are not what they should be.
GARBAGE = (struct.error, IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError)


def read_tflite(path, allow_float=False):
    """The main subgraph of a .tflite file.

    path: of the file. allow_float: take layers of float32 too; without them a float32 operator is welcome. Returns a Graph named after it, shapes static (an open batch becomes 1), constants as arrays.
    LinnetError when the file cannot be read, is damaged, or holds what Linnet does not run.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LinnetError(f"{path}: cannot be read ({error.strerror})") from error
    if content[4:8] != b"TFL3":
        raise LinnetError(f"{path}: is not a TFLite file")
    try:
        graph = _read_model(path, content)
    except LinnetError as error:
        raise LinnetError(f"{path}: {error}") from error
    except GARBAGE as error:
        raise LinnetError(f"{path}: is truncated or damaged; copy or convert it again") from error
    if not allow_float:
        floats.refuse(graph, path)
    return graph


def _read_model(path, content):
    model = tflite.Model.GetRootAs(content, 0)
    subgraphs = [_read_subgraph(model, model.Subgraphs(i)) for i in range(model.SubgraphsLength())]
    if not subgraphs or not subgraphs[0].inputs or not subgraphs[0].outputs:
        raise LinnetError("has no inputs or no outputs")
    graph = flatten(path.stem, subgraphs)
    _check_order(graph)
    for tensor in graph.inputs:
        if tensor.open_shape and -1 in tensor.open_shape[1:]:
            raise LinnetError(f'tensor {tensor.source} "{tensor.name}" has the open shape {tensor.open_shape}; fix all but the batch')
        tensor.open_shape = None
    for tensor in {*graph.inputs, *(tensor for op in graph.operators for tensor in op.inputs + op.outputs if tensor is not None)}:
        if tensor.data is None and tensor.open_shape is None and any(size < 1 for size in tensor.shape):
            raise LinnetError(f'tensor {tensor.source} "{tensor.name}" has the shape {tensor.shape}; sizes must be fixed and >= 1')
    return graph


def _read_subgraph(model, table):
    name = (table.Name() or b"").decode("utf-8", "replace")
    for i in range(table.OperatorsLength()):  # they say more of a file than the types of its tensors
        _expect_known(model, table, table.Operators(i), i)
    tensors = [_read_tensor(model, table.Tensors(i), i) for i in range(table.TensorsLength())]
    operators = [_read_operator(model, table.Operators(i), i, tensors) for i in range(table.OperatorsLength())]
    inputs = _pick(tensors, table.InputsAsNumpy() if table.InputsLength() else [], f'subgraph "{name}"')
    outputs = _pick(tensors, table.OutputsAsNumpy() if table.OutputsLength() else [], f'subgraph "{name}"')
    if None in inputs + outputs:
        raise LinnetError(f'an input or output of subgraph "{name}" is none of its tensors; the file is damaged')
    return Subgraph(name, inputs, outputs, operators)


def _read_tensor(model, table, index):
    name = (table.Name() or b"").decode("utf-8", "replace")
    if table.Type() not in DTYPES:
        dtype = TYPE_NAMES.get(table.Type(), f"type {table.Type()}")
        raise LinnetError(f'tensor {index} "{name}" is {dtype}; quantize the model to int8')
    if table.Sparsity() is not None:
        raise LinnetError(f'tensor {index} "{name}" is sparse, which is not supported; convert the model without sparsity')
    shape = tuple(int(size) for size in table.ShapeAsNumpy()) if table.ShapeLength() else ()
    signature = tuple(table.ShapeSignatureAsNumpy().tolist()) if table.ShapeSignatureLength() else shape[:1]
    open_shape = (*signature, *shape[len(signature) :]) if -1 in signature else None
    if open_shape:  # an open batch is 1; what else is open the passes find out
        shape = (max(1, open_shape[0]), *open_shape[1:])
    tensor = Tensor(name, shape, DTYPES[table.Type()], _read_quantization(table.Quantization()), None, index, open_shape=open_shape)
    tensor.is_int4 = table.Type() == tflite.TensorType.INT4
    buffer = model.Buffers(table.Buffer()) if table.Buffer() < model.BuffersLength() else None
    if buffer is None:
        raise LinnetError(f'tensor {index} "{name}" has no buffer; the file is damaged')
    if buffer.DataLength():
        data = buffer.DataAsNumpy()
        needed = (tensor.elements + 1) // 2 if tensor.is_int4 else tensor.bytes
        if data.nbytes != needed:
            raise LinnetError(f'tensor {index} "{name}" holds {data.nbytes} bytes, its shape {shape} needs {needed}')
        if tensor.is_int4:
            data = int4.unpack(data, tensor.elements)
        little_endian = np.dtype(tensor.dtype).newbyteorder("<")
        tensor.data = data.view(little_endian).astype(tensor.dtype).reshape(shape)
        if table.IsVariable():
            raise LinnetError(f'tensor {index} "{name}" is a variable with a value in the file, which is not supported')
    elif tensor.is_int4:
        raise LinnetError(f'tensor {index} "{name}" is INT4, which only weights may be; quantize activations to int8')
    elif buffer.Offset() > 1:
        raise LinnetError(f'tensor {index} "{name}" lies outside the flatbuffer (a model over 2 GB), which is not supported')
    elif table.IsVariable():
        tensor.initial = np.full(shape, tensor.zero_point if tensor.dtype == "int8" else 0, tensor.dtype)
    return tensor


def _read_quantization(table):
    if table is None or table.ScaleLength() == 0:
        return None
    scale = table.ScaleAsNumpy().astype(np.float32)
    zero_point = table.ZeroPointAsNumpy().astype(np.int64) if table.ZeroPointLength() else np.zeros(1, np.int64)
    return Quantization(scale, np.broadcast_to(zero_point, scale.shape).copy(), table.QuantizedDimension())


def _kind(model, operator):
    """TFLite's name of an operator, or its own where it is a custom one."""
    code = model.OperatorCodes(operator.OpcodeIndex())
    # Codes below 127 also stand in the older, narrower field; old files have only that.
    builtin = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    kind = tflite.BUILTIN_OPCODE2NAME.get(builtin, f"operator {builtin}")
    return (code.CustomCode() or b"CUSTOM").decode("utf-8", "replace") if kind == "CUSTOM" else kind


def _expect_known(model, subgraph, operator, index):
    """Refuses operators that are not there, with the nearest that are, or the reason why a file has them."""
    kind = _kind(model, operator)
    if kind in OPERATORS or kind in CONTROL:
        return
    at = operator.Outputs(0) if operator.OutputsLength() else -1
    name = subgraph.Tensors(at).Name() if 0 <= at < subgraph.TensorsLength() else None
    refused = f'operator {index}, {kind} "{(name or b"").decode("utf-8", "replace")}", is not supported'
    if kind in COMPILERS:
        raise LinnetError(f"{refused}: the file is compiled for {COMPILERS[kind]}; pack the one that its compiler was given")
    if kind.startswith("Flex"):
        raise LinnetError(f"{refused}: it is TensorFlow's own; convert the model again without SELECT_TF_OPS")
    near = difflib.get_close_matches(kind, OPERATORS, n=3, cutoff=0.4)
    nearest = f"nearest supported: {', '.join(near)}" if near else f"supported: {', '.join(OPERATORS)}"
    raise LinnetError(f"{refused}; {nearest} (see CONTRIBUTING.md, Adding an operator)")


def _read_operator(model, table, index, tensors):
    kind = _kind(model, table)
    inputs = _pick(tensors, table.InputsAsNumpy() if table.InputsLength() else [], f"operator {index}")
    outputs = _pick(tensors, table.OutputsAsNumpy() if table.OutputsLength() else [], f"operator {index}")
    op = Operator(kind, inputs, outputs, {}, index)
    if kind in CONTROL:
        options, read = CONTROL[kind]
        op.attrs = read(_read_options(table, options))
        return op
    if not outputs and kind != "ASSIGN_VARIABLE" or None in outputs or not inputs or inputs[0] is None:
        raise LinnetError(f"operator {index}, {op}, has no inputs or no outputs; the file is damaged")
    if OPERATORS[kind].OPTIONS:
        try:
            op.attrs = OPERATORS[kind].read(_read_options(table, OPERATORS[kind].OPTIONS))
        except LinnetError as error:
            raise LinnetError(f"operator {index}, {op}: {error}") from error
    return op


def _read_options(table, name):
    options = getattr(tflite, name)()
    if table.BuiltinOptionsType() == getattr(tflite.BuiltinOptions, name):
        union = table.BuiltinOptions()
        options.Init(union.Bytes, union.Pos)
    elif table.BuiltinOptionsType() == tflite.BuiltinOptions.NONE:
        options.Init(EMPTY_TABLE, 4)
    else:
        raise LinnetError("it has the options of another operator; the file is damaged")
    return options


def _pick(tensors, indices, whose):
    """The tensors at these indices; -1 is None."""
    if any(not -1 <= i < len(tensors) for i in indices):
        raise LinnetError(f"{whose} names a tensor beyond the {len(tensors)} there are; the file is damaged")
    return [None if i == -1 else tensors[i] for i in indices]


def _check_order(graph):
    """Every tensor is made once, before it is used."""
    known = set(graph.inputs)
    for op in graph.operators:
        known.update(tensor for tensor in op.inputs if tensor is not None and tensor.initial is not None)
        for tensor in op.inputs:
            if tensor is not None and tensor.data is None and tensor not in known:
                raise LinnetError(f'{op} (operator {op.index}) uses "{tensor.name}" before it is made')
        for tensor in op.outputs:
            if tensor.initial is None and (tensor in known or tensor.data is not None):
                raise LinnetError(f'{op} (operator {op.index}) makes "{tensor.name}", which exists already')
            known.add(tensor)
    for tensor in graph.outputs:
        if tensor not in known:
            raise LinnetError(f'no operator makes the output "{tensor.name}"')
