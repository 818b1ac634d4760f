"""What endings of file names say of the sphere, as Meta's players and camera makers write them.

clip_360.mp4  clip_360_TB.mp4  clip_LR_180.mp4  clip_180x180_3dh_LR.mp4  clip_360_LR (1).mp4
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from vr360.frame import Projection, Stereo

_ANGLES = {
    "360": Projection.EQUIRECT,
    "360X180": Projection.EQUIRECT,
    "180": Projection.HALF_EQUIRECT,
    "180X180": Projection.HALF_EQUIRECT,
}
_EYES = {
    **dict.fromkeys(("TB", "OU", "3DV"), Stereo.TOP_BOTTOM),
    **dict.fromkeys(("LR", "SBS", "3DH"), Stereo.LEFT_RIGHT),
    "RL": Stereo.RIGHT_LEFT,
}
_COPY = r"(?:\s?\(\d+\)|[ _-]copy)?$"  # what file managers put behind the name of a copy
_ENDING = re.compile(rf"((?:[_-](?:{'|'.join((*_ANGLES, *_EYES))}))+){_COPY}", re.IGNORECASE)


class NameHint(NamedTuple):
    """What a name says; `stereo` is None where it is silent on the eyes."""

    projection: Projection
    stereo: Stereo | None
    words: str


def said_by_name(name: str | Path) -> NameHint | None:
    """What the ending of a file's name says; None where it names no angle."""
    found = _ENDING.search(Path(name).stem)
    if found is None:
        return None
    words = re.split("[_-]", found.group(1).upper())[1:]
    angles = [_ANGLES[word] for word in words if word in _ANGLES]
    eyes = [_EYES[word] for word in words if word in _EYES]
    if not angles:
        return None
    return NameHint(angles[-1], eyes[-1] if eyes else None, found.group(1))


def without_ending(stem: str) -> str:
    """A name, its suffix taken off, without the ending that says what the sphere is."""
    return stem if said_by_name(stem + ".mp4") is None else _ENDING.sub("", stem)
