"""How near a style comes to its painting, layer by layer and size by size, on views of spheres.

Deep layers of VGG see large forms, early ones fine texture, and a picture reduced four times shows
every layer four times as much of it. So the distances tell the palette from the brush: a net that
recolours is near in relu1_2 and far in relu4_1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from pipeline.looks.style_images import Picture, load_picture, load_style, pictures_in
from pipeline.nets.losses import gram, gram_distance, relative_content_loss
from pipeline.nets.tensors import to_tensor
from pipeline.nets.vgg import VggFeatures, fastest_precision, load_vgg16
from pipeline.painting.stylizer import load_stylizer
from pipeline.quality.before_after import look
from pipeline.styles import find_card
from vr360.errors import InputError
from vr360.frame import Rgb
from vr360.media.stills import write_still
from vr360.reports import Progress

LAYERS = ("relu1_2", "relu2_1", "relu3_1", "relu3_3", "relu4_1", "relu4_3")
CONTENT = "relu3_3"
REDUCED = (1, 2, 4)  # the views, and the painting alike
SIZE = 512  # pixels of a view of 90 degrees, and of the painting's long side
QUARTER = np.pi / 2
VIEWS_DEG = ((0, 5), (120, 0), (240, 8), (60, -40), (0, 80))  # yaw, pitch
SHOWN = 3  # views of the first sphere on the sheet


@dataclass(frozen=True)
class LayerFigures:
    """At one size of views and painting.

    Attributes:
        reduced: how many times they were reduced.
        distance: by layer, ‖G − G*‖² / ‖G*‖² of Gram matrices, G* the painting's; 0 is its texture.
        way: by layer, 1 − distance / that of the source: 0 is the source, 1 the painting.
        content: mean squared distance from the source's relu3_3, over its own mean square.
        painted_by: `net`, or `optimize` for the spheres of `measure_layers`'s `optimised`.
    """

    reduced: int
    distance: dict[str, float]
    way: dict[str, float]
    content: float
    painted_by: str = "net"


def measure_layers(
    style: str,
    painting: Path,
    panoramas: Path,
    vgg_weights: Path | None = None,
    sheet: Path | None = None,
    progress: Progress[Path] = lambda paths, _: paths,
    optimised: Path | None = None,
    strength: float = 1.0,
) -> list[LayerFigures]:
    """Paint every panorama of a folder, and compare its views with the painting and the source.

    Args:
        style: as `vr360 stylize --style` takes it.
        painting: what it was learned from; cut as the style's card says.
        panoramas: folder of equirect stills; of a top-bottom pair the left eye.
        vgg_weights: see `load_vgg16`.
        sheet: picture to write: a view, the painting, views as the style paints them; below them
            the same views of `optimised`.
        optimised: folder of the same panoramas as `vr360 optimize` painted them; they are measured
            like the style's. Their names without suffix are the panoramas'.
        strength: of the style.

    Raises:
        CheckpointError: no such style, or no weights.
        InputError: a panorama is not in `optimised`.
        StyleImageError: the painting or a panorama cannot be read.
        OutputError: the sheet cannot be written.
    """
    vgg = load_vgg16(vgg_weights, LAYERS, fastest_precision())
    crop = find_card(style.split(",")[0].split(":")[0]).settings.get("crop")
    wanted = load_style(painting, SIZE, tuple(crop) if crop else None)
    paint = load_stylizer(style, strength=strength, statistics="frame")
    paths = pictures_in(panoramas)
    heroes = [_hero(optimised, path) for path in paths] if optimised else []
    sources: list[Rgb] = []
    painted: list[Rgb] = []
    for path in progress(paths, len(paths)):
        sphere = left_eye(load_picture(path))
        sources += views_of(sphere)
        painted += views_of(paint([sphere])[0])
    by = {"net": painted, "optimize": [v for hero in heroes for v in views_of(hero)]}
    shown = {name: views for name, views in by.items() if views}
    if sheet is not None:
        _save_sheet(sheet, sources[0], wanted, list(shown.values()))
    return [
        _figures(vgg, wanted, sources, views, reduced, name)
        for name, views in shown.items()
        for reduced in REDUCED
    ]


def _hero(optimised: Path, panorama: Path) -> Rgb:
    """The panorama as it was painted by optimisation: equally named but for the suffix."""
    for path in pictures_in(optimised):
        if path.stem == panorama.stem:
            return left_eye(load_picture(path))
    raise InputError(
        f"{optimised}: no {panorama.stem}.* in it; paint one: vr360 optimize {panorama} "
        f"{optimised / panorama.stem}.png --style PAINTING"
    )


def left_eye(panorama: Picture) -> Rgb:
    """All of a mono equirect, the upper half of a top-bottom pair."""
    return np.ascontiguousarray(panorama[: panorama.shape[1] // 2])


def views_of(sphere: Rgb, turns_deg: Sequence[tuple[float, float]] = VIEWS_DEG) -> list[Rgb]:
    """Views of 90 degrees, `SIZE` pixels a side, at (yaw, pitch)."""
    turns = [(np.radians(yaw), np.radians(pitch)) for yaw, pitch in turns_deg]
    return [look(sphere, yaw, pitch, QUARTER, SIZE) for yaw, pitch in turns]


@torch.no_grad()
def _figures(
    vgg: VggFeatures,
    painting: Rgb,
    sources: Sequence[Rgb],
    painted: Sequence[Rgb],
    reduced: int,
    painted_by: str,
) -> LayerFigures:
    target = {name: gram(f) for name, f in vgg(_small(painting, reduced)).items()}
    pairs = zip(sources, painted, strict=True)
    rows = [_distances(vgg, *pair, target, reduced) for pair in pairs]
    own, theirs, content = (
        {name: float(np.mean([row[part][name] for row in rows])) for name in rows[0][part]}
        for part in range(3)
    )
    way = {name: 1 - own[name] / theirs[name] for name in LAYERS}
    return LayerFigures(reduced, own, way, content[CONTENT], painted_by)


def _distances(
    vgg: VggFeatures, source: Rgb, painted: Rgb, target: dict[str, Tensor], reduced: int
) -> tuple[dict[str, float], ...]:
    """By layer: of the painted view, of the source, and between the two."""
    before, after = (vgg(_small(view, reduced)) for view in (source, painted))
    own, theirs = (
        {name: float(gram_distance(gram(seen[name]), target[name]).mean()) for name in LAYERS}
        for seen in (after, before)
    )
    between = float(relative_content_loss(after[CONTENT], before[CONTENT]).mean())
    return own, theirs, {CONTENT: between}


def _small(picture: Rgb, reduced: int) -> Tensor:
    if reduced == 1:
        return to_tensor([picture])
    scale = 1 / reduced
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return to_tensor([np.asarray(small, np.uint8)])


def _save_sheet(path: Path, source: Rgb, painting: Rgb, painted: Sequence[Sequence[Rgb]]) -> None:
    """The first view, the painting, and views as they are painted; one row for each painter."""
    framed = np.full_like(source, 255)
    framed[: painting.shape[0], : painting.shape[1]] = painting
    rows = [np.concatenate([source, framed, *views[:SHOWN]], axis=1) for views in painted]
    write_still(path, np.concatenate(rows), force=True)
