"""LiteRT's kernels as the reference: any tensor of a .tflite file, computed from tensors that are known.

Every operator runs as a model of its own, on inputs that we choose, so a difference cannot hide behind an earlier one.
The kernels are those of BUILTIN_REF, which round as TFLite Micro does; all but one: its FULLY_CONNECTED rounds once where
TFLite Micro rounds twice, and the optimized one breaks ties of negative numbers the other way. A dense layer is a 1x1
convolution, and that one rounds twice: so it runs as CONV_2D. Where int8 weights meet float32 (dynamic-range quantization), LiteRT
would quantize the activations as it goes, which TFLite Micro does not do: there the weights are made float32.
"""

import warnings
from pathlib import Path

import numpy as np
from tflite import BUILTIN_OPCODE2NAME

from linnet.errors import LinnetError

try:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    BuiltinOperator = schema.BuiltinOperator
    LAYERS = (BuiltinOperator.CONV_2D, BuiltinOperator.DEPTHWISE_CONV_2D, BuiltinOperator.FULLY_CONNECTED, BuiltinOperator.TRANSPOSE_CONV)
    # ADD_N and CUMSUM are missing, DIV shifts by more bits than there are, RSQRT refuses what is negative, SUB takes scales in
    # double precision where TFLite Micro takes them in single, SUM does not rescale.
    UNLIKE_IN_INT8 = (
        BuiltinOperator.ADD_N, BuiltinOperator.CUMSUM, BuiltinOperator.DIV, BuiltinOperator.RSQRT, BuiltinOperator.SUB,
        BuiltinOperator.SUM,
    )  # fmt: skip
    # LiteRT's state cannot be set from outside, nor a subgraph run alone.
    WITH_MEMORY = (
        BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM, BuiltinOperator.SVDF, BuiltinOperator.VAR_HANDLE, BuiltinOperator.READ_VARIABLE,
        BuiltinOperator.ASSIGN_VARIABLE, BuiltinOperator.CALL_ONCE, BuiltinOperator.IF, BuiltinOperator.WHILE,
    )  # fmt: skip
    UNLIKE_IN_INT16 = (BuiltinOperator.MUL, BuiltinOperator.SQUARED_DIFFERENCE, BuiltinOperator.SUB, BuiltinOperator.SUM)
except ImportError:
    Interpreter = None

INSTALL = "LiteRT is not installed: pip install linnet[litert]"


def available():
    """Is LiteRT installed?"""
    return Interpreter is not None


class NotComparable(LinnetError):
    """Says why LiteRT cannot compute a tensor from what is known."""


