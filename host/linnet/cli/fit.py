"""linnet fit: which boards a model fits, and how."""

import sys
from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet fit kws.tflite --board RPI_PICO", short_help="say which boards a model fits, and how")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--board", "board_name", metavar="NAME", help="this board, in detail [default: every real board]")
@click.option("--all", "every", is_flag=True, help="every board, emulated ones too")
@click.option("--window", type=click.IntRange(16), metavar="BYTES", help="of a weight window [default: the least that the model can do with]")
@click.option("--no-time", is_flag=True, help="do not estimate the time of an inference")
@click.option("--allow-float", is_flag=True, help="pack float32 layers as they are: slow without an FPU")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(model, board_name, every, window, no_time, allow_float, as_json):
    """say which boards a model fits, and how

    MODEL is a .linnet blob, or a model file, which is packed for each board's core. Its weights can lie in the heap, be used in
    place in ROMFS, or be read through a small window; what is missing is given in bytes, with what to do. Times are
    estimates. Exit code 1 where it does not fit.
    """
    from .. import report_fit
    from ..board import all_boards, load_board
    from ..errors import LinnetError
    from ..fit import fits

    if board_name and every:
        raise LinnetError("--board and --all: give one of them")
    boards = [load_board(board_name)] if board_name else [b for b in all_boards().values() if every or b.flashing]
    found = list(report_fit.progress(fits(model, boards, window, not no_time, allow_float), len(boards)))
    if as_json:
        report_fit.print_json(model, found)
    elif board_name:
        report_fit.print_fit(model, found[0])
    else:
        report_fit.print_fits(model, found)
    sys.exit(0 if any(fit.fits for fit in found) else 1)
