"""Bringing back the model that a deploy replaced: it stays on the board as <path>.old."""

from linnet.errors import LinnetError
from linnet.probe import probe
from linnet.prove import prove

MODELS = "/models"  # where deploy puts them

# At every moment there is <path> or <path>.old, which linnet.load() takes then; a swap that was cut off is completed.
SWAP = """
import os
def there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False
path = {path!r}
old, new = path + '.old', path + '.new'
swapped = there(new) or there(path) and there(old)
if swapped:
    if not there(new):
        os.rename(path, new)
    if there(old) and not there(path):
        os.rename(old, path)
    os.rename(new, old)
print(swapped)
"""

LIST = """
import os
try:
    print('\\n'.join(name[:-4] for name in os.listdir({folder!r}) if name.endswith('.linnet.old')))
except OSError:
    pass
"""


def restore(connection, on_board):
    """Swaps the model at path on_board with the one before it. False where none is kept."""
    return connection.exec(SWAP.format(path=on_board)).decode().strip() == "True"


def rollback(connection, name=None):
    """Swaps model `name` ("kws"; None: the only one that has one) with the one before it and proves that there.

    Returns (path on the board, golden vectors replayed). Rolled back twice, the newer model is there again. Raises
    LinnetError where no model is kept, or where several are and none is named.
    """
    facts = probe(connection)
    folder = facts.root + MODELS
    kept = sorted(connection.exec(LIST.format(folder=folder)).decode().split())
    file = f"{name.removesuffix('.linnet')}.linnet" if name else None
    if file is None and len(kept) > 1:
        names = ", ".join(path.removesuffix(".linnet") for path in kept)
        raise LinnetError(f"{facts.machine}: several models have a version before: say which: {names}")
    if not kept or file not in (None, *kept):
        what = f"no version of {file} before the one that is there" if file else "no model that was replaced"
        raise LinnetError(f"{facts.machine}: {what} is kept; deploy the one that you want")
    on_board = f"{folder}/{file or kept[0]}"
    if not restore(connection, on_board):
        raise LinnetError(f"{facts.machine}: {on_board} is gone; deploy the model that you want")
    return on_board, prove(connection, on_board)[-1]
