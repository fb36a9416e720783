"""ONNX models in QDQ form, as onnxruntime's quantize_static writes them: {name: function of a Qdq that returns its output's name}.

Each is built anew from its seed, so that the outputs recorded in qdq_onnxruntime.npz (record_qdq.py) are of the same models.
"""

import zlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OPSET = 19
N_SAMPLES = 1
IMAGE = (1, 4, 9, 7)


class Qdq:
    """A model that grows: every operator between DequantizeLinear and QuantizeLinear."""

    def __init__(self, name, shape, dtype):
        self.random = np.random.default_rng(zlib.crc32(name.encode()))
        self.dtype, self.nodes, self.constants, self.shape = dtype, [], {}, shape
        self.x = self.pair("x", 0.02, 5)

    def add(self, kind, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], name=f"{kind.lower()}{len(self.nodes)}", **attributes))
        return output

    def constant(self, value):
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(value)
        return name

    def pair(self, name, scale, zero_point=0):
        """QuantizeLinear and DequantizeLinear; the zero point as int8 has it."""
        shifted = np.array(zero_point + 128, np.uint8) if self.dtype == "uint8" else np.array(zero_point, np.int8)
        scale, shifted = self.constant(np.float32(scale)), self.constant(shifted)
        return self.add("DequantizeLinear", self.add("QuantizeLinear", name, scale, shifted), scale, shifted)

    def op(self, kind, *inputs, scale=0.02, zero_point=-3, **attributes):
        return self.pair(self.add(kind, *inputs, **attributes), scale, zero_point)

    def weights(self, *shape, axis=0, per_channel=True, scale=0.006):
        """int8 weights, DequantizeLinear."""
        n = shape[axis] if per_channel else 1
        scales = (scale * self.random.uniform(0.5, 1, n)).astype(np.float32)
        data = self.constant(self.random.integers(-127, 128, shape).astype(np.int8))
        zeros = self.constant(np.zeros(n, np.int8) if n > 1 else np.int8(0))
        operands = data, self.constant(scales if n > 1 else scales[0]), zeros
        return self.add("DequantizeLinear", *operands, **({"axis": axis} if n > 1 else {})), scales

    def bias(self, scales, input_scale=0.02):
        """int32, at the scale of the sums."""
        data = self.constant(self.random.integers(-9000, 9000, len(scales)).astype(np.int32))
        zeros = self.constant(np.zeros(len(scales), np.int32))
        return self.add("DequantizeLinear", data, self.constant((scales * np.float32(input_scale)).astype(np.float32)), zeros, axis=0)

    def layer(self, kind, x, *shape, axis=0, **attributes):
        """A layer with weights and a bias, per channel."""
        weights, scales = self.weights(*shape, axis=axis)
        return self.op(kind, x, weights, self.bias(scales), **attributes)

    def model(self, output):
        graph = helper.make_graph(
            self.nodes,
            "qdq",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


def relu_between(q):
    weights, scales = q.weights(5, 4, 3, 3)
    return q.pair(q.add("Relu", q.add("Conv", q.x, weights, q.bias(scales))), 0.015, -128)


def clip_and_pool_between(q):
    weights, scales = q.weights(5, 4, 3, 3)
    y = q.add("Conv", q.x, weights, q.bias(scales))
    y = q.add("Clip", y, q.constant(np.float32(-0.5)), q.constant(np.float32(1.5)))
    return q.pair(q.add("MaxPool", y, kernel_shape=[2, 2]), 0.012, -40)


def per_tensor(q):
    weights, scales = q.weights(5, 4, 3, 3, per_channel=False)
    return q.op("Conv", q.x, weights, q.bias(np.repeat(scales, 5)))


def real_bias(q):
    weights, _ = q.weights(5, 4, 3, 3)
    return q.op("Conv", q.x, weights, q.constant(q.random.normal(0, 0.5, 5).astype(np.float32)))


def batch_norm(q):
    weights, _ = q.weights(5, 4, 3, 3)
    y = q.add("Conv", q.x, weights)
    values = [q.random.uniform(-1, 1, 5).astype(np.float32) for _ in range(3)]
    operands = [*values, q.random.uniform(0.5, 2, 5).astype(np.float32)]
    return q.op("BatchNormalization", y, *map(q.constant, operands))


def weights_of_unsigned_bytes(q):
    """With zero point 128, which is int8 all the same."""
    data = q.random.integers(0, 256, (5, 4, 3, 3)).astype(np.uint8)
    operands = q.constant(data), q.constant(np.float32(0.005)), q.constant(np.uint8(128))
    return q.op("Conv", q.x, q.add("DequantizeLinear", *operands))


def weights_quantized_in_the_file(q):
    """Real weights behind a QuantizeLinear, as training with quantization leaves them."""
    real = q.constant(q.random.normal(0, 0.3, (5, 4, 3, 3)).astype(np.float32))
    scale, zero = q.constant(np.float32(0.01)), q.constant(np.int8(0))
    return q.op("Conv", q.x, q.add("DequantizeLinear", q.add("QuantizeLinear", real, scale, zero), scale, zero))


def matmul_add(q):
    weights, _ = q.weights(7, 6, axis=1)
    y = q.op("MatMul", q.x, weights)
    real = q.constant(q.random.integers(-128, 128, 6).astype(np.int8))
    bias = q.add("DequantizeLinear", real, q.constant(np.float32(0.01)), q.constant(np.int8(0)))
    return q.op("Add", y, bias, scale=0.03)


def two_matrices(q):
    y = q.op("MatMul", q.x, q.add("Transpose", q.x, perm=[0, 1, 3, 2]), scale=0.05)
    return y


def silu(q):
    return q.op("Mul", q.x, q.op("Sigmoid", q.x, scale=1 / 256, zero_point=-128), scale=0.015, zero_point=-90)


def concatenation(q):
    return q.op("Concat", q.x, q.op("Tanh", q.x, scale=1 / 128, zero_point=0), axis=1)


def flatten_dense(q):
    y = q.layer("Conv", q.x, 5, 4, 3, 3)
    y = q.op("Flatten", y, scale=0.02)
    return q.layer("Gemm", y, 6, 5 * 7 * 5, transB=1, scale=0.1)


def softmax_that_stays_real(q):
    return q.add("Softmax", q.op("Flatten", q.op("GlobalAveragePool", q.x)))


def prelu(q):
    slopes = q.constant(q.random.integers(0, 128, (4, 1, 1)).astype(np.int8))
    return q.op("PRelu", q.x, q.add("DequantizeLinear", slopes, q.constant(np.float32(0.004)), q.constant(np.int8(0))))


def constant_channels(q):
    data = q.constant(q.random.integers(-128, 128, (4, 1, 1)).astype(np.int8))
    return q.op("Mul", q.x, q.add("DequantizeLinear", data, q.constant(np.float32(0.01)), q.constant(np.int8(3))))


# One operator each, or operators that hide no rounding: within one step of onnxruntime.
SINGLE = {
    "conv": lambda q: q.layer("Conv", q.x, 6, 4, 3, 3, pads=[1, 1, 1, 1], strides=[2, 2]),
    "depthwise": lambda q: q.layer("Conv", q.x, 4, 1, 3, 3, pads=[1, 1, 1, 1], group=4),
    "grouped": lambda q: q.layer("Conv", q.x, 6, 2, 3, 3, group=2),
    "transposed": lambda q: q.layer("ConvTranspose", q.x, 4, 3, 2, 2, axis=1, strides=[2, 2]),
    "transposed-cut": lambda q: q.layer("ConvTranspose", q.x, 4, 3, 3, 3, axis=1, strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
    "per-tensor": per_tensor, "real-bias": real_bias, "relu-between": relu_between, "clip-and-pool-between": clip_and_pool_between,
    "batch-norm": batch_norm, "unsigned-weights": weights_of_unsigned_bytes, "weights-in-the-file": weights_quantized_in_the_file,
    "relu": lambda q: q.op("Relu", q.x, scale=0.01, zero_point=-128),
    "leaky": lambda q: q.op("LeakyRelu", q.x, alpha=0.2),
    "hard-swish": lambda q: q.op("HardSwish", q.x, zero_point=-90),
    "sigmoid": lambda q: q.op("Sigmoid", q.x, scale=1 / 255, zero_point=-128),
    "prelu": prelu, "silu": silu, "concatenation": concatenation, "constant-channels": constant_channels, "two-matrices": two_matrices,
    "add": lambda q: q.op("Add", q.x, q.x, scale=0.04),
    "sub": lambda q: q.op("Sub", q.x, q.op("Relu", q.x, scale=0.01, zero_point=-128)),
    "max-pool": lambda q: q.op("MaxPool", q.x, zero_point=5, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]),
    "average-pool": lambda q: q.op("AveragePool", q.x, zero_point=5, kernel_shape=[2, 2]),
    "global-average": lambda q: q.op("GlobalAveragePool", q.x, scale=0.01),
    "mean": lambda q: q.op("ReduceMean", q.x, q.constant(np.array([2, 3])), scale=0.01, keepdims=0),
    "pad": lambda q: q.op("Pad", q.x, q.constant(np.array([0, 0, 1, 2, 0, 0, 3, 0])), zero_point=5),
    "slice": lambda q: q.op("Slice", q.x, *(q.constant(np.array(v)) for v in ([1, 2], [4, 9], [1, 2])), zero_point=5),
    "resize": lambda q: q.op(
        "Resize", q.x, "", q.constant(np.array([1, 1, 2, 2], np.float32)), zero_point=5, mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor",
    ),
    "transpose": lambda q: q.op("Transpose", q.x, zero_point=5, perm=[0, 2, 1, 3]),
    "matmul-add": matmul_add,
}  # fmt: skip
# Several layers in a row: steps add up.
CHAINS = {"flatten-dense": flatten_dense, "softmax-that-stays-real": softmax_that_stays_real}
MODELS = SINGLE | CHAINS


def build(name, dtype):
    """(onnx.ModelProto, samples (n, c, h, w) float32) of a model; dtype: of its activations, "int8" or "uint8"."""
    q = Qdq(name, IMAGE, dtype)
    model = q.model(MODELS[name](q))
    return model, q.random.normal(0, 1, (N_SAMPLES, *IMAGE[1:])).astype(np.float32)
