"""The C core through ctypes: the same kernels and runtime that boards run, opened as a shared library.

In a checkout the library is build/host/liblinnet.so, brought up to date by make before it is loaded; an installed
package has it beside this file. $LINNET_CORE names another one (the tests: a build with sanitizers).
"""

import ctypes
import functools
import importlib.machinery
import os
import subprocess
from ctypes import POINTER, c_float, c_int32, c_size_t, c_uint8, c_uint16, c_uint32, c_void_p
from pathlib import Path

import numpy as np

from linnet.errors import LinnetError
from linnet.paths import build_dir, checkout

# FORMAT.md, section 7; the names without LINNET_ERR_.
STATUS_NAMES = (
    "OK ALIGNMENT TRUNCATED MAGIC VERSION LENGTH CRC HEADER CORE SECTION ENCODING TENSOR IO STRINGS GOLDEN RECORD "
    "OPERATOR OPERANDS PARAMS DATA SCRATCH ARENA RANGE"
).split()

# What linnet_model_t.where counts, by the name of the status.
WHERE = {
    **dict.fromkeys(("SECTION", "ENCODING"), "section"),
    "TENSOR": "tensor",
    "IO": "input/output",
    "STRINGS": "string",
    "GOLDEN": "vector",
    **dict.fromkeys(("RECORD", "OPERATOR", "OPERANDS", "PARAMS", "DATA", "SCRATCH"), "operator"),
}


class ModelStruct(ctypes.Structure):
    """linnet_model_t."""

    _fields_ = [
        *((name, c_void_p) for name in "header tensors io operators strings weights golden".split()),
        *((name, c_uint32) for name in "operators_bytes strings_bytes weights_bytes golden_bytes".split()),
        ("groups", c_void_p),
        ("where", c_uint32),
    ]


class TensorStruct(ctypes.Structure):
    """linnet_tensor_t."""

    _fields_ = [
        ("offset", c_uint32),
        ("bytes", c_uint32),
        ("dtype", c_uint8),
        ("rank", c_uint8),
        ("place", c_uint8),
        ("reserved", c_uint8),
        ("zero_point", c_int32),
        ("scale", c_float),
        ("dims", c_uint32 * 6),
        ("source", c_uint32),
    ]


class PartStruct(ctypes.Structure):
    """linnet_part_t."""

    _fields_ = [(name, c_uint32) for name in "first last offset bytes".split()]


SCRATCH = ctypes.CFUNCTYPE(c_uint32, c_void_p)


class KernelStruct(ctypes.Structure):
    """linnet_kernel_t."""

    _fields_ = [
        ("n_inputs", c_uint8),
        ("n_outputs", c_uint8),
        ("params_bytes", c_uint16),
        ("check", c_void_p),
        ("scratch", SCRATCH),
        ("run", c_void_p),
    ]


PROTOTYPES = {
    "linnet_open": (c_int32, [POINTER(ModelStruct), c_void_p, c_size_t, c_void_p]),
    "linnet_open_tables": (c_int32, [POINTER(ModelStruct), c_void_p, c_size_t, c_size_t, c_uint32, c_void_p]),
    "linnet_part": (PartStruct, [POINTER(ModelStruct), c_uint32, c_size_t]),
    "linnet_place": (c_int32, [POINTER(ModelStruct), c_void_p, POINTER(PartStruct)]),
    "linnet_run": (c_int32, [POINTER(ModelStruct), c_void_p, c_size_t, c_uint32, c_uint32]),
    "linnet_status_text": (ctypes.c_char_p, [c_int32]),
    "linnet_seeded": (c_uint32, [POINTER(TensorStruct), c_uint32, c_void_p]),
    "linnet_quantize": (None, [c_void_p, c_uint32, c_float, c_int32, c_int32, c_void_p]),
    "linnet_dequantize": (None, [c_void_p, c_uint32, c_float, c_int32, c_int32, c_void_p]),
    "linnet_kernel": (POINTER(KernelStruct), [c_void_p, c_uint32, c_uint32]),
}


def _built():
    """build/host/liblinnet.so of the checkout, made anew when a source is newer."""
    make = ["make", "--silent", "-f", str(checkout() / "device" / "host.mk"), f"BUILD={build_dir()}"]
    try:
        # MAKEFLAGS of a make that runs us are not for this one.
        done = subprocess.run(make, capture_output=True, text=True, env={**os.environ, "MAKEFLAGS": ""})
    except FileNotFoundError:
        raise LinnetError("make is not installed, and the C core of a checkout is built with it: install make and gcc") from None
    if done.returncode:
        raise LinnetError(f"the C core does not compile: {done.stderr.strip()}")
    return build_dir() / "host" / "liblinnet.so"


def library_path():
    """The shared library of the core: $LINNET_CORE, the checkout's, or the installed package's own."""
    if os.environ.get("LINNET_CORE"):
        return Path(os.environ["LINNET_CORE"])
    if checkout():
        return _built()
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = Path(__file__).with_name("_core" + suffix)
        if path.exists():
            return path
    raise LinnetError("the C core is missing from this installation: reinstall with pip install --force-reinstall linnet")


@functools.cache
def library():
    """The core, opened once, its functions ready to call."""
    path = library_path()
    try:
        core = ctypes.CDLL(str(path))
    except OSError as error:
        raise LinnetError(f"{path}: the C core cannot be loaded: {error}") from None
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(core, name)
        function.restype, function.argtypes = result, arguments
    return core


def status_text(status):
    """ "MAGIC: not a linnet blob", for -3."""
    return f"{STATUS_NAMES[-status]}: {library().linnet_status_text(status).decode()}"


