"""Calibrations from Hugin projects (.pto).

Source: Hugin's documentation of PTOptimizer scripts (`i` lines), and the 2,202 control points of a
calibrated project, which this reading of the angles and the polynomial joins to 0.13 degrees.
Hugin's yaw, pitch and roll are those of `vr360.geometry.rotation`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from vr360.errors import CameraError, OutputError
from vr360.fisheye.camera import Camera
from vr360.fisheye.lens import Lens

FISHEYES = {2: "circular fisheye", 3: "full-frame fisheye"}
WIDEST = np.radians(220)  # no consumer lens sees more; the crop circle bounds what is used

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_VALUE = re.compile(rf"([A-Za-z]+)(=?)({_NUMBER})")
_CROP = re.compile(rf"S({_NUMBER}),({_NUMBER}),({_NUMBER}),({_NUMBER})")
_NAME = re.compile(r'n"([^"]*)"')
_LARGEST = 1e6
_NEEDED = ("w", "h", "f", "v", "y", "p", "r")

Values = dict[str, float]
Crop = tuple[float, float, float, float]


def read_pto(path: Path) -> Camera:
    """The camera that a Hugin project of dual-fisheye pictures describes.

    Of a project with many pictures the first one is taken that stands there twice, once for each
    lens; its yaws, pitches and rolls tell how the lenses stand to each other.

    Raises:
        CameraError: missing, not a Hugin project, or not one of two fisheyes in one picture.
    """
    images = _images(path)
    first, second = _pair(path, images)
    width, height = int(first.values["w"]), int(first.values["h"])
    lenses = [hugin_lens(image.values, image.crop) for image in (first, second)]
    middle = (lenses[0].exposure + lenses[1].exposure) / 2  # only their difference is the lenses'
    lenses = [replace(lens, exposure=lens.exposure - middle) for lens in lenses]
    lenses.sort(key=lambda lens: lens.centre[0])
    if not lenses[0].centre[0] < width / 2 <= lenses[1].centre[0]:
        raise CameraError(f"{path}: expected one lens in each half of the picture, by d and e")
    return Camera(path.name, height, width, (lenses[0], lenses[1]), f"the Hugin project {path}")


def hugin_lens(values: Mapping[str, float], crop: Crop | None) -> Lens:
    """A lens from the numbers of an `i` line.

    Args:
        values: w, h, v, y, p, r and, where they are not 0, a, b, c, d, e, Vb, Vc, Vd, Vx, Vy, Eev.
        crop: (left, right, top, bottom) of the circle's box, pixels.
    """

    def get(name: str) -> float:
        return values.get(name, 0.0)

    width, height = values["w"], values["h"]
    centre = (width / 2 - 0.5 + get("d"), height / 2 - 0.5 + get("e"))
    start = 0.0 if centre[0] < width / 2 else width / 2
    half = (start, start + width / 2, 0.0, height)
    left, right, top, bottom = crop or half
    radius = min(right - left, bottom - top) / 2
    return Lens(
        focal=width / np.radians(values["v"]),
        centre=centre,
        unit=min(width, height) / 2,
        fov=WIDEST,
        turn=(np.radians(values["y"]), np.radians(values["p"]), np.radians(values["r"])),
        distortion=(get("a"), get("b"), get("c")),
        circle=((left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5, radius),
        box=(max(left, half[0]), min(right, half[1]), max(top, 0.0), min(bottom, height)),
        vignetting=(get("Vb"), get("Vc"), get("Vd")),
        dark_centre=(width / 2 - 0.5 + get("Vx"), height / 2 - 0.5 + get("Vy")),
        dark_unit=float(np.hypot(width, height) / 2),
        exposure=get("Eev"),
    )


def write_pto(camera: Camera, path: Path) -> None:
    """Save a camera as a Hugin project that `read_pto` reads back.

    Raises:
        OutputError: the file cannot be written.
    """
    size = f"w{camera.width} h{camera.height}"
    lines = ["# hugin project file", "#hugin_ptoversion 2", f'p f2 {size} v360 n"TIFF_m"']
    lines += [_image_line(camera, lens) for lens in camera.lenses]
    try:
        path.write_text("\n".join(lines) + "\n")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _image_line(camera: Camera, lens: Lens) -> str:
    middle = np.array([camera.width, camera.height]) / 2 - 0.5
    yaw, pitch, roll = np.degrees(lens.turn)
    shift, dark = np.subtract(lens.centre, middle), np.subtract(lens.dark_centre, middle)
    x, y, radius = lens.circle
    left, right, top, bottom = lens.box
    if np.isfinite(radius):
        left, right, top, bottom = (
            x + 0.5 - radius,
            x + 0.5 + radius,
            y + 0.5 - radius,
            y + 0.5 + radius,
        )
    named: Values = {"w": camera.width, "h": camera.height, "f": 2}
    named |= {"v": float(np.degrees(camera.width / lens.focal)), "Eev": lens.exposure}
    named |= {"r": roll, "p": pitch, "y": yaw}
    named |= dict(zip("abc", lens.distortion, strict=True)) | dict(zip("de", shift, strict=True))
    named |= {"Va": 1} | dict(zip(("Vb", "Vc", "Vd"), lens.vignetting, strict=True))
    named |= dict(zip(("Vx", "Vy"), dark, strict=True))
    values = " ".join(f"{name}{value:.15g}" for name, value in named.items())
    return f'i {values} S{left:.15g},{right:.15g},{top:.15g},{bottom:.15g} n"frame.jpg"'


class _Image:
    """One `i` line, with what it borrows from earlier ones (`v=0`) filled in."""

    def __init__(self, where: str, line: str, earlier: list[_Image]) -> None:
        name, crop = _NAME.search(line), _CROP.search(line)
        self.name = name[1] if name else ""
        self.crop: Crop | None = None
        if crop:
            left, right, top, bottom = (float(crop[n]) for n in (1, 2, 3, 4))
            self.crop = (left, right, top, bottom)
        bare = _CROP.sub("", _NAME.sub("", line))
        self.values = _values(where, bare.split()[1:], earlier)
        missing = [name for name in _NEEDED if name not in self.values]
        if missing:
            raise CameraError(f"{where}: no {', '.join(missing)} in the image line")
        if self.values["f"] not in FISHEYES:
            raise CameraError(
                f"{where}: lens type f{self.values['f']:g}; expected f2 or f3, a fisheye"
            )
        sizes = [self.values[name] for name in ("w", "h", "v")]
        if min(sizes) < 1 or (self.crop and not _is_box(self.crop)):
            raise CameraError(f"{where}: w, h, v and the crop S must be larger than nothing")
        if max(map(abs, [*self.values.values(), *(self.crop or ())])) > _LARGEST:
            raise CameraError(f"{where}: no picture has numbers so large")


def _is_box(crop: Crop) -> bool:
    return crop[0] < crop[1] and crop[2] < crop[3]


def _values(where: str, words: list[str], earlier: list[_Image]) -> Values:
    values: Values = {}
    for word in words:
        match = _VALUE.fullmatch(word)
        if match is None:
            raise CameraError(f"{where}: cannot read {word!r}; expected a letter and a number")
        name, borrowed, number = match[1], bool(match[2]), float(match[3])
        if borrowed and not (0 <= number < len(earlier) and name in earlier[int(number)].values):
            raise CameraError(f"{where}: {word!r} borrows from an image that is not there")
        values[name] = earlier[int(number)].values[name] if borrowed else number
    return values


def _images(path: Path) -> list[_Image]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise CameraError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CameraError(f"{path}: not a Hugin project: it is no text") from None
    images: list[_Image] = []
    for number, line in enumerate(lines, 1):
        if line.startswith("i "):
            images.append(_Image(f"{path}, line {number}", line, images))
    if not images:
        raise CameraError(f"{path}: not a Hugin project: no image line (`i w... h... f2 v...`)")
    return images


def _pair(path: Path, images: list[_Image]) -> tuple[_Image, _Image]:
    """The two lenses of one picture."""
    by_name: dict[str, list[_Image]] = defaultdict(list)
    for image in images:
        by_name[image.name].append(image)
    pair = next((twice for twice in by_name.values() if len(twice) == 2), images)
    if len(pair) != 2:
        raise CameraError(
            f"{path}: {len(images)} images, none of them twice; expected one picture loaded "
            "twice, once for each lens"
        )
    one, two = pair
    if (one.values["w"], one.values["h"]) != (two.values["w"], two.values["h"]):
        raise CameraError(f"{path}: its two lenses lie in pictures of different sizes")
    return one, two
