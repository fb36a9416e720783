"""linnet rollback: the model that was there before the last deploy."""

import rich_click as click


@click.command(epilog="example: linnet rollback kws", short_help="bring back the model before the last deploy")
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("--board", metavar="NAME", help="the board: linnet boards [default: the one plugged in, else an emulated one]")
@click.option("--port", metavar="PORT", help="the serial port it is at")
def command(model, board, port):
    """bring back the model before the last deploy

    MODEL is the name it was deployed under; it may be left out where one model alone was replaced. The two versions change
    places, so that a second rollback undoes the first. The model's golden vectors are replayed on the board.
    """
    from ..rollback import rollback
    from ..target import connect

    with connect(board, port) as connection:
        path, n_golden = rollback(connection, model)
    click.echo(f"{path}: the version before is back, {n_golden} golden vectors equal")
