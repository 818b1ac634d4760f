"""The house rules that a reader relies on, read off the source."""

import ast
import importlib.metadata
import itertools
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import vr360

ROOT = Path(__file__).parents[1]
PACKAGES = ("vr360", "pipeline", "viewer")
MAY_IMPORT = {
    "vr360": {"vr360"},
    "pipeline": {"vr360", "pipeline"},
    "viewer": {"vr360", "viewer"},
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


class _AtRunTime(ast.NodeTransformer):
    """Without what is imported for the type checker alone."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        named = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if named else self.generic_visit(node)


def imported(path: Path, at_run_time: bool = False) -> set[str]:
    found, tree = set(), ast.parse(path.read_text())
    for node in ast.walk(_AtRunTime().visit(tree) if at_run_time else tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str):
    for path in sources(package):
        ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
        allowed = MAY_IMPORT[package]
        if path.is_relative_to(ROOT / "pipeline" / "cli"):
            allowed = allowed | {"viewer"}
        if path.is_relative_to(ROOT / "vr360" / "api"):
            allowed = allowed | {"pipeline"}
        assert ours <= allowed, f"{path} imports {ours - allowed}"


def rooms_of(package: str) -> dict[str, set[str]]:
    """Which folders (or loose files) of a package each of them imports."""
    arrows: dict[str, set[str]] = {}
    for path in sources(package):
        room = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        names = {n for n in imported(path) if n.startswith(f"{package}.")}
        arrows.setdefault(room, set()).update({n.split(".")[1] for n in names} - {room})
    return arrows


def reachable(arrows: dict[str, set[str]], start: str) -> set[str]:
    found, left = set(), [start]
    while left:
        new = arrows.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


@pytest.mark.parametrize("package", ["vr360", "pipeline"])
def test_no_folder_reaches_itself_through_others(package: str):
    arrows = rooms_of(package)
    assert [room for room in arrows if room in reachable(arrows, room)] == []


def test_time_knows_neither_painting_nor_nets():
    assert rooms_of("pipeline")["temporal"] <= {"choices"}


def test_only_stories_and_the_words_they_take_lie_loose_in_the_pipeline():
    loose = {path.stem for path in (ROOT / "pipeline").glob("*.py")} - {"__init__"}
    assert loose <= {"stylize", "take", "convert", "stitch", "choices"}


def test_the_viewer_never_imports_torch():
    code = "import sys, pkgutil, viewer; " + (
        "[__import__(m.name) for m in pkgutil.walk_packages(viewer.__path__, 'viewer.')"
        " if not m.name.endswith('__main__')]; "
        "assert 'torch' not in sys.modules and 'pipeline' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_command_line_starts_without_torch():
    code = "import sys, pipeline.cli; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_public_names_load_nothing_before_they_are_asked_for():
    heavy = "{'torch', 'cv2', 'numpy', 'av', 'pipeline', 'viewer'}"
    code = (
        f"import sys, vr360; assert not {heavy} & set(sys.modules); "
        "vr360.stylize; assert not {'torch', 'cv2', 'pipeline'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_public_names_import_the_pipeline_inside_functions_alone():
    trees = [ast.parse(path.read_text()) for path in (ROOT / "vr360" / "api").glob("*.py")]
    body = [node for tree in trees for node in tree.body]
    loose = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    named = {getattr(node, "module", None) or node.names[0].name for node in loose}
    assert not any(name.startswith("pipeline") for name in named)


def test_the_padding_of_pictures_costs_no_torch():
    names = "vr360.padding, vr360.filters, vr360.sampling"
    code = f"import sys, {names}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


FILTERS = re.compile(
    r"cv2\.(\w*[bB]lur|\w*[fF]ilter\w*|Sobel|Scharr|Laplacian|spatialGradient|erode|dilate"
    r"|morphologyEx|pyr(Down|Up)|fastNlMeans\w*)\b"
)


def test_filters_over_neighbours_are_called_where_the_sphere_continues_alone():
    called = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sources(package)
        if FILTERS.search(path.read_text())
    }
    flat = {"pipeline/styles/drawings.py"}  # draws pictures that lie on no sphere
    assert called == {"vr360/filters.py"} | flat


OTHER_SIDES = {"DeviceSampler", "load_card", "ZEROS"}  # benches and tests compare with them


def named_in(tree: ast.Module) -> set[str]:
    """Functions, classes and constants that nothing registers by a decorator."""
    kinds = ast.FunctionDef | ast.ClassDef
    found = {n.name for n in ast.walk(tree) if isinstance(n, kinds) and not n.decorator_list}
    assigned = [target for n in tree.body if isinstance(n, ast.Assign) for target in n.targets]
    found |= {target.id for target in assigned if isinstance(target, ast.Name)}
    return {name for name in found if not name.startswith("__")}


def test_every_function_class_and_constant_has_a_user_beside_its_tests():
    texts = {path: path.read_text() for package in PACKAGES for path in sources(package)}
    outside = (ROOT / "docs" / "reference.py", ROOT / "pyproject.toml", ROOT / "Makefile")
    said = [*texts.values(), *(path.read_text() for path in outside)]
    words = Counter(word for text in said for word in re.findall(r"\w+", text))
    for path, text in texts.items():
        if path.is_relative_to(ROOT / "viewer"):
            continue  # Qt calls by its own spelling; tests/viewer/test_boundaries.py knows it
        unused = {name for name in named_in(ast.parse(text)) if words[name] < 2}
        assert unused <= OTHER_SIDES, f"{path}: no user"


def kinds_of(path: Path) -> dict[str, str]:
    """Public classes and type aliases of a module, each with what it is."""
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = f"{path}"
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.unparse(node.value)
    return {name: kind for name, kind in found.items() if name[0].isupper() and not name.isupper()}


@pytest.mark.parametrize("package", PACKAGES)
def test_within_a_folder_a_name_means_one_thing(package: str):
    meanings: dict[tuple[Path, str], set[str]] = {}
    for path in sources(package):
        for name, kind in kinds_of(path).items():
            meanings.setdefault((path.parent, name), set()).add(kind)
    assert [where for where, kinds in meanings.items() if len(kinds) > 1] == []


SAID = re.compile(r"`((?:vr360|pipeline|viewer|sample_clips)(?:[./]\w+)+(?:\.py)?)/?`")


def is_there(said: str) -> bool:
    """Whether a path, or the dotted name of a module or of something in it, leads somewhere."""
    if "/" in said:
        return (ROOT / said).exists()
    parts = said.split(".")
    for count in range(len(parts), 0, -1):
        base, rest = ROOT.joinpath(*parts[:count]), parts[count:]
        module = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        if module.is_file():
            offered = vr360.__all__ if parts[:count] == ["vr360"] else ()
            inside = re.search(rf"\b{''.join(rest[:1])}\b", module.read_text())
            return not rest or rest[0] in offered or inside is not None
    return False


def test_modules_that_texts_speak_of_are_there():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    texts = [*pages, *(path for package in PACKAGES for path in sources(package))]
    lost = [(str(p), said) for p in texts for said in SAID.findall(p.read_text())]
    theirs = ("pipeline.py", "pipeline/cli/NAME.py")  # a user's own, and one to come
    assert [one for one in lost if one[1] not in theirs and not is_there(one[1])] == []


WAITS = re.compile(
    r"timeout=(\d+)|monotonic\(\) \+ (\d+)|^(?:LIMIT|PATIENCE) = (\d+)", re.MULTILINE
)


def test_waits_of_tests_end_hangs_alone():
    """However busy a machine is; what takes time is measured by the benches."""
    for path in (ROOT / "tests").rglob("*.py"):
        if path.is_relative_to(ROOT / "tests" / "bench"):
            continue
        text = path.read_text()
        seconds = [int("".join(found)) for found in WAITS.findall(text)]
        assert all(each >= 300 for each in seconds), path
        assert not re.search(r"perf_counter\(", text), path


def test_exactly_one_opencv_is_installed():
    installed = {d.name.lower() for d in importlib.metadata.distributions()}
    assert [n for n in sorted(installed) if n.startswith("opencv")] == ["opencv-python-headless"]


IMPORTED_AS = {
    "ffmpeg-python": "ffmpeg",
    "opencv-python-headless": "cv2",
    "pyopengl": "OpenGL",
    "pyside6-essentials": "PySide6",
    "scenedetect-headless": "scenedetect",
}


def test_every_dependency_is_imported_by_the_runtime():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    used = {
        name.split(".")[0]
        for package in PACKAGES
        for path in sources(package)
        for name in imported(path, at_run_time=True)
    }
    missing = {name for name in names if IMPORTED_AS.get(name, name.replace("-", "_")) not in used}
    assert missing == set()


def test_nobody_but_the_command_line_prints():
    for path in (p for package in PACKAGES for p in sources(package)):
        if path.is_relative_to(ROOT / "pipeline" / "cli"):
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls), path


@pytest.mark.parametrize("package", PACKAGES)
def test_the_map_of_the_readme_shows_every_folder_and_nothing_else(package: str):
    text = (ROOT / "README.md").read_text().partition("## Map")[2]
    lines = text.partition(f"\n{package}/")[2].splitlines()[1:]
    inside = itertools.takewhile(lambda line: line.startswith("  "), lines)
    named = {name for line in inside for name in line[2:].split("  ")[0].split(", ")}
    there = {f"{p.name}/" for p in (ROOT / package).iterdir() if p.is_dir() and p.name[0] != "_"}
    stories = {"stylize.py", "take.py", "convert.py", "stitch.py"}
    assert named - stories == there
    assert (named & stories == stories) == (package == "pipeline")


def test_the_top_level_is_as_agreed():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    folders = {name.split("/")[0] for name in tracked if "/" in name}
    assert folders <= {*PACKAGES, "tests", "sample_clips", "docs", ".ci"}
