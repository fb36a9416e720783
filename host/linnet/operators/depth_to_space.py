"""DEPTH_TO_SPACE: see SPACE_TO_DEPTH."""

from linnet.operators.space_to_depth import CODE, NAME, lower, read

__all__ = ["CODE", "NAME", "OPTIONS", "lower", "read"]

OPTIONS = "DepthToSpaceOptions"
