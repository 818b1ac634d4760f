"""What the viewer may know of the rest of the project."""

import ast
import subprocess
import sys
from pathlib import Path

import viewer

ROOT = Path(viewer.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_no_file_names_torch_or_the_pipeline():
    for path in FILES:
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & {"torch", "torchvision", "pipeline"}, path


def test_importing_every_module_loads_neither_torch_nor_the_pipeline():
    names = [".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in FILES]
    code = f"import importlib, sys\nfor n in {names}: importlib.import_module(n)\n"
    code += "print([m for m in ('torch', 'pipeline') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_opengl_is_imported_in_its_own_files_alone():
    users = {p.name for p in FILES if any(n.split(".")[0] == "OpenGL" for n in imported(p))}
    assert users == {"opengl.py"}


def test_pure_modules_know_neither_qt_nor_opengl():
    for name in ("camera", "clock", "composition", "journey", "layout", "picture", "heat", "live"):
        names = list(imported(ROOT / f"{name}.py"))
        assert not [n for n in names if n.startswith(("PySide6", "OpenGL", "viewer.opengl"))], name
