"""The pictures of the README that a new gallery changes, drawn anew.

`python -m tests.bench.pictures DATA docs/pictures [NAME...]`; DATA is the folder of paintings and
panoramas that the tests use.
"""

import tomllib
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from pipeline.film.film import FilmJob, make_film
from pipeline.painting.stylizer import load_stylizer
from pipeline.quality.before_after import frame_at, look
from pipeline.source.delivery import Span
from pipeline.styles import GALLERY, shipped_styles
from pipeline.styles.drawings import DRAWINGS
from pipeline.stylize import StylizeJob, stylize
from sample_clips.clip import COMMITTED as CLIP
from vr360.frame import Rgb
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import read_still

STYLE = "starry_night"  # of the pictures that are not about styles
VIEWS = (("taj-mahal", 0, 5), ("chichen-itza", -60, 8), ("taj-mahal", 180, 20))  # degrees
STRENGTHS = (0, 0.25, 0.5, 0.75, 1, 1.5)
STROKES = (0.5, 1, 2)
STROKED = ("starry_night", "the_scream", "the_kiss", "stained_glass", "ink_hatching", "paper_cut")
SHARES = (0, 0.2, 0.4, 0.6, 0.8, 1)
POLES = ((0, 90), (0, -90), (45, 35))  # up, down, over a corner
SAMPLE_FILM = CLIP.with_name("film.toml")
MOMENTS = {
    0: "as it was filmed",
    10: "paint grows, the sky stays",
    24: "a title",
    40: "painted more and more",
    45: "dissolve through paint",
    49: "the boat becomes the balloon",
    58: "the next scene",
    74: "out of the painting",
    86: "footage, and a fade",
}  # frames of the sample film
FILM = Span(Fraction(0), Fraction(3, 2))


def gallery(data: Path) -> Rgb:
    """Each painting, and views into two panoramas painted in its style, in two columns."""
    recipe = tomllib.loads(GALLERY.with_suffix(".toml").read_text())
    rows = []
    for name in shipped_styles():
        painting = _painting(name, data / "styles" / recipe[name]["image"])
        cells = [named(_middle(painting, 180, 138), name)]
        rows.append(_beside([*cells, *(_view(data, name, 1, view) for view in VIEWS)], 0))
    half = len(rows) // 2
    return _beside([np.concatenate(rows[:half]), np.concatenate(rows[half:])], 6)


def strengths(data: Path) -> Rgb:
    """A style from the picture itself to its strongest; from one style to another."""
    above = [("great_wave", s, f"strength {s:g}") for s in STRENGTHS]
    below = [(f"the_scream:{1 - s:g},cafe_terrace:{s:g}", 1, f"{s:.0%} terrace") for s in SHARES]
    rows = [
        _beside([named(_view(data, style, s, VIEWS[0]), text) for style, s, text in row], 0)
        for row in (above, below)
    ]
    return np.concatenate(rows)


def strokes(data: Path) -> Rgb:
    """Styles with strokes of half, once and twice their length, in two columns."""
    rows = [
        _beside([named(_view(data, n, 1, VIEWS[1], s), f"{n}, strokes {s:g}") for s in STROKES], 0)
        for n in STROKED
    ]
    half = len(rows) // 2
    return _beside([np.concatenate(rows[:half]), np.concatenate(rows[half:])], 6)


def poles(data: Path) -> Rgb:
    """Up, down and over a corner; above painted as equirect, below as a cube."""
    frame = frame_at(CLIP, Fraction(2))
    rows = []
    for projection in ("equirect", "cubemap"):
        (eye,) = load_stylizer(STYLE, projection=projection, statistics="frame")([frame])
        looks = [look(eye, *np.radians(turn), fov=np.pi / 2, size=420) for turn in POLES]
        rows.append(_beside(looks, 0))
    return np.concatenate([rows[0], np.full_like(rows[0][:6], 255), rows[1]])


