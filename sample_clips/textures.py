"""Pictures that are drawn once from a seed: leaves, whole trees, tufts of grass, the lawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vr360.geometry import FULL_TURN

from .noise import Floats, Texture, f32, fractal_noise

SIZE = 128  # texels a side in the atlas
FINE = 2  # drawn this much larger, then averaged

SOLID, LEAVES, CONIFER, BROADLEAF, TUFT, BARK = 0, 1, 4, 8, 12, 16


@dataclass(frozen=True)
class Atlas:
    """Pictures of pieces, with levels of half the size each.

    Attributes:
        levels: (layers, S, S, 3) float32 shades around 1.
        solid: what is no hole, every level (layers, S, S) laid flat, one after another. Each level
            keeps the share that is solid, so that far trees grow neither thin nor noisy.
    """

    levels: tuple[Floats, ...]
    solid: NDArray[np.bool_]

    def is_solid(
        self, layer: NDArray[Any], u: Floats, v: Floats, texels: Floats
    ) -> NDArray[np.bool_]:
        """Whether (u, v) lies on the piece, seen in pixels of about `texels` of the first level."""
        level = np.log2(np.clip(texels, 1, SIZE // 8)).astype(np.int64)
        size = SIZE >> level
        column, row = (np.clip((a * size).astype(np.int64), 0, size - 1) for a in (u, 1 - v))
        layers = len(self.levels[0])
        before = layers * (4 * SIZE**2 - 4 * size**2) // 3
        found: NDArray[np.bool_] = self.solid[before + (layer * size + row) * size + column]
        return found

    def sample(self, layer: NDArray[Any], u: Floats, v: Floats, texels: Floats) -> Floats:
        """Shades (N, 3) at (u, v), averaged over about `texels` of the largest level."""
        level = np.clip(np.log2(np.maximum(texels, 1)) + 0.5, 0, len(self.levels) - 1).astype(int)
        out = np.empty((u.size, 3), np.float32)
        for number in np.unique(level):
            here = level == number
            image = self.levels[number]
            size = image.shape[1]
            x = np.clip((u[here] * size).astype(int), 0, size - 1)
            y = np.clip(((1 - v[here]) * size).astype(int), 0, size - 1)
            out[here] = image[layer[here], y, x]
        return out


def build_atlas() -> Atlas:
    rng = np.random.default_rng(77)
    layers = [np.ones((SIZE, SIZE, 4), np.float32)]
    layers += [_reduce(_leaves(rng)) for _ in range(3)]
    layers += [_reduce(_conifer(rng)) for _ in range(4)]
    layers += [_reduce(_broadleaf(rng)) for _ in range(4)]
    layers += [_reduce(_tuft(rng, flowers)) for flowers in (0, 0, 0, 1)]
    layers += [_bark()]
    stack = np.stack(layers)
    levels = [_filled(stack)]
    while levels[-1].shape[1] > 4:
        image = levels[-1]
        quads = image.reshape(len(stack), image.shape[1] // 2, 2, image.shape[2] // 2, 2, 3)
        levels.append(quads.mean((2, 4)))
    return Atlas(tuple(levels), _holes(stack[..., 3]))


def _holes(alpha: Floats) -> NDArray[np.bool_]:
    flat = []
    cover = (alpha > 0.5).mean((1, 2))
    while alpha.shape[1] >= 8:
        rank = [np.quantile(a, 1 - c) for a, c in zip(alpha, cover, strict=True)]
        limit = np.minimum(f32(rank), 0.999)[:, None, None]
        flat.append((alpha > np.maximum(limit, 0.05)).ravel())
        half = alpha.shape[1] // 2
        alpha = alpha.reshape(len(alpha), half, 2, half, 2).mean((2, 4))
    return np.concatenate(flat)


def _filled(stack: Floats) -> Floats:
    """Shades with the holes filled by their surroundings, so that averages stay true."""
    out = []
    for layer in stack:
        alpha = layer[..., 3:]
        soft = [cv2.GaussianBlur(a, (0, 0), 5) for a in (layer[..., :3] * alpha, alpha[..., 0])]
        around = soft[0] / np.maximum(soft[1][..., None], 1e-3)
        around = np.where(soft[1][..., None] > 1e-2, around, 1)
        out.append(layer[..., :3] * (alpha > 0.5) + around * (alpha <= 0.5))
    return f32(out)


def _reduce(image: Floats) -> Floats:
    """Average a picture with straight alpha to the atlas's size."""
    alpha = image[..., 3:]
    covered = np.dstack([image[..., :3] * alpha, alpha])
    small: Floats = f32(cv2.resize(covered, (SIZE, SIZE), None, 0, 0, cv2.INTER_AREA))
    small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
    return small


def _blank() -> Floats:
    return np.zeros((SIZE * FINE, SIZE * FINE, 4), np.float32)


def _ellipse(image: Floats, centre: Any, axes: Any, angle: float, shade: Any) -> None:
    size = tuple(max(1, int(a * 16)) for a in axes)
    place = tuple(int(c * 16) for c in centre)
    colour = (*(float(s) for s in np.broadcast_to(shade, 3)), 1.0)
    # OpenCV's shift scales the centre only for ellipse's int variant: axes are scaled as well
    cv2.ellipse(image, place, size, float(angle), 0, 360, colour, -1, cv2.LINE_8, 4)


def _leaves(rng: np.random.Generator) -> Floats:
    image = _blank()
    size = SIZE * FINE
    for _ in range(150):
        radius = size * 0.44 * np.sqrt(rng.random())
        turn = rng.random() * FULL_TURN
        centre = size / 2 + radius * np.cos(turn), size / 2 + radius * np.sin(turn)
        warm = rng.random()
        shade = rng.uniform(0.55, 1.35) * f32([0.9 + 0.35 * warm, 1.0, 0.8])
        axes = size * rng.uniform(0.028, 0.045), size * rng.uniform(0.013, 0.02)
        _ellipse(image, centre, axes, rng.random() * 180, shade)
    return image


