"""The command `linnet`: one file per command in this folder, each with a click command named `command`.

A command is imported when it is asked for: one that is slow or broken does not hold up the others.
"""

import sys
from importlib import import_module
from pathlib import Path

import rich_click as click

from linnet import __version__
from linnet.errors import LinnetError

# As a newcomer meets them; any other file of this folder comes after these.
ORDER = "pack quantize inspect run verify profile fit flash deploy rollback stream boards emulate doctor stubs demo".split()

click.rich_click.SHOW_ARGUMENTS = False
click.rich_click.STYLE_EPILOG_TEXT = ""
click.rich_click.OPTIONS_PANEL_TITLE = "options"
click.rich_click.COMMANDS_PANEL_TITLE = "commands"


class Commands(click.RichGroup):
    def list_commands(self, ctx):
        found = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))
        return sorted(found, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))

    def get_command(self, ctx, name):
        if name not in self.list_commands(ctx):
            return None
        try:
            command = import_module(f".{name}", __name__).command
        except ImportError as error:
            return _broken(name, error)
        command.name = name
        return command


def _broken(name, error):
    """A command that cannot be imported: the others must still list and run."""

    def fail(**_):
        raise LinnetError(f"{name} cannot be loaded: {error}: reinstall with pip install --force-reinstall linnet")

    return click.RichCommand(name, callback=fail, short_help=f"cannot be loaded: {error}")


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="example: linnet pack kws.tflite -o kws.linnet",
)
@click.version_option(__version__, "-V", "--version", message="linnet %(version)s")
def linnet():
    """pack models, put them on MicroPython boards, run them there"""


def main():
    """Runs the command line. A LinnetError becomes one line on stderr and exit code 1."""
    try:
        linnet(prog_name="linnet")
    except LinnetError as error:
        print(f"linnet: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # `linnet inspect x | head`: nobody reads on.
        sys.stderr.close()
        sys.exit(1)