def film_sheet(data: Path) -> Rgb:
    """Nine frames of the sample film, three in a row."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        make_film(FilmJob(SAMPLE_FILM, path))
        film = [_small(frame.rgb) for frame in read_frames(probe(path))]
    cells = [
        named(film[number], f"{number / 24:.2f} s: {text}") for number, text in MOMENTS.items()
    ]
    rows = [_beside(cells[first : first + 3], 6) for first in range(0, len(cells), 3)]
    return np.concatenate(rows)


def held_still(data: Path) -> list[Rgb]:
    """Frames of a view: frame by frame beside held still."""
    with TemporaryDirectory() as folder:
        films = [_views_of_film(Path(folder) / f"{t}.mkv", t) for t in ("none", "flow")]
    return [_beside(pair, 6) for pair in zip(*films, strict=True)]


PICTURES: dict[str, Callable[[Path], Rgb | list[Rgb]]] = {
    "gallery": gallery,
    "strengths": strengths,
    "strokes": strokes,
    "poles": poles,
    "film_sheet": film_sheet,
    "held_still": held_still,
}


def save(picture: Rgb | list[Rgb], path: Path) -> None:
    """A JPEG, or an animation of so many WebP frames."""
    if isinstance(picture, list):
        first, *others = [Image.fromarray(rgb) for rgb in picture]
        first.save(
            path.with_suffix(".webp"), save_all=True, append_images=others, duration=42, quality=60
        )
    else:
        Image.fromarray(picture).save(path.with_suffix(".jpg"), quality=86)


def named(rgb: Rgb, text: str) -> Rgb:
    """The same, with its name on it."""
    rgb, font = np.ascontiguousarray(rgb), cv2.FONT_HERSHEY_SIMPLEX
    at = 6, len(rgb) - 7
    outline = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    for dx, dy in outline:
        cv2.putText(rgb, text, (at[0] + dx, at[1] + dy), font, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    cv2.putText(rgb, text, at, font, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    return rgb


def _painting(name: str, path: Path) -> Rgb:
    return DRAWINGS[name]() if name in DRAWINGS else read_still(path)


def _view(
    data: Path, style: str, strength: float, view: tuple[str, float, float], stroke: float = 1
) -> Rgb:
    """(180, 240, 3) out of a panorama painted in the style."""
    name, yaw, pitch = view
    sphere = read_still(data / "panoramas" / f"{name}.jpg")
    (eye,) = load_stylizer(style, strength=strength, stroke=stroke, statistics="frame")([sphere])
    square = look(eye, *np.radians((yaw, pitch)), fov=np.radians(95), size=480)
    return np.asarray(cv2.resize(square[60:-60], (240, 180), interpolation=cv2.INTER_AREA))


def _views_of_film(path: Path, temporal: str) -> list[Rgb]:
    stylize(StylizeJob(CLIP, path, STYLE, temporal=temporal, span=FILM, size=(512, 1024)))
    return [look(f.rgb, 0, 0, fov=np.pi / 2, size=300) for f in read_frames(probe(path))]


def _small(rgb: Rgb) -> Rgb:
    return np.asarray(cv2.resize(rgb, (480, 240), interpolation=cv2.INTER_AREA), np.uint8)


def _middle(rgb: Rgb, height: int, width: int) -> Rgb:
    scale = max(height / rgb.shape[0], width / rgb.shape[1])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (small.shape[0] - height) // 2, (small.shape[1] - width) // 2
    return np.asarray(small[top : top + height, left : left + width], np.uint8)


def _beside(pictures: Sequence[Rgb], gap: int) -> Rgb:
    white = np.full_like(pictures[0][:, :gap], 255)
    parts = [part for picture in pictures for part in (white, picture)]
    return np.concatenate(parts[1:], axis=1)


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("names", nargs="*", help=", ".join(PICTURES))
    given = parser.parse_args()
    for wanted in given.names or PICTURES:
        save(PICTURES[wanted](given.data), given.out / wanted)
