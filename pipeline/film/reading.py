"""FILM.toml -> a `Script`; everything that can be known without opening a clip is checked here."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from math import radians
from pathlib import Path
from typing import Any

from pipeline.choices import EyePainting, Flow, Temporal
from pipeline.film.easing import Track
from pipeline.film.script import (
    BLACK,
    ORIGINAL,
    Change,
    Colour,
    Scene,
    Script,
    Sound,
    Through,
    Transition,
)
from pipeline.film.table import (
    Problems,
    Table,
    number,
    one_of,
    seconds,
    text,
    track,
    truth,
    whole,
)
from pipeline.looks.track import STRONGEST
from vr360.choices import Stereo
from vr360.errors import InputError
from vr360.media.presets import Overrides, PresetName

NAMED: dict[str, Colour] = {"black": BLACK, "white": (1.0, 1.0, 1.0), "grey": (0.5, 0.5, 0.5)}
USUAL_SECONDS = Fraction(1)  # of a transition
_PAINT = {
    "median": whole(0, 31),
    "paint_width": whole(64, 16384),
    "passes": whole(1, 2),
    "smoothness": number(0, 1),
    "temporal": lambda value: one_of(Temporal, value),
    "flow": lambda value: one_of(Flow, value),
    "eyes": lambda value: one_of(EyePainting, value),
    "preserve_colour": truth,
    "stereo": lambda value: one_of(Stereo, value),
    "camera": text,
    "device": text,
}
"""How scenes are painted: keys of [film] for all of them, and of a [[scene]] for that one."""


def read_script(path: Path) -> tuple[Script, Problems]:
    """The film in a file, and what is wrong with it so far; its files are taken from its folder.

    Raises:
        InputError: the file is missing, or no TOML.
    """
    try:
        written = path.read_text(encoding="utf-8")
        values = tomllib.loads(written)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no text in UTF-8; a film is written as TOML") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: no TOML: {error}") from None
    problems = Problems(path, written)
    top = Table(values, (), problems)
    script = _Reader(path.parent, problems).script(top)
    return script, problems


class _Reader:
    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems

    def script(self, top: Table) -> Script:
        film = top.table("film")
        paint = _paint(film)
        scenes = tuple(self._scene(each, paint) for each in top.tables("scene"))
        self._check_names(scenes)
        script = Script(
            scenes,
            size=film.get("size", size, None),
            rate=film.get("rate", rate, None),
            end=_end(film),
            loudness=film.get("loudness", number(-70, 0, "LUFS"), None),
            preset=film.get("preset", lambda value: one_of(PresetName, value), None),
            encoding=Overrides(
                film.get("codec", text, None),
                film.get("crf", number(0, 63), None),
                film.get("pixel_format", text, None),
                film.get("speed", text, None),
            ),
        )
        film.close()
        top.close()
        return script

    def _check_names(self, scenes: tuple[Scene, ...]) -> None:
        if not scenes:
            self._problems.add((), 'no scene; write [[scene]] and below it: source = "clip.mp4"')
        names = [scene.name for scene in scenes]
        for number_, scene in enumerate(scenes):
            if scene.name in names[:number_]:
                hint = "give each scene a name of its own"
                self._problems.add((*scene.place, "name"), f"name: {scene.name!r} again; {hint}")

    def file(self, value: Any) -> Path:
        """A path, from the folder that the film's file lies in."""
        path = self._folder / text(value)
        if not path.exists():
            raise InputError(f"{value!r}: there is no {path}")
        return path

    def _scene(self, table: Table, paint: dict[str, Any]) -> Scene:
        source = table.need("source", self.file, Path())
        strength = number(0, STRONGEST)
        scene = Scene(
            name=table.get("name", text, source.stem or f"scene {table.place[-1]}"),
            source=source,
            start=table.get("in", seconds, Fraction(0)),
            end=table.get("out", seconds, None),
            style=table.get("style", track(text), Track.constant(ORIGINAL)),
            strength=table.get("strength", track(strength), Track.constant(1.0)),
            yaw=table.get("yaw", track(angle(3600)), Track.constant(0.0)),
            pitch=table.get("pitch", track(angle(90)), Track.constant(0.0)),
            roll=table.get("roll", track(angle(3600)), Track.constant(0.0)),
            paint=paint | _paint(table),
            enter=_transition(table),
            sounds=tuple(self._sounds(table)),
            place=table.place,
        )
        if scene.end is not None and scene.end <= scene.start:
            table.wrong("out", f"{float(scene.end):g} s lies before in = {float(scene.start):g}")
        table.close()
        return scene

    def _sounds(self, scene: Table) -> Iterator[Sound]:
        if not scene.has("sound"):
            yield Sound(scene.place)
        for table in scene.tables("sound"):
            yield self._sound(table)
            table.close()

    def _sound(self, table: Table) -> Sound:
        return Sound(
            place=table.place,
            source=table.get("source", self.file, None),
            level=table.get("level", track(number(-120, 40, "dB")), Track.constant(0.0)),
            fade_in=table.get("fade_in", seconds, Fraction(0)),
            fade_out=table.get("fade_out", seconds, Fraction(0)),
            offset=table.get("offset", _offset, Fraction(0)),
            track=table.get("track", whole(0, 99), 0),
        )


