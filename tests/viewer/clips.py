"""Short films whose every picture carries its number, and how to read it off the screen.

Twelve black or white squares, lowest bit on top, stand in a column 20 degrees left of the front and
again 20 degrees right of it, so that both sides of a wipe show the whole number.
"""

from __future__ import annotations

import subprocess
from fractions import Fraction
from math import cos, pi, radians, tan
from pathlib import Path

import av
import numpy as np

from vr360.frame import AudioInfo, Projection, Stereo, VideoInfo

BITS = 12
COLUMNS = (-20.0, 20.0)
TOP, STEP, SIDE = 27.5, 5.0, 4.0  # degrees


def numbered_picture(number: int, height: int, tint: tuple[int, int, int]) -> np.ndarray:
    rgb = np.empty((height, 2 * height, 3), np.uint8)
    rgb[:] = np.linspace(0.4, 1, 2 * height)[:, None] * np.array(tint)
    per_degree = height / 180
    for bit in range(BITS):
        top = (90 - TOP + bit * STEP - SIDE / 2) * per_degree
        for column in COLUMNS:
            left = (180 + column - SIDE / 2) * per_degree
            rows = slice(round(top), round(top + SIDE * per_degree))
            rgb[rows, round(left) : round(left + SIDE * per_degree)] = 255 * (number >> bit & 1)
    return rgb


def at_frame(number: int, rate: int = 30) -> float:
    """Seconds at which a frame is on show, clear of its edges."""
    return (number + 0.25) / rate


def number_on_screen(rgb: np.ndarray, column: int, fov: float = radians(90)) -> int:
    """The number in a rectilinear view straight ahead; column 0 is the left one."""
    height, width = rgb.shape[:2]
    focal = width / 2 / tan(fov / 2)
    number = 0
    for bit in range(BITS):
        lat, lon = radians(TOP - bit * STEP), radians(COLUMNS[column])
        x = width / 2 + focal * tan(lon)
        y = height / 2 - focal * tan(lat) / cos(lon)
        spot = rgb[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2].mean()
        number |= int(spot > 127) << bit
    return number


def write_clip(
    path: Path,
    frames: int = 60,
    height: int = 320,
    rate: int = 30,
    tint: tuple[int, int, int] = (90, 120, 150),
    sound: bool = False,
    gop: int = 24,
    times: list[int] | None = None,
) -> VideoInfo:
    """H.264 (with B frames) and, where wanted, a 440 Hz tone; `times` are pts in milliseconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 2 * height, height, "yuv420p"
        stream.codec_context.options = {"preset": "veryfast", "crf": "20"}
        stream.codec_context.gop_size = gop
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if sound:
            _write_tone(out, frames / rate)
        for number in range(frames):
            picture = numbered_picture(number, height, tint)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709"
            )
            frame.pts = number if times is None else times[number]
            frame.time_base = Fraction(1, rate) if times is None else Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return info_of(path, frames, height, rate, sound, variable=times is not None)


def with_cover(film: Path, out: Path, side: int = 600) -> Path:
    """A copy of a film whose first video stream is a white cover picture."""
    cover = out.with_suffix(".png")
    white = ["-f", "lavfi", "-i", f"color=white:s={side}x{side}", "-frames:v", "1", str(cover)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *white], check=True)
    streams = ["-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic"]
    inputs = ["-i", str(film), "-i", str(cover)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", *inputs, *streams, str(out)], check=True)
    return out


def info_of(path, frames, height, rate, sound=False, variable=False) -> VideoInfo:
    return VideoInfo(
        path=path,
        height=height,
        width=2 * height,
        rate=Fraction(rate),
        duration=Fraction(frames, rate),
        frames=frames,
        projection=Projection.EQUIRECT,
        stereo=Stereo.MONO,
        reason="made by the test",
        variable_rate=variable,
        audio=(AudioInfo(1, "aac", 48000, 2, "stereo"),) if sound else (),
    )


def _write_tone(out: av.container.OutputContainer, seconds: float) -> None:
    stream = out.add_stream("aac", rate=48000, layout="stereo")
    for start in range(0, int(48000 * seconds), 1024):
        phase = 2 * pi * 440 * (np.arange(1024) + start) / 48000
        wave = np.repeat((0.3 * np.sin(phase)).astype(np.float32)[None], 2, axis=0)
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
