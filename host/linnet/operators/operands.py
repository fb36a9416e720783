"""What an operator may work on: checks of its operands, each with a sentence for the user."""

import numpy as np

from linnet.errors import LinnetError


def expect_int8(op, tensor, role):
    """The tensor is int8 with one scale and zero point."""
    if tensor.dtype != "int8":
        raise LinnetError(f"{op}: {role} is {tensor.dtype}; {remedy(op, tensor)}")
    expect_per_tensor(op, tensor, role)


def expect_per_tensor(op, tensor, role):
    """The tensor has exactly one positive scale, and a zero point that fits its dtype."""
    if tensor.quant is None:
        raise LinnetError(f"{op}: {role} has no scale; quantize the model to int8 first")
    if len(tensor.quant.scale) != 1:
        raise LinnetError(f"{op}: {role} is quantized per channel; only weights may be")
    if not (tensor.scale > 0 and np.isfinite(tensor.scale)):
        raise LinnetError(f"{op}: {role} has the scale {tensor.scale}, which is not positive; convert the model again")
    limits = np.iinfo(tensor.dtype)
    if not limits.min <= tensor.zero_point <= limits.max:
        raise LinnetError(f"{op}: {role} has the zero point {tensor.zero_point}, outside {tensor.dtype}")


def remedy(op, tensor):
    """What to do about activations of a dtype other than int8."""
    if tensor.dtype == "float32":
        if any(t is not None and t.data is not None and t.dtype == "int8" for t in op.inputs):
            return "its weights are int8 (dynamic-range quantization): quantize activations as well (full integer quantization)"
        return "quantize the model to int8 first (full integer quantization with a representative dataset)"
    if tensor.dtype in ("uint8", "int16"):
        return f"Linnet runs int8: convert the model again with int8 instead of {tensor.dtype} activations"
    return "only int8 is supported there"


def expect_same_quant(op, why):
    """Input 0 and output 0 share scale and zero point."""
    a, b = op.inputs[0], op.outputs[0]
    if not same_quant(a, b):
        raise LinnetError(
            f"{op}: input (scale {a.scale}, zero point {a.zero_point}) and output (scale {b.scale}, zero point {b.zero_point})"
            f" are quantized differently; {why} does not rescale, convert the model again"
        )


def same_quant(a, b):
    """TFLite's test for kernels that do not rescale: scales within 1e-6, equal zero points."""
    return abs(float(a.scale) - float(b.scale)) <= 1e-6 and a.zero_point == b.zero_point


def identical_quant(a, b):
    """Same dtype, scale and zero point, to the bit."""
    return a.dtype == b.dtype and a.scale == b.scale and a.zero_point == b.zero_point


def expect_constant(op, tensor, role):
    if tensor is None or tensor.data is None:
        raise LinnetError(f"{op}: {role} must be constant; export the model with it frozen")
    return tensor.data


def expect_variable(op, tensor, role):
    if tensor is None or tensor.initial is None:
        raise LinnetError(f"{op}: {role} must be a variable, which keeps its value from run to run; convert the model again")


def expect_rank(op, tensor, rank, role):
    if len(tensor.shape) != rank:
        raise LinnetError(f"{op}: the shape of its {role} is {tensor.shape}, expected {rank} dimensions")


def expect_elements(op, tensor, n, role):
    if tensor.elements != n:
        raise LinnetError(f"{op}: {role} has {tensor.elements} elements, expected {n}")


def expect_operands(op, n_inputs, n_outputs=1, optional=0):
    """The operator has its n_inputs, of which the last `optional` may be absent, and its outputs."""
    required = n_inputs - optional
    present = all(t is not None for t in op.inputs[:required] + op.outputs)
    if not (required <= len(op.inputs) <= n_inputs and len(op.outputs) == n_outputs and present):
        found = f"{len(op.inputs)} inputs and {len(op.outputs)} outputs"
        raise LinnetError(f"{op}: has {found}, expected {n_inputs} and {n_outputs}")
