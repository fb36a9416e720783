"""SUB: int8 (...) and int8 (...), broadcast, -> int8."""

from linnet.operators import activation
from linnet.operators.elementwise import CODE, NAME, lower

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "SubOptions"


def read(options):
    return {"fused_activation": activation.read(options)}