def aligned(n_bytes, alignment=16):
    """A uint8 array (n_bytes) whose first byte lies at a multiple of `alignment` in memory."""
    array = np.empty(n_bytes, np.uint8)
    if array.ctypes.data % alignment:
        array = np.empty(n_bytes + alignment, np.uint8)
        start = -array.ctypes.data % alignment
        array = array[start : start + n_bytes]
    return array


def scratch_bytes(code, params, variant=0):
    """Bytes of scratch that the operator's kernel asks for.

    code: FORMAT.md section 5; params: the operator's packed struct. Raises LinnetError for an operator the core has not.
    """
    kernel = library().linnet_kernel(None, code, variant)
    if not kernel:
        raise LinnetError(f"the C core has no operator {code}, variant {variant}")
    if len(params) != kernel.contents.params_bytes:
        raise LinnetError(f"operator {code} takes {kernel.contents.params_bytes} bytes of params, not {len(params)}")
    aligned_params = aligned(len(params))
    aligned_params[:] = np.frombuffer(params, np.uint8)
    scratch = kernel.contents.scratch
    return scratch(aligned_params.ctypes.data) if scratch else 0


class Opened:
    """A blob that passed every check of the ladder, and the arena it runs in."""

    def __init__(self, blob, arena=None, name="blob"):
        """blob: bytes-like, copied to where the core wants it; arena: a writable uint8 array at a multiple of 16, or None.

        Raises LinnetError that names the failed check of FORMAT.md's section 7, and where.
        """
        source = np.frombuffer(blob, np.uint8)
        self._blob = aligned(len(source))
        self._blob[:] = source
        self._struct = ModelStruct()
        self._name = name
        self._raise_if_bad(self._open())
        self.arena_bytes = int(self._blob[16:20].view("<u4")[0])
        self.n_reset, self.n_operators = int(self._blob[21]), int(self._blob[28:30].view("<u2")[0])
        if arena is not None:
            self.arena = arena
            self.reset()

    def _open(self):
        return library().linnet_open(self._struct, self._blob.ctypes.data, len(self._blob), None)

    def _raise_if_bad(self, status):
        if status:
            from linnet.importers import is_model

            if is_model(self._name):
                raise LinnetError(f"{self._name}: is a model, not a blob; make one first: linnet pack {self._name}")
            what = WHERE.get(STATUS_NAMES[-status])
            place = f"{what} {self._struct.where}: " if what else ""
            raise LinnetError(f"{self._name}: {place}{status_text(status)}")

    @functools.cached_property
    def arena(self):
        """The memory it runs in, of its own unless one was given; made when it is first asked for."""
        try:
            self.arena = aligned(self.arena_bytes)
        except MemoryError:
            raise LinnetError(f"{self._name}: its arena of {self.arena_bytes} bytes is more than there is memory") from None
        self.reset()
        return self.arena

    def reset(self):
        """Gives the model's variables their first values."""
        self.run(0, self.n_reset)

    def invoke(self):
        """One inference on what lies in the arena."""
        self.run(self.n_reset, self.n_operators)

    def run(self, first, last):
        """Runs operators [first, last) on what lies in the arena."""
        status = library().linnet_run(self._struct, self.arena.ctypes.data, len(self.arena), first, last)
        if status:
            raise LinnetError(f"{self._name}: {status_text(status)}")

    def _tensor_struct(self, index):
        return ctypes.cast(self._struct.tensors, POINTER(TensorStruct))[index]

    def seeded(self, index, state):
        """The bytes of tensor `index` that FORMAT.md's generator makes from `state`, and its next state."""
        tensor = self._tensor_struct(index)
        data = aligned(tensor.bytes)
        state = library().linnet_seeded(tensor, state, data.ctypes.data)
        return data, state


def seeded_outputs(blob, seed):
    """One inference of `blob` (bytes) on the inputs that FORMAT.md's generator makes from `seed`: [bytes of each output]."""
    opened = Opened(blob)
    model = opened._struct
    header = np.frombuffer(blob, np.uint8)[:32]
    n_inputs, n_outputs = int(header[30]), int(header[31])
    io = ctypes.cast(model.io, POINTER(c_uint16))[: n_inputs + n_outputs]

    def view(index):
        tensor = opened._tensor_struct(index)
        return opened.arena[tensor.offset : tensor.offset + tensor.bytes]

    for index in io[:n_inputs]:
        data, seed = opened.seeded(index, seed)
        view(index)[:] = data
    opened.invoke()
    return [view(index).tobytes() for index in io[n_inputs:]]


# The dtypes that stand for real numbers, with their codes.
QUANTIZED = {"int8": 1, "uint8": 2, "int16": 3}


def quantize(real, scale, zero_point, dtype):
    """float32 array -> array of dtype ("int8", "uint8" or "int16"), with the rounding of TFLite's QUANTIZE."""
    real = np.ascontiguousarray(real, np.float32)
    out = np.empty(real.shape, dtype)
    code = QUANTIZED[np.dtype(dtype).name]
    library().linnet_quantize(real.ctypes.data, real.size, scale, zero_point, code, out.ctypes.data)
    return out


def dequantize(quantized, scale, zero_point):
    """int8, uint8 or int16 array -> float32 array, as TFLite's DEQUANTIZE."""
    quantized = np.ascontiguousarray(quantized)
    out = np.empty(quantized.shape, np.float32)
    code = QUANTIZED[quantized.dtype.name]
    library().linnet_dequantize(quantized.ctypes.data, out.size, scale, zero_point, code, out.ctypes.data)
    return out
