#!/usr/bin/env python3
"""Runs those scripts of a how-to that need a library which the tests may lack, and keeps what they write.

    PYTHON_WITH_THE_LIBRARY tests/docs/record.py docs/from-pytorch.md
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import BLOCK, RECORDED


def main(page):
    with tempfile.TemporaryDirectory() as folder:
        folder, libraries = Path(folder), {}
        for language, title, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if language == "python":
                name, _, libraries[name] = title.partition(", with ")
                (folder / name).write_text(text, encoding="utf-8")
            elif language == "sh":
                for line in text.splitlines():
                    if line.startswith("python "):
                        run(page, folder, line.removeprefix("python "), libraries)


def run(page, folder, script, libraries):
    before = set(folder.iterdir())
    subprocess.run([sys.executable, script], cwd=folder, check=True)
    if not libraries[script]:
        return
    kept = RECORDED / page.stem / Path(script).stem
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    for path in sorted(set(folder.iterdir()) - before):
        if path.suffix == ".pt":
            continue  # of use to PyTorch only
        shutil.copy(path, kept)
        if path.suffix == ".onnx":
            strip(kept / path.name)
        print(f"{kept.relative_to(RECORDED.parent)}/{path.name}: {path.stat().st_size} bytes")


def strip(path):
    """Takes out of an ONNX file where on this machine its nodes come from."""
    import onnx

    model = onnx.load(path)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(model, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
