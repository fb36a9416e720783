"""docs/quantizing.md does what it says."""

import pytest
from pages import DOCS, Page, environment


def test_page(tmp_path):
    pytest.importorskip("onnx")
    folder = tmp_path / "work"
    folder.mkdir()
    Page(DOCS / "quantizing.md", folder, environment(tmp_path)).run()
    assert "<svg" in (folder / "digits.html").read_text(encoding="utf-8")
    sizes = {name: (folder / f"{name}.linnet").stat().st_size for name in ("digits", "small", "better", "other")}
    assert sizes["small"] < sizes["digits"]
