"""linnet boards: the boards that are known."""

import rich_click as click

from linnet.board import CORES, PORTS


@click.command(epilog="example: linnet boards --port esp32 --heap-at-least 200000", short_help="list the boards Linnet knows")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--port", type=click.Choice(PORTS), help="only boards of this kind")
@click.option("--core", metavar="CORE", help=f"only boards with this core ({CORES[0]}) or a core of this name (m7, xtensa)")
@click.option("--emulated", is_flag=True, help="only boards that need no hardware")
@click.option("--heap-at-least", type=click.IntRange(0), metavar="BYTES", default=0, help="only boards with so many bytes of heap")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(name, port, core, emulated, heap_at_least, as_json):
    """list the boards Linnet knows, or show what a model may use on one

    Boards that are plugged in show their port, emulated ones the port of an emulator that runs.
    """
    from .. import report_boards
    from ..board import all_boards, load_board, select

    if name:
        boards = [load_board(name)]
    else:
        boards = select(all_boards().values(), port, core, emulated, heap_at_least)
    if as_json:
        report_boards.print_json(boards)
    elif name:
        report_boards.print_board(boards[0])
    else:
        report_boards.print_boards(boards)
