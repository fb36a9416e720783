"""READ_VARIABLE and ASSIGN_VARIABLE: copies from a variable and to it, which the packer leaves out where nobody can tell."""

from linnet.operators import reshape

CODE, NAME = reshape.CODE, reshape.NAME
OPTIONS = None


def lower(op):
    return reshape.lower(op)
