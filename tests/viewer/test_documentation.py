"""The page about the viewer, held against the viewer."""

import re
from pathlib import Path

from viewer.desktop.commands import COMMANDS, MOUSE

PAGE = Path(__file__).parents[2] / "docs" / "viewer.md"


def test_the_page_lists_every_key_with_what_it_does():
    text = PAGE.read_text("utf-8")
    for command in (c for c in COMMANDS if c.keys):
        keys = " ".join(f"`{key}`" for key in command.keys)
        assert f"| {keys} | {command.menu}: {command.text} |" in text
    for action, meaning in MOUSE:
        assert f"| {action} | {meaning} |" in text


def test_the_readme_shows_keys_that_exist():
    readme = (PAGE.parents[1] / "README.md").read_text("utf-8")
    section = readme.split("## The viewer")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    shown = re.findall(r"`([^`]+)`", "".join(rows))
    known = {key for command in COMMANDS for key in command.keys} | {"Shift"}
    assert len(shown) > 20
    assert set(shown) <= known


def test_no_key_is_given_twice():
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))


def test_the_picture_of_the_window_is_there_and_small():
    picture = PAGE.parent / "pictures" / "viewer_wipe.jpg"
    assert 20_000 < picture.stat().st_size < 300_000
