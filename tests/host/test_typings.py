"""The stubs of the board package name what the package has, and device code passes a type checker with MicroPython's stubs."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from linnet.cli import linnet as command_line

DEVICE = Path(__file__).resolve().parents[2] / "device"
TYPINGS = DEVICE / "typings" / "linnet"
INNER = {"installed", "files", "openmv", "operators", "window", "cores", "model"}  # no user imports them
# What MicroPython's own stubs or dynamic code cannot say without annotations that would cost flash.
LENIENT = ["var-annotated", "assignment", "union-attr", "arg-type", "call-overload", "index"]


def public(path):
    """{name of a public function, method or class: its parameters' names} of a module, inherited methods aside."""
    found = {}

    def visit(body, prefix):
        for node in body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[prefix + node.name] = None
                visit(node.body, prefix + node.name + ".")
            elif isinstance(node, ast.FunctionDef) and (not node.name.startswith("_") or node.name in ("__init__", "__call__")):
                arguments = node.args
                names = [argument.arg for argument in arguments.posonlyargs + arguments.args]
                found[prefix + node.name] = names + [a.arg for a in (arguments.vararg, arguments.kwarg) if a]

    visit(ast.parse(path.read_text()).body, "")
    return found


@pytest.mark.parametrize("path", sorted(DEVICE.glob("linnet/*.py")), ids=lambda path: path.stem)
def test_a_stub_names_what_is_there(path):
    if path.stem in INNER:
        assert not (TYPINGS / f"{path.stem}.pyi").exists()
        return
    if path.stem == "__init__":
        path = path.with_name("model.py")
        stub = public(TYPINGS / "__init__.pyi")
    else:
        stub = public(TYPINGS / f"{path.stem}.pyi")
    code = public(path)
    for name, parameters in stub.items():
        if name in code:
            assert parameters == code[name], name
        else:  # inherited from a class that is not public
            assert name.split(".")[0] in code and name.split(".")[-1] in ("__init__", "__call__", "decode"), name
    assert [name for name in code if name not in stub and name != "YoloV8.decode"] == []


@pytest.fixture(scope="module")
def stubs(tmp_path_factory):
    """Folders with the published stubs of MicroPython (and its standard library) and of ulab."""
    folder = tmp_path_factory.mktemp("stubs")
    for name, package in (("micropython", "micropython-unix-stubs"), ("ulab", "circuitpython-stubs")):
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder / name]
        done = subprocess.run([*command, *(["--no-deps"] if name == "ulab" else []), package], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    for path in list((folder / "ulab").iterdir()):
        if path.name != "ulab-stubs":  # the rest is CircuitPython's own standard library
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "ulab" / "ulab-stubs").rename(folder / "ulab" / "ulab")  # mypy_path takes folders by their own names
    return folder


def mypy(stubs, folder, *targets):
    """What mypy says of the files of this repository."""
    config = folder / "mypy.ini"
    config.write_text(
        f"[mypy]\ncheck_untyped_defs = True\ncustom_typeshed_dir = {stubs / 'micropython'}\n"
        f"mypy_path = {stubs / 'micropython'}:{stubs / 'ulab'}:{DEVICE / 'typings'}\n"
        f"cache_dir = {folder / 'cache'}\ndisable_error_code = {', '.join(LENIENT)}\nfollow_imports = silent\n"
        # Made of C, of a user's models, of OpenMV's firmware.
        "[mypy-_linnet.*,_linnet_audio.*,_linnet_image.*,linnet_models.*,image.*]\nignore_missing_imports = True\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", config, *targets], capture_output=True, text=True, cwd=folder
    )
    lines = done.stdout.splitlines()
    return [line for line in lines if "error:" in line and not line.startswith(str(stubs))], done


def test_device_code_is_what_micropython_has(stubs, tmp_path):
    errors, done = mypy(stubs, tmp_path, *sorted(DEVICE.glob("linnet/*.py")))
    assert not errors and "source files" in done.stdout, done.stdout + done.stderr


def test_the_checker_sees_what_micropython_lacks(stubs, tmp_path):
    (tmp_path / "script.py").write_text("import linnet\nfrom gc import get_objects\nlinnet.load('kws').classify()\n")
    errors, _ = mypy(stubs, tmp_path, "script.py")
    assert any("get_objects" in line for line in errors) and any("classify" in line for line in errors), errors


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command_line, ["stubs"])
    assert result.exit_code == 0 and (tmp_path / "typings" / "linnet" / "__init__.pyi").exists()
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(command_line, ["stubs", "file/typings"])
    assert result.exit_code == 1 and "cannot be written" in str(result.exception)
