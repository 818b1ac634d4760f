"""`python -m sample_clips make`: render the valley."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from .clip import COMMITTED, make
from .scene import Scene


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_clips", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    clip = commands.add_parser("make", help="render a clip with its sound")
    clip.add_argument("--out", type=Path, default=COMMITTED)
    clip.add_argument("--frames", type=int, default=96)
    clip.add_argument(
        "--fps", type=Fraction, default=Fraction(24), help="exact, such as 30000/1001"
    )
    clip.add_argument("--crf", type=int, default=24, help="x264 quality, lower is better")
    clip.add_argument("--processes", type=int, default=2)
    still = commands.add_parser("still", help="render one picture")
    still.add_argument("--out", type=Path, required=True)
    still.add_argument("--frame", type=int, default=0)
    still.add_argument("--eye", choices=["left", "centre", "right"], default="centre")
    still.add_argument("--fisheye", action="store_true", help="dual fisheye, height x 2 height")
    for command in (clip, still):
        command.add_argument("--height", type=int, default=1024)
        command.add_argument("--width", type=int, default=2048)
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.command == "make":
        size = given.height, given.width
        make(given.out, given.frames, size, given.fps, given.processes, given.crf)
        return
    scene = Scene()
    if given.fisheye:
        rgb = scene.fisheye(given.frame, given.height)
    else:
        rgb = scene.render(given.frame, given.height, given.width, given.eye).rgb
    cv2.imwrite(str(given.out), np.ascontiguousarray(rgb[..., ::-1]))


if __name__ == "__main__":
    main()
