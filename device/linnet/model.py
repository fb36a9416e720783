"""linnet.Model: a model, its arena and its description. The host has the same class with the same results.

The work is done by the native module _linnet (device/binding). predict() and run() allocate nothing.
"""

import struct
from array import array

import _linnet

from .files import allocate, bring, labels_beside

_ROW = "<IIBBBBif6II"  # of TENSORS: FORMAT.md, section 4
_LETTERS = "?bBhif???q"  # by dtype; those of array, struct and OpenMV; ? is bool
_NAMES = {"b": "int8", "B": "uint8", "h": "int16", "i": "int32", "f": "float32", "?": "bool", "q": "int64"}
_GROUPS = "base", "shapes", "math", "sequences", "int16", "float32", "int4"  # of operators: FORMAT.md, section 5
_PLAIN = bytes, bytearray, memoryview, array, int, float  # inputs[0] of a list of buffers, or of one that came by itself


def load(path_or_buffer, arena=None, window=None, cores=1):
    """Open a model.

    path_or_buffer: "kws" (see linnet.files), a path, or the blob itself: anything with the buffer protocol, used in
    place, never copied, not to be changed while the model lives. A file on ROMFS is used in place too.
    arena: a writable buffer of at least the model's `ram` bytes, at a multiple of 16 as every bytearray is. Models that
    take turns may share one: load("b", a.arena). By default the model gets its own. A model with variables finds what the
    others left in a shared arena: reset() it before its turn.
    window: for a file whose weights do not fit in RAM, the bytes through which they are read from it, operator by operator,
    in every inference (linnet.window); where a model is used in place, in ROMFS or frozen into the firmware, none is taken.
    cores: 2 for a blob that was packed with --cores 2, on a chip with two: both work at its layers (linnet.cores).
    Raises OSError when there is no such file, ValueError when the blob is damaged or cannot run here, MemoryError.
    """
    return Model(path_or_buffer, arena, window, cores=cores)


