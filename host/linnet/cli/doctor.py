"""linnet doctor: what is installed and connected, what is wrong, and what to do."""

import sys

import rich_click as click


@click.command(epilog="example: linnet doctor --port /dev/ttyACM0", short_help="say what is wrong, and what to do")
@click.option("--port", metavar="PORT", help="ask the board at this port too, whatever it is")
@click.option("--no-connect", is_flag=True, help="leave boards alone: asking one interrupts its program")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(port, no_connect, as_json):
    """say what is installed and connected, what is wrong, and what to do

    Looks at the host package, the native modules, the emulated boards and every board that is plugged in. Exit status 1
    when something is wrong.
    """
    from .. import report_doctor
    from ..doctor import findings

    sys.exit(1 if report_doctor.print_findings(findings(port, not no_connect), as_json) else 0)
