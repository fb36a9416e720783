"""Reads an ONNX file or model, opset 13 or later, into a Graph.

ONNX images are channel first (NCHW), a Graph's channel last. Each window operator is imported between two TRANSPOSEs, and
images that go in and come out are transposed too; passes/push_transposes.py takes them all out again. What a file computes from
constants alone is computed here, by ONNX's own reference.
"""

import difflib
import re
from pathlib import Path

import numpy as np

from linnet.errors import LinnetError
from linnet.graph import Graph, Operator, Tensor
from linnet.passes import drop_dead_operators, fold_affine, fuse_qdq, merge_reshapes, push_transposes, sink_reshapes

INSTALL = "ONNX is not installed: pip install linnet[onnx]"
MIN_OPSET = 13
# What this reader and its passes put behind the file's own names on the way.
ADDED = re.compile("(/(last|line|image|turned|transposed|channels_first|flat|int8))+$")
TO_LAST = {3: (0, 2, 1), 4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}  # channel first to channel last, by rank
PASSES = (
    push_transposes, merge_reshapes, sink_reshapes, fold_affine, fuse_qdq, push_transposes, merge_reshapes, drop_dead_operators,
)  # fmt: skip
TO_FIRST = {3: (0, 2, 1), 4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}


def read_onnx(source, name=None):
    """The Graph of an ONNX model, channel last.

    source: the path of a file, or an onnx.ModelProto. name: of the graph, by default the file's stem. Open batches become 1.
    LinnetError for what cannot be read, is older than opset 13, has open shapes, or holds operators that Linnet does not run.
    """
    try:
        import onnx
    except ImportError:
        raise LinnetError(INSTALL) from None
    what = "the model" if not isinstance(source, (str, Path)) else str(source)
    if what != "the model":
        try:
            source = onnx.load(source)
        except OSError as error:
            raise LinnetError(f"{what}: cannot be read ({error.strerror})") from None
        except Exception as error:  # protobuf's DecodeError has no public home
            raise LinnetError(f"{what}: is not an ONNX file ({type(error).__name__})") from None
        name = name or Path(what).stem
    try:
        graph = _read(_prepared(source), name or "model")
    except LinnetError as error:
        raise LinnetError(f"{what}: {error}") from None
    for tensor in {t for op in graph.operators for t in op.inputs + op.outputs if t is not None}:
        tensor.name = ADDED.sub("", tensor.name)
    return graph