class Reference:
    """A .tflite file whose operators LiteRT computes one by one. Tensors go by their index in its first subgraph."""

    def __init__(self, path):
        if not available():
            raise LinnetError(INSTALL)
        self.path = path
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise LinnetError(f"{path}: {error.strerror}") from None
        if data[4:8] != b"TFL3":
            raise LinnetError(f"{path}: not a .tflite file")
        self._model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data))
        self._graph = self._model.subgraphs[0]
        self._producer = {output: op for op in self._graph.operators for output in op.outputs}
        self._interpreters = {}

    @property
    def n_tensors(self):
        return len(self._graph.tensors)

    def name(self, index):
        """The name of tensor `index`."""
        return (self._graph.tensors[index].name or b"").decode()

    def shape(self, index):
        """Its shape as the file gives it."""
        shape = self._graph.tensors[index].shape
        return () if shape is None else tuple(int(size) for size in shape)

    def is_open(self, index):
        """Whether the file leaves sizes of tensor `index` open: shape() is then a guess."""
        signature = self._graph.tensors[index].shapeSignature
        return signature is not None and -1 in signature

    def kind(self, index):
        """TFLite's name of the operator that makes tensor `index`; "HYBRID" of a layer with int8 weights on float32."""
        op = self._producer[index]
        return "HYBRID" if self._is_hybrid(op) else BUILTIN_OPCODE2NAME.get(self._builtin(op), "CUSTOM")

    def is_made(self, index):
        """Whether an operator makes tensor `index`: none makes an input, a constant, the state of an LSTM."""
        return index in self._producer

    def why_not(self, index):
        """Why LiteRT is no reference for tensor `index`, in a few words; None where it is one."""
        op = self._producer[index]
        if self._builtin(op) in WITH_MEMORY:
            return "it has a memory"
        return None if self._is_like_tflm(op) else "LiteRT computes it otherwise than TFLite Micro"

    def _is_like_tflm(self, op):
        """Whether LiteRT computes an operator as TFLite Micro does. Of LiteRT 2.3's int8 a few operators are missing or do
        not; of its int16 broadcast products round otherwise, sums are wrong, and layers whose bias is not int64 are refused or read
        it as if it were."""
        types = [self._graph.tensors[i].type if i >= 0 else None for i in op.inputs]
        if schema.TensorType.INT8 in types and self._builtin(op) in UNLIKE_IN_INT8:
            return False
        if schema.TensorType.INT8 in types and self._builtin(op) == BuiltinOperator.LOGISTIC:
            # Of steps this large TFLite Micro saturates one step early.
            return self._graph.tensors[op.inputs[0]].quantization.scale[0] < 2
        if schema.TensorType.INT16 not in types:
            return True
        if self._builtin(op) in LAYERS:
            return types[-1] == schema.TensorType.INT64
        makes_int32 = self._graph.tensors[op.outputs[0]].type == schema.TensorType.INT32
        return self._builtin(op) not in UNLIKE_IN_INT16 and not makes_int32

    def _builtin(self, op):
        code = self._model.operatorCodes[op.opcodeIndex]
        return max(code.builtinCode, code.deprecatedBuiltinCode)

    def _is_hybrid(self, op):
        if self._builtin(op) not in LAYERS:
            return False
        weights, result = self._graph.tensors[op.inputs[1]], self._graph.tensors[op.outputs[0]]
        return weights.type == schema.TensorType.INT8 and result.type == schema.TensorType.FLOAT32

    def is_constant(self, index):
        return self._model.buffers[self._graph.tensors[index].buffer].data is not None

    def evaluate(self, index, known):
        """Tensor `index`, from the nearest known ones: {index: array}, to which what is computed on the way is not added."""
        found = dict(known)
        found.pop(index, None)
        # Depth first without recursion: a file may chain thousands of operators.
        waiting = [index]
        while waiting:
            op = self._producer.get(waiting[-1])
            if op is None:
                raise LinnetError(f'{self.path}: nothing makes tensor {waiting[-1]} "{self.name(waiting[-1])}" from what is known')
            if self._builtin(op) in WITH_MEMORY:
                raise NotComparable("it follows on one with a memory")
            inputs = [i for i in op.inputs if i >= 0 and not self.is_constant(i)]
            missing = [i for i in inputs if i not in found]
            if missing:
                waiting += missing
                continue
            found.update(self._run(op, [found[i] for i in inputs]))
            waiting.pop()
        return found[index]

    def _run(self, op, inputs):
        """{output index: array} of one operator on these arrays, its inputs that are not constant."""
        if id(op) not in self._interpreters:
            for index, array in zip((i for i in op.inputs if i >= 0 and not self.is_constant(i)), inputs):
                if self.is_open(index):  # now it is known
                    self._graph.tensors[index].shape = np.array(array.shape, np.int32)
            self._interpreters[id(op)] = self._interpreter(op)
        interpreter = self._interpreters[id(op)]
        for detail, array in zip(interpreter.get_input_details(), inputs):
            if array.dtype != detail["dtype"]:
                wanted = np.dtype(detail["dtype"]).name
                raise LinnetError(f"{self.path}: the blob was not packed from it: it has {array.dtype} where the file has {wanted}")
            interpreter.set_tensor(detail["index"], np.ascontiguousarray(array).reshape(detail["shape"]))
        try:
            interpreter.invoke()
        except RuntimeError as refusal:  # of what comes in: an index that is out of bounds
            raise NotComparable(f"LiteRT refuses it: {refusal}") from None
        details = interpreter.get_output_details()
        arrays = (interpreter.get_tensor(detail["index"]) for detail in details)
        return {index: self._shaped(index, array) for index, array in zip(op.outputs, arrays)}

    def _shaped(self, index, array):
        """An array in the shape of tensor `index`; where more than one size is open, as it is."""
        if not self.is_open(index):
            return array.reshape(self.shape(index))
        signature = self._graph.tensors[index].shapeSignature
        return array.reshape(signature) if np.count_nonzero(signature == -1) == 1 else array

    def _interpreter(self, op):
        alone = self._single(op)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that tf.lite.Interpreter moves house
            for resolver in (OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES):
                try:
                    interpreter = Interpreter(model_content=alone, experimental_op_resolver_type=resolver)
                    interpreter.allocate_tensors()
                    return interpreter
                except (RuntimeError, ValueError) as error:
                    refusal = error  # some operators have no reference kernel: ROUND
        raise NotComparable(f"LiteRT refuses it: {refusal}") from None

    def _single(self, op):
        """The bytes of a .tflite file with this operator alone."""
        used = sorted({i for i in [*op.inputs, *op.outputs] if i >= 0})
        at = {index: position for position, index in enumerate(used)}
        buffers, tensors = [schema.BufferT()], []
        for index in used:
            tensor = _copy(self._graph.tensors[index])
            tensor.buffer = 0
            if self.is_constant(index):
                tensor.buffer = len(buffers)
                buffers.append(self._model.buffers[self._graph.tensors[index].buffer])
            if tensor.quantization is not None and tensor.quantization.quantizedDimension >= len(self.shape(index)):
                # TensorFlow Lite of 2019 wrote any axis where there is but one scale; LiteRT refuses to read it.
                tensor.quantization = _copy(tensor.quantization)
                tensor.quantization.quantizedDimension = 0
            tensors.append(tensor)
        alone, code = _copy(op), self._model.operatorCodes[op.opcodeIndex]
        alone.opcodeIndex = 0
        alone.inputs = [at.get(i, -1) for i in op.inputs]
        alone.outputs = [at[i] for i in op.outputs]
        if self._is_hybrid(op):
            weights = tensors[alone.inputs[1]]
            buffers[weights.buffer] = _widened(weights, buffers[weights.buffer])
        elif self._builtin(op) == BuiltinOperator.FULLY_CONNECTED and tensors[alone.inputs[0]].type != schema.TensorType.FLOAT32:
            code = _as_convolution(alone, tensors, buffers)
        graph, model = schema.SubGraphT(), schema.ModelT()
        graph.tensors, graph.operators = tensors, [alone]
        graph.inputs = [at[i] for i in op.inputs if i >= 0 and not self.is_constant(i)]
        graph.outputs = alone.outputs
        model.version, model.buffers, model.operatorCodes, model.subgraphs = 3, buffers, [code], [graph]
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _widened(weights, buffer):
    """Turns int8 weights (a copy) into float32; returns the buffer they then have."""
    values = np.asarray(buffer.data, np.uint8).view(np.int8).reshape(weights.shape)
    shape = [1] * values.ndim
    shape[weights.quantization.quantizedDimension] = -1
    wide = schema.BufferT()
    wide.data = (np.asarray(weights.quantization.scale, np.float32).reshape(shape) * values.astype(np.float32)).view(np.uint8).ravel()
    weights.type, weights.quantization = schema.TensorType.FLOAT32, None
    return wide


