"""linnet.Model on the host: the names and results of the board's (device/linnet/model.py), over the same C core."""

import time
from array import array
from pathlib import Path

import numpy as np

from linnet import blob as blobs
from linnet import core
from linnet.cores import Both
from linnet.errors import LinnetError
from linnet.windowed import Windowed

# OpenMV's letters, which are those of array and struct.
LETTERS = {"int8": "b", "uint8": "B", "int16": "h", "int32": "i", "float32": "f", "bool": "?", "int64": "q"}
FOLDERS = ("", "models")


def load(path_or_buffer, arena=None, window=None, cores=1):
    """A Model from "kws" (./kws.linnet, ./models/kws.linnet), from a path, or from the bytes of a blob.

    arena: a writable buffer of at least the model's `ram` bytes, at a multiple of 16, that models may share which take
    turns; by default the model gets its own. window: run as a board does that reads the weights through so many bytes of RAM;
    results are the same. cores: 2 runs the pairs of operators of a blob packed for that on two threads. Raises LinnetError for a
    blob that is not sound.
    """
    return Model(path_or_buffer, arena, window, cores)


class Model:
    """An open model.

    name, labels ([str, ...]), len (bytes of the blob), ram (bytes of the arena), arena, n_operators.
    input_shape, input_dtype, input_scale, input_zero_point and the same for output_: tuples, one entry per input or
    output; shapes are NHWC, dtypes are array's letters, scale is 0.0 where there is none. Of the host alone: blob.
    """

    def __init__(self, path_or_buffer, arena=None, window=None, cores=1):
        data, what = path_or_buffer, "blob"
        if isinstance(data, (str, Path)):
            data, what = _read(data)
        data = bytes(data)
        self.source = what
        self.blob = blobs.decode(data, what)
        self.name = self.blob.strings.get("name") or Path(what).stem
        self.labels = self.blob.labels
        self.len = len(data)
        self.ram = self.blob.arena_bytes
        self.n_operators = len(self.blob.operators)
        memory = None if arena is None else self._as_arena(arena)
        self._opened = Windowed(data, window, memory, what) if window else core.Opened(data, memory, what)
        self._both = None
        if cores == 2:
            if window:
                raise LinnetError(f"{what}: a weight window serves one core: leave the window or the cores out")
            self._both = Both(self._opened, self.blob, what)
        self._given_arena = arena
        self._inputs = [self.blob.tensors[i] for i in self.blob.inputs]
        self._outputs = [self.blob.tensors[i] for i in self.blob.outputs]
        self.input_dtype, self.input_shape, self.input_scale, self.input_zero_point = _describe(self._inputs)
        self.output_dtype, self.output_shape, self.output_scale, self.output_zero_point = _describe(self._outputs)

    @property
    def arena(self):
        """The buffer it works in: the one that was given, or its own."""
        return self._opened.arena if self._given_arena is None else self._given_arena

    def _as_arena(self, arena):
        memory = np.frombuffer(arena, np.uint8)
        if not memory.flags.writeable:
            raise LinnetError(f"{self.source}: the arena cannot be written to: give a bytearray")
        if len(memory) < self.ram:
            raise LinnetError(f"{self.source}: the arena has {len(memory)} bytes, the model needs {self.ram}")
        if memory.ctypes.data % 16:
            raise LinnetError(f"{self.source}: the arena does not lie at a multiple of 16 in memory: give all of a bytearray")
        return memory

    # Running -----------------------------------------------------------------------------------------------------

    def predict(self, inputs, real=False):
        """[x, ...], one per input -> [y, ...], one flat NumPy array (elements,) per output.

        x: a buffer or array of the input's own dtype or of raw bytes; or float32 for an int8, uint8 or int16 input, which
        is quantized with TFLite's rounding. Lists of numbers, nested or not, are real numbers as well.
        y: in the output's own dtype, or dequantized to float32 when `real` is true.
        Raises LinnetError that says both numbers when a length is wrong.
        """
        self._put(inputs)
        self.invoke()
        outputs = [self._view(row).ravel().copy() for row in self._outputs]
        if not real:
            return outputs
        pairs = zip(outputs, self._outputs)
        return [core.dequantize(y, r.scale, r.zero_point) if r.dtype in core.QUANTIZED else y for y, r in pairs]

    def run(self, x, y):
        """One inference from buffer x to buffer y; lists or tuples of buffers where there are several.

        A float32 buffer for an int8, uint8 or int16 tensor is quantized, or dequantized to.
        """
        ys = y if isinstance(y, (list, tuple)) else [y]
        if len(ys) != len(self._outputs):
            raise LinnetError(f"{self.source}: outputs: {len(self._outputs)} wanted, {len(ys)} given")
        self._put(x)
        self.invoke()
        for index, (row, buffer) in enumerate(zip(self._outputs, ys)):
            memory, data = memoryview(buffer), self._view(row)
            if memory.format == "f" and row.dtype in core.QUANTIZED:
                data = core.dequantize(data, row.scale, row.zero_point)
            if memory.nbytes != data.nbytes:
                raise LinnetError(f"{self.source}: output {index}: {data.nbytes} bytes wanted, {memory.nbytes} given")
            memory.cast("B")[:] = data.tobytes()

    def invoke(self):
        """One inference on what lies in the arena."""
        (self._both or self._opened).invoke()

    def reset(self):
        """Gives the variables of a model that has some their first values: it forgets what it has seen."""
        self._opened.reset()

    def classify(self, x):
        """The label (or the index, of a model without labels) of the largest element of output 0, and its real value."""
        y = self.predict([x])[0]
        best = int(y.argmax())
        score = y[best].item()
        if self.output_scale[0] and self.output_dtype[0] != "f":
            score = self.output_scale[0] * (score - self.output_zero_point[0])
        return self.labels[best] if best < len(self.labels) else best, score

    # Looking inside ----------------------------------------------------------------------------------------------

    def selftest(self):
        """Replays the golden vectors; their number. Raises LinnetError at the first element that differs."""
        for number, vector in enumerate(self.blob.golden):
            self.reset()
            got = self.predict(self.golden_inputs(vector))
            for index, (ours, row, data) in enumerate(zip(got, self._outputs, vector.outputs)):
                wanted = np.frombuffer(data, row.dtype)
                differ = (_bits(ours) != _bits(wanted)) & ~(np.isnan(ours) & np.isnan(wanted))
                for at in np.flatnonzero(differ)[:1]:
                    raise LinnetError(
                        f"{self.source}: vector {number}: output {index}, element {at}: got {ours[at]}, wanted {wanted[at]}"
                    )
        self.reset()
        return len(self.blob.golden)

    def profile(self, inputs=None):
        """[(operator, microseconds), ...] of one inference. inputs: as for predict; None: those of a golden vector."""
        self._fill(inputs)
        times = []
        for index, operator in list(enumerate(self.blob.operators))[self.blob.n_reset :]:
            start = time.perf_counter_ns()
            self._opened.run(index, index + 1)
            times.append((operator.name, (time.perf_counter_ns() - start) // 1000))
        return times

    def peek(self, operator, inputs=None):
        """A copy of what operator `operator` gives, a flat array. inputs: as for predict; None: those of a golden vector."""
        if not 0 <= operator < self.n_operators:
            raise LinnetError(f"{self.source}: operator: 0 ... {self.n_operators - 1} wanted, {operator} given")
        self._fill(inputs)
        self._opened.run(min(self.blob.n_reset, operator), operator + 1)
        return self._tensor(self.blob.operators[operator].outputs[0]).ravel()

    def steps(self, inputs):
        """Runs operator by operator; yields (index, inputs, outputs): the arrays that it read and wrote, in their shapes."""
        self._put(inputs)
        for index, operator in list(enumerate(self.blob.operators))[self.blob.n_reset :]:
            taken = [self._tensor(i) for i in operator.inputs]
            self._opened.run(index, index + 1)
            yield index, taken, [self._tensor(i) for i in operator.outputs]

    def golden_inputs(self, vector):
        """The inputs of a golden vector (blob.Vector), as arrays in their shapes."""
        if vector.inputs is not None:
            pairs = zip(vector.inputs, self._inputs)
            return [np.frombuffer(data, row.dtype).reshape(row.shape) for data, row in pairs]
        state, arrays = vector.seed, []
        for index, row in zip(self.blob.inputs, self._inputs):
            data, state = self._opened.seeded(index, state)
            arrays.append(data.view(row.dtype).reshape(row.shape))
        return arrays

    def __repr__(self):
        return f"<linnet.Model {self.name}: {self.len} bytes, {self.ram} bytes of RAM, {self.n_operators} operators>"

    def __str__(self):
        lines = [f"{self.name}: {self.len} bytes, {self.ram} bytes of RAM, {self.n_operators} operators"]
        for side, rows in (("input", self._inputs), ("output", self._outputs)):
            for i, row in enumerate(rows):
                quantization = f", scale {row.scale:.6g}, zero point {row.zero_point}" if row.scale else ""
                lines.append(f"  {side} {i}: {row.dtype} {tuple(row.shape)}{quantization}")
        if self.labels:
            lines.append("  labels: " + ", ".join(self.labels))
        return "\n".join(lines)

    # Tensors in the arena ----------------------------------------------------------------------------------------

    def _view(self, row):
        """The tensor in the arena (row.shape), not a copy."""
        return self._opened.arena[row.offset : row.offset + row.bytes].view(row.dtype).reshape(row.shape)

    def _tensor(self, index):
        """A copy of tensor `index`, in its shape."""
        row = self.blob.tensors[index]
        if row.in_weights:
            data = self.blob.weights[row.offset : row.offset + row.bytes]
            return np.frombuffer(data, row.dtype).reshape(row.shape)
        return self._view(row).copy()

    def _put(self, inputs):
        if not isinstance(inputs, (list, tuple)):
            inputs = [inputs]
        if len(inputs) != len(self._inputs):
            raise LinnetError(f"{self.source}: inputs: {len(self._inputs)} wanted, {len(inputs)} given")
        arrays = [as_input(x, row, f"{self.source}: input {i}") for i, (x, row) in enumerate(zip(inputs, self._inputs))]
        for x, row in zip(arrays, self._inputs):
            self._view(row)[...] = x

    def _fill(self, inputs):
        vector = self.blob.golden[0] if self.blob.golden else blobs.Vector(1, None, [])
        if inputs is None:
            self.reset()
        self._put(self.golden_inputs(vector) if inputs is None else inputs)


def as_input(x, row, what):
    """x as an array of a tensor's own shape and dtype (blob.TensorRow); real numbers are quantized where the tensor is.

    what: names the tensor in messages. Raises LinnetError that says what was given and what is wanted.
    """
    is_raw = isinstance(x, (bytes, bytearray, memoryview)) and memoryview(x).format in ("B", "c")
    if is_raw or isinstance(x, array) and x.typecode in "bB":
        if memoryview(x).nbytes != row.bytes:
            raise LinnetError(f"{what}: {row.bytes} bytes wanted, {memoryview(x).nbytes} given")
        return np.frombuffer(x, row.dtype).reshape(row.shape)
    given = np.asarray(x, np.float32 if isinstance(x, (list, tuple)) else None)
    if given.size != np.prod(row.shape, dtype=int):
        raise LinnetError(f"{what}: {tuple(row.shape)} wanted, {given.shape} given")
    if given.dtype == row.dtype:
        return given.reshape(row.shape)
    if given.dtype.kind == "f" and row.dtype in core.QUANTIZED and row.scale:
        return core.quantize(given, row.scale, row.zero_point, row.dtype).reshape(row.shape)
    if given.dtype.kind == "f" and row.dtype == "float32":
        return given.astype(np.float32).reshape(row.shape)
    wanted = row.dtype + (" or float32" if row.scale and row.dtype != "float32" else "")
    raise LinnetError(f"{what}: {wanted} wanted, {given.dtype} given")


def _read(path):
    """The bytes of a file and its path. A name without a suffix is looked for as NAME.linnet in FOLDERS."""
    path = Path(path)
    if not path.suffix and not path.exists():
        named = [Path(folder, f"{path}.linnet") for folder in FOLDERS]
        path = next((found for found in named if found.exists()), named[0])
    try:
        return path.read_bytes(), str(path)
    except OSError as error:
        raise LinnetError(f"{path}: {error.strerror}") from None


def _describe(rows):
    """dtypes, shapes, scales and zero points of these tensors."""
    return (
        tuple(LETTERS[row.dtype] for row in rows),
        tuple(tuple(row.shape) for row in rows),
        tuple(row.scale for row in rows),
        tuple(row.zero_point for row in rows),
    )


def _bits(values):
    """The elements as integers: -0.0 is not 0.0."""
    return np.ascontiguousarray(values).view(f"u{values.itemsize}")
