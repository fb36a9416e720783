"""Inputs for the small float graphs."""

import numpy as np
import pytest


@pytest.fixture
def samples():
    random = np.random.default_rng(2)
    return [[random.normal(0, 1, (1, 8, 8, 3)).astype(np.float32)] for _ in range(40)]
