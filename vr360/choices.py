"""The words that say what a 360° picture is: projections, stereo and cube layouts, kernels.

They stand apart from the modules that act on them, and import nothing heavy: the command line
offers the words before any of those is loaded.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from vr360.errors import InputError

Choice = TypeVar("Choice", bound=StrEnum)


class Projection(StrEnum):
    """How the sphere lies on the picture."""

    EQUIRECT = "equirect"
    CUBEMAP = "cubemap"
    EQUI_ANGULAR = "equi-angular"
    HALF_EQUIRECT = "half-equirect"
    DUAL_FISHEYE = "dual-fisheye"


class Stereo(StrEnum):
    """How the eyes lie on the picture."""

    MONO = "mono"
    TOP_BOTTOM = "tb"
    LEFT_RIGHT = "lr"
    RIGHT_LEFT = "rl"


class CubeLayout(StrEnum):
    """How cube faces lie on one picture, see `vr360.cubelayout`."""

    C3X2 = "c3x2"
    CBMP = "cbmp"
    C6X1 = "c6x1"
    CROSS = "cross"
    EAC = "eac"


class Interpolation(StrEnum):
    """Taps around each place: 2, 4 or 8 each way."""

    LINEAR = "linear"
    CUBIC = "cubic"
    LANCZOS = "lanczos"


class ToneMap(StrEnum):
    """How bright light finds room below SDR's white, see `vr360.media.tonemap`."""

    BT2390 = "bt2390"
    HABLE = "hable"


class AmbisonicMark(StrEnum):
    """What to do about ambisonic sound.

    `auto` marks sound of 4, 9 or 16 channels that declares no loudspeakers, `acn-sn3d` marks it
    anyway, `none` takes marks away.
    """

    AUTO = "auto"
    ACN_SN3D = "acn-sn3d"
    NONE = "none"


def chosen(kind: type[Choice], word: str, option: str) -> Choice:
    """The member that a word names; a member names itself.

    Args:
        kind: the words there are.
        word: the one that was given.
        option: where it was given, for the message.

    Raises:
        InputError: no such word.
    """
    try:
        return kind(word)
    except ValueError:
        raise InputError(f"{option} {word}: one of {', '.join(kind)}") from None
