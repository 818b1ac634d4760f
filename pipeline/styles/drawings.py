"""Style images that the project draws itself: four hands, one landscape, no rights in question.

Each takes the same landscape (sky, sun, hills, water) and draws it as one craft would: leaded
glass, pen and ink, dots of pure colour, cut paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 768, 1024  # pixels
Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Landscape:
    """What every hand draws.

    Attributes:
        rgb: (H, W, 3), 0 to 1.
        layer: (H, W), which shape a pixel belongs to, from the back to the front.
        direction: (H, W), radians, along which the shape there runs.
    """

    rgb: Floats
    layer: NDArray[np.int32]
    direction: Floats


def landscape(seed: int = 0) -> Landscape:
    """Sky and sun, four ranges of hills, water in front."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) / HEIGHT
    rgb = _mix((0.16, 0.35, 0.72), (0.98, 0.80, 0.50), y / 0.6)
    layer = np.zeros((HEIGHT, WIDTH), np.int32)
    away = np.hypot(x - 0.95, y - 0.27)
    direction = np.arctan2(y - 0.27, x - 0.95) + np.float32(np.pi / 2)  # around the sun
    for ring, colour in enumerate(((1.0, 0.72, 0.30), (1.0, 0.84, 0.36), (1.0, 0.95, 0.62))):
        inside = away < 0.23 - 0.06 * ring
        rgb[inside], layer[inside] = colour, ring + 1
    ranges = ((0.46, (0.44, 0.36, 0.62)), (0.55, (0.28, 0.46, 0.46)), (0.64, (0.72, 0.32, 0.22)),
              (0.74, (0.20, 0.42, 0.24)), (0.86, (0.10, 0.34, 0.58)))  # fmt: skip
    for place, (level, colour) in enumerate(ranges):
        ridge, slope = _ridge(x[0], level, rng)
        below = y > ridge[None]
        shade = np.clip(1.15 - 0.9 * (y - ridge[None]), 0.6, 1.2)[..., None]
        rgb[below] = (np.array(colour, np.float32) * shade)[below]
        layer[below] = place + 4
        direction[below] = np.broadcast_to(np.arctan(slope)[None], y.shape)[below]
    return Landscape(np.clip(rgb, 0, 1), layer, direction.astype(np.float32))


def stained_glass() -> Picture:
    """Cells of one colour between dark leads, small along what is drawn, large inside it."""
    rng, scene = np.random.default_rng(1), landscape()
    edge = _edges(scene.layer)
    chance = 0.0006 + 0.012 * cv2.GaussianBlur(edge, (0, 0), 6)
    seeds = rng.random(edge.shape) < chance
    _, cells = cv2.distanceTransformWithLabels(
        (~seeds).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    cells = cells * 16 + scene.layer  # no cell lies across two shapes
    _, cells = np.unique(cells, return_inverse=True)
    cells = cells.reshape(edge.shape)
    glass = _cell_colours(scene.rgb, cells) * rng.uniform(0.75, 1.3, (cells.max() + 1, 1))
    lead = cv2.dilate(_edges(cells), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (6, 6)))
    grain = cv2.GaussianBlur(rng.normal(0, 1, (*edge.shape, 1)).astype(np.float32), (0, 0), 5)
    shown = _vivid(glass.astype(np.float32)[cells], 1.7) * (1 + 0.9 * grain[..., None])
    soft = cv2.GaussianBlur(lead, (0, 0), 0.8)[..., None]
    return _codes(shown * (1 - soft) + np.array((0.05, 0.05, 0.07), np.float32) * soft)