def _read(model, name):
    """The Graph; three axes are channel first where that takes fewer TRANSPOSEs, else as the file has them: sequences of features."""
    graphs = []
    for turns_lines in (False, True):
        graph = _Reader(model, name, turns_lines).graph()
        for each in PASSES:
            each.run(graph)
        graphs.append(graph)
        if not any(len(tensor.shape) == 3 for tensor in graph.inputs + graph.outputs):
            return graph
    n_as_it_is, n_turned = (sum(op.kind == "TRANSPOSE" for op in graph.operators) for graph in graphs)
    has_windows = any(op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D") for op in graphs[1].operators)
    return graphs[n_turned < n_as_it_is or n_turned == n_as_it_is and has_windows]


def _prepared(model):
    """With a batch of 1, and every shape that ONNX can infer."""
    import onnx
    from onnx import shape_inference

    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets.get("", 0) < MIN_OPSET:
        raise LinnetError(f"is of opset {opsets.get('', 0)}, supported are {MIN_OPSET} and later; export it again with a newer opset")
    model = onnx.ModelProto.FromString(model.SerializeToString())
    constants = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        dims = value.type.tensor_type.shape.dim
        if value.name in constants:
            continue
        if dims and not dims[0].dim_value:
            dims[0].dim_value = 1
        if any(not dim.dim_value for dim in dims):
            shape = tuple(dim.dim_value or dim.dim_param or "?" for dim in dims)
            raise LinnetError(f'input "{value.name}" has the open shape {shape}; fix all but the batch when exporting')
    del model.graph.value_info[:]  # shapes of the batch it was exported with
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    try:
        return shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except Exception as error:
        raise LinnetError(f"its shapes do not fit together: {str(error).splitlines()[0]}") from None


class _Reader:
    """One pass over the nodes; values by their ONNX names, channel first as ONNX has them."""

    def __init__(self, model, name, turns_lines=True):
        """turns_lines: inputs and outputs of three axes are (n, channels, length), and to be channel last."""
        from onnx import numpy_helper

        self._model, self._name = model, name
        self._turned = {rank for rank in TO_LAST if rank != 3 or turns_lines}
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self.values = {}  # name: Tensor of what is computed
        self.quants = {}  # name: Quantization of a constant whose real values come of integers
        self.operators = []
        self._shapes = {}
        for value in [*model.graph.input, *model.graph.value_info, *model.graph.output]:
            dims = value.type.tensor_type.shape.dim
            if value.type.tensor_type.HasField("shape") and all(dim.dim_value for dim in dims):
                self._shapes[value.name] = tuple(dim.dim_value for dim in dims)

    def graph(self):
        from linnet.importers.onnx_operators import CONVERTERS

        inputs = [self._input(value) for value in self._model.graph.input if value.name not in self.constants]
        needed = _needed(self._model.graph)
        for index, node in enumerate(self._model.graph.node):
            self._index = index
            if not needed.intersection(node.output) or self._fold(node):
                continue
            if node.op_type not in CONVERTERS or node.domain not in ("", "ai.onnx"):
                raise LinnetError(f"{self.label(node)} is not supported; {_instead(node, CONVERTERS)}")
            CONVERTERS[node.op_type](self, node)
        outputs = [self._output(value) for value in self._model.graph.output]
        return Graph(self._name, inputs, outputs, self.operators)

    # What converters use ---------------------------------------------------------------------------------------------

    def label(self, node):
        """For messages: 'operator 3, Conv "conv1"'."""
        return f'operator {self._index}, {node.op_type} "{node.name or node.output[0]}",'

    def attributes(self, node):
        """{name: value}; strings are str."""
        from onnx import helper

        values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        return {key: value.decode() if isinstance(value, bytes) else value for key, value in values.items()}

    def constant(self, node, index, default=None, what="an operand"):
        """The array of input `index`, which must be constant; the default where it is absent."""
        if index >= len(node.input) or not node.input[index]:
            return default
        name = node.input[index]
        if name not in self.constants:
            raise LinnetError(f"{self.label(node)} has {what} that is computed; it must be constant")
        return self.constants[name]

    def tensor(self, name):
        """The Tensor of a value; a constant becomes one, floats in single precision."""
        if name in self.values:
            return self.values[name]
        data = self.constants[name]
        data = data.astype(np.float32) if data.dtype.kind == "f" else data
        return constant(data, name, self.quants.get(name))

    def shape(self, name):
        """Of a value or constant."""
        if name in self.constants:
            return self.constants[name].shape
        if name not in self._shapes and name not in self.values:
            raise LinnetError(f'"{name}" has no fixed shape; export the model with fixed sizes')
        return self.values[name].shape if name in self.values else self._shapes[name]

    def emit(self, kind, inputs, shape, name, dtype=None, **attrs):
        """Adds an operator with one output and returns that Tensor. inputs: Tensors or None."""
        dtype = dtype or next(tensor.dtype for tensor in inputs if tensor is not None)
        output = Tensor(name, tuple(int(size) for size in shape), dtype)
        self.operators.append(Operator(kind, list(inputs), [output], attrs, self._index))
        return output

    def transpose(self, tensor, order, name=None):
        """The tensor with its axes in this order."""
        shape = [tensor.shape[axis] for axis in order]
        turned = self.emit("TRANSPOSE", [tensor, constant(np.array(order, np.int32))], shape, name or tensor.name + "/transposed")
        turned.quant = tensor.quant
        return turned

    def reshape(self, tensor, shape, name):
        shape = [int(size) for size in shape]
        reshaped = self.emit("RESHAPE", [tensor, constant(np.array(shape, np.int32))], shape, name)
        reshaped.quant = tensor.quant
        return reshaped

    def cut(self, tensor, begin, end, name, stride=None):
        """tensor[begin:end:stride], an index per axis each; an end of -1 is before the first element."""
        stride = stride or [1] * len(begin)
        shape = [len(range(*bounds)) for bounds in zip(begin, end, stride)]
        # TFLite counts a negative end from the back; one before the first element is a mask.
        masked = sum(1 << i for i, bound in enumerate(end) if bound < 0)
        operands = [constant(np.array(values, np.int32)) for values in (begin, end, stride)]
        attrs = {
            "begin_mask": 0, "end_mask": masked, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0, "offset": False,
        }  # fmt: skip
        return self.emit("STRIDED_SLICE", [tensor, *operands], shape, name, **attrs)

    def define(self, node, tensor, index=0):
        """This tensor is the node's output."""
        self.values[node.output[index]] = tensor

    # Its own ---------------------------------------------------------------------------------------------------------

    def _input(self, value):
        """A model input; images become channel last, and are transposed back for what follows."""
        from onnx import helper

        self._index = 0
        shape = self._shapes[value.name]
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name
        if len(shape) not in self._turned:
            self.values[value.name] = Tensor(value.name, shape, dtype)
            return self.values[value.name]
        order = TO_LAST[len(shape)]
        last = Tensor(value.name, tuple(shape[axis] for axis in order), dtype)
        self.values[value.name] = self.transpose(last, TO_FIRST[len(shape)], value.name + "/channels_first")
        return last

    def _output(self, value):
        from linnet.importers.onnx_qdq import to_file_dtype

        name = value.name
        if name not in self.values:
            raise LinnetError(f'the output "{name}" does not depend on any input')
        tensor = to_file_dtype(self, value, self.values[name])
        if len(tensor.shape) not in self._turned:
            return tensor
        return self.transpose(tensor, TO_LAST[len(tensor.shape)], name)

    def _fold(self, node):
        """Computes a node of constants alone; True where it was one."""
        from linnet.importers.onnx_qdq import real_or_integer, scales_of_constant

        if node.op_type == "Shape" and node.input[0] in self.values:
            attributes = self.attributes(node)
            shape = self.shape(node.input[0])[attributes.get("start", 0) : attributes.get("end")]
            self.constants[node.output[0]] = np.array(shape, np.int64)
            return True
        if any(name and name not in self.constants for name in node.input):
            return False
        for name, array in zip(node.output, real_or_integer(self, node) or self._evaluated(node)):
            self.constants[name] = np.asarray(array)
        quant = scales_of_constant(self, node)
        if quant is not None:
            self.quants[node.output[0]] = quant
        return True

    def _evaluated(self, node):
        """The outputs of a node of constants."""
        from onnx import helper, numpy_helper
        from onnx.reference import ReferenceEvaluator

        inputs = [numpy_helper.from_array(self.constants[name], name) for name in dict.fromkeys(filter(None, node.input))]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output]
        graph = helper.make_graph([node], "constant", [], outputs, inputs)
        model = helper.make_model(graph, opset_imports=self._model.opset_import, ir_version=self._model.ir_version)
        try:
            return ReferenceEvaluator(model).run(None, {})
        except Exception as error:  # whatever the reference meets, or does not know
            raise LinnetError(f"{self.label(node)} works on constants and cannot be computed ({error}); fold it when exporting") from None


