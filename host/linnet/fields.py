"""FORMAT.md as data: every fixed structure of a blob, field by field, and every code by its name."""

import math
import struct


class Layout:
    """A fixed structure: fields in order, little-endian, without holes."""

    def __init__(self, fields):
        """fields: "H:kind B:encoding 6I:dims" - a struct code, with a count for arrays, and the field's name."""
        self.fields = [field.split(":")[::-1] for field in fields.split()]  # [[name, code], ...]
        self._struct = struct.Struct("<" + "".join(code for _, code in self.fields))
        self.size = self._struct.size

    def pack(self, **values):
        """Bytes of the structure; a field that is not given is zero."""
        unknown = set(values) - {name for name, _ in self.fields}
        if unknown:
            raise ValueError(f"no such fields: {', '.join(sorted(unknown))}")
        flat = []
        for name, code in self.fields:
            if self._is_array(code):
                flat += values.get(name, [0] * int(code[:-1]))
            else:
                flat.append(values.get(name, 0))
        return self._struct.pack(*flat)

    def unpack(self, data, offset=0):
        """{name: value}; arrays are tuples."""
        return {name: value for name, value, _, _ in self.walk(data, offset)}

    def walk(self, data, offset=0):
        """Yields (name, value, offset in data, bytes) of every field in order."""
        for name, code in self.fields:
            size = struct.calcsize("<" + code)
            values = struct.unpack_from("<" + code, data, offset)
            yield name, values if self._is_array(code) else values[0], offset, size
            offset += size

    @staticmethod
    def _is_array(code):
        return len(code) > 1 and code[-1] != "s"


MAGIC = b"\x89LNT"
VERSION = (1, 1)
NO_SOURCE = 0xFFFFFFFF
ALIGNMENT = 16

HEADER = Layout(
    "4s:magic B:version_major B:version_minor H:header_bytes I:total_bytes I:crc32 I:arena_bytes "
    "B:core B:n_reset H:groups H:n_sections H:n_tensors H:n_operators B:n_inputs B:n_outputs"
)
SECTION = Layout("H:kind B:encoding B:reserved I:offset I:bytes I:decoded_bytes")
TENSOR = Layout("I:offset I:bytes B:dtype B:rank B:place B:reserved i:zero_point f:scale 6I:dims I:source")
OPERATOR = Layout(
    "H:code B:variant B:reserved H:record_bytes B:n_inputs B:n_outputs "
    "I:data_offset I:data_bytes I:scratch_offset I:scratch_bytes"
)
STRING = Layout("H:key H:bytes")
GOLDEN = Layout("H:n_vectors H:reserved")

SECTIONS = {1: "TENSORS", 2: "IO", 3: "OPERATORS", 4: "STRINGS", 5: "WEIGHTS", 6: "GOLDEN", 7: "SIGNATURE"}
DTYPES = {1: "int8", 2: "uint8", 3: "int16", 4: "int32", 5: "float32", 8: "bool", 9: "int64"}
DTYPE_BYTES = {"int8": 1, "uint8": 1, "int16": 2, "int32": 4, "float32": 4, "bool": 1, "int64": 8}
DTYPE_CODES = {name: code for code, name in DTYPES.items()}
# Operators come in groups, on boards a native module each: code // GROUP_CODES.
GROUP_CODES = 64
GROUPS = ("base", "shapes", "math", "sequences", "int16", "float32", "int4")
# Of the weights of group float32, by their code: float32, float16, int8.
FLOAT_WEIGHTS_BYTES = (4, 2, 1)
CORES = {0: "portable", 1: "armv6m", 2: "armv7em", 3: "helium", 4: "rv32imc", 5: "xtensa"}
STRING_KEYS = {1: "name", 2: "labels", 3: "preprocessing", 4: "producer", 5: "source", 6: "pairs"}
STRING_CODES = {name: code for code, name in STRING_KEYS.items()}

_WINDOW = (
    "H:batches H:in_h H:in_w H:in_c H:out_h H:out_w H:out_c H:kernel_h H:kernel_w H:pad_top H:pad_left "
    "B:stride_h B:stride_w B:dilation_h B:dilation_w H:reserved "
)
_LAYER = "f:act_min f:act_max H:groups B:weights B:reserved"
_REQUANT = "h:input_zero_point h:output_zero_point h:act_min h:act_max"
_AFFINE = "I:n f:scale i:zero_point"
_FINISH = "I:sums h:act_min h:act_max"
_BROADCAST = "5I:dims 15I:strides "

