"""A whole clip: frames by several processes, encoded by ffmpeg together with the sound."""

from __future__ import annotations

import multiprocessing
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .scene import Scene
from .sound import RATE, soundtrack, write_wav

HERE = Path(__file__).parent
COMMITTED = HERE / "valley_2048x1024.mp4"


def frames(
    count: int, height: int, width: int, fps: Fraction, processes: int = 2
) -> Iterator[NDArray[np.uint8]]:
    """The clip's pictures (H, W, 3) in order."""
    jobs = [(n, height, width) for n in range(count)]
    if processes == 1:
        scene = Scene(float(fps))
        yield from (scene.render(*job).rgb for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _start, (float(fps),)) as pool:
        yield from pool.imap(_frame, jobs)


_scenes: list[Scene] = []  # one to each process: the scene takes seconds to build


def _start(fps: float) -> None:
    cv2.setNumThreads(1)
    _scenes.append(Scene(fps))


def _frame(job: tuple[int, int, int]) -> NDArray[np.uint8]:
    return _scenes[0].render(*job).rgb


def encode(
    pictures: Iterable[NDArray[np.uint8]],
    out: Path,
    size: tuple[int, int],
    fps: Fraction,
    seconds: Fraction,
    crf: int = 24,
) -> None:
    """Write pictures of `size` (height, width) and the sound as H.264 and AAC in MP4.

    Raises: RuntimeError with ffmpeg's last words.
    """
    with tempfile.TemporaryDirectory() as folder:
        sound, part = Path(folder) / "sound.wav", out.with_suffix(".partial.mp4")
        write_wav(sound, soundtrack(round(seconds * RATE)))
        command = _command(sound, part, size, fps, crf)
        with (Path(folder) / "log").open("w+b") as log:
            ffmpeg = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
            assert ffmpeg.stdin is not None
            for rgb in pictures:
                ffmpeg.stdin.write(rgb.tobytes())
            ffmpeg.stdin.close()
            if ffmpeg.wait() != 0:
                log.seek(0)
                raise RuntimeError(f"ffmpeg could not write {out}: {log.read().decode()[-400:]}")
    part.replace(out)


def ffmpeg_path() -> str:
    found = shutil.which("ffmpeg")
    if found:
        return found
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _command(sound: Path, out: Path, size: tuple[int, int], fps: Fraction, crf: int) -> list[str]:
    height, width = size
    raw = f"-v error -y -f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {fps} -i - -i"
    matrix = "in_range=pc:out_range=tv:out_color_matrix=bt709:flags=accurate_rnd+full_chroma_int"
    tags = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
    video = f"-map 0:v -vf scale={matrix} -c:v libx264 -preset slow -crf {crf} -g 24"
    audio = "-map 1:a -c:a aac -b:a 128k"
    exact = "-map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact"
    rest = f"{video} -pix_fmt yuv420p {tags} {audio} {exact} -movflags +faststart"
    return [ffmpeg_path(), *raw.split(), str(sound), *rest.split(), str(out)]


def make(
    out: Path, count: int, size: tuple[int, int], fps: Fraction, processes: int = 2, crf: int = 24
) -> None:
    """Render and encode `count` frames of `size` (height, width)."""
    pictures = frames(count, *size, fps, processes)
    encode(pictures, out, size, fps, Fraction(count) / fps, crf)
