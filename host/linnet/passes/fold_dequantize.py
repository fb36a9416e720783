"""A DEQUANTIZE of a constant becomes a constant: so TFLite keeps float16 or int8 weights of layers that work on float32.

The weights of layers stay float16, which their kernels widen as they go; all else becomes float32.
"""

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Tensor

LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")
WEIGHTS = 1  # which of their operands these are


def run(graph):
    for op in list(graph.operators):
        source, output = op.inputs[0], op.outputs[0]
        if op.kind != "DEQUANTIZE" or source.data is None or output in graph.outputs or not _is_known(source):
            continue
        wide = Tensor(output.name, output.shape, "float32", None, _widened(source))
        for user in graph.consumers(output):
            narrow = source.dtype == "float16" and user.kind in LAYERS
            user.inputs = [
                tensor if tensor is not output else source if narrow and i == WEIGHTS else wide for i, tensor in enumerate(user.inputs)
            ]
        graph.operators.remove(op)
    for op in graph.operators:
        for i, tensor in enumerate(op.inputs):
            if tensor is not None and tensor.dtype == "float16" and not (op.kind in LAYERS and i == WEIGHTS):
                raise LinnetError(f'{op}: "{tensor.name}" is float16, which only weights may be; quantize the model to int8')


def _is_known(source):
    return source.dtype == "float16" or (source.dtype in ("int8", "uint8", "int16") and source.quant is not None)


def _widened(source):
    if source.dtype == "float16":
        return source.data.astype(np.float32)
    quant, shape = source.quant, [1] * source.data.ndim
    if len(quant.scale) > 1:
        shape[quant.axis] = len(quant.scale)
    scale, zero_point = (values.reshape(shape) if source.data.ndim else values[0] for values in (quant.scale, quant.zero_point))
    return scale.astype(np.float32) * (source.data.astype(np.int64) - zero_point).astype(np.float32)
