"""Stitching 3840x1920 beside FFmpeg's v360, which neither matches the lenses nor blends them."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pytest

from vr360.fisheye.presets import find_camera
from vr360.fisheye.stitching import Stitcher, fit_blend

SIZE = 3840, 1920
ROUNDS = 5
FRAMES = 6


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.bench
def test_a_frame_against_v360(run_ffmpeg: Callable[..., bytes]):
    width, height = SIZE
    coarse = np.random.default_rng(0).integers(0, 256, (height // 16, width // 16, 3), np.uint8)
    frame = coarse.repeat(16, 0).repeat(16, 1)
    camera = find_camera("ideal-195")
    opening = time.perf_counter()
    stitcher = Stitcher(camera, fit_blend(camera, [frame]), height, width)
    opening = time.perf_counter() - opening
    raw = ("-f", "rawvideo", "-pix_fmt", "gbrp", "-s", f"{width}x{height}", "-i", "pipe:")
    v360 = f"v360=dfisheye:e:ih_fov=195:iv_fov=195:w={width}:h={height}:interp=cubic"
    planes = np.ascontiguousarray(frame[..., [1, 2, 0]].transpose(2, 0, 1)).tobytes()

    def ffmpeg(frames: int, *filters: str) -> float:
        data = planes * frames
        return seconds(lambda: run_ffmpeg(*raw, *filters, "-f", "null", "-", data=data))

    def v360_frame() -> float:
        """What a further frame costs, reading it through the pipe excluded."""
        more, one = ffmpeg(FRAMES, "-vf", v360), ffmpeg(1, "-vf", v360)
        return (more - one - (ffmpeg(FRAMES) - ffmpeg(1))) / (FRAMES - 1)

    stitcher(frame)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: stitcher(frame)))
        theirs.append(v360_frame())
    print(f"\n{width}x{height}, cubic, {ROUNDS} rounds")
    print(f"vr360   {median(ours):.3f} s a frame ({min(ours):.3f} to {max(ours):.3f})")
    print(f"v360    {median(theirs):.3f} s a frame ({min(theirs):.3f} to {max(theirs):.3f})")
    print(f"        {median(theirs) / median(ours):.2f} x; maps and match once, {opening:.1f} s")
