"""The one script that the modules are joined into."""

import json
import re
from collections import Counter
from pathlib import Path

import viewer
from viewer.web.script import joined, modules

SHADERS = Path(viewer.__file__).parent / "shaders"
DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)


def test_no_two_modules_declare_the_same_name():
    names = Counter(name for text in modules().values() for name in DECLARED.findall(text))
    assert [name for name, times in names.items() if times > 1] == []


def test_no_line_of_module_syntax_is_left():
    assert not re.search(r"^(import|export)\b", joined(), re.MULTILINE)


def test_the_browser_draws_with_the_desktops_own_shader():
    text = modules()["shaders.js"]
    (fragment,) = re.findall(r"^export const FRAGMENT = (.*);$", text, re.MULTILINE)
    assert json.loads(fragment) == (SHADERS / "sphere.frag").read_text()
    (vertex,) = re.findall(r"^export const VERTEX = (.*);$", text, re.MULTILINE)
    version, _, rest = (SHADERS / "screen.vert").read_text().partition("\n")
    assert version.startswith("#version 330")
    assert json.loads(vertex) == rest


def test_the_player_weighs_less_than_300_kilobytes():
    folder = Path(viewer.__file__).parent / "web" / "player"
    pages = sum(each.stat().st_size for each in folder.iterdir() if each.suffix != ".js")
    assert len(joined().encode()) + pages < 300_000


def test_modules_are_of_a_readable_length():
    assert max(text.count("\n") for text in modules().values()) <= 400
