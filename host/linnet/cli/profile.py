"""linnet profile: what a model costs on a core."""

from pathlib import Path

import rich_click as click

CORES = ("m0plus", "m3", "m4", "m7", "m33", "m55", "rv32")


@click.command(epilog="example: linnet profile kws.linnet --core m4", short_help="count a model's instructions on a core")
@click.argument("blob", type=click.Path(path_type=Path), metavar="MODEL.linnet")
@click.option("--core", type=click.Choice(CORES), required=True, help="the core to run it on, in QEMU")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(blob, core, as_json):
    """count a model's instructions on a core

    Runs one inference bare in QEMU and counts every executed instruction: exact, and the same each time. An instruction is
    not a cycle. The result is compared with the host's.
    """
    from .. import profile, report_profile

    profiled = profile.profile_file(blob, core)
    if as_json:
        report_profile.print_json(profiled)
    else:
        report_profile.print_profile(profiled)
