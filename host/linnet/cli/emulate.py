"""linnet emulate: a board without hardware."""

import rich_click as click


@click.command(epilog="example: linnet emulate qemu-m4f    (then, elsewhere: mpremote connect /dev/pts/5)", short_help="start an emulated board")
@click.argument("name", metavar="NAME")
@click.option("--erase", is_flag=True, help="start with an empty flash")
@click.option("--console", type=click.Choice(["usb", "uart"]), help="the serial port of an RP2040 [default: usb]")
def command(name, erase, console):
    """start an emulated board and print its port

    Any mpremote can connect to the port, as can linnet's own commands with --board NAME. Its flash lasts. Ctrl-C ends it.
    """
    from .. import emulate

    if erase:
        emulate.erase(emulate.load_board(name).name)
    with emulate.Emulator(name, console=console) as emulator:
        click.echo(emulator.port)
        click.echo("mpremote connect " + emulator.port + "    (Ctrl-C here ends the board)", err=True)
        try:
            emulator.wait()
        except KeyboardInterrupt:
            click.echo("", err=True)
