"""Inputs for the small float graphs."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def samples():
    random = np.random.default_rng(2)
    made = [[random.normal(0, 1, (1, 8, 8, 3)).astype(np.float32)] for _ in range(40)]
    for (x,) in made:
        x.flags.writeable = False  # every test gets the same
    return made