def _paint(table: Table) -> dict[str, Any]:
    found = {key: table.get(key, read, None) for key, read in _PAINT.items()}
    return {key: value for key, value in found.items() if value is not None}


def _transition(table: Table, key: str = "transition") -> Transition:
    """A transition written as a word or as a table."""

    def word(value: Any) -> Transition | None:
        return None if isinstance(value, dict) else Transition(one_of(Change, value), USUAL_SECONDS)

    cut: Transition | None = Transition()
    return table.get(key, word, cut) or _told(table.table(key))


def _end(film: Table) -> Transition:
    end = _transition(film, "end")
    if end.overlap:
        film.wrong("end", "a film ends with a cut or a fade")
    return end


def _told(table: Table) -> Transition:
    """The values of its table."""
    kind = table.choice("kind", Change, Change.DISSOLVE)
    transition = Transition(
        kind=kind,
        seconds=table.get("seconds", seconds, USUAL_SECONDS),
        through=table.choice("through", Through, Through.NOTHING),
        colour=table.get("colour", colour, BLACK),
        sound=table.get("sound", seconds, None),
    )
    if transition.through is Through.PAINT and kind is not Change.DISSOLVE:
        table.wrong("through", "only a dissolve goes through paint")
    table.close()
    return transition


def _offset(value: Any) -> Fraction:
    """Seconds, before or after."""
    return Fraction(str(number(-86400, 86400)(value)))


def angle(most: float) -> Any:
    """What reads degrees as radians."""
    read = number(-most, most, "degrees")
    return lambda value: radians(read(value))


def colour(value: Any) -> Colour:
    """`black`, `white`, `grey` or `#rrggbb`."""
    if value in NAMED:
        return NAMED[value]
    if not isinstance(value, str) or not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise InputError(f"{value!r}: a colour is #rrggbb, {', '.join(NAMED)}")
    red, green, blue = (int(value[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue


def size(value: Any) -> tuple[int, int]:
    """`WxH` as (height, width)."""
    found = re.fullmatch(r"(\d+)x(\d+)", str(value))
    if not found or any(int(side) % 2 or int(side) < 16 for side in found.groups()):
        raise InputError(f'{value!r}: write "WxH" with even sides, as "2048x1024"')
    return int(found[2]), int(found[1])


def rate(value: Any) -> Fraction:
    """A number, or text as `30000/1001`."""
    try:
        frames = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        frames = Fraction(0)
    if isinstance(value, bool) or not 0 < frames <= 1000:
        raise InputError(f'{value!r}: frames a second, as 24 or "30000/1001"')
    return frames
