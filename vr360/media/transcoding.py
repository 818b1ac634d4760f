"""Stills of further kinds as the bytes of a PNG, which everything else then reads.

FFmpeg decodes HEIC (with its grid of tiles), AVIF, WebP and JPEG XL at their depth; OpenEXR comes
from `vr360.media.openexr`. Profile, EXIF and code points of colour go into the PNG.
"""

from __future__ import annotations

import struct
import subprocess
from functools import lru_cache
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from vr360.errors import MetadataError
from vr360.media.encoder import ffmpeg_binary
from vr360.media.openexr import exr_as_png
from vr360.media.provenance import Provenance, provenance_of, with_provenance, without_statements
from vr360.spherical.pictures import AVIF, EXR, HEAD, HEIC, JXL, WEBP, Alpha, Said, kind_of, read

TRANSCODED_SUFFIXES = (".webp", ".avif", ".heic", ".heif", ".jxl", ".exr")
_NAMES = {WEBP: "WebP", AVIF: "AVIF", HEIC: "HEIC", JXL: "JPEG XL", EXR: "OpenEXR"}
_MAKERS = {WEBP: "dwebp INPUT -o OUTPUT.png", AVIF: "avifdec INPUT OUTPUT.png"} | {
    HEIC: "heif-convert INPUT OUTPUT.png",
    JXL: "djxl INPUT OUTPUT.png",
    EXR: "oiiotool INPUT -d uint16 -o OUTPUT.png",
}
_EXACT = "bicubic+accurate_rnd+full_chroma_int+full_chroma_inp"
_AS_PNG = (
    *("-frames:v", "1", "-sws_flags", _EXACT),
    *("-f", "image2pipe", "-c:v", "png", "-compression_level", "1", "-"),
)
_LONGEST = 300  # seconds


def is_transcoded(path: Path) -> bool:
    """Whether a file is a still of one of these kinds."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return bool(kind_of(file.read(HEAD)))


def picture_bytes(path: Path) -> bytes:
    """A JPEG, a PNG or another picture as it lies there; stills of these kinds as a PNG.

    Raises:
        ValueError: one of these kinds that cannot be decoded; says so, and what to do.
    """
    if not is_transcoded(path):
        return path.read_bytes()
    known = path.stat()
    return _as_png(path.absolute(), known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=1)  # a still is probed, read and asked for its making
def _as_png(path: Path, _changed: int, size: int) -> bytes:
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD))
        try:
            said = read(file, size)
            return exr_as_png(path) if kind == EXR else _whole(path, said)
        except (MetadataError, ValueError) as error:
            raise ValueError(
                f"the {_NAMES[kind]} cannot be decoded ({error}); copy the file again, or make a "
                f"PNG of it, as with {_MAKERS[kind]}"
            ) from None


def _whole(path: Path, said: Said) -> bytes:
    png = _completed(_decoded(path, said.container), said)
    if said.alpha is None:
        return png
    mask = _decoded(path, said.container, "-map", f"0:i:{said.alpha.item}")
    return with_provenance(_with_alpha(png, mask, said.alpha), provenance_of(png), *_size(png))


def _with_alpha(png: bytes, mask: bytes, how_it_lies: Alpha) -> bytes:
    """A PNG with the grey codes of another as its alpha; as it is where their sizes differ."""
    how = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    colours = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), how | cv2.IMREAD_COLOR))
    alpha = np.asarray(cv2.imdecode(np.frombuffer(mask, np.uint8), how | cv2.IMREAD_GRAYSCALE))
    alpha = np.rot90(alpha, how_it_lies.quarters)
    if how_it_lies.mirrored is not None:
        alpha = np.flip(alpha, how_it_lies.mirrored)
    if colours.shape[:2] != alpha.shape:
        return png
    top = np.iinfo(colours.dtype).max
    share = np.rint(alpha * (top / np.iinfo(alpha.dtype).max)).astype(colours.dtype)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    return cv2.imencode(".png", np.dstack([colours, share]), options)[1].tobytes()


def _decoded(path: Path, kind: str, *which: str) -> bytes:
    """By FFmpeg: HEIF wants to be sought in, the others come through a pipe.

    A name on the command line could hold FFmpeg's own signs, such as %d.
    """
    heif = kind in (HEIC, AVIF)
    command = [still_ffmpeg(), "-v", "error", "-xerror", "-err_detect", "explode"]
    command += ["-i", f"file:{path}" if heif else "-", *which, *_AS_PNG]
    data = b"" if heif else path.read_bytes()
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"FFmpeg did not end within {_LONGEST} s") from None
    if done.returncode or not done.stdout:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(lines[0].rpartition("] ")[2] if lines else "FFmpeg makes no picture of it")
    return done.stdout


def still_ffmpeg() -> str:
    """The ffmpeg that imageio-ffmpeg ships, which knows these kinds; else the system's."""
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ffmpeg_binary()


def _completed(png: bytes, said: Said) -> bytes:
    """FFmpeg loses what belongs to a grid of tiles, and turns the picture upright by itself."""
    own = provenance_of(png)
    kept = Provenance(said.exif or own.exif, b"", said.icc or own.icc, said.cicp or own.cicp)
    return with_provenance(without_statements(png), kept, *_size(png))


def _size(png: bytes) -> tuple[int, int]:
    """Height and width."""
    width, height = struct.unpack_from(">II", png, 16)
    return height, width
