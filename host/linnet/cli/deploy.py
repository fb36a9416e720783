"""linnet deploy: a model onto a board."""

from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet deploy kws.linnet --board qemu-m4f", short_help="install a model on a board and prove it")
@click.argument("model", type=click.Path(path_type=Path), metavar="MODEL")
@click.option("--board", metavar="NAME", help="the board: linnet boards [default: the one plugged in, else an emulated one]")
@click.option("--port", "ports", metavar="PORT", multiple=True, help="the serial port it is at; given again, a board at each")
@click.option("--all", "everywhere", is_flag=True, help="every board that is plugged in")
@click.option("--labels", type=click.Path(path_type=Path), metavar="FILE", help="text file, one label a line, for a MODEL that is packed here")
@click.option("--no-selftest", is_flag=True, help="do not replay the golden vectors on the board")
@click.option("--allow-float", is_flag=True, help="pack float32 layers as they are: slow without an FPU")
@click.option("--rom", is_flag=True, help="into the board's ROMFS partition: weights are read in place, and take no RAM")
@click.option("--window", type=click.IntRange(min=16), metavar="BYTES", help="read weights from the file as they are wanted, through so much RAM")
def command(model, board, ports, everywhere, labels, no_selftest, allow_float, rom, window):
    """install a model on a board and prove it

    MODEL is a .linnet blob, or a quantized .tflite or .onnx file, which is packed for the board's core first. Sends what changed (the native modules that it needs, the board package, the model), replays the model's golden vectors there and
    times an inference. What does not fit or cannot run is refused before anything is sent. The model that it replaces stays on
    the board: linnet rollback.
    """
    from .. import fleet, report_deploy
    from ..deploy import deploy
    from ..errors import LinnetError
    from ..target import connect
    from ..way import Way

    way = Way(rom, window)

    def put(connection):
        with report_deploy.upload_progress() as progress:
            return deploy(connection, model, not no_selftest, progress, labels, allow_float, way)

    if everywhere:
        ports = fleet.every_port()
    elif len(ports) < 2:
        with connect(board, *ports) as connection:
            report_deploy.print_deployed(put(connection))
        return
    failed = []
    for port, deployed, error in fleet.on_each(ports, put):
        click.echo(f"{port}: {error or 'deployed'}")
        if error:
            failed.append(port)
        else:
            report_deploy.print_deployed(deployed)
    if failed:
        rest = "; the others did" if len(failed) < len(ports) else ""
        raise LinnetError(f"{len(failed)} of {len(ports)} boards did not get the model: {', '.join(failed)}{rest}")
