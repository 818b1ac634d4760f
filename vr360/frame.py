"""A frame and the facts about the film it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vr360.cameras.pairs import Pair
from vr360.choices import Projection as Projection
from vr360.choices import Stereo as Stereo
from vr360.choices import ToneMap
from vr360.window import FRONT_HALF, FULL, Bounds, Window

Rgb = NDArray[Any]
"""(H, W, 3) R'G'B' as encoded: uint8 in 0..255, or uint16 holding 10-bit codes in 0..1023."""

BT709_LUMA = (0.2126, 0.7152, 0.0722)
"""Weights of R', G' and B' in luma: Rec. ITU-R BT.709-6, 3.2."""


@dataclass(frozen=True)
class Frame:
    """One decoded picture.

    Attributes:
        rgb: (H, W, 3), see `Rgb`.
        pts: seconds from the first frame of the film, exact.
        taken: pts of the decoded frame that it shows, where a change of rate moved that one in
            time; None is `pts` itself.
        repeats: it shows the same decoded frame as the one before it.
        begins_shot: it has nothing to do with the frame before it.
    """

    rgb: Rgb
    pts: Fraction
    taken: Fraction | None = None
    repeats: bool = False
    begins_shot: bool = False

    @property
    def bit_depth(self) -> int:
        return bit_depth(self.rgb)


@dataclass(frozen=True)
class Colour:
    """What the numbers of the picture mean, in ffmpeg's names (`bt709`, `tv`, ...).

    Attributes:
        mastering, light: of HDR films, see `vr360.media.hdr.mastering_of`; empty where not said.
    """

    matrix: str = "bt709"
    primaries: str = "bt709"
    transfer: str = "bt709"
    range: str = "tv"
    mastering: str = ""
    light: str = ""

    @property
    def is_hdr(self) -> bool:
        """PQ or HLG, which eight bits cannot carry."""
        return self.transfer in ("smpte2084", "arib-std-b67")


@dataclass(frozen=True)
class AudioInfo:
    """One audio stream as the container describes it."""

    index: int  # stream index in the file
    codec: str  # ffmpeg's codec name
    sample_rate: int
    channels: int
    layout: str
    ambisonic: int = 0  # order, where it is known without a mark in the file


@dataclass(frozen=True)
class Tags:
    """What is carried over.

    Attributes:
        words: names and values of the container's own tags.
        timecode: of the first frame, `HH:MM:SS:FF`, or with `;` before FF where it drops numbers.
        subtitles: stream indices of those that are text.
        telemetry: what its tracks of telemetry are, see `vr360.media.telemetry`.
    """

    words: tuple[tuple[str, str], ...] = ()
    timecode: str = ""
    subtitles: tuple[int, ...] = ()
    telemetry: tuple[str, ...] = ()


@dataclass(frozen=True)
class VideoInfo:
    """What probing found out about a film or a still.

    Attributes:
        height, width: of the whole picture after rotation flags, all eyes included.
        rate: frames a second, exact; 0 for a still.
        duration: seconds, exact where the container says so.
        frames: number of frames where the container says so, else an estimate.
        variable_rate: frames are not evenly spaced.
        tags: what it says of itself, which results say too.
        pair: the two tracks whose pictures are joined, see `vr360.cameras.pairs`.
        beside: the film of the second lens, where it has a file of its own and no track.
        interlaced: frames consist of two fields, taken one after the other.
        bit_depth: 8 or 10; 16 where a deep still is to be read with all that it holds.
        declared: `projection` is what the file's own metadata says.
        bounds: the part of the sphere that the picture of one eye leaves out; equirect only.
        pose: yaw, pitch and roll, degrees, by which players turn the sphere, see
            `vr360.spherical.model`.
        reason: why `projection` and `stereo` were chosen, one sentence for the user.
        start_time: of the first frame on the container's clock, seconds; the sound runs on it.
        chapters: the films that are read one after the other, itself the first; none where alone.
        lens_fov: radians that the circle of its one fisheye spans; 0 where it is no such picture.
        hdr, tone_map: what is read, and by which `ToneMap` it becomes what is told here.
        notes: what was assumed where the file says nothing, one sentence each for the user.
    """

    path: Path
    height: int
    width: int
    rate: Fraction
    duration: Fraction
    frames: int
    projection: Projection
    stereo: Stereo
    reason: str
    codec: str = ""
    pixel_format: str = ""
    bit_depth: int = 8
    variable_rate: bool = False
    rotation: int = 0
    interlaced: bool = False
    pair: Pair | None = None
    beside: VideoInfo | None = None
    tags: Tags = Tags()
    colour: Colour = Colour()
    audio: tuple[AudioInfo, ...] = ()
    start_time: Fraction = Fraction(0)
    declared: bool = False
    bounds: Bounds = FULL
    pose: tuple[float, float, float] = (0.0, 0.0, 0.0)
    chapters: tuple[VideoInfo, ...] = ()
    lens_fov: float = 0.0
    hdr: VideoInfo | None = None
    tone_map: ToneMap | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_part(self) -> bool:
        """The picture shows less than the sphere, or than the half of it that VR180 shows."""
        return self.bounds not in (FULL, FRONT_HALF)

    @property
    def window_bounds(self) -> Bounds:
        """`bounds`, with VR180's where nothing else is said."""
        half = self.projection is Projection.HALF_EQUIRECT and self.bounds == FULL
        return FRONT_HALF if half else self.bounds

    @property
    def window(self) -> Window:
        """Where an eye lies in the whole sphere; equirect and half-equirect only."""
        down = 2 if self.stereo is Stereo.TOP_BOTTOM else 1
        across = 2 if self.stereo in (Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT) else 1
        return Window.of(self.window_bounds, self.height // down, self.width // across)

    @property
    def is_still(self) -> bool:
        """One picture without a rate; a folder of frames is a film."""
        return self.rate == 0


def in_bytes(rgb: Rgb) -> NDArray[np.uint8]:
    """The picture in 8 bits; of 10 the lower two are dropped."""
    return np.asarray(rgb if bit_depth(rgb) == 8 else np.right_shift(rgb, 2), np.uint8)


def bit_depth(rgb: Rgb) -> int:
    """8 for uint8 pictures, 10 for uint16 ones."""
    if rgb.dtype == np.uint8:
        return 8
    if rgb.dtype == np.uint16:
        return 10
    raise ValueError(f"rgb must be uint8 or uint16, got {rgb.dtype}")


def peak_of(rgb: Rgb) -> int:
    """The code of white: 255, or 1023 for uint16 pictures."""
    return peak_at(bit_depth(rgb))


def peak_at(depth: int) -> int:
    """The code of white at a bit depth."""
    return (1 << depth) - 1
