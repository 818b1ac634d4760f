"""`vr360 doctor`: what this machine has, and whether the sphere still is one."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import miniaudio
import numpy as np
import openvino as ov
import py360convert
import torch

from pipeline.backends import choose_device
from pipeline.backends.openvino_backend import cpu_has_bfloat16
from vr360.cache import cache_folder
from vr360.errors import EncodeError
from vr360.frame import Projection, Rgb
from vr360.geometry import equirect_directions
from vr360.media.encoder import ffmpeg_binary
from vr360.projections import CubeMap, Equirect
from vr360.reports import Reported
from vr360.sampling import build_sampler

PACKAGES = ("vr360", "numpy", "opencv-python-headless", "av", "torch", "openvino", "PyOpenGL")
ENCODERS = ("libx264", "libx264rgb", "libx265", "ffv1", "prores_ks")  # what the presets ask for
FACE = 64  # pixels a side of the cube that is checked
ROUND_TRIP_DB = 40.0  # a soft picture comes back at 50 and more; half a pixel off costs 15
AGREEMENT_DB = 35.0  # two cubic kernels on the same places agree at 40 and more
SILENT = ("Discard all samples", "NULL ")  # how ALSA's and miniaudio's own null device begin
ROOM = 2 << 30  # bytes: a minute of a film of 4096x2048


@dataclass(frozen=True)
class Check(Reported):
    """One line of the doctor's.

    Attributes:
        name: what was looked at.
        ok: as it should be.
        found: in a few words.
        advice: what to do where it is not.
        needed: nothing can be painted without it.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""
    needed: bool = True


def examine(folder: Path) -> Iterator[Check]:
    """Every check that needs no window; `folder` is where films are to be written."""
    yield versions()
    yield from encoders()
    yield devices()
    yield sound()
    yield caches()
    yield disk(folder)
    yield round_trip()
    yield from agreement()


def versions() -> Check:
    """Of Python and what pictures pass through."""
    told = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    return Check("versions", True, f"Python {platform.python_version()}, {', '.join(told)}")


def encoders() -> Iterator[Check]:
    """Which ffmpeg is used, and whether it has what the presets ask for."""
    try:
        binary = ffmpeg_binary()
    except EncodeError as error:
        yield Check("ffmpeg", False, "none", str(error))
        return
    told = subprocess.run([binary, "-hide_banner", "-encoders"], capture_output=True, text=True)
    present = {words[1] for line in told.stdout.splitlines() if len(words := line.split()) > 1}
    missing = [name for name in ENCODERS if name not in present]
    gpu = sorted(name for name in present if name.endswith(("_nvenc", "_videotoolbox")))
    yield Check(
        "encoders",
        not missing,
        f"{binary}: {', '.join(name for name in (*ENCODERS, *gpu) if name in present)}",
        f"it lacks {', '.join(missing)}; install a full ffmpeg, or take it off the PATH",
    )


