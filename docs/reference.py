"""Pages that the site generates from the code: every command, every public name.

A hook of MkDocs, see `.mkdocs.yml`. CHANGELOG and CONTRIBUTING come from the top level.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer.main
from mkdocs.structure.files import File, Files

import vr360
from pipeline.cli import app
from pipeline.cli.examples import EXAMPLES

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+(?!pictures|how/)[^)]*\)")
CELL = str.maketrans({"|": r"\|", "\n": " ", "<": "&lt;"})


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    pages = {
        "reference/commands.md": commands(),
        "reference/python.md": python(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(),
        "changelog.md": (ROOT / "CHANGELOG.md").read_text(),
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links into the source become their words: the site has no source beside it."""
    if page.file.src_uri.startswith(("how/", "reference/")):
        return markdown
    return OUTSIDE.sub(r"\1", markdown)


def commands() -> str:
    """Every command with its arguments, options and examples."""
    found = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "# Commands\n\n" + "\n".join(
        line for name in sorted(found) for line in _command(name, found[name])
    )


def _command(name: str, command: Any) -> Iterator[str]:
    yield f"## vr360 {name}\n\n{inspect.cleandoc(command.help or '')}\n"
    if examples := EXAMPLES.get(name):
        yield "```sh\n" + "\n".join(examples) + "\n```\n"
    params = [p for p in command.params if getattr(p, "help", None) and p.name != "help"]
    for panel in dict.fromkeys(getattr(p, "rich_help_panel", None) for p in params):
        rows = [p for p in params if getattr(p, "rich_help_panel", None) == panel]
        yield f"**{panel or 'Arguments'}**\n\n| | default | |\n|---|---|---|"
        yield "\n".join(map(_row, rows)) + "\n"


def _row(param: Any) -> str:
    words = "/".join(param.opts) if param.opts[0].startswith("-") else param.name.upper()
    choices = _choices(param)
    told = f"{param.help} ({', '.join(map(_word, choices))})" if choices else param.help
    default = "" if param.default in (None, False, ...) or param.required else _word(param.default)
    return f"| `{words}` | {default.translate(CELL)} | {told.translate(CELL)} |"


def _choices(param: Any) -> list[Enum]:
    """The words that an option takes, where there is a list of them."""
    said = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    kinds = [kind for kind in (said, *get_args(said)) if isinstance(kind, type)]
    return [member for kind in kinds if issubclass(kind, Enum) for member in kind]


def _word(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, str | int | float | Path) else ""


def python() -> str:
    """Every public name: its signature and its docstring."""
    from vr360 import api

    head = inspect.cleandoc(api.__doc__ or "")
    parts = [_name(name, getattr(vr360, name)) for name in vr360.__all__]
    return "\n".join(["# Python", "", "```python\nimport vr360\n```", "", head, "", *parts])


def _name(name: str, function: Any) -> str:
    signature = str(inspect.signature(function)).replace("'", "")
    signature = re.sub(r"=<function <lambda>[^>]*>+ ?", " = ...", signature)
    shown = signature.replace("(", "(\n    ", 1).replace(", ", ",\n    ")
    return f"## {name}\n\n```python\nvr360.{name}{shown}\n```\n\n{_sections(function.__doc__)}\n"


def _sections(docstring: str) -> str:
    """A Google docstring as Markdown: headings bold, arguments a list, examples as code."""
    text = inspect.cleandoc(docstring)
    head, *sections = re.split(r"(?m)^(Args|Returns|Raises|Example):\n", text)
    told = [head]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        body = inspect.cleandoc("\n" + body)
        if title == "Example":
            body = f"```pycon\n{body}\n```"
        elif title in ("Args", "Raises"):
            items = re.sub(r"\n\s+", " ", body)
            body = re.sub(r"(?m)^([\w, ]+): ", r"- `\1`: ", items)
        told.append(f"**{title}**\n\n{body}\n")
    return "\n\n".join(told)