def _needed(graph):
    """The names of all values that an output comes of."""
    needed = {value.name for value in graph.output}
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
    return needed


def _instead(node, known):
    """What to use in place of an operator that is not there."""
    if node.op_type.startswith(("QLinear", "QGemm")):
        return "the model is quantized in QOperator format; quantize it in QDQ format (onnxruntime: quant_format=QuantFormat.QDQ)"
    if node.op_type in ("DynamicQuantizeLinear", "ConvInteger", "MatMulInteger", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"):
        return "the model is quantized dynamically; quantize it statically, in QDQ format, or give the float model to linnet quantize"
    if node.op_type in ("If", "Loop", "Scan"):
        return "what runs depends on its input; export the model with fixed sizes and without control flow"
    if node.domain not in ("", "ai.onnx"):
        return f'it is of the domain "{node.domain}"; export the model with operators of ONNX alone'
    near = difflib.get_close_matches(node.op_type, known, n=3, cutoff=0.4)
    return f"nearest supported: {', '.join(near)}" if near else f"supported: {', '.join(sorted(known))}"


def constant(data, name="constant", quant=None):
    """A constant Tensor of an array; quant: of the integers that its real values come of."""
    data = np.asarray(data)
    data = data.astype(np.int32) if data.dtype == np.int64 and (np.abs(data) < 1 << 31).all() else data
    return Tensor(name, data.shape, data.dtype.name, quant, np.ascontiguousarray(data).reshape(data.shape))
