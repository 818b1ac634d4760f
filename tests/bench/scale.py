"""How time and memory grow with the length of a film, the width of a still and the cores.

`python -m tests.bench.scale PANORAMA docs/pictures` runs `vr360 stylize` as anyone would, prints a
table and draws it as `scale.png`. Half an hour on two quiet cores; `--most-frames`, `--most-width`
make it shorter.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from sample_clips.clip import COMMITTED as CLIP
from vr360.media.encoder import ffmpeg_binary

LENGTHS = (1, 10, 100, 1000, 10_000)  # frames of 256x128
WIDTHS = (1024, 2048, 4096, 8192, 16_384)  # of a still, pixels
SHORT = 48  # frames of 1024x512, on some of the cores
COMMAND = (sys.executable, "-m", "pipeline.cli", "stylize")


class Cost(NamedTuple):
    """Of one run: its seconds, and the most memory that the program itself took, bytes."""

    seconds: float
    memory: int


def cost_of(source: Path, target: Path, cores: Sequence[int] | None = None) -> Cost:
    """Paint `source` in starry_night, on some of the cores only."""
    words = [*COMMAND, source, target, "--style", "starry_night", "--force"]
    started = time.perf_counter()
    held = (lambda: os.sched_setaffinity(0, cores)) if cores else None
    with subprocess.Popen(words, stderr=subprocess.DEVNULL, preexec_fn=held) as run:
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(f"{source}: vr360 stylize failed with exit {run.returncode}")
    return Cost(time.perf_counter() - started, used.ru_maxrss * 1024)


def clip(folder: Path, frames: int, width: int) -> Path:
    """So many frames of the shipped clip, which begins again where it ends."""
    path = folder / f"{frames}_{width}.mp4"
    words = [ffmpeg_binary(), "-v", "error", "-stream_loop", "-1", "-i", CLIP, "-an", "-y"]
    words += ["-vf", f"scale={width}:-1", "-preset", "ultrafast", "-frames:v", str(frames), path]
    subprocess.run(words, check=True)
    return path


def still(folder: Path, panorama: Path, width: int) -> Path:
    path = folder / f"{width}.png"
    words = [ffmpeg_binary(), "-v", "error", "-y", "-i", panorama]
    subprocess.run([*words, "-vf", f"scale={width}:{width // 2}", path], check=True)
    return path


def by_length(folder: Path, most: int) -> dict[int, Cost]:
    lengths = [n for n in LENGTHS if n <= most]
    return {n: cost_of(clip(folder, n, 256), folder / "film.mp4") for n in lengths}


def by_width(folder: Path, panorama: Path, most: int) -> dict[int, Cost]:
    widths = [width for width in WIDTHS if width <= most]
    return {w: cost_of(still(folder, panorama, w), folder / "out.png") for w in widths}


def by_cores(folder: Path) -> dict[int, Cost]:
    source, cores = clip(folder, SHORT, 1024), sorted(os.sched_getaffinity(0))
    counts = range(1, len(cores) + 1)
    return {n: cost_of(source, folder / "film.mp4", cores[:n]) for n in counts}


def draw(axes: Axes, found: dict[int, Cost], across: str, even: bool = False) -> None:
    """Seconds on the left, memory on the right; seconds and places in powers unless even."""
    beside = axes.twinx()
    places = list(found)
    axes.plot(places, [cost.seconds for cost in found.values()], "o-", color="#1f5fa8")
    beside.plot(places, [c.memory / 2**30 for c in found.values()], "s--", color="#c8691c")
    axes.set(xlabel=across, xscale="linear" if even else "log", yscale="linear" if even else "log")
    axes.set_xticks(places, [f"{place:,}" for place in places])
    axes.minorticks_off()
    axes.set_ylabel("seconds", color="#1f5fa8")
    beside.set_ylabel("most memory, GiB", color="#c8691c")
    beside.set_ylim(0)
    if even:
        axes.set_ylim(0)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("panorama", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most-frames", type=int, default=LENGTHS[-1])
    parser.add_argument("--most-width", type=int, default=WIDTHS[-1])
    asked = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        cost_of(clip(folder, 2, 256), folder / "film.mp4")  # does not count: fills the caches
        parts = {
            "frames of 256x128": by_length(folder, asked.most_frames),
            "width of a still, pixels": by_width(folder, asked.panorama, asked.most_width),
            f"cores, {SHORT} frames of 1024x512": by_cores(folder),
        }
    figure, all_axes = plt.subplots(1, len(parts), figsize=(15, 4), layout="constrained")
    for axes, (across, found) in zip(all_axes, parts.items(), strict=True):
        draw(axes, found, across, even=across.startswith("cores"))
        for place, cost in found.items():
            print(f"| {place} {across} | {cost.seconds:.1f} s | {cost.memory / 2**30:.2f} GiB |")
    figure.savefig(asked.out / "scale.png", dpi=90)


if __name__ == "__main__":
    main()
