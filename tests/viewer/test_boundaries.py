"""What the viewer may know of the rest of the project."""

import ast
import re
import subprocess
import sys
from collections import Counter
from graphlib import TopologicalSorter
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


PURE = "camera catch_up clock composition heat journey layout live pace picture"


def test_pure_modules_know_neither_qt_nor_opengl():
    for name in PURE.split():
        names = list(imported(ROOT / f"{name}.py"))
        assert not [n for n in names if n.startswith(("PySide6", "OpenGL", "viewer.opengl"))], name


def test_no_files_import_each_other_round_and_round_not_even_for_types():
    """`if TYPE_CHECKING` hides a circle from Python, not from whoever has to understand it."""
    names = {".".join(p.relative_to(ROOT.parent).with_suffix("").parts): p for p in FILES}
    known = {name.removesuffix(".__init__"): path for name, path in names.items()}
    edges = {
        name: {n for n in modules_named(path) if n in known and n != name}
        for name, path in known.items()
    }
    assert edges["viewer.desktop.window"] >= {"viewer.desktop.open_film", "viewer.desktop.host"}
    tuple(TopologicalSorter(edges).static_order())  # raises CycleError with the files in its way


def modules_named(path):
    """Every module that any import statement of a file names, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_parts_of_the_window_know_its_protocol_alone():
    for path in sorted((ROOT / "desktop").glob("*.py")):
        if path.name not in ("window.py", "app.py"):
            assert "viewer.desktop.window" not in set(imported(path)), path


def test_every_function_and_class_has_a_user():
    """Tests do not count as one; what Qt calls by its own spelling has none to be seen."""
    project = [p for folder in ("viewer", "pipeline") for p in (ROOT.parent / folder).rglob("*.py")]
    words = Counter(
        word for path in project for word in re.findall(r"\w+", path.read_text("utf-8"))
    )
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                seen = words[node.name] > 1 or re.match("__|[a-z]+[A-Z]", node.name)
                assert seen, f"{path}: {node.name} has no user"
