"""Where things that Linnet builds or caches are kept."""

import os
from pathlib import Path


def checkout():
    """The root of the source checkout this package runs from, or None when it was installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "device" / "kernels").is_dir() else None


def build_dir():
    """The folder for firmware, native modules and caches: $LINNET_BUILD, the checkout's build/, or ~/.cache/linnet."""
    if os.environ.get("LINNET_BUILD"):
        return Path(os.environ["LINNET_BUILD"])
    root = checkout()
    return root / "build" if root else Path.home() / ".cache" / "linnet"
