"""`vr360 measure`: figures instead of impressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from pipeline.cli.console import print_json, progress_bar, say
from pipeline.cli.values import parse_seconds

if TYPE_CHECKING:
    from pipeline.quality.together import Films

T = TypeVar("T")


def measure(
    file: Path | None = typer.Argument(None, help="Film or still to measure."),
    source: Path | None = typer.Option(
        None, help="Source that FILM was painted from; adds the figures that compare the two."
    ),
    baseline: Path | None = typer.Option(
        None, help="The same source and style painted frame by frame: adds the *_ratio figures."
    ),
    duration: str | None = typer.Option(
        None, help="Compare with --source over the first seconds (90 or 1:30) only."
    ),
    style: str | None = typer.Option(
        None,
        help="Style NAME or FILE: adds grid_ratio, yaw_equivariance_max. Painting (.jpg, "
        ".png, ...): adds style_loss, content_loss.",
    ),
    vgg_weights: Path | None = typer.Option(
        None,
        help="VGG-16 features as safetensors, for a painting. Default: torchvision downloads them.",
    ),
    panoramas: Path | None = typer.Option(
        None,
        help="Folder of spheres: adds the distance of --style to --painting, by layer, and the "
        "length of its strokes.",
    ),
    painting: Path | None = typer.Option(
        None, help="Painting that --style was learned from; with --panoramas."
    ),
    strength: float = typer.Option(
        1.0, min=0, max=1.5, help="Strength of --style on --panoramas, as in vr360 stylize."
    ),
    optimised: Path | None = typer.Option(
        None,
        help="Folder of the same spheres, equally named, as vr360 optimize painted them: they are "
        "measured beside --style's.",
    ),
    sheet: Path | None = typer.Option(
        None, help="Picture to write: a view, the painting, painted views."
    ),
    report: Path | None = typer.Option(
        None, help="Folder for index.html: plots, heat maps, worst moments; needs --source."
    ),
    force: bool = typer.Option(False, "--force", help="Replace the page of an earlier --report."),
    as_json: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Print the figures of a film, a style, or both.

    Ratios are against the source or the baseline; docs/measures.md has definitions and sources.

    seam_gradient: mean step across ±180° over the steps just beside it; 1.00 is invisible.

    seam_ratio: that, divided by the same figure of --source.

    flash_rate, source_flash_rate: flashes in the worst second over a quarter of a headset's view
    (ITU-R BT.1702); more than 3 can harm.

    face_edge_gradient: mean step across cube face edges over that beside them; 1.00 is invisible.

    face_edge_ratio: that, divided by the same figure of --source.

    pole_ratio: length of strokes at the poles over that at the equator; below 1.00 is squeezed.

    cross_eye_error: mean squared difference, 0 to 1, of the eyes where both see; stereo only.

    warp_error: mean squared difference, 0 to 1, from the frame before, moved as the source moves.

    warp_error_long: the same from 9 frames before.

    flicker: mean luma, 0 to 1, that alternates from frame to frame where the source stands still.

    sharpness: mean slope of luma, in shares of full scale a degree.

    sharpness_drift: sharpness at the end over that at the beginning; below 1.00 the film smears.

    warp_error_ratio, warp_error_long_ratio, flicker_ratio, sharpness_ratio,
    cross_eye_error_ratio: over --baseline's.

    style_loss: distance to the painting's textures (Gram matrices); the source's is 1.

    content_loss: distance to the source's features, over their mean square.

    style_loss_ratio, content_loss_ratio: over --baseline's.

    regions: the same by part of the sphere: equator, middle, poles (30°, 60°), seam, face edges.

    grid_ratio: energy at the net's stride on painted flat sky over that beside it; 1.00 is none.

    yaw_equivariance_max: difference between turning before and after painting; 0 is exact.

    layers: at full, half and quarter size, by layer of VGG-16, the distance of Gram matrices from
    the painting's over its own square, the way to it from the source (0) to the painting (1), and
    the content distance; of --optimised too.

    stroke_lengths: at --stroke 0.5 and 2, how many times as long strokes are as at 1.
    """
    from dataclasses import asdict

    from pipeline.nets.vgg_files import check_weights
    from pipeline.styles import check_styles
    from vr360.media.containers import check_readable

    _check(file, source, baseline, style, report)
    _check_layers(style, panoramas, painting, sheet or optimised, strength)
    first = parse_seconds(duration, "--duration")
    for path in filter(None, (file, source, baseline)):
        check_readable(path)
    after = Path(style) if style and _is_painting(style) else None
    for path in filter(None, (after, painting, panoramas, optimised)):
        check_readable(path)
    if style is not None and after is None:
        check_styles(style)
    if after or painting:
        check_weights(vgg_weights)

    from pipeline.quality.measure import measure_film, measure_style
    from pipeline.quality.report import check_folder
    from pipeline.quality.together import open_films

    if report is not None:
        check_folder(report, force)
    films = open_films(file, source, baseline, first) if file and source else None
    figures: dict[str, Any] = {}
    if file is not None:
        figures |= asdict(measure_film(file, source, _watch("seam and flashes"), first))
    if films is not None:
        figures |= _compare(films, after, vgg_weights, report, figures)
    if style is not None and after is None:
        figures |= asdict(measure_style(style))
    if style is not None and panoramas is not None and painting is not None:
        paths = style, painting, panoramas, vgg_weights, sheet, optimised
        figures |= {"layers": _layers(*paths, strength)}
        figures |= {"stroke_lengths": _strokes(style, panoramas, vgg_weights)}
    if as_json:
        print_json(figures)
    else:
        _print(figures)


