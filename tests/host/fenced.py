"""The fenced blocks of a page of Markdown."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def blocks(page, language):
    """The texts of the blocks of a language ("" for none) in a page of this repository ("README.md"), in order."""
    parts = re.split(r"^```(\w*)\n", (ROOT / page).read_text(encoding="utf-8"), flags=re.M)  # text, fence, text, fence, ...
    return [text for fence, text in zip(parts[1::4], parts[2::4]) if fence == language]
