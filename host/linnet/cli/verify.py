"""linnet verify: a blob against LiteRT, or a quantized one against the float model."""

import sys
from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet verify kws.tflite kws.linnet -i test_inputs.npy", short_help="compare a blob with its model")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.argument("blob", type=click.Path(path_type=Path), metavar="OUT.linnet")
@click.option("-i", "--input", "inputs", type=click.Path(path_type=Path), metavar="X.npy", help="samples [default: 4 made from seeds; of a quantized model: those in the blob]")
@click.option("--least", "least_db", type=float, default=10.0, show_default=True, help="of a quantized model's outputs, in dB")
def command(model, blob, inputs, least_db):
    """compare a blob with LiteRT's kernels, operator by operator

    Shows the first difference by layer, position, got and wanted; exit code 1 if there is one. A blob that linnet quantize
    made is compared with the float model: signal to noise of every layer; exit code 1 if the outputs' is below --least.
    """
    from linnet import report, report_quantize
    from linnet.model import Model
    from linnet.verify import verify
    from linnet.verify_quantized import float_model, verify_quantized

    opened = Model(blob)
    graph = float_model(model, opened)
    if graph is not None:
        compared = verify_quantized(graph, opened, inputs, report.progress)
        report_quantize.print_compared(compared, least_db)
        sys.exit(1 if min(compared.outputs) < least_db else 0)
    result = verify(model, blob, inputs, report.progress)
    report.print_verified(result)
    sys.exit(1 if result.difference else 0)
