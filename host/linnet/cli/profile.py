"""linnet profile: what a model costs on a core."""

from pathlib import Path

import rich_click as click

CORES = ("m0plus", "m3", "m4", "m7", "m33", "m55", "rv32", "esp32")


@click.command(epilog="example: linnet profile kws.linnet --core m4", short_help="count a model's instructions on a core")
@click.argument("blob", type=click.Path(path_type=Path), metavar="MODEL.linnet")
@click.option("--core", type=click.Choice(CORES), help="the core to run it on, in QEMU [default: the board's]")
@click.option("--board", "board_name", metavar="NAME", help="estimate milliseconds on this board")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(blob, core, board_name, as_json):
    """count a model's instructions on a core

    Runs one inference bare in QEMU and counts every executed instruction: exact, and the same each time. An instruction is
    not a cycle. The result is compared with the host's. With --board, milliseconds are estimated from the board's clock and
    what its core's instructions take.
    """
    from .. import board, costs, profile, report_profile
    from ..errors import LinnetError

    if core is None and board_name is None:
        raise LinnetError(f"say which core, with --core ({', '.join(CORES)}), or which board, with --board")
    on_board = board.load_board(board_name) if board_name else None
    if on_board and core not in (None, costs.core_of(on_board)):
        raise LinnetError(f"{on_board.name} has the core {costs.core_of(on_board)}, not {core}: leave --core out")
    profiled = profile.profile_file(blob, core or costs.core_of(on_board))
    estimate = costs.estimate(profiled, on_board) if on_board else None
    if as_json:
        report_profile.print_json(profiled, estimate)
    else:
        report_profile.print_profile(profiled, estimate)
