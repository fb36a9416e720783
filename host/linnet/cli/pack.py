"""linnet pack: a quantized model into a blob."""

from pathlib import Path

import rich_click as click

from linnet.layouts import CODES

CORES = list(CODES)


@click.command(
    epilog="example: linnet pack kws.tflite -o kws.linnet --labels labels.txt --golden test_inputs.npy",
    short_help="pack a quantized model into a blob",
)
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="OUT.linnet", help="the blob [default: MODEL.linnet]")
@click.option("--labels", type=click.Path(path_type=Path), metavar="FILE", help="text file, one label a line")
@click.option("--golden", type=click.Path(path_type=Path), metavar="X.npy", help="store inputs from here as golden vectors")
@click.option("--n-golden", type=click.IntRange(0, 1000), help="number of golden vectors [default: 2 seeded, 4 stored]")
@click.option("--name", help="what the model calls itself [default: the file's stem]")
@click.option("--core", type=click.Choice(CORES), default="portable", show_default=True, help="lay the weights out for this core's kernels")
@click.option("--layout", type=click.Choice(["speed", "size"]), default="speed", show_default=True, help="fast weights may take twice the flash")
@click.option("--keep-constants", is_flag=True, help="keep channels that have one value whatever the input")
@click.option("--allow-float", is_flag=True, help="pack float32 layers as they are: slow without an FPU")
@click.option("--window", type=click.IntRange(min=16), metavar="BYTES", help="split layers whose weights are more: linnet.load(..., window=BYTES)")
@click.option("--cores", type=click.IntRange(1, 2), default=1, show_default=True, help="2: layers in halves, for both cores of an RP2040")
def command(model, output, labels, golden, n_golden, name, core, layout, keep_constants, allow_float, window, cores):
    """pack a quantized model into a blob

    MODEL is an int8 .tflite file, or an .onnx file with QuantizeLinear and DequantizeLinear (QDQ); linnet quantize takes float ones.
    Prints what it takes: flash, RAM, operators. Its golden vectors are what a board must reproduce at deploy; they are
    compared with LiteRT first where that is installed (pip install linnet[litert]).
    """
    from linnet.errors import LinnetError
    from linnet.packer import pack_model
    from linnet.report import print_packed

    output = output or model.with_suffix(".linnet")
    packed = pack_model(model, labels, golden, n_golden, name, core, layout, not keep_constants, allow_float, window, cores)
    try:
        output.write_bytes(packed.data)
    except OSError as error:
        raise LinnetError(f"{output}: {error.strerror}") from None
    print_packed(packed, model, output)
