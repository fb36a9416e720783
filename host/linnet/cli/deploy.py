"""linnet deploy: a model onto a board."""

from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet deploy kws.linnet --board qemu-m4f", short_help="install a model on a board and prove it")
@click.argument("blob", type=click.Path(path_type=Path), metavar="OUT.linnet")
@click.option("--board", metavar="NAME", help="the board: linnet boards [default: the one plugged in, else an emulated one]")
@click.option("--port", metavar="PORT", help="the serial port it is at")
@click.option("--no-selftest", is_flag=True, help="do not replay the golden vectors on the board")
def command(blob, board, port, no_selftest):
    """install a model on a board and prove it

    Sends what changed (the native module, the board package, the model), replays the model's golden vectors there and
    times an inference. What does not fit or cannot run is refused before anything is sent.
    """
    from .. import report_deploy
    from ..deploy import deploy
    from ..target import connect

    with connect(board, port) as connection, report_deploy.upload_progress() as progress:
        deployed = deploy(connection, blob, not no_selftest, progress)
    report_deploy.print_deployed(deployed)
