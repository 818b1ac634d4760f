"""Figures over time as SVG, and maps of the sphere as pictures in a page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.temporal.views import sample
from vr360.change import Map
from vr360.frame import Rgb

WIDTH, HEIGHT = 860, 180
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 26
COLOURS = ("#1f5fa8", "#c8691c", "#6b7280")
POINTS = 800  # of a line; more cannot be told apart
TICKS = 4
Series = Sequence[float | None]


def chart(
    times: Sequence[float],
    lines: Mapping[str, Series],
    cuts: Sequence[float] = (),
    unit: str = " s",
) -> str:
    """An SVG of lines over time, from zero; gaps where a series holds None, cuts dashed."""
    known = [v for series in lines.values() for v in series if v is not None]
    if not known or len(times) < 2:
        return "<p>Too few points for a line.</p>"
    top = _round_up(max(known))
    end = times[-1]
    marks = [_level(top * n / TICKS, top) for n in range(TICKS + 1)]
    marks += [_moment(end * n / TICKS, end, unit) for n in range(TICKS + 1)]
    marks += [f'<line class="cut" x1="{_x(c, end)}" x2="{_x(c, end)}" y1="{TOP}" '
              f'y2="{HEIGHT - BOTTOM}"><title>cut</title></line>' for c in cuts]  # fmt: skip
    drawn = zip(lines.items(), COLOURS, strict=False)
    for (name, series), colour in reversed(list(drawn)):  # the first lies on top
        title = f"<title>{escape(name)}</title>"
        for path in _paths(times, series, top):
            marks.append(f'<polyline points="{path}" stroke="{colour}">{title}</polyline>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{"".join(marks)}</svg>'


def legend(names: Sequence[str]) -> str:
    """Whose line has which colour."""
    return "".join(
        f'<span class="key"><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in zip(names, COLOURS, strict=False)
    )


def picture(rgb: Rgb, alt: str) -> str:
    """An <img> that carries its picture (H, W, 3) uint8 as JPEG."""
    return _img(".jpg", "image/jpeg", rgb, alt)


def heat_map(heat: Map, top: float, alt: str) -> str:
    """An <img> of a map (H, W): the whole sphere, then both poles as seen from outside."""
    level = np.clip(heat / top if top > 0 else heat * 0, 0, 1).astype(np.float32)
    size = len(level)
    parts = [level, _globe(level, size, 1), _globe(level, size, -1)]
    coloured = [_coloured(part) for part in parts]
    gap = np.full((size, size // 12, 3), 255, np.uint8)
    whole = np.concatenate([coloured[0], gap, coloured[1], gap, coloured[2]], axis=1)
    large = cv2.resize(whole, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return _img(".png", "image/png", np.asarray(large, np.uint8), alt)


def overlay(rgb: Rgb, heat: Map) -> Rgb:
    """A picture darkened, with the map's colours where it is high."""
    top = float(np.quantile(heat, 0.995))
    level = np.clip(heat / top if top > 0 else heat * 0, 0, 1)[..., None]
    mixed = rgb * (0.45 * (1 - level)) + _coloured(level[..., 0]) * level
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def _globe(level: Map, size: int, pole: int) -> NDArray[np.float32]:
    """The half of the sphere around a pole, orthographic; nan around it."""
    axis = (np.arange(size) + 0.5) / size * 2 - 1
    x, z = np.meshgrid(axis, axis)
    inside = np.hypot(x, z) < 1
    y = np.sqrt(np.maximum(1 - x**2 - z**2, 0)) * pole
    seen = sample(level, np.stack([x, y, z * pole], axis=2).astype(np.float32))
    return np.where(inside, seen.reshape(size, size), np.nan).astype(np.float32)


def _coloured(level: Map) -> Rgb:
    """(H, W, 3): dark to bright by level 0..1; white where there is none."""
    codes = (np.nan_to_num(level) * 255).astype(np.uint8)
    rgb = cv2.applyColorMap(codes, cv2.COLORMAP_INFERNO)[..., ::-1]
    return np.where(np.isnan(level)[..., None], 255, rgb).astype(np.uint8)


def _img(suffix: str, kind: str, rgb: Rgb, alt: str) -> str:
    done, data = cv2.imencode(suffix, np.ascontiguousarray(rgb[..., ::-1]))
    if not done:
        raise ValueError(f"OpenCV does not write {suffix}")
    text = base64.b64encode(data.tobytes()).decode()
    return f'<img alt="{escape(alt)}" src="data:{kind};base64,{text}" />'


def _paths(times: Sequence[float], series: Series, top: float) -> list[str]:
    """Points of each stretch without gaps."""
    step = -(-len(series) // POINTS)
    stretches: list[list[str]] = [[]]
    for start in range(0, len(series), step):
        some = [v for v in series[start : start + step] if v is not None]
        if not some:
            stretches.append([])
            continue
        y = HEIGHT - BOTTOM - max(some) / top * (HEIGHT - TOP - BOTTOM)
        stretches[-1].append(f"{_x(times[start], times[-1])},{y:.1f}")
    return [" ".join(points) for points in stretches if points]


def _level(value: float, top: float) -> str:
    y = HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"></line>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    )


def _moment(time: float, end: float, unit: str) -> str:
    anchor = "end" if time == end else "middle"
    return (
        f'<text x="{_x(time, end)}" y="{HEIGHT - 8}" text-anchor="{anchor}">{time:.4g}{unit}</text>'
    )


def _x(time: float, end: float) -> str:
    return f"{LEFT + time / end * (WIDTH - LEFT - RIGHT):.1f}"


def _round_up(value: float) -> float:
    """The next of 1, 1.2, 1.6, 2, 2.4, 4, 6, 8 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    steps = (1, 1.2, 1.6, 2, 2.4, 4, 6, 8, 10)
    return float(next(s for s in steps if s * power >= value * 0.999) * power)
