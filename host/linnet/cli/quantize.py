"""linnet quantize: a float model into an int8 blob."""

import sys
import warnings
from pathlib import Path

import rich_click as click

from linnet.cli.pack import CORES

METHODS = ("auto", "minmax", "percentile", "mse", "entropy")
WEIGHTS = ("int8", "int4", "float16")
ROUNDINGS = ("nearest", "stochastic", "optimized")


@click.command(
    epilog="example: linnet quantize kws_float.tflite --calib some_inputs.npz --eval test_set.npz -o kws.linnet",
    short_help="quantize a float model to int8 and pack it",
)
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--calib", required=True, type=click.Path(path_type=Path), metavar="X.npz", help="inputs as the model will meet them, about 100")
@click.option("--eval", "evaluation", type=click.Path(path_type=Path), metavar="XY.npz", help="inputs x and labels y: accuracy before and after")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT.linnet", help="the blob [default: MODEL.linnet]")
@click.option("--labels", type=click.Path(path_type=Path), metavar="FILE", help="text file, one label a line")
@click.option("--method", type=click.Choice(METHODS), default="auto", show_default=True, help="how ranges are found; auto: by the outputs' error")
@click.option("--equalize/--no-equalize", default=None, help="even out channels across layers [default: where it helps]")
@click.option("--correct-bias/--no-correct-bias", default=None, help="take the mean error out of biases [default: where it helps]")
@click.option("--rounding", type=click.Choice(ROUNDINGS), default="nearest", show_default=True, help="of weights; optimized: for their layer's outputs")
@click.option("--scales", type=click.Choice(["real", "power-of-two"]), default="real", show_default=True, help="power-of-two: each raised to one")
@click.option("--mixed", is_flag=True, help="int16 activations for the few layers that need it; says what they cost")
@click.option("--scale-inputs/--no-scale-inputs", default=None, help="scale features in float32 first [default: where their ranges are unlike]")
@click.option("--weights", type=click.Choice(WEIGHTS), default="int8", show_default=True, help="int4: dense and 1x1 layers'; float16: the model stays float")
@click.option("--seed", type=int, default=1, show_default=True, help="of stochastic rounding")
@click.option("--report", "page", type=click.Path(path_type=Path), metavar="OUT.html", help="a page with histograms of the worst layers")
@click.option("--core", type=click.Choice(CORES), default="portable", show_default=True, help="lay the weights out for this core's kernels")
@click.option("--layout", type=click.Choice(["speed", "size"]), default="speed", show_default=True, help="fast weights may take twice the flash")
def command(model, calib, evaluation, output, labels, page, core, layout, **chosen):
    """quantize a float model to int8 and pack it

    Shows what it costs: signal to noise of every layer, the worst first, and size, RAM and accuracy before and after.
    """
    from linnet import report_quantize, report_quantize_html
    from linnet.errors import LinnetError
    from linnet.quantizer import Options, quantize
    from linnet.report import progress

    options = Options(**{name: "auto" if value is None else value for name, value in chosen.items()})
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        result = quantize(model, calib, evaluation, options, labels, core, layout, progress)
    for warning in told:
        print(f"linnet: {warning.message}", file=sys.stderr)
    output = output or model.with_suffix(".linnet")
    try:
        output.write_bytes(result.packed.data)
        if page:
            page.write_text(report_quantize_html.page(result), encoding="utf-8")
    except OSError as error:
        raise LinnetError(f"{error.filename}: {error.strerror}") from None
    report_quantize.print_result(result, output)
