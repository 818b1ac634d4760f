"""Pictures whose content is known, and ffmpeg's `v360` as the reference for showing them."""

from __future__ import annotations

import subprocess

import numpy as np

from vr360.geometry import equirect_directions


def sphere_scene(height: int, seed: int = 0) -> np.ndarray:
    """(height, 2 height, 3) uint8: smooth waves over the whole sphere, different everywhere."""
    d = equirect_directions(height, 2 * height)
    rng = np.random.default_rng(seed)
    waves = np.zeros((height, 2 * height, 3))
    for _ in range(6):
        direction = rng.normal(size=(3, 3))
        direction /= np.linalg.norm(direction, axis=0)
        waves += np.sin(d @ direction * rng.uniform(3, 9) + rng.uniform(0, 6, 3))
    rgb = 0.5 + waves / 12 + 0.25 * d
    return (np.clip(rgb, 0, 1) * 255).round().astype(np.uint8)


def v360(rgb: np.ndarray, size: tuple[int, int], options: str) -> np.ndarray:
    """`rgb` through ffmpeg's v360 filter; `size` is the (height, width) that comes out."""
    height, width = rgb.shape[:2]
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{width}x{height}", "-i", "-", "-vf", f"format=gbrp,v360={options}"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-frames:v", "1", "-"]
    raw = subprocess.run(command, input=rgb.tobytes(), capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(*size, 3)


def mean_error(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(int) - b.astype(int)).mean())