def _as_convolution(op, tensors, buffers):
    """Turns a FULLY_CONNECTED operator and its tensors (copies) into a 1x1 CONV_2D; returns its operator code."""
    if len(op.inputs) < 3 or op.inputs[2] < 0:
        op.inputs = [*op.inputs[:2], len(tensors)]
        tensors.append(_no_bias(tensors[op.inputs[1]].shape[0], len(buffers)))
        buffers.append(schema.BufferT())
        buffers[-1].data = np.zeros(4 * tensors[-1].shape[0], np.uint8)
    image, weights, result = (tensors[i] for i in (op.inputs[0], op.inputs[1], op.outputs[0]))
    n_out, n_in = weights.shape
    weights.shape = [n_out, 1, 1, n_in]
    for tensor, channels in ((image, n_in), (result, n_out)):
        tensor.shape = [int(np.prod(tensor.shape)) // channels, 1, 1, channels]
        tensor.shapeSignature = None
    weights.quantization, image.quantization = _copy(weights.quantization), _copy(image.quantization)
    if len(weights.quantization.scale) == 1:
        # A dense layer multiplies its scales in float32, a convolution in double: here the product is exact.
        product = np.float32(image.quantization.scale[0]) * np.float32(weights.quantization.scale[0])
        image.quantization.scale, weights.quantization.scale = [1.0], [float(product)]
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    options.fusedActivationFunction = op.builtinOptions.fusedActivationFunction
    op.builtinOptionsType, op.builtinOptions = schema.BuiltinOptions.Conv2DOptions, options
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CONV_2D
    code.version = 3
    return code


def _no_bias(n, buffer):
    """A bias of n zeros, which lie in that buffer: a convolution must have one."""
    bias = schema.TensorT()
    bias.shape, bias.type, bias.buffer, bias.name = [int(n)], schema.TensorType.INT32, buffer, b"bias"
    return bias


def _copy(table):
    """A shallow copy of an object of the schema."""
    copied = type(table)()
    copied.__dict__.update(table.__dict__)
    return copied