def ink_hatching() -> Picture:
    """Pen strokes on cream paper; the darker a place, the more directions cross there."""
    rng, scene = np.random.default_rng(2), landscape()
    paper = np.full((HEIGHT, WIDTH, 3), (246, 238, 220), np.uint8)
    tone = cv2.cvtColor(scene.rgb, cv2.COLOR_RGB2GRAY)
    passes = ((0.0, 0.86, 11), (0.9, 0.5, 11), (-0.7, 0.36, 10), (1.6, 0.26, 9))
    for turn, darkest, spacing in passes:
        for py, px in _spread(rng, spacing):
            if tone[py, px] < darkest + rng.uniform(-0.05, 0.05):
                _stroke(paper, scene.direction, (px, py), turn, rng)
    outline = cv2.GaussianBlur(cv2.dilate(_edges(scene.layer), np.ones((2, 2))), (0, 0), 0.7)
    ink = np.clip(outline * 1.4, 0, 1)[..., None]
    return _codes(
        (paper / np.float32(255)) * (1 - ink) + np.array((0.10, 0.12, 0.22), np.float32) * ink
    )


def pointillism() -> Picture:
    """Dots of pure hues, whose mixture alone has the colour of the thing."""
    rng, scene = np.random.default_rng(3), landscape()
    shown = np.full((HEIGHT, WIDTH, 3), (238, 230, 208), np.uint8)
    for radius, spacing in ((6, 8.0), (5, 7.0), (4, 6.5)):
        for py, px in _spread(rng, spacing):
            colour = _pure(scene.rgb[py, px], rng)
            size = round(16 * radius * rng.uniform(0.75, 1.15))
            centre = (int(px) * 16, int(py) * 16)
            cv2.circle(shown, centre, size, colour, -1, cv2.LINE_AA, shift=4)
    return shown


def paper_cut() -> Picture:
    """Sheets of coloured paper, one on another, each with its shadow on what lies below."""
    rng, scene = np.random.default_rng(4), landscape()
    shown = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    sheets = _sheets(scene)
    for place, (mask, colour) in enumerate(sheets):
        shadow = cv2.GaussianBlur(_fallen(mask), (0, 0), 6)[..., None]
        covered = mask[..., None]
        dark = 0.6 if place else 0.0
        shown = shown * (1 - dark * shadow)
        fibre = cv2.GaussianBlur(rng.normal(0, 1, mask.shape).astype(np.float32), (0, 0), 1.2)
        sheet = np.array(colour, np.float32) * (1 + 0.05 * fibre[..., None])
        shown = np.asarray(shown * (1 - covered) + sheet * covered, np.float32)
    return _codes(shown)


DRAWINGS: Mapping[str, Callable[[], Picture]] = {
    "stained_glass": stained_glass,
    "ink_hatching": ink_hatching,
    "pointillism": pointillism,
    "paper_cut": paper_cut,
}
"""(768, 1024, 3) uint8 R'G'B' each; the same whenever it is drawn."""


def _mix(top: tuple[float, ...], bottom: tuple[float, ...], share: Floats) -> Floats:
    share = np.clip(share, 0, 1)[..., None]
    return np.asarray(np.array(top) * (1 - share) + np.array(bottom) * share, np.float32)


