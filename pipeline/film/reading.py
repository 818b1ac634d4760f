"""FILM.toml, or what it would hold -> a `Script`.

Everything that can be known without opening a clip is checked here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import radians
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.choices import EyePainting, Flow, Level, Temporal
from pipeline.film.easing import Track
from pipeline.film.lines import in_file, in_values
from pipeline.film.mask_reading import check_formula, check_formulas, read_masks
from pipeline.film.script import (
    BLACK,
    ORIGINAL,
    Change,
    Cover,
    Flat,
    Layer,
    MaskSpec,
    Nadir,
    Scene,
    Script,
    Sound,
    SoundKind,
    Stabilise,
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
from pipeline.film.values import NAMED, angle, colour, match, rate, size
from pipeline.looks.track import STRONGEST, parse_look
from pipeline.nets.strengths import STROKE_RANGE
from pipeline.styles import check_styles
from vr360.choices import Stereo
from vr360.errors import InputError
from vr360.media.presets import Overrides, PresetName

USUAL_SECONDS = Fraction(1)  # of a transition
NO_OFFSET: Fraction | None = Fraction(0)
USUAL_FEATHER = 10  # degrees, of a wipe and an iris: soft edges hide what does not fit
USUAL_NADIR, LARGEST_NADIR = 40.0, 100.0  # degrees that a cover spans
FLATS = ("text", "image", "film")
_MEDIAN = whole(0, 31)
_PAINT = {
    "median": _MEDIAN,
    "paint_width": whole(64, 16384),
    "passes": whole(1, 2),
    "smoothness": track(number(0, 1)),
    "temporal": lambda value: one_of(Temporal, value),
    "flow": lambda value: one_of(Flow, value),
    "eyes": lambda value: one_of(EyePainting, value),
    "preserve_colour": truth,
    "stereo": lambda value: one_of(Stereo, value),
    "camera": text,
    "device": text,
    "level": lambda value: Level.GRAVITY if value is True else one_of(Level, value),
    "lock": truth,
}
"""How scenes are painted: keys of [film] for all of them, and of a [[scene]] for that one."""


Film = Path | Mapping[str, Any]
"""A FILM.toml, or what it would hold: `{"film": {...}, "scene": [{"source": "a.mp4"}, ...]}`."""


def read_script(film: Film) -> tuple[Script, Problems]:
    """A film, and what is wrong with it so far; its files are taken from the folder of FILM.toml.

    Values may also be paths, fractions, tuples and arrays; None is as if the key were not there.

    Raises:
        InputError: the file is missing, or no TOML.
    """
    if isinstance(film, Path):
        written, values = _parsed(film)
        folder, problems = film.parent, Problems(in_file(film, written))
    else:
        values = _plain(film)
        folder, problems = Path(), Problems(in_values(values))
    return _Reader(folder, problems).script(Table(values, (), problems)), problems


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and what it holds."""
    try:
        written = path.read_text(encoding="utf-8")
        return written, tomllib.loads(written)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no text in UTF-8; a film is written as TOML") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: no TOML: {error}") from None