# code: (name, layout of the params), section 5.
OPERATORS = {
    1: ("CONV_2D", Layout(_WINDOW + _REQUANT)),
    2: ("DEPTHWISE_CONV_2D", Layout(_WINDOW + _REQUANT)),
    3: ("FULLY_CONNECTED", Layout("I:rows I:in_n I:out_n " + _REQUANT)),
    4: ("AVERAGE_POOL_2D", Layout(_WINDOW + _REQUANT)),
    5: ("MAX_POOL_2D", Layout(_WINDOW + _REQUANT)),
    6: (
        "ADD",
        Layout("I:n 2h:zero_point h:output_zero_point h:act_min h:act_max h:reserved 3i:multiplier 3i:shift"),
    ),
    7: ("PAD", Layout("4I:in 4I:before 4I:after i:value")),
    8: ("RESHAPE", Layout("")),
    9: ("SOFTMAX", Layout("I:rows I:depth")),
    10: ("LUT", Layout("I:n")),
    11: ("QUANTIZE", Layout(_AFFINE)),
    12: ("DEQUANTIZE", Layout(_AFFINE)),
    # Group 1, shapes.
    64: ("STRIDED_COPY", Layout("I:run I:offset 6I:n 6i:stride")),
    65: ("INDEXED_COPY", Layout("I:run 4I:n")),
    66: ("CONCATENATION", Layout("I:outer")),
    67: ("RESIZE_BILINEAR", Layout("I:batches I:in_bytes I:out_h I:out_w I:channels")),
    68: ("GATHER", Layout("I:batches I:outer I:n I:n_indices I:block I:run 5I:size 5I:stride")),
    69: ("CAST", Layout("I:n")),
    # Group 2, math.
    128: (
        "ELEMENTWISE",
        Layout(_BROADCAST + "2h:zero_point h:output_zero_point h:act_min h:act_max B:mode B:reserved i:multiplier i:shift"),
    ),
    129: ("PRELU", Layout(_BROADCAST + "2h:zero_point h:output_zero_point H:reserved 2i:multiplier 2i:shift")),
    130: ("COMPARE", Layout(_BROADCAST + "B:relation B:is_opposite H:reserved")),
    131: ("INTEGER", Layout(_BROADCAST + "i:act_min i:act_max I:mode")),
    132: ("SELECT", Layout(_BROADCAST)),
    133: (
        "REDUCE",
        Layout(
            "3I:kept 3I:kept_strides 3I:reduced 3I:reduced_strides h:input_zero_point h:output_zero_point "
            "B:mode 3B:unused i:multiplier i:shift"
        ),
    ),
    134: ("ARG_MAX", Layout("I:outer I:n I:inner I:is_minimum")),
    135: ("LOG_SOFTMAX", Layout("I:rows I:depth i:diff_min i:multiplier i:shift")),
    136: (
        "CUMSUM",
        Layout(
            "I:outer I:n I:inner h:input_zero_point h:output_zero_point B:is_exclusive B:is_reverse H:reserved "
            "i:multiplier i:shift"
        ),
    ),
    137: ("ADD_N", Layout("I:n h:input_zero_point h:output_zero_point i:multiplier i:shift")),
    138: ("TOP_K", Layout("I:rows I:n I:k")),
    160: ("TRANSPOSE_CONV", Layout(_WINDOW + _REQUANT)),
    161: (
        "BATCH_MATMUL",
        Layout(
            "3I:batches 3I:a_batch 3I:b_batch I:rows I:depth I:cols I:a_row I:a_step I:b_col I:b_step i:multiplier i:shift "
            + _REQUANT + " h:b_zero_point H:reserved"
        ),
    ),
    162: ("L2_NORMALIZATION", Layout("I:rows I:depth i:input_zero_point")),
    163: ("GROUPED_CONV_2D", Layout(_WINDOW + _REQUANT + " I:groups")),
    # Group 3, sequences.
    192: (
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        Layout(
            "I:batches I:steps I:in_n I:units B:time_major b:cell_shift h:output_zero_point h:cell_min h:cell_max "
            "11i:multiplier 11b:shift B:reserved"
        ),
    ),
    193: (
        "SVDF",
        Layout(
            "I:batches I:in_n I:units I:rank I:memory h:state_zero_point h:output_zero_point "
            "2i:multiplier 2b:shift H:reserved"
        ),
    ),
    # Group 4, int16.
    256: ("CONV_2D_INT16", Layout(_WINDOW + _FINISH)),
    257: ("DEPTHWISE_CONV_2D_INT16", Layout(_WINDOW + _FINISH)),
    258: ("FULLY_CONNECTED_INT16", Layout("I:rows I:in_n I:out_n " + _FINISH)),
    259: ("AVERAGE_POOL_2D_INT16", Layout(_WINDOW + "h:act_min h:act_max")),
    260: ("MAX_POOL_2D_INT16", Layout(_WINDOW + "h:act_min h:act_max")),
    261: ("ELEMENTWISE_INT16", Layout(_BROADCAST + "h:act_min h:act_max I:mode 3i:multiplier 3i:shift")),
    262: ("SIGMOID_INT16", Layout("I:n i:multiplier H:shift H:is_tanh")),
    263: ("SOFTMAX_INT16", Layout("I:rows I:depth i:multiplier i:shift")),
    264: (
        "RESCALE_INT16",
        Layout("I:n i:input_zero_point i:output_zero_point i:act_min i:act_max 2i:multiplier 2i:shift"),
    ),
    265: ("SUM_INT16", Layout("3I:kept 3I:kept_strides 3I:reduced 3I:reduced_strides i:multiplier i:shift")),
    266: ("TRANSPOSE_CONV_INT16", Layout(_WINDOW + _FINISH)),
    267: (
        "BATCH_MATMUL_INT16",
        Layout(
            "3I:batches 3I:a_batch 3I:b_batch I:rows I:depth I:cols I:a_row I:a_step I:b_col I:b_step i:multiplier i:shift"
        ),
    ),
    # Group 5, float32.
    320: ("CONV_2D_FLOAT32", Layout(_WINDOW + _LAYER)),
    321: ("DEPTHWISE_CONV_2D_FLOAT32", Layout(_WINDOW + _LAYER)),
    322: ("FULLY_CONNECTED_FLOAT32", Layout("I:rows I:in_n I:out_n " + _LAYER)),
    323: ("POOL_2D_FLOAT32", Layout(_WINDOW + "f:act_min f:act_max I:mode")),
    324: ("BINARY_FLOAT32", Layout(_BROADCAST + "f:act_min f:act_max I:mode")),
    325: ("UNARY_FLOAT32", Layout("I:n I:mode f:low f:high")),
    326: ("SOFTMAX_FLOAT32", Layout("I:rows I:depth f:beta I:is_log")),
    327: ("REDUCE_FLOAT32", Layout("3I:kept 3I:kept_strides 3I:reduced 3I:reduced_strides I:mode")),
    328: ("ARG_MAX_FLOAT32", Layout("I:outer I:size I:inner I:is_min")),
    329: (
        "BATCH_MATMUL_FLOAT32",
        Layout("3I:batches 3I:a_batch 3I:b_batch I:rows I:depth I:cols I:a_row I:a_step I:b_col I:b_step"),
    ),
    330: ("L2_NORMALIZATION_FLOAT32", Layout("I:rows I:depth")),
    331: ("TRANSPOSE_CONV_FLOAT32", Layout(_WINDOW + _LAYER)),
    332: ("RESIZE_BILINEAR_FLOAT32", Layout("I:batches I:in_h I:in_w I:out_h I:out_w I:channels")),
    # Group 6, int4.
    384: ("FULLY_CONNECTED_INT4", Layout("3I:rows 3I:step I:in_n I:out_n " + _REQUANT)),
}