class Model:
    """An open model.

    run(x, y): one inference from buffer x to buffer y; a list or tuple of buffers where there are several.
    name, labels ([str, ...]), len (bytes of the blob), ram (bytes of the arena), arena, n_operators.
    input_shape, input_dtype, input_scale, input_zero_point and the same for output_: tuples, one entry per input or
    output; shapes are NHWC, dtypes are array's letters, scale is 0.0 where there is none.
    postprocess: called with (model, inputs, outputs) after every predict. load_to_fb: taken for OpenMV's sake, without effect.
    """

    def __init__(self, path_or_buffer, arena=None, window=None, load_to_fb=False, postprocess=None, cores=1):
        blob = path_or_buffer
        what = "model"
        rest = ()
        if isinstance(blob, str):
            blob, what, rest = bring(blob, window)
        groups, missing = _bring(blob)
        try:
            native = _linnet.Model(blob, groups, *rest)
        except ValueError as error:
            if missing and "operator not known" in str(error):
                error = "%s.mpy is not installed: deploy the model again with linnet deploy" % missing
            raise ValueError("%s: %s" % (what, error))
        self._native = native
        self.len, self.ram, _, self.n_operators, self._n_golden, inputs, outputs, self._n_reset = native.info()
        self.arena = allocate(self.ram, "arena") if arena is None else arena
        native.bind(self.arena)
        self._file, self._vectors = rest[0] if rest else None, None
        name = native.string(1)
        self.name = name.decode() if name else what.split("/")[-1].split(".")[0]
        labels = native.string(2)
        self.labels = labels.decode().split("\n") if labels else labels_beside(what)
        self.input_dtype, self.input_shape, self.input_scale, self.input_zero_point = self._describe(inputs)
        self.output_dtype, self.output_shape, self.output_scale, self.output_zero_point = self._describe(outputs)
        self._outputs = outputs
        self._raw = [self._array(i) for i in outputs]
        self._real = self._ml = None
        self.postprocess = postprocess
        # The native method itself: a Python method around it would cost a thousand instructions a call.
        self.run = native.invoke
        self._both = None
        if cores == 2:
            if window:
                raise ValueError("%s: a weight window serves one core: leave the window or the cores out" % what)
            from .cores import Both

            self._both = Both(native, what)
            self.run = self._run

    # Running: nothing here allocates -----------------------------------------------------------------------------

    def predict(self, inputs, real=None, callback=None):
        """[x, ...], one per input -> [y, ...], one array per output; or what the post-processor makes of them.

        x: a buffer of the input's own dtype or of raw bytes; or float32 (array "f", ulab) for an int8, uint8 or int16 input,
        which is quantized with TFLite's rounding. Lists of numbers, nested or not, are real numbers as well; they allocate.
        y: in the output's own dtype, or dequantized to float32 when `real` is true. The arrays are the model's, overwritten by
        the next call; the first `real` allocates them.
        What OpenMV's ml.Model takes goes in as well, and real outputs come out as there (linnet.openmv): images, ulab's
        ndarrays, callables (buffer, shape, dtype). callback, or the constructor's postprocess, is called with (model, inputs,
        raw outputs); its result is returned.
        ValueError says both numbers when a length is wrong.
        """
        # Small and without `try`: a frame of more than 11 words would come from the heap.
        if len(inputs) and type(inputs[0]) is list:
            inputs = _numbers(inputs)
        if callback or self.postprocess or len(inputs) and type(inputs[0]) not in _PLAIN:
            return (self._ml or self._make_ml()).predict(inputs, real, callback)
        outputs = (self._real or self._make_real()) if real else self._raw
        self.run(inputs, outputs)
        return outputs

    def invoke(self):
        """One inference on what lies in the arena."""
        (self._both or self._native).run(self._n_reset, self.n_operators)

    def reset(self):
        """Gives the variables of a model that has some their first values: it forgets what it has seen."""
        self._native.run(0, self._n_reset)

    # Looking inside ----------------------------------------------------------------------------------------------

    def classify(self, x):
        """The label (or the index, of a model without labels) of the largest element of output 0, and its real value."""
        self.predict([x], False)
        y = self._raw[0]
        best = 0
        for i in range(len(y)):
            if y[i] > y[best]:
                best = i
        score = y[best]
        if self.output_scale[0] and self.output_dtype[0] != "f":
            score = self.output_scale[0] * (score - self.output_zero_point[0])
        return self.labels[best] if best < len(self.labels) else best, score

    def selftest(self):
        """Replay the golden vectors, variables anew for each; their number. ValueError at the first element that differs."""
        n_golden = self._count()
        for vector in range(n_golden):
            place = self._replay(vector)
            self.invoke()
            difference = self._native.compare(place)
            if difference:
                output, element, got, wanted = difference
                letter = "<" + self.output_dtype[output]
                got, wanted = struct.unpack(letter, got)[0], struct.unpack(letter, wanted)[0]
                where = "vector %d: output %d, element %d" % (vector, output, element)
                raise ValueError("%s: got %s, wanted %s" % (where, got, wanted))
        self.reset()
        return n_golden

    def profile(self, inputs=None):
        """[(operator, microseconds), ...] of one inference. inputs: as for predict; None: those of a golden vector."""
        from time import ticks_diff, ticks_us

        from .operators import name

        self._fill(inputs)
        times = []
        for i in range(self._n_reset, self.n_operators):
            start = ticks_us()
            self._native.run(i, i + 1)
            us = ticks_diff(ticks_us(), start)
            times.append((name(self._native.operator(i)[0]), us))
        return times

    def peek(self, operator, inputs=None):
        """A copy of what operator `operator` gives (array). inputs: as for predict; None: those of a golden vector."""
        tensor = self._native.operator(operator)[2][0]
        self._fill(inputs)
        self._native.run(min(self._n_reset, operator), operator + 1)
        copy = self._array(tensor)
        self._native.get(tensor, copy)
        return copy

    def __repr__(self):
        return "<linnet.Model %s: %d bytes, %d bytes of RAM, %d operators>" % (
            self.name,
            self.len,
            self.ram,
            self.n_operators,
        )

    def __str__(self):
        lines = ["%s: %d bytes, %d bytes of RAM, %d operators" % (self.name, self.len, self.ram, self.n_operators)]
        for side in ("input", "output"):
            rows = [getattr(self, side + column) for column in ("_dtype", "_shape", "_scale", "_zero_point")]
            for i, (dtype, shape, scale, zero_point) in enumerate(zip(*rows)):
                line = "  %s %d: %s %s" % (side, i, _NAMES[dtype], shape)
                lines.append(line + (", scale %.6g, zero point %d" % (scale, zero_point) if scale else ""))
        if self.labels:
            lines.append("  labels: " + ", ".join(self.labels))
        return "\n".join(lines)

    # Helpers -----------------------------------------------------------------------------------------------------

    def _run(self, x, y):
        """native.invoke on both cores."""
        self._native.put(x)
        self.invoke()
        several = type(y) in (list, tuple)
        for i in range(len(self._outputs)):
            self._native.get(self._outputs[i], y[i] if several else y)

    def _fill(self, inputs):
        if inputs is None:
            self._replay(0 if self._count() else -1)
        else:
            self._native.put(_numbers(inputs))

    def _count(self):
        """The number of golden vectors; those of a model in a file are looked for when they are wanted."""
        if self._file and not self._vectors:
            from .window import Vectors

            self._vectors = Vectors(self, self._file)
            self._n_golden = self._vectors.n
        return self._n_golden

    def _replay(self, vector):
        """Fills in the inputs of golden vector `vector`, or seeded ones for -1; the number by which `compare` knows it."""
        if vector >= 0 and self._vectors:
            vector = self._vectors.bring(vector)
        else:
            self._native.fill(vector)
        return vector

    def _describe(self, indices):
        """dtypes, shapes, scales and zero points of these tensors."""
        rows = [struct.unpack(_ROW, self._native.tensor(i)) for i in indices]
        return (
            tuple(_LETTERS[row[2]] for row in rows),
            tuple(row[8 : 8 + row[3]] for row in rows),
            tuple(row[7] for row in rows),
            tuple(row[6] for row in rows),
        )

    def _array(self, index):
        """A new array as large as tensor `index`."""
        row = struct.unpack(_ROW, self._native.tensor(index))
        letter = _LETTERS[row[2]]
        return array("B" if letter == "?" else letter, bytes(row[1]))

    def _make_ml(self):
        from .openmv import Frontend

        self._ml = Frontend(self)
        return self._ml

    def _make_real(self):
        self._real = [
            array("f", bytes(4 * len(y))) if letter in "bBh" else y for y, letter in zip(self._raw, self.output_dtype)
        ]
        return self._real


def _bring(blob):
    """The operators beyond _linnet's own that a blob wants: a tuple of buffers, and the last module that is not there."""
    try:
        bits = struct.unpack_from("<H", blob, 22)[0] & ~getattr(_linnet, "GROUPS", 0)
    except ValueError:
        bits = 0  # shorter than a header: the native module says so
    groups, missing = [], None
    for i, name in enumerate(_GROUPS):
        if bits >> i & 1:
            name = "_linnet_" + name
            try:
                groups.append(__import__(name).GROUP)
            except ImportError:
                missing = name
    return tuple(groups), missing


def _numbers(inputs):
    return [_flat(x) for x in inputs]


def _flat(x):
    """Nested lists of numbers as one float32 array; a buffer as it is."""
    if not isinstance(x, list):
        return x
    flat = array("f")
    for item in x:
        if isinstance(item, list):
            flat.extend(_flat(item))
        else:
            flat.append(item)
    return flat
