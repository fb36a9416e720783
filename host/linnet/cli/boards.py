"""linnet boards: the boards that are known."""

import rich_click as click


@click.command(epilog="example: linnet boards qemu-m4f", short_help="list the boards Linnet knows")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(name, as_json):
    """list the boards Linnet knows, or show one

    Boards that are plugged in show their port, emulated ones the port of an emulator that runs.
    """
    from .. import report_boards
    from ..board import all_boards, load_board

    boards = [load_board(name)] if name else list(all_boards().values())
    if as_json:
        report_boards.print_json(boards)
    elif name:
        report_boards.print_board(boards[0])
    else:
        report_boards.print_boards(boards)