def groups(codes):
    """The header's `groups` for operators of these codes: bit g is set when one of group g > 0 is among them."""
    bits = 0
    for code in codes:
        bits |= 1 << code // GROUP_CODES
    return bits & ~1


def macs(code, params):
    """Multiply-accumulates of an operator, from its unpacked params."""
    name = _plain_name(code)
    if name in ("CONV_2D", "DEPTHWISE_CONV_2D", "GROUPED_CONV_2D"):
        return params["batches"] * params["out_h"] * params["out_w"] * _n_weights(code, params)
    if name == "FULLY_CONNECTED":
        return params["rows"] * params["in_n"] * params["out_n"]
    if name == "FULLY_CONNECTED_INT4":
        return math.prod(params["rows"]) * params["in_n"] * params["out_n"]
    if name == "TRANSPOSE_CONV":
        return params["batches"] * params["in_h"] * params["in_w"] * _n_weights(code, params)
    if name == "BATCH_MATMUL":
        return math.prod((*params["batches"], params["rows"], params["depth"], params["cols"]))
    if name == "UNIDIRECTIONAL_SEQUENCE_LSTM":
        return params["batches"] * params["steps"] * params["units"] * 4 * (params["in_n"] + params["units"])
    if name == "SVDF":
        return params["batches"] * params["units"] * params["rank"] * (params["in_n"] + params["memory"])
    return 0


def weights_bytes(code, params):
    """Bytes of weights proper (without biases, multipliers and tables) in the data of an operator."""
    if OPERATORS[code][0] == "FULLY_CONNECTED_INT4":
        return int4_bytes(params["in_n"], params["out_n"])
    is_float = code // GROUP_CODES == GROUPS.index("float32")
    return _n_weights(code, params) * (FLOAT_WEIGHTS_BYTES[params.get("weights", 0)] if is_float else 1)


def int4_bytes(in_n, out_n):
    """Of weights of four bits: words of two inputs and four outputs, both filled up."""
    return 4 * -(-in_n // 2) * -(-out_n // 4)


def _plain_name(code):
    """An operator's name without what it works on."""
    return OPERATORS[code][0].removesuffix("_INT16").removesuffix("_FLOAT32")


def _n_weights(code, params):
    name = _plain_name(code)
    if name in ("CONV_2D", "TRANSPOSE_CONV", "GROUPED_CONV_2D"):
        return params["out_c"] * params["kernel_h"] * params["kernel_w"] * params["in_c"] // params.get("groups", 1)
    if name == "DEPTHWISE_CONV_2D":
        return params["out_c"] * params["kernel_h"] * params["kernel_w"]
    if name == "FULLY_CONNECTED":
        return params["in_n"] * params["out_n"]
    if name == "UNIDIRECTIONAL_SEQUENCE_LSTM":
        return params["units"] * 4 * (params["in_n"] + params["units"])
    return 0


def padded(n_bytes, multiple=ALIGNMENT):
    """n_bytes rounded up to a multiple."""
    return -(-n_bytes // multiple) * multiple