def _conifer(rng: np.random.Generator) -> Floats:
    image = _blank()
    size = SIZE * FINE
    cv2.line(image, (size // 2, size - 1), (size // 2, size // 8), (0.8, 0.55, 0.5, 1), 5)
    tiers = 46
    for tier in range(tiers):
        height = 1 - tier / tiers  # painted from the foot up: upper tiers lie over lower ones
        y = size * (0.02 + 0.93 * height)
        reach = size * 0.40 * height**0.85 * rng.uniform(0.72, 1.08) + 3
        for _ in range(13):
            across = rng.uniform(-1, 1)
            droop = abs(across) ** 1.3 * size * 0.055
            shade = rng.uniform(0.6, 1.15) * (0.75 + 0.4 * abs(across))
            centre = size / 2 + across * reach, y + droop + rng.uniform(-2, 2)
            axes = size * 0.032 * (0.5 + height), size * 0.011 * (0.6 + height)
            _ellipse(image, centre, axes, 28 * across, shade * f32([0.95, 1, 1.0]))
    return image


def _broadleaf(rng: np.random.Generator) -> Floats:
    image = _blank()
    size = SIZE * FINE
    cv2.line(image, (size // 2, size - 1), (size // 2, size // 2), (1.3, 0.9, 0.8, 1), 11)
    crowns = [
        (rng.normal(0, 0.15), rng.uniform(0.22, 0.6), rng.uniform(0.14, 0.22)) for _ in range(9)
    ]
    crowns.append((0.0, 0.42, 0.27))
    for cx, cy, r in sorted(crowns, key=lambda c: -c[1]):
        for _ in range(170):
            radius, turn = r * np.sqrt(rng.random()), rng.random() * FULL_TURN
            x, y = cx + radius * np.cos(turn), cy + radius * np.sin(turn) * 0.9
            upper = np.clip(-np.sin(turn) * radius / r, -1, 1)
            shade = rng.uniform(0.65, 1.1) * (0.86 + 0.34 * upper)
            centre = (0.5 + np.clip(x, -0.46, 0.46)) * size, np.clip(y, 0.03, 0.9) * size
            axes = size * rng.uniform(0.012, 0.022), size * rng.uniform(0.009, 0.014)
            _ellipse(image, centre, axes, rng.random() * 180, shade)
    return image


def _tuft(rng: np.random.Generator, flowers: int) -> Floats:
    image = _blank()
    size = SIZE * FINE
    for blade in range(54):
        root = size * rng.uniform(0.12, 0.88)
        lean, tall = size * rng.normal(0, 0.12), size * rng.uniform(0.35, 0.97)
        s = np.linspace(0, 1, 8)
        line = np.stack([root + lean * s**1.7, size - tall * s], 1)
        shade = rng.uniform(0.6, 1.25) * f32([1.0 + 0.35 * rng.random(), 1, 0.75])
        for piece in range(7):
            a, b = (tuple(int(c) for c in line[piece + k]) for k in (0, 1))
            dark = shade * (0.55 + 0.11 * piece)
            cv2.line(image, a, b, (*(float(c) for c in dark), 1), max(1, 5 - piece))
        if flowers and blade % 5 == 0:
            petal = (4.2, 3.9, 9.0) if blade % 2 else (6.5, 3.6, 0.8)
            _ellipse(image, line[-1], (size * 0.03, size * 0.026), 0, petal)
    return image


def _bark() -> Floats:
    grain = fractal_noise(SIZE, 4, 21, 1.0)
    grain = cv2.GaussianBlur(grain, (0, 0), sigmaX=0.6, sigmaY=5)
    image = np.ones((SIZE, SIZE, 4), np.float32)
    image[..., :3] = (1 + 0.45 * grain / grain.std())[..., None].clip(0.4, 1.8)
    return image


def build_lawn() -> Texture:
    """Grass from above as shades around 1 in three channels, 4 m a tile."""
    rng = np.random.default_rng(5)
    size = 1024
    image = np.full((size, size, 3), 0.55, np.float32)
    count = 42000
    root = rng.random((count, 2)) * size
    turn = rng.random(count) * FULL_TURN
    length = rng.uniform(8, 26, count)
    shade = rng.uniform(0.6, 1.45, count)
    warm = rng.random(count) ** 2
    for i in range(count):
        tip = root[i] + length[i] * np.array([np.cos(turn[i]), np.sin(turn[i])])
        colour = shade[i] * np.array([1 + 0.5 * warm[i], 1.0, 0.8])
        _wrapped_line(image, root[i], tip, colour, size)
    for _ in range(130):
        place = rng.random(2) * size
        petal = [(4.6, 4.4, 9.5), (6.5, 4.0, 0.6), (4.2, 2.2, 8.0)][rng.integers(3)]
        cv2.circle(image, tuple(int(p) for p in place), int(rng.integers(2, 4)), petal, -1)
    return Texture.tiled(image / image.mean((0, 1)), 4.0)


def _wrapped_line(
    image: Floats, a: NDArray[Any], b: NDArray[Any], colour: NDArray[Any], size: int
) -> None:
    shifts = [(0, 0)]
    for axis in (0, 1):
        if b[axis] < 0 or b[axis] >= size:
            jump = size if b[axis] < 0 else -size
            shifts.append((jump, 0) if axis == 0 else (0, jump))
    for dx, dy in shifts:
        start, end = ((int(p[0] + dx), int(p[1] + dy)) for p in (a, b))
        cv2.line(image, start, end, tuple(float(c) for c in colour), 1)
