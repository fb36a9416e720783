"""linnet.Model on the host: the names and results of the board's (device/linnet), over the same C core."""

import time
from pathlib import Path

import numpy as np

from . import blob as blobs
from . import core
from .errors import LinnetError

# OpenMV's letters, which are those of array and struct.
LETTERS = {"int8": "b", "uint8": "B", "int16": "h", "int32": "i", "float32": "f", "bool": "?"}


def load(path_or_buffer, arena=None):
    """A Model from a .linnet file or from its bytes.

    arena: a writable buffer of at least the model's `ram` bytes at a multiple of 16, which several models may share when
    they take turns; by default the model gets its own. Raises LinnetError for a blob that is not sound.
    """
    return Model(path_or_buffer, arena)


class Model:
    """An open model. Shapes are tuples, NHWC; input_* and output_* are tuples with one entry per input or output."""

    def __init__(self, path_or_buffer, arena=None):
        data, name = path_or_buffer, "blob"
        if isinstance(path_or_buffer, (str, Path)):
            name = str(path_or_buffer)
            try:
                data = Path(path_or_buffer).read_bytes()
            except OSError as error:
                raise LinnetError(f"{name}: {error.strerror}") from None
        data = bytes(data)
        self.blob = blobs.decode(data, name)
        self.source = name
        self.len = len(data)
        self.ram = self.blob.arena_bytes
        self.labels = self.blob.labels
        self.name = self.blob.strings.get("name") or Path(name).stem
        self._opened = core.Opened(data, None if arena is None else self._as_arena(arena), name)
        self._inputs = [self.blob.tensors[i] for i in self.blob.inputs]
        self._outputs = [self.blob.tensors[i] for i in self.blob.outputs]
        for side, rows in (("input", self._inputs), ("output", self._outputs)):
            setattr(self, f"{side}_shape", tuple(tuple(row.shape) for row in rows))
            setattr(self, f"{side}_dtype", tuple(LETTERS[row.dtype] for row in rows))
            setattr(self, f"{side}_scale", tuple(row.scale for row in rows))
            setattr(self, f"{side}_zero_point", tuple(row.zero_point for row in rows))

    def _as_arena(self, arena):
        array = np.frombuffer(arena, np.uint8)
        if not array.flags.writeable:
            raise LinnetError(f"{self.source}: the arena cannot be written to: give a bytearray")
        start = -array.ctypes.data % 16
        if len(array) < self.ram + start:
            raise LinnetError(
                f"{self.source}: the arena has {len(array)} bytes, the model needs {self.ram}"
                + (f" and {start} to begin at a multiple of 16" if start else "")
            )
        return array[start:]

    def __repr__(self):
        return f"<linnet.Model {self.name}: {self.len} bytes, {self.ram} bytes of RAM, {len(self.blob.operators)} operators>"

    def __str__(self):
        lines = [f"{self.name}: {self.len} bytes, {self.ram} bytes of RAM, {len(self.blob.operators)} operators"]
        for side, rows in (("input", self._inputs), ("output", self._outputs)):
            for i, row in enumerate(rows):
                quant = f", scale {row.scale:.6g}, zero point {row.zero_point}" if row.scale else ""
                lines.append(f"  {side} {i}: {row.dtype} {tuple(row.shape)}{quant}")
        if self.labels:
            lines.append("  labels: " + ", ".join(self.labels))
        return "\n".join(lines)

    # Tensors in the arena ------------------------------------------------------------------------------------

    def _view(self, row):
        """The tensor in the arena (row.shape), not a copy."""
        return self._opened.arena[row.offset : row.offset + row.bytes].view(row.dtype).reshape(row.shape)

    def _write(self, index, x):
        """Puts input `index` into the arena: an array of its dtype, float32 for a quantized one, or raw bytes."""
        row = self._inputs[index]
        self._view(row)[...] = as_input(x, row, f"{self.source}: input {index}")

    def _tensor(self, index):
        row = self.blob.tensors[index]
        if row.in_weights:
            data = self.blob.weights[row.offset : row.offset + row.bytes]
            return np.frombuffer(data, row.dtype).reshape(row.shape)
        return self._view(row).copy()

    # Running -------------------------------------------------------------------------------------------------

    def _begin(self, inputs):
        if len(inputs) != len(self._inputs):
            raise LinnetError(f"{self.source}: the model has {len(self._inputs)} inputs, not {len(inputs)}")
        for index, x in enumerate(inputs):
            self._write(index, x)

    def predict(self, inputs):
        """[x, ...], one per input -> [y, ...], one NumPy array per output, in the output's own dtype and shape.

        x: anything with the buffer protocol or an array: the input's own dtype, or float32, which is quantized when the
        input is int8 or uint8. Raises LinnetError that says both lengths when one is wrong.
        """
        if not isinstance(inputs, (list, tuple)):
            raise LinnetError(f"{self.source}: predict takes a list with one entry per input: predict([x])")
        self._begin(inputs)
        self._opened.run(0, len(self.blob.operators))
        return [self._view(row).copy() for row in self._outputs]

    def run(self, x, y):
        """Raw bytes of the input(s) in, raw bytes of the output(s) out: x and y are buffers, or lists of them."""
        xs = x if isinstance(x, (list, tuple)) else [x]
        ys = y if isinstance(y, (list, tuple)) else [y]
        for side, buffers, rows in (("input", xs, self._inputs), ("output", ys, self._outputs)):
            if len(buffers) != len(rows):
                raise LinnetError(f"{self.source}: the model has {len(rows)} {side}s, not {len(buffers)}")
            for index, (buffer, row) in enumerate(zip(buffers, rows)):
                n_bytes = memoryview(buffer).nbytes
                if n_bytes != row.bytes:
                    raise LinnetError(f"{self.source}: {side} {index} takes {row.bytes} bytes, not {n_bytes}")
        for row, buffer in zip(self._inputs, xs):
            self._view(row)[...] = np.frombuffer(buffer, row.dtype).reshape(row.shape)
        self._opened.run(0, len(self.blob.operators))
        for row, buffer in zip(self._outputs, ys):
            memoryview(buffer).cast("B")[:] = self._view(row).tobytes()

    def steps(self, inputs):
        """Runs operator by operator: yields (index, inputs, outputs), the arrays of that operator as it saw them."""
        self._begin(inputs)
        for index, operator in enumerate(self.blob.operators):
            taken = [self._tensor(i) for i in operator.inputs]
            self._opened.run(index, index + 1)
            yield index, taken, [self._tensor(i) for i in operator.outputs]

    def peek(self, index):
        """Runs up to and including operator `index` on the inputs last given; its output tensor, copied.

        The inputs are those in the arena, which a run may have overwritten: see predict_until.
        """
        return self.predict_until(None, index)

    def predict_until(self, inputs, index):
        """Like peek, on these inputs."""
        n = len(self.blob.operators)
        if not 0 <= index < n:
            raise LinnetError(f"{self.source}: no operator {index}: the model has {n}")
        if inputs is not None:
            self._begin(inputs)
        self._opened.run(0, index + 1)
        return self._tensor(self.blob.operators[index].outputs[0])

    def profile(self):
        """[(operator, microseconds), ...] of one inference on whatever the arena holds."""
        times = []
        for index, operator in enumerate(self.blob.operators):
            start = time.perf_counter_ns()
            self._opened.run(index, index + 1)
            times.append((operator.name, (time.perf_counter_ns() - start) // 1000))
        return times

    def golden_inputs(self, vector):
        """The inputs of a golden vector (blob.Vector), as arrays."""
        if vector.inputs is not None:
            pairs = zip(vector.inputs, self._inputs)
            return [np.frombuffer(data, row.dtype).reshape(row.shape) for data, row in pairs]
        state, arrays = vector.seed, []
        for index, row in zip(self.blob.inputs, self._inputs):
            data, state = self._opened.seeded(index, state)
            arrays.append(data.view(row.dtype).reshape(row.shape))
        return arrays

    def selftest(self):
        """Replays the golden vectors; their number. Raises LinnetError at the first byte that differs."""
        for number, vector in enumerate(self.blob.golden):
            got = self.predict(self.golden_inputs(vector))
            for index, (tensor, wanted) in enumerate(zip(got, vector.outputs)):
                for at, (g, w) in enumerate(zip(tensor.tobytes(), wanted)):
                    if g != w:
                        raise LinnetError(
                            f"{self.source}: golden vector {number}: output {index}, byte {at}: got {g}, wanted {w}"
                        )
        return len(self.blob.golden)


def as_input(x, row, what):
    """x as an array of a tensor's own shape and dtype (blob.TensorRow); float32 is quantized where the tensor is.

    what: names the tensor in messages. Raises LinnetError that says what was given and what is wanted.
    """
    if isinstance(x, (bytes, bytearray, memoryview)) and memoryview(x).format in ("B", "c"):
        if memoryview(x).nbytes != row.bytes:
            raise LinnetError(f"{what} takes {row.bytes} bytes, not {memoryview(x).nbytes}")
        return np.frombuffer(x, row.dtype).reshape(row.shape)
    array = np.asarray(x)
    if array.size != np.prod(row.shape, dtype=int):
        raise LinnetError(f"{what} takes {tuple(row.shape)}, not {array.shape}")
    if array.dtype == row.dtype:
        return array.reshape(row.shape)
    if array.dtype.kind == "f" and row.dtype in ("int8", "uint8") and row.scale:
        return core.quantize(array, row.scale, row.zero_point, row.dtype).reshape(row.shape)
    if array.dtype.kind == "f" and row.dtype == "float32":
        return array.astype(np.float32).reshape(row.shape)
    wanted = row.dtype + (" or float32" if row.scale and row.dtype != "float32" else "")
    raise LinnetError(f"{what} takes {wanted}, not {array.dtype}")
