"""linnet stubs: what an editor needs to complete `linnet.` in scripts for boards."""

from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet stubs        (then ./typings has them, where Pylance looks)", short_help="type stubs of the board package")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="typings", metavar="[FOLDER]")
def command(folder):
    """put type stubs of the board package into FOLDER

    Editors complete `linnet.` and check scripts for boards with them. FOLDER is ./typings unless given: VS Code's Pylance and
    pyright look there by themselves; for mypy, set mypy_path.
    """
    import shutil

    from ..errors import LinnetError
    from ..paths import checkout

    root = checkout()
    typings = root / "device" / "typings" if root else Path(__file__).parents[1] / "_device" / "typings"
    try:
        shutil.copytree(typings, folder, dirs_exist_ok=True)
    except OSError as error:
        raise LinnetError(f"{folder}: cannot be written: {error.strerror or error}; give another folder") from None
    click.echo(f"{folder / 'linnet'}: {len(list((folder / 'linnet').glob('*.pyi')))} stubs")