def _ridge(x: Floats, level: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A line of hills and its slope."""
    height, slope = np.full_like(x, level), np.zeros_like(x)
    for waves in (1.3, 2.7, 5.1):
        size, phase = rng.uniform(0.02, 0.05) / waves**0.5, rng.uniform(0, 6.3)
        height += np.float32(size) * np.sin(waves * 3.1 * x + phase)
        slope += np.float32(size * waves * 3.1) * np.cos(waves * 3.1 * x + phase)
    return height, slope


def _edges(labels: NDArray[np.integer]) -> Floats:
    """1 where a pixel and its right or lower neighbour differ, else 0."""
    edge = np.zeros(labels.shape, np.float32)
    edge[:, :-1] += labels[:, 1:] != labels[:, :-1]
    edge[:-1] += labels[1:] != labels[:-1]
    return np.minimum(edge, 1)


def _cell_colours(rgb: Floats, cells: NDArray[np.integer]) -> Floats:
    """The mean colour of each cell, (cells, 3)."""
    size = np.bincount(cells.ravel())
    sums = [np.bincount(cells.ravel(), rgb[..., c].ravel()) for c in range(3)]
    return (np.stack(sums, 1) / size[:, None]).astype(np.float32)


def _spread(rng: np.random.Generator, spacing: float) -> NDArray[np.int64]:
    """(N, 2) places y, x, one in each square of a grid, in no order."""
    y, x = np.mgrid[0 : HEIGHT / spacing, 0 : WIDTH / spacing]
    places = (np.stack([y, x], -1).reshape(-1, 2) + rng.random((y.size, 2))) * spacing
    places = places[(places[:, 0] < HEIGHT) & (places[:, 1] < WIDTH)]
    rng.shuffle(places)
    return places.astype(np.int64)


def _stroke(
    paper: Picture,
    direction: Floats,
    start: tuple[int, int],
    turn: float,
    rng: np.random.Generator,
) -> None:
    """A pen stroke that follows the direction of what it lies on."""
    x, y = float(start[0]), float(start[1])
    line = []
    for _ in range(rng.integers(6, 12)):
        line.append((x, y))
        row, column = min(max(int(y), 0), HEIGHT - 1), min(max(int(x), 0), WIDTH - 1)
        angle = direction[row, column] + turn + rng.normal(0, 0.05)
        x, y = x + 4 * np.cos(angle), y + 4 * np.sin(angle)
    points = (np.array(line) * 16).astype(np.int32)
    cv2.polylines(paper, [points], False, (28, 32, 58), 1, cv2.LINE_AA, shift=4)


def _pure(rgb: Floats, rng: np.random.Generator) -> tuple[int, int, int]:
    """A dot's colour: a hue beside the wanted one, now and then its opposite."""
    hsv = cv2.cvtColor(rgb.reshape(1, 1, 3), cv2.COLOR_RGB2HSV)[0, 0]
    hue = hsv[0] + rng.normal(0, 24) + (180 if rng.random() < 0.10 else 0)
    saturation = np.clip(hsv[1] * 1.3 + rng.normal(0.05, 0.1), 0.25, 1)
    value = np.clip(hsv[2] * rng.uniform(0.8, 1.25), 0, 1)
    dot = cv2.cvtColor(np.array([[[hue % 360, saturation, value]]], np.float32), cv2.COLOR_HSV2RGB)[
        0, 0
    ]
    red, green, blue = (round(float(v) * 255) for v in dot)
    return red, green, blue


def _sheets(scene: Landscape) -> list[tuple[Floats, tuple[float, float, float]]]:
    """Masks (H, W) and colours, from the back; sky in bands about the sun, hills in steps."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32) / HEIGHT
    away = np.hypot(x - 0.95, y - 0.27) + 0.02 * np.sin(9 * np.arctan2(y - 0.27, x - 0.95))
    # fmt: off
    sky = [(1.30, (0.93, 0.43, 0.32)), (0.98, (0.96, 0.55, 0.36)), (0.74, (0.98, 0.67, 0.42)),
           (0.53, (0.99, 0.78, 0.52)), (0.36, (1.0, 0.88, 0.64)), (0.21, (1.0, 0.97, 0.86))]
    # fmt: on
    sheets = [(np.ones_like(away), (0.80, 0.30, 0.28))]
    sheets += [(_smooth(away < radius), colour) for radius, colour in sky]
    hills = ((0.36, 0.30, 0.55), (0.20, 0.45, 0.50), (0.86, 0.36, 0.27), (0.13, 0.33, 0.30),
             (0.07, 0.18, 0.34))  # fmt: skip
    return sheets + [(_smooth(scene.layer >= k + 4), colour) for k, colour in enumerate(hills)]


def _fallen(mask: Floats) -> Floats:
    """Where a sheet's shadow lies: light comes from below, on the left."""
    moved = np.array([[1, 0, 5], [0, 1, -6]], np.float32)
    size = mask.shape[1], mask.shape[0]
    return np.asarray(
        cv2.warpAffine(mask, moved, size, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _smooth(mask: NDArray[np.bool_]) -> Floats:
    """An edge as scissors leave it."""
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8), np.float32)


def _vivid(rgb: Floats, saturation: float) -> Floats:
    grey = rgb.mean(-1, keepdims=True)
    return np.asarray(np.clip(grey + (rgb - grey) * saturation, 0, 1), np.float32)


def _codes(rgb: Floats) -> Picture:
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8)
