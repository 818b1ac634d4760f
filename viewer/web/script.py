"""The player's one script, joined from its modules and the desktop's own shader.

Modules import by name alone, from each other, in one line; no two of them use a name twice. So
joining is ordering: no bundler is needed. A page from the disk (`file://`) may not load modules,
which is why the script is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.resources import files

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def asset(name: str) -> str:
    """A text file of the player."""
    return files("viewer.web").joinpath("player", name).read_text("utf-8")


def modules() -> dict[str, str]:
    """The player's modules by name; `shaders.js` is made here from the desktop's shaders."""
    folder = files("viewer.web").joinpath("player")
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".js"))
    return {name: asset(name) for name in names} | {"shaders.js": _shaders()}


def joined() -> str:
    """All modules in the order of their imports, within one function that then begins."""
    texts = modules()
    needs = {name: set(_IMPORT.findall(text)) for name, text in texts.items()}
    order = TopologicalSorter(needs).static_order()
    body = "\n".join(_EXPORT.sub("", _IMPORT.sub("", texts[name])) for name in order)
    return f'(() => {{\n"use strict";\n{body}\nmain();\n}})();\n'


def _shaders() -> str:
    return "".join(f"export const {name} = {json.dumps(text)};\n" for name, text in _sources())


def _sources() -> Iterator[tuple[str, str]]:
    """Each shader without its version, which the browser's differs from."""
    for name, file in (("VERTEX", "screen.vert"), ("FRAGMENT", "sphere.frag")):
        text = files("viewer").joinpath("shaders", file).read_text("utf-8")
        yield name, re.sub(r"^#version.*\n", "", text)
