"""Weights laid out for a core: each portable Step that a core has a better kernel for becomes that kernel's Step.

A core's module has `tune(step, layout) -> Step or None`; None leaves the step portable. `layout` is "speed" or "size";
a core with one layout only ignores it.
"""

import importlib

from linnet.errors import LinnetError

# Code in the header (FORMAT.md, section 3) -> module with the tuned layouts of that core.
CODES = {"portable": 0, "armv6m": 1, "armv7em": 2, "helium": 3, "rv32imc": 4, "xtensa": 5}
TUNED = ("armv6m", "armv7em", "helium", "rv32imc", "xtensa")

WITH_SIZE = ("armv6m", "rv32imc")  # cores with a second layout, "size"


def names(core):
    """The layouts of a core, the fastest first."""
    return ("speed", "size") if core in WITH_SIZE else ("speed",)


def tune(steps, core, layout="speed"):
    """The steps with the constants of as many as possible laid out for `core`."""
    if core not in CODES:
        raise LinnetError(f'no core "{core}": there are {", ".join(CODES)}')
    if core not in TUNED:
        return list(steps)
    module = importlib.import_module(f"linnet.layouts.{core}")
    return [module.tune(step, layout) or step for step in steps]
