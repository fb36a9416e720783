"""The device tests under pytest: every script on the host and on every emulated board whose firmware is built."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import run


@pytest.fixture(scope="module", params=run.boards())
def board(request):
    with run.on_board(request.param) as execute:
        yield execute


@pytest.mark.parametrize("script", run.HOST_SCRIPTS)
def test_host(script):
    assert run.compare(script, run.run_on_host(script)) == "pass"


@pytest.mark.parametrize("script", run.SCRIPTS)
def test_board(board, script):
    assert run.compare(script, board(script)) in ("pass", "skip")
