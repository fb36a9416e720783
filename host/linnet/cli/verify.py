"""linnet verify: a blob against LiteRT."""

import sys
from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet verify kws.tflite kws.linnet -i test_inputs.npy", short_help="compare a blob with LiteRT")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL.tflite")
@click.argument("blob", type=click.Path(path_type=Path), metavar="OUT.linnet")
@click.option("-i", "--input", "inputs", type=click.Path(path_type=Path), metavar="X.npy", help="samples [default: 4 made from seeds]")
def command(model, blob, inputs):
    """compare a blob with LiteRT's kernels, operator by operator

    Shows the first difference by layer, position, got and wanted; exit code 1 if there is one.
    """
    from linnet import report
    from linnet.verify import verify

    result = verify(model, blob, inputs, report.progress)
    report.print_verified(result)
    sys.exit(1 if result.difference else 0)
