"""linnet flash: firmware onto a board."""

import sys
from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet flash ESP32_GENERIC --firmware ESP32_GENERIC-20250415-v1.25.0.bin", short_help="put MicroPython firmware on a board")
@click.argument("name", metavar="BOARD")
@click.option("--firmware", type=click.Path(path_type=Path), required=True, metavar="FILE", help="linnet boards BOARD tells its name")
@click.option("--port", metavar="PORT", help="the serial port, or the folder of the UF2 drive [default: the one that is found]")
@click.option("--erase", is_flag=True, help="erase the whole flash first, files too (ESP32)")
@click.option("--yes", is_flag=True, help="do not ask before --erase")
def command(name, firmware, port, erase, yes):
    """put MicroPython firmware on a board

    ESP32 boards through esptool: the chip is asked what it is, and what was written is compared. Picos through the drive that
    their boot loader shows. For OpenMV cameras it prints what to do. A file or chip that is not the board's is refused.
    """
    from .. import report_flash
    from ..board import load_board
    from ..flash import flash

    board = load_board(name)
    if erase and not yes and sys.stdin.isatty():
        click.confirm(f"Erase everything on {board.name}, its files too?", abort=True)
    with report_flash.flash_progress() as progress:
        flashed = flash(board, firmware, port, erase, progress)
    report_flash.print_flashed(flashed, firmware)
