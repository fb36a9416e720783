"""EXPAND_DIMS: see SQUEEZE."""

from linnet.operators.squeeze import CODE, NAME, lower

__all__ = ["CODE", "NAME", "OPTIONS", "lower"]

OPTIONS = None
