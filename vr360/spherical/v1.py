"""Spherical Video V1: an XML text in a `uuid` box at the end of the video track.

V1 knows equirect only, whole or cropped, and no right-left stereo; what it cannot say is not
written. Angles are whole degrees, crops whole pixels of one eye.

Source: Spherical Video RFC (V1) of google/spatial-media.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from vr360.errors import MetadataError, OtherProjectionError
from vr360.frame import Projection, Stereo
from vr360.spherical.boxes import Box, Bytes
from vr360.spherical.model import FULL, QUARTER, Bounds, SphericalMetadata
from vr360.spherical.v2 import printable
from vr360.stereo import eye_size

UUID = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
GSPHERICAL = "http://ns.google.com/videos/1.0/spherical/"
LARGEST_XML = 1 << 18
LARGEST_NUMBER = 1 << 31
STEREO_MODES = {
    Stereo.MONO: "mono",
    Stereo.TOP_BOTTOM: "top-bottom",
    Stereo.LEFT_RIGHT: "left-right",
}


class Crop(NamedTuple):
    """The window of one eye in pixels of the full sphere, as V1 and GPano give it."""

    width: int
    height: int
    full_width: int
    full_height: int
    left: int
    top: int

    @classmethod
    def of(cls, bounds: Bounds, width: int, height: int) -> Crop:
        """The window that `bounds` cut, for a picture of one eye of the given size."""
        full_width = round(width / bounds.width)
        full_height = round(height / bounds.height)
        left = min(round(bounds.left * full_width), full_width - width)
        top = min(round(bounds.top * full_height), full_height - height)
        return cls(width, height, full_width, full_height, left, top)

    @property
    def bounds(self) -> Bounds:
        """
        Raises:
            MetadataError: the window is empty or does not lie within the sphere.
        """
        right = self.full_width - self.left - self.width
        bottom = self.full_height - self.top - self.height
        if min(self.width, self.height) < 1 or min(self.left, self.top, right, bottom) < 0:
            raise MetadataError(f"the crop {':'.join(map(str, self))} does not lie in the sphere")
        sides = [self.left / self.full_width, right / self.full_width]
        if all(abs(side - QUARTER) * self.full_width < 1 for side in sides):
            sides = [QUARTER, QUARTER]  # half a sphere of an odd width
        return Bounds(self.top / self.full_height, bottom / self.full_height, *sides)


CROP_TAGS = (
    "CroppedAreaImageWidthPixels",
    "CroppedAreaImageHeightPixels",
    "FullPanoWidthPixels",
    "FullPanoHeightPixels",
    "CroppedAreaLeftPixels",
    "CroppedAreaTopPixels",
)


def can_say(metadata: SphericalMetadata) -> bool:
    return metadata.is_equirect and metadata.stereo in STEREO_MODES


def write(trak: Box, metadata: SphericalMetadata, width: int, height: int) -> None:
    """Put exactly one V1 box at the end of an opened track; none where V1 cannot say it.

    Args:
        width, height: of the whole picture, all eyes included.
    """
    remove(trak)
    if can_say(metadata) and trak.children is not None:
        trak.children.append(Box(b"uuid", UUID + xml(metadata, width, height).encode()))


def remove(parent: Box) -> None:
    parent.children = [box for box in parent.children or () if not is_v1(box)]


def is_v1(box: Box) -> bool:
    return box.kind == b"uuid" and bytes(box.payload[:16]) == UUID


def xml(metadata: SphericalMetadata, width: int, height: int) -> str:
    """The V1 text; readers search it as text, so its form is that of Google's own tool."""
    tags = {
        "Spherical": "true",
        "Stitched": "true",
        "StitchingSoftware": escape(metadata.software),
        "ProjectionType": "equirectangular",
    }
    if metadata.stereo is not Stereo.MONO:
        tags["StereoMode"] = STEREO_MODES[metadata.stereo]
    if metadata.posed:
        tags["InitialViewHeadingDegrees"] = str(round(metadata.yaw))
        tags["InitialViewPitchDegrees"] = str(round(metadata.pitch))
        tags["InitialViewRollDegrees"] = str(round(metadata.roll))
    if metadata.bounds != FULL:
        eye_height, eye_width = eye_size((height, width), metadata.stereo)
        crop = Crop.of(metadata.bounds, eye_width, eye_height)
        tags.update(zip(CROP_TAGS, map(str, crop), strict=True))
    body = "".join(f"<GSpherical:{k}>{v}</GSpherical:{k}>" for k, v in tags.items())
    return (
        f'<?xml version="1.0"?><rdf:SphericalVideo\nxmlns:rdf="{RDF}"\n'
        f'xmlns:GSpherical="{GSPHERICAL}">{body}</rdf:SphericalVideo>'
    )


def read(payload: Bytes) -> SphericalMetadata:
    """What a V1 box says.

    Args:
        payload: of the `uuid` box, user type included.
    Raises:
        MetadataError: no XML, not spherical, or with values that make no sense.
    """
    return from_tags(_tags(bytes(payload[16:])))


def from_tags(tags: dict[str, str]) -> SphericalMetadata:
    """What the properties of the V1 namespace say, by their names."""
    if tags.get("Spherical", "").lower() != "true":
        raise MetadataError("V1 does not say Spherical=true")
    if tags.get("ProjectionType") != "equirectangular":
        raise OtherProjectionError(f"V1 has the projection {tags.get('ProjectionType')!r}")
    return SphericalMetadata(
        Projection.EQUIRECT,
        _stereo(tags.get("StereoMode", "mono")),
        wrapped(number(tags, "InitialViewHeadingDegrees")),
        number(tags, "InitialViewPitchDegrees"),
        number(tags, "InitialViewRollDegrees"),
        bounds=crop_bounds(tags),
        software=printable(tags.get("StitchingSoftware", "")) or "unknown",
    )


def crop_bounds(tags: dict[str, str]) -> Bounds:
    """Bounds from the six crop fields; the full sphere where they are not given."""
    if "FullPanoWidthPixels" not in tags:
        return FULL
    return Crop(*(int(number(tags, tag)) for tag in CROP_TAGS)).bounds


def _tags(text: bytes) -> dict[str, str]:
    text = text.rstrip(b"\0")
    if len(text) > LARGEST_XML or re.search(rb"<!(DOCTYPE|ENTITY)", text):
        raise MetadataError("V1 is no plain short XML text")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise MetadataError(f"V1 is no well-formed XML: {error}") from None
    prefix = f"{{{GSPHERICAL}}}"
    return {e.tag.removeprefix(prefix): (e.text or "").strip() for e in root}


def _stereo(word: str) -> Stereo:
    for stereo, value in STEREO_MODES.items():
        if value == word:
            return stereo
    raise MetadataError(f"V1 has the stereo mode {word!r}")


def number(tags: dict[str, str], tag: str) -> float:
    """The value of a tag, 0 where it is not there."""
    try:
        value = float(tags.get(tag, "0"))
    except ValueError:
        value = math.nan
    if not abs(value) < LARGEST_NUMBER:
        raise MetadataError(f"{tag} is no sensible number: {tags[tag]!r}")
    return value


def wrapped(degrees: float) -> float:
    """A heading of any number of turns as an angle in (-180, 180]."""
    return 180.0 - (180.0 - degrees) % 360.0
