"""SPLIT_V: shares of the input along an axis, of given sizes; the outputs' shapes say which."""

from linnet.operators.split import CODE, NAME, lower

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "SplitVOptions"


def read(options):
    return {"num_splits": options.NumSplits()}