def _check(
    file: Path | None,
    source: Path | None,
    baseline: Path | None,
    style: str | None,
    report: Path | None,
) -> None:
    if file is None and style is None:
        raise typer.BadParameter("give a FILE, --style, or both")
    if (file is None or source is None) and (baseline or report or _is_painting(style)):
        raise typer.BadParameter("--baseline, --report and a painting need FILE and its --source")


def _check_layers(
    style: str | None,
    panoramas: Path | None,
    painting: Path | None,
    more: Path | None,
    strength: float,
) -> None:
    given = panoramas is not None, painting is not None
    if any(given) and (not all(given) or style is None or _is_painting(style)):
        raise typer.BadParameter("--panoramas and --painting go together, with a --style NAME")
    if (more is not None or strength != 1) and panoramas is None:
        raise typer.BadParameter("--sheet, --strength and --optimised need --panoramas")


def _layers(
    style: str,
    painting: Path,
    panoramas: Path,
    vgg_weights: Path | None,
    sheet: Path | None,
    optimised: Path | None,
    strength: float,
) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from pipeline.quality.brushwork import measure_layers

    watch = _watch("painting")
    paths = style, painting, panoramas, vgg_weights, sheet
    rows = measure_layers(*paths, watch, optimised, strength)
    return [asdict(row) for row in rows]


def _strokes(style: str, panoramas: Path, vgg_weights: Path | None) -> dict[str, float]:
    from pipeline.quality.stroke_length import measure_stroke_lengths

    return measure_stroke_lengths(style, panoramas, vgg_weights, _watch("strokes"))


def _is_painting(style: str | None) -> bool:
    from vr360.media.targets import PICTURE_SUFFIXES

    return style is not None and Path(style).suffix.lower() in PICTURE_SUFFIXES


def _compare(
    films: Films,
    painting: Path | None,
    vgg_weights: Path | None,
    report: Path | None,
    known: dict[str, Any],
) -> dict[str, Any]:
    from pipeline.quality.measure import measure_against_source
    from pipeline.quality.report import write_report

    figures, trace = measure_against_source(films, painting, vgg_weights, _watch("measuring"))
    if report is not None:
        say("report   ", str(write_report(report, films, known | figures, trace)))
    return figures


def _watch(doing: str) -> Any:
    return partial(_progress, doing)


def _progress(doing: str, things: Iterable[T], total: int) -> Iterator[T]:
    return progress_bar(things, total, doing)


def _print(figures: dict[str, Any]) -> None:
    """One figure a line; those told apart by region as a table."""
    regions: dict[str, dict[str, float | None]] = figures.pop("regions", {})
    for row in figures.pop("layers", []):
        pairs = ((n, d, row["way"][n]) for n, d in row["distance"].items())
        told = "  ".join(f"{name} {distance:.3f} ({way:.0%})" for name, distance, way in pairs)
        name = f"{row['painted_by']:8} 1/{row['reduced']}"
        typer.echo(f"{name}  {told}  content {row['content']:.2f}")
    for asked, length in figures.pop("stroke_lengths", {}).items():
        typer.echo(f"{f'stroke {asked}':24}{length:.2f} x as long")
    for name, value in figures.items():
        if value is not None and value != []:
            typer.echo(f"{name:24}{_shown(value)}")
    for number, (name, values) in enumerate(regions.items()):
        if number == 0:
            typer.echo(f"\n{'':24}" + "".join(f"{region:>10}" for region in values))
        typer.echo(f"{name:24}" + "".join(f"{_shown(v):>10}" for v in values.values()))


def _shown(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
