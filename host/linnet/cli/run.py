"""linnet run: a batch of inputs through a model."""

from pathlib import Path

import rich_click as click


@click.command(
    epilog="example: linnet run kws.linnet -i test_inputs.npy -o scores.npy --board qemu-m4f",
    short_help="run a batch of inputs through a model",
)
@click.argument("blob", type=click.Path(path_type=Path), metavar="OUT.linnet")
@click.option("-i", "--input", "inputs", type=click.Path(path_type=Path), required=True, metavar="X.npy", help="the samples; .npz for several inputs")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="Y.npy", help="the results; .npz for several outputs")
@click.option("--board", metavar="NAME", help="run on this board: linnet boards")
@click.option("--port", metavar="PORT", help="run on the board at this serial port")
def command(blob, inputs, output, board, port):
    """run a batch of inputs through a model, here or on a board

    The inputs have the model's own dtype; float32 is quantized for an int8 model.
    """
    from linnet import report
    from linnet.run import run_file

    report.print_run(run_file(blob, inputs, output, board, port, report.progress))
