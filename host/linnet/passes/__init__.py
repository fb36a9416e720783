"""What is done to a graph between import and lowering. Each pass is a file with `run(graph)`, which changes it in place."""

from linnet.errors import LinnetError
from linnet.passes import (
    describe_floats,
    drop_dead_operators,
    drop_identity_quantize,
    fold_constants,
    fold_dequantize,
    fuse_activations,
    fuse_dilations,
    fuse_floats,
    fuse_pads,
    fuse_tables,
    merge_lists,
    resolve_padding,
    sink_reshapes,
)

# Fusions leave operators behind that nothing uses any more: dead ones go last, and before it is asked who sees a pad. Pads are
# fused into windows whose own padding is known.
ORDER = (
    fold_dequantize,
    fold_constants,
    merge_lists,
    fuse_dilations,
    resolve_padding,
    drop_identity_quantize,
    sink_reshapes,
    fuse_activations,
    fuse_floats,
    fuse_tables,
    drop_dead_operators,
    fuse_pads,
    drop_dead_operators,
    describe_floats,
)


def run_all(graph):
    """Runs every pass over the graph, in place, and returns it. No pass changes a result by a single bit."""
    try:
        for each in ORDER:
            each.run(graph)
    except LinnetError as error:
        raise LinnetError(f"{graph.name}: {error}") from error
    return graph
