"""These tests need PyTorch, a large download: `make test-torch`. `make test` runs what PyTorch has exported, tests/importers/exported."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["*.py"]