def devices() -> Check:
    """Where nets run, and in which precision."""
    chosen = choose_device("auto")
    precision = "bfloat16" if cpu_has_bfloat16() else "float32"
    cpu = str(ov.Core().get_property("CPU", "FULL_DEVICE_NAME"))
    gpus = [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
    on_gpu = ", ".join(f"{name} (torch, float16)" for name in gpus) or "no GPU"
    return Check("devices", True, f"{chosen} is used; {on_gpu}; {cpu} (OpenVINO, {precision})")


def sound() -> Check:
    """Whether the viewer can be heard."""
    try:
        found = [str(device["name"]) for device in miniaudio.Devices().get_playbacks()]
    except miniaudio.MiniaudioError as error:
        return Check("sound", False, str(error), "the viewer plays in silence", needed=False)
    names = [name for name in found if not name.startswith(SILENT)]
    advice = "no sound card; the viewer plays in silence, films keep their sound"
    return Check("sound", bool(names), ", ".join(names) or "none", advice, needed=False)


def caches() -> Check:
    """How much is kept between runs, and where."""
    home = cache_folder()
    hub = Path(torch.hub.get_dir()) / "checkpoints"
    told = (f"{folder} {_bytes_in(folder) / 1e6:.0f} MB" for folder in (home, hub))
    return Check("caches", True, ", ".join(told))


def disk(folder: Path) -> Check:
    """Room for films."""
    free = shutil.disk_usage(folder).free
    advice = f"less than {ROOM / 1e9:.0f} GB; make room, or write to another disk"
    return Check("disk", free >= ROOM, f"{folder.resolve()}: {free / 1e9:.1f} GB free", advice)


def round_trip() -> Check:
    """Equirect, cube and back, beside what py360convert makes of the same picture."""
    rgb = soft_sphere()
    sphere, cube = Equirect(*rgb.shape[:2]), CubeMap(FACE)
    ours = build_sampler(cube, sphere)(build_sampler(sphere, cube)(rgb))
    faces = py360convert.e2c(rgb, FACE, mode="bilinear", cube_format="list")
    height, width = rgb.shape[:2]
    theirs = py360convert.c2e(faces, height, width, mode="bilinear", cube_format="list")
    own, other = psnr(ours, rgb), psnr(np.asarray(theirs), rgb)
    found = f"cube and back {own:.1f} dB, py360convert {other:.1f} dB"
    return Check("sphere", own >= max(ROUND_TRIP_DB, other), found, _BROKEN)


def agreement() -> Iterator[Check]:
    """Cube faces looked up by vr360 and by ffmpeg's v360."""
    rgb = soft_sphere()
    cube = CubeMap(FACE, Projection.CUBEMAP)
    ours = build_sampler(Equirect(*rgb.shape[:2]), cube)(rgb)
    try:
        theirs = by_v360(rgb, ours.shape)
    except (EncodeError, OSError, ValueError) as error:
        yield Check("v360", False, str(error), "this ffmpeg has no v360; try another", needed=False)
        return
    found = psnr(ours, theirs)
    yield Check("v360", found >= AGREEMENT_DB, f"agrees to {found:.1f} dB", _BROKEN)


_BROKEN = "reinstall vr360, numpy and opencv-python-headless; if it stays so, report it as a fault"


def by_v360(rgb: Rgb, shape: tuple[int, ...]) -> Rgb:
    """The faces that ffmpeg's v360 makes, (2 S, 3 S, 3).

    Raises:
        ValueError: it has made none.
    """
    raw = ["-f", "rawvideo", "-pix_fmt", "gbrp"]
    size = f"{rgb.shape[1]}x{rgb.shape[0]}"
    graph = f"v360=e:c3x2:w={shape[1]}:h={shape[0]}:interp=cubic"
    command = [ffmpeg_binary(), "-v", "error", *raw, "-s", size, "-i", "-", "-vf", graph, *raw, "-"]
    planes = np.ascontiguousarray(rgb[..., [1, 2, 0]].transpose(2, 0, 1)).tobytes()
    made = subprocess.run(command, input=planes, capture_output=True).stdout
    back = np.frombuffer(made, np.uint8).reshape(3, *shape[:2])
    return back.transpose(1, 2, 0)[..., [2, 0, 1]]


def soft_sphere() -> Rgb:
    """(2 S, 4 S, 3) uint8: a smooth function of direction, without seam or poles."""
    xyz = equirect_directions(2 * FACE, 4 * FACE)
    waves = np.sin(xyz @ np.array([[5.0, 2.0, -3.0], [1.0, -4.0, 3.0], [-2.0, 4.0, 5.0]]))
    return np.asarray(np.rint(127.5 + 100 * waves), np.uint8)


def psnr(one: Rgb, other: Rgb) -> float:
    """Peak signal-to-noise ratio, dB, of 8-bit pictures."""
    error = cv2.norm(one, np.ascontiguousarray(other), cv2.NORM_L2SQR) / one.size
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
