"""SELECT and SELECT_V2: bool, any, any -> the last two's dtype, all three broadcast."""

from linnet.errors import LinnetError
from linnet.operators.elementwise import walk_step
from linnet.operators.operands import expect_operands, same_quant

CODE, NAME = 132, "SELECT"
OPTIONS = None


def lower(op):
    expect_operands(op, 3)
    condition, *values = op.inputs
    output = op.outputs[0]
    if condition.dtype != "bool" or any(tensor.dtype != output.dtype for tensor in values):
        dtypes = ", ".join(tensor.dtype for tensor in op.inputs)
        raise LinnetError(f"{op}: selects {output.dtype} from {dtypes}; expected bool and twice the output's dtype")
    if output.quant and not all(tensor.quant and same_quant(tensor, output) for tensor in values):
        raise LinnetError(f"{op}: its inputs and output are quantized differently, and it does not rescale; convert the model again")
    return walk_step(op, CODE, NAME, b"")
