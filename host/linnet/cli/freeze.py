"""linnet freeze: models into the source of a firmware."""

from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet freeze kws.linnet -o modules/linnet_models", short_help="put models into a firmware's source")
@click.argument("models", type=click.Path(path_type=Path), metavar="MODEL.linnet...", nargs=-1, required=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), default="linnet_models", show_default=True, metavar="OUT", help="OUT.c, or a folder that becomes a user C module")
def command(models, output):
    """put models into a firmware's source

    For who builds MicroPython: the blobs lie in flash and are used there. A firmware with the module linnet_models hands
    them out by name: linnet.load("kws").
    """
    from linnet.freeze import freeze

    for path in freeze(models, output):
        click.echo(f"{path}: {path.stat().st_size} bytes")
    folder = output.parent if output.suffix == ".c" else output
    click.echo(f"build the firmware with it: {folder / 'micropython.mk' if output.suffix != '.c' else f'add {output} to SRC_USERMOD_C'}")
