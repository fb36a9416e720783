"""Every operator in NumPy with TFLite Micro's integer semantics, written down plainly from its reference kernels.

Independent of the C core and of the lowering: it works on the imported graph, before or after the passes. Rounding follows
gemmlowp's text (nudge, then truncating division), not the shortcuts that the product takes.

    outputs = run_graph(graph, [x])         # every output of the model
    outputs = run_operator(op, [x, None])   # None where an operand is constant or absent
"""

import math

import numpy as np

INT32_MAX = 2**31 - 1


# Rounding ------------------------------------------------------------------------------------------------------------


def truncating_divide(a, b):
    """int64 / positive int, towards zero as C does."""
    return np.where(a >= 0, a // b, -(-a // b))


def doubling_high_mul(a, b):
    """SaturatingRoundingDoublingHighMul."""
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    nudge = np.where(product >= 0, 1 << 30, 1 - (1 << 30))
    return truncating_divide(product + nudge, 1 << 31)


def divide_by_pot(x, exponent):
    """RoundingDivideByPOT."""
    x = np.asarray(x, np.int64)
    mask = (1 << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + np.where(x < 0, 1, 0)
    return (x >> exponent) + np.where(remainder > threshold, 1, 0)


def quantize_multiplier(real):
    """(multiplier, shift) of a double >= 0."""
    if real == 0:
        return 0, 0
    q, shift = math.frexp(real)
    q_fixed = math.floor(q * 2**31 + 0.5)
    if q_fixed == 2**31:
        q_fixed //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return INT32_MAX, 30
    return q_fixed, shift


def multiply(x, multiplier, shift):
    """MultiplyByQuantizedMultiplier, double rounding; x is an array of int32 values."""
    shifted = np.asarray(x, np.int64) * (1 << max(shift, 0))
    shifted = ((shifted + 2**31) % 2**32) - 2**31  # int32 wraps
    return divide_by_pot(doubling_high_mul(shifted, multiplier), max(-shift, 0))


def round_away(x):
    """TfLiteRound of an array of floats, in their own precision."""
    return np.sign(x) * np.floor(np.abs(x) + x.dtype.type(0.5))


def clamp_range(activation, tensor):
    """CalculateActivationRangeQuantized for int8."""

    def quantize(value):
        return tensor.zero_point + int(round_away(np.array(np.float32(value) / tensor.scale)))

    return {
        "NONE": lambda: (-128, 127),
        "RELU": lambda: (max(-128, quantize(0)), 127),
        "RELU6": lambda: (max(-128, quantize(0)), min(127, quantize(6))),
        "RELU_N1_TO_1": lambda: (max(-128, quantize(-1)), min(127, quantize(1))),
    }[activation]()


def finish(op, acc, factors):
    """Requantizes accumulators (..., channels) by each channel's factor, adds the zero point, clamps to the activation."""
    output = op.outputs[0]
    out = np.empty(acc.shape, np.int64)
    for channel, factor in enumerate(factors):
        out[..., channel] = multiply(acc[..., channel], *quantize_multiplier(factor))
    low, high = clamp_range(op.attrs["fused_activation"], output)
    return np.clip(out + output.zero_point, low, high).astype(np.int8)


# Windows -------------------------------------------------------------------------------------------------------------


def window_of(op):
    """Per axis (height, width): kernel, stride, dilation, padding before."""
    attrs = op.attrs
    kernel = (attrs["filter_height"], attrs["filter_width"]) if "filter_height" in attrs else op.inputs[1].shape[1:3]
    stride = attrs["stride_h"], attrs["stride_w"]
    dilation = attrs.get("dilation_h", 1), attrs.get("dilation_w", 1)
    if "pad_top" in attrs:
        return kernel, stride, dilation, (attrs["pad_top"], attrs["pad_left"])
    pads = []
    for axis in range(2):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        total = (op.outputs[0].shape[1 + axis] - 1) * stride[axis] + reach - op.inputs[0].shape[1 + axis]
        pads.append(max(total, 0) // 2 if attrs["padding"] == "SAME" else 0)
    return kernel, stride, dilation, pads


def taps(op, x, y_out, x_out):
    """Yields (ky, kx, x[:, y, x, :]) for the taps of one output pixel that lie inside the input (batches, h, w, c)."""
    kernel, stride, dilation, pads = window_of(op)
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            y = y_out * stride[0] - pads[0] + ky * dilation[0]
            z = x_out * stride[1] - pads[1] + kx * dilation[1]
            if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]:
                yield ky, kx, x[:, y, z, :]


def bias_and_factors(op, channels):
    """Bias (channels) int64, and the double factor of every channel: PopulateConvolutionQuantizationParams."""
    has_bias = len(op.inputs) > 2 and op.inputs[2] is not None
    bias = op.inputs[2].data.astype(np.int64).reshape(-1) if has_bias else np.zeros(channels, np.int64)
    scales = np.broadcast_to(op.inputs[1].quant.scale, channels)
    factors = [float(op.inputs[0].scale) * float(scale) / float(op.outputs[0].scale) for scale in scales]
    return bias, factors


# Operators: (op, inputs as arrays) -> output array -------------------------------------------------------------------


def conv_2d(op, x, *_):
    weights = op.inputs[1].data.astype(np.int64)  # (out_c, kernel_h, kernel_w, in_c)
    x = x.astype(np.int64) - op.inputs[0].zero_point
    bias, factors = bias_and_factors(op, len(weights))
    acc = np.empty(op.outputs[0].shape, np.int64)
    for y_out in range(acc.shape[1]):
        for x_out in range(acc.shape[2]):
            acc[:, y_out, x_out, :] = bias
            for ky, kx, pixel in taps(op, x, y_out, x_out):
                acc[:, y_out, x_out, :] += pixel @ weights[:, ky, kx, :].T
    return finish(op, acc, factors)


def depthwise_conv_2d(op, x, *_):
    weights = op.inputs[1].data.astype(np.int64)[0]  # (kernel_h, kernel_w, out_c)
    x = x.astype(np.int64) - op.inputs[0].zero_point
    bias, factors = bias_and_factors(op, weights.shape[2])
    acc = np.empty(op.outputs[0].shape, np.int64)
    multiplier = acc.shape[3] // x.shape[3]
    for y_out in range(acc.shape[1]):
        for x_out in range(acc.shape[2]):
            acc[:, y_out, x_out, :] = bias
            for ky, kx, pixel in taps(op, x, y_out, x_out):
                acc[:, y_out, x_out, :] += np.repeat(pixel, multiplier, axis=1) * weights[ky, kx]
    return finish(op, acc, factors)


def fully_connected(op, x, *_):
    weights = op.inputs[1].data.astype(np.int64)  # (out_n, in_n)
    rows = x.reshape(-1, weights.shape[1]).astype(np.int64) - op.inputs[0].zero_point
    bias, factors = bias_and_factors(op, len(weights))
    if len(op.inputs[1].quant.scale) == 1:  # GetQuantizedConvolutionMultipler: the product is a float
        product = np.float32(op.inputs[0].scale) * np.float32(op.inputs[1].quant.scale[0])
        factors = [float(product) / float(op.outputs[0].scale)] * len(weights)
    return finish(op, rows @ weights.T + bias, factors).reshape(op.outputs[0].shape)


def average_pool_2d(op, x):
    out = np.empty(op.outputs[0].shape, np.int64)
    for y_out in range(out.shape[1]):
        for x_out in range(out.shape[2]):
            pixels = [pixel.astype(np.int64) for _, _, pixel in taps(op, x, y_out, x_out)]
            total, count = sum(pixels), len(pixels)
            out[:, y_out, x_out, :] = truncating_divide(np.where(total > 0, total + count // 2, total - count // 2), count)
    return np.clip(out, *clamp_range(op.attrs["fused_activation"], op.outputs[0])).astype(np.int8)


def max_pool_2d(op, x):
    out = np.empty(op.outputs[0].shape, np.int8)
    for y_out in range(out.shape[1]):
        for x_out in range(out.shape[2]):
            out[:, y_out, x_out, :] = np.max([pixel for _, _, pixel in taps(op, x, y_out, x_out)], axis=0)
    return np.clip(out, *clamp_range(op.attrs["fused_activation"], op.outputs[0])).astype(np.int8)


def add(op, a, b):
    output = op.outputs[0]
    a_scale, b_scale = float(op.inputs[0].scale), float(op.inputs[1].scale)
    twice_max = 2 * max(a_scale, b_scale)
    a = (a.astype(np.int64) - op.inputs[0].zero_point) * (1 << 20)
    b = (b.astype(np.int64) - op.inputs[1].zero_point) * (1 << 20)
    total = multiply(a, *quantize_multiplier(a_scale / twice_max)) + multiply(b, *quantize_multiplier(b_scale / twice_max))
    result = multiply(total, *quantize_multiplier(twice_max / ((1 << 20) * float(output.scale))))
    low, high = clamp_range(op.attrs["fused_activation"], output)
    return np.clip(result + output.zero_point, low, high).astype(np.int8).reshape(output.shape)


def pad(op, x, *_):
    return np.pad(x, op.inputs[1].data, constant_values=op.outputs[0].zero_point)


def reshape(op, x, *_):
    return x.reshape(op.outputs[0].shape)


def quantize(op, x):
    output = op.outputs[0]
    limits = np.iinfo(output.dtype)
    if x.dtype == np.float32:
        steps = round_away(x / np.float32(output.scale)).astype(np.float64)
        q = np.where(np.isnan(steps), 0, np.clip(steps, -1e6, 1e6)).astype(np.int64)
    else:
        factor = float(op.inputs[0].scale) / float(output.scale)
        q = multiply(x.astype(np.int64) - op.inputs[0].zero_point, *quantize_multiplier(factor))
    return np.clip(q + output.zero_point, limits.min, limits.max).astype(output.dtype)


def dequantize(op, x):
    steps = (x.astype(np.int32) - op.inputs[0].zero_point).astype(np.float32)
    return np.float32(op.inputs[0].scale) * steps


def relu(op, x):
    source, output = op.inputs[0], op.outputs[0]
    factor = float(np.float32(source.scale) / np.float32(output.scale))
    scaled = multiply(x.astype(np.int64) - source.zero_point, *quantize_multiplier(factor)) + output.zero_point
    return np.clip(scaled, *clamp_range(op.kind, output)).astype(np.int8)


def fused_table(op, x):
    """What a pass has put together; the values are what is to be proved, by a comparison with the operators before."""
    return op.attrs["values"][x.astype(np.int64) + 128].astype(np.int8)


# Fixed point: Python integers, one number at a time ------------------------------------------------------------------


def high_mul(a, b):
    return int(doubling_high_mul(a, b))


def exp_on_negative_values(x, integer_bits):
    """gemmlowp's: raw x <= 0 with integer_bits -> raw Q0.31."""
    if x == 0:
        return INT32_MAX
    fraction_bits = 31 - integer_bits
    one_quarter = 1 << (fraction_bits - 2)
    a_mod_quarter_minus_quarter = (x & (one_quarter - 1)) - one_quarter
    a = (a_mod_quarter_minus_quarter << integer_bits) + (1 << 28)
    a2 = high_mul(a, a)
    a3 = high_mul(a2, a)
    a4 = high_mul(a2, a2)
    a4_over_4 = int(divide_by_pot(a4, 2))
    tail = int(divide_by_pot(high_mul(a4_over_4 + a3, 715827883) + a2, 1))
    result = 1895147668 + high_mul(1895147668, a + tail)
    remainder = a_mod_quarter_minus_quarter - x
    for exponent in range(-2, 5):
        if integer_bits > exponent and remainder & (1 << (fraction_bits + exponent)):
            result = high_mul(result, [1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242][exponent + 2])
    return result


def saturate(x):
    return max(-(2**31), min(INT32_MAX, x))


def one_over_one_plus_x(x):
    """gemmlowp's one_over_one_plus_x_for_x_in_0_1: raw Q0.31 -> raw Q0.31."""
    half_denominator = (x + INT32_MAX + 1) // 2
    y = 1515870810 + high_mul(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_mul(half_denominator, y)
        y += saturate(high_mul(y, error) * 4)
    return saturate(y * 2)


def input_radius(integer_bits, shift):
    return math.floor((2**integer_bits - 1) * 2.0 ** (31 - integer_bits) / 2.0**shift)


def logistic(op, x):
    source = op.inputs[0]
    multiplier, shift = quantize_multiplier(float(source.scale) * 2**27)
    radius = input_radius(4, shift)

    def one(q):
        value = int(q) - source.zero_point
        if value <= -radius:
            return -128
        if value >= radius:
            return 127
        raw = int(multiply(value, multiplier, shift))
        positive = one_over_one_plus_x(exp_on_negative_values(-abs(raw), 4))
        result = 1 << 30 if raw == 0 else positive if raw > 0 else INT32_MAX - positive
        return max(-128, min(127, int(divide_by_pot(result, 23)) - 128))

    table = {q: one(q) for q in np.unique(x)}
    return np.array([table[q] for q in x.reshape(-1)], np.int8).reshape(x.shape)


def softmax(op, x):
    factor = min(float(np.float32(op.attrs["beta"])) * float(op.inputs[0].scale) * 2**26, 2.0**31 - 1)
    multiplier, shift = quantize_multiplier(factor)
    diff_min = -input_radius(5, shift)

    def one_row(row):
        diffs = [int(q) - int(max(row)) for q in row]
        exps = [exp_on_negative_values(int(multiply(d, multiplier, shift)), 5) if d >= diff_min else None for d in diffs]
        total = sum(int(divide_by_pot(e, 12)) for e in exps if e is not None)
        headroom = 32 - total.bit_length()
        scale = one_over_one_plus_x((total << headroom) - 2**31)
        shift_out = 12 - headroom + 31 - 8
        outputs = [0 if e is None or shift_out > 31 else int(divide_by_pot(high_mul(scale, e), shift_out)) for e in exps]
        return [max(-128, min(127, y - 128)) for y in outputs]

    rows = x.reshape(-1, x.shape[-1])
    return np.array([one_row(row) for row in rows], np.int8).reshape(x.shape)


OPERATORS = {
    "ADD": add,
    "AVERAGE_POOL_2D": average_pool_2d,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "DEQUANTIZE": dequantize,
    "FULLY_CONNECTED": fully_connected,
    "LOGISTIC": logistic,
    "MAX_POOL_2D": max_pool_2d,
    "PAD": pad,
    "QUANTIZE": quantize,
    "RELU": relu,
    "RELU6": relu,
    "RELU_N1_TO_1": relu,
    "RESHAPE": reshape,
    "SOFTMAX": softmax,
    "TABLE": fused_table,
}


def run_operator(op, inputs):
    """The operator's outputs, a list of arrays, for a list of input arrays; None stands for its constants."""
    pairs = zip(op.inputs, inputs, strict=True)
    operands = [tensor.data if array is None and tensor is not None else array for tensor, array in pairs]
    return [OPERATORS[op.kind](op, *operands)]


def run_graph(graph, inputs):
    """The model's outputs for a list of its inputs, arrays of their shapes."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    for op in graph.operators:
        results = run_operator(op, [values.get(tensor) for tensor in op.inputs])
        values.update(zip(op.outputs, results, strict=True))
    return [values[tensor] for tensor in graph.outputs]