def _plain(value: Any) -> Any:
    """A value as TOML would hold it."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def check_scenes(path: Path) -> None:
    """Raise InputError where there is nothing to lay out: no file, no TOML, no scene.

    It loads little, so that this is said at once.
    """
    script, problems = read_script(path)
    if not script.scenes:
        problems.raise_any()


class _Reader:
    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems

    def script(self, top: Table) -> Script:
        film = top.table("film")
        paint = _paint(film)
        masks = read_masks(top.table("masks"), self.file)
        check_formulas(masks, self._problems)
        scenes = tuple(self._scene(each, paint, masks) for each in top.tables("scene"))
        self._check_names(scenes)
        script = Script(
            scenes,
            masks=masks,
            flats=tuple(self._flats(top)),
            size=film.get("size", size, None),
            rate=film.get("rate", rate, None),
            end=_end(film),
            sound=film.get("sound", lambda value: one_of(SoundKind, value), None),
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

    def _scene(self, table: Table, paint: dict[str, Any], masks: dict[str, MaskSpec]) -> Scene:
        source = table.need("source", self.file, Path())
        strength = number(0, STRONGEST)
        scene = Scene(
            name=table.get("name", text, source.stem or f"scene {table.place[-1]}"),
            source=source,
            start=table.get("in", seconds, Fraction(0)),
            end=table.get("out", seconds, None),
            style=table.get("style", track(self.style), Track.constant(ORIGINAL)),
            strength=table.get("strength", track(strength), Track.constant(1.0)),
            stroke=table.get("stroke", track(number(*STROKE_RANGE)), Track.constant(1.0)),
            layers=tuple(self._layers(table, masks)),
            yaw=table.get("yaw", track(angle(3600)), Track.constant(0.0)),
            pitch=table.get("pitch", track(angle(90)), Track.constant(0.0)),
            roll=table.get("roll", track(angle(3600)), Track.constant(0.0)),
            stabilise=table.choice("stabilise", Stabilise, Stabilise.NONE),
            nadir=self._nadir(table),
            poi=table.get("poi", track(angle(3600)), None),
            match=table.get("match", match, None),
            paint=paint | _paint(table),
            enter=_transition(table),
            sounds=tuple(self._sounds(table)),
            place=table.place,
        )
        if scene.match and table.place[-1] == 0:
            table.wrong("match", "there is no scene before the first one")
        if scene.end is not None and scene.end <= scene.start:
            table.wrong("out", f"{float(scene.end):g} s lies before in = {float(scene.start):g}")
        table.close()
        return scene

    def _layers(self, scene: Table, masks: dict[str, MaskSpec]) -> Iterator[Layer]:
        for table in scene.tables("layer"):
            yield Layer(
                mask=table.need("mask", lambda value: check_formula(text(value), masks), "sky"),
                style=table.get("style", track(self.style), Track.constant(ORIGINAL)),
                strength=table.get("strength", track(number(0, STRONGEST)), Track.constant(1.0)),
                stroke=table.get("stroke", track(number(*STROKE_RANGE)), Track.constant(1.0)),
                place=table.place,
                median=table.get("median", _MEDIAN, None),
            )
            table.close()

    def _nadir(self, scene: Table) -> Nadir | None:
        """A cover written as a word or as a table."""
        none: Nadir | None = None
        usual: Nadir | None = Nadir(Cover.FILL, radians(USUAL_NADIR))
        given = scene.get("nadir", _cover, usual if scene.has("nadir") else none)
        return given if given or not scene.has("nadir") else self._covered(scene.table("nadir"))

    def _covered(self, table: Table) -> Nadir:
        """The values of its table."""
        is_image = table.has("image")
        kind = Cover.IMAGE if is_image else table.choice("kind", Cover, Cover.FILL)
        file = table.need("image", self.file, Path()) if kind is Cover.IMAGE else Path()
        size = table.get("size", number(2, LARGEST_NADIR, "degrees"), USUAL_NADIR)
        table.close()
        return Nadir(kind, radians(size), file, table.place)

    def _flats(self, top: Table) -> Iterator[Flat]:
        """`[[title]]`: a text, an image or a flat film."""
        for table in top.tables("title"):
            kinds = [kind for kind in FLATS if table.has(kind)]
            if len(kinds) != 1:
                table.wrong("", f"one of {', '.join(FLATS)} says what is shown")
            kind = kinds[0] if kinds else "text"
            yield self._flat(table, kind)
            table.close()

    def _flat(self, table: Table, kind: str) -> Flat:
        values: dict[str, Any] = {}
        if kind == "text":
            values["text"] = table.get("text", text, "-")
            values["colour"] = table.get("colour", colour, NAMED["white"])
            if table.has("font"):
                values["font"] = table.get("font", self.file, Path())
        else:
            values["file"] = table.need(kind, self.file, Path())
        return Flat(
            kind=kind,
            start=table.get("at", seconds, Fraction(0)),
            seconds=table.get("seconds", seconds, Fraction(3)),
            yaw=table.get("yaw", angle(3600), 0.0),
            pitch=table.get("pitch", angle(90), 0.0),
            roll=table.get("roll", angle(3600), 0.0),
            width=radians(table.get("width", number(1, 150, "degrees"), 40.0)),
            fade_in=table.get("fade_in", seconds, Fraction(1, 2)),
            fade_out=table.get("fade_out", seconds, Fraction(1, 2)),
            values=values,
            place=table.place,
            distance=table.get("distance", number(0.2, 1000, "metres"), None),
        )

    def style(self, value: Any) -> str:
        """A blend, its files taken from the folder that the film's file lies in."""
        blend = text(value)
        if blend == ORIGINAL:
            return blend
        shares = parse_look(blend).at().shares
        check_styles(",".join(map(self._style_file, shares)))
        return ",".join(f"{self._style_file(name)}:{share:.6g}" for name, share in shares.items())

    def _style_file(self, name: str) -> str:
        file = self._folder / name.partition("#")[0]
        return str(self._folder / name) if file.is_file() else name

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
            offset=table.get("offset", _offset, NO_OFFSET),
            track=table.get("track", whole(0, 99), 0),
            yaw=table.get("yaw", track(angle(3600)), None),
            pitch=table.get("pitch", track(angle(90)), Track.constant(0.0)),
            ambisonic=table.get("ambisonic", truth, None),
        )


def _paint(table: Table) -> dict[str, Any]:
    found = {key: table.get(key, read, None) for key, read in _PAINT.items()}
    return {key: value for key, value in found.items() if value is not None}


def _cover(value: Any) -> Nadir | None:
    """A word; None for a table."""
    if isinstance(value, dict):
        return None
    kind = one_of(Cover, value)
    if kind is Cover.IMAGE:
        raise InputError('write nadir = { image = "logo.png", size = 40 }')
    return Nadir(kind, radians(USUAL_NADIR))


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
        yaw=table.get("yaw", angle(3600), 0.0),
        pitch=table.get("pitch", angle(90), 0.0),
        feather=table.get("feather", angle(90), radians(USUAL_FEATHER)),
        sound=table.get("sound", seconds, None),
    )
    if transition.through is Through.PAINT and kind is not Change.DISSOLVE:
        table.wrong("through", "only a dissolve goes through paint")
    table.close()
    return transition


def _offset(value: Any) -> Fraction | None:
    """Seconds, before or after; `auto` is None."""
    if value == "auto":
        return None
    return Fraction(str(number(-86400, 86400)(value)))
