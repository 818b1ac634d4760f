"""GPano in an XMP packet, edited as text so that all other properties stay as they are.

GPano knows mono equirect pictures. For stereo ones the properties of the V1 namespace are
written instead, and no GPano, lest a viewer wraps both eyes around one sphere.

Source: Google Photo Sphere XMP metadata; XMP specification, part 1.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from vr360.errors import MetadataError, OtherProjectionError
from vr360.frame import Projection, Stereo
from vr360.spherical import v1
from vr360.spherical.model import FULL, SphericalMetadata
from vr360.spherical.v1 import CROP_TAGS, GSPHERICAL, RDF, Crop, crop_bounds, number, wrapped
from vr360.spherical.v2 import printable
from vr360.stereo import eye_size

GPANO = "http://ns.google.com/photos/1.0/panorama/"
GIMAGE = b"http://ns.google.com/photos/1.0/image/"
OURS = {"GPano": GPANO, "GSpherical": GSPHERICAL}
LARGEST_PACKET = 1 << 20
NEW_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
    '</rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
)


def write(packet: bytes, metadata: SphericalMetadata, width: int, height: int) -> bytes:
    """The packet (empty for a new one) with exactly these panorama properties.

    Args:
        width, height: of the whole picture, all eyes included.
    Raises:
        MetadataError: XMP cannot say it, or the packet is damaged.
    """
    if not metadata.is_equirect or metadata.stereo not in v1.STEREO_MODES:
        raise MetadataError(f"a still cannot be tagged as {metadata.describe()}")
    text = _strip(_decode(packet)) if packet else NEW_PACKET
    mono = metadata.stereo is Stereo.MONO
    prefix = "GPano" if mono else "GSpherical"
    tags = _gpano(metadata, width, height) if mono else _gspherical(metadata, width, height)
    at, rdf = _rdf_end(text)
    properties = "".join(f" {prefix}:{key}={quoteattr(value)}" for key, value in tags.items())
    description = f'<{rdf}:Description {rdf}:about="" xmlns:{prefix}="{OURS[prefix]}"{properties}/>'
    return (text[:at] + description + text[at:]).encode()


def remove(packet: bytes) -> bytes:
    """The packet without panorama properties; empty if nothing else was in it."""
    text = _strip(_decode(packet))
    root = _parse(text)
    rdf = root if root.tag == f"{{{RDF}}}RDF" else root.find(f".//{{{RDF}}}RDF")
    return text.encode() if rdf is not None and len(rdf) else b""


def read(packet: bytes) -> tuple[str, SphericalMetadata] | None:
    """(`GPano` or `XMP`, what the packet says); None where it says nothing of a sphere.

    Raises:
        MetadataError: damaged, or values that make no sense.
    """
    tags = _properties(_parse(_decode(packet)))
    if tags["GPano"]:
        return "GPano", _read_gpano(tags["GPano"])
    if tags["GSpherical"]:
        return "XMP", v1.from_tags(tags["GSpherical"])
    return None


def holds_right_eye(packet: bytes) -> bool:
    """Whether a second picture, that of the right eye, lies in the XMP (Cardboard's VR photos)."""
    return GIMAGE in packet


def _gpano(metadata: SphericalMetadata, width: int, height: int) -> dict[str, str]:
    crop = Crop.of(metadata.bounds, width, height)
    tags = {
        "UsePanoramaViewer": "True",
        "ProjectionType": "equirectangular",
        "StitchingSoftware": metadata.software,
        **dict(zip(CROP_TAGS, map(str, crop), strict=True)),
    }
    if metadata.posed:
        tags["PoseHeadingDegrees"] = repr(metadata.yaw % 360)
        tags["PosePitchDegrees"] = repr(metadata.pitch)
        tags["PoseRollDegrees"] = repr(metadata.roll)
    return tags


def _gspherical(metadata: SphericalMetadata, width: int, height: int) -> dict[str, str]:
    tags = {
        "Spherical": "true",
        "Stitched": "true",
        "StitchingSoftware": metadata.software,
        "ProjectionType": "equirectangular",
        "StereoMode": v1.STEREO_MODES[metadata.stereo],
    }
    if metadata.posed:
        tags["InitialViewHeadingDegrees"] = repr(metadata.yaw)
        tags["InitialViewPitchDegrees"] = repr(metadata.pitch)
        tags["InitialViewRollDegrees"] = repr(metadata.roll)
    if metadata.bounds != FULL:
        eye_height, eye_width = eye_size((height, width), metadata.stereo)
        crop = Crop.of(metadata.bounds, eye_width, eye_height)
        tags.update(zip(CROP_TAGS, map(str, crop), strict=True))
    return tags


def _read_gpano(tags: dict[str, str]) -> SphericalMetadata:
    kind = tags.get("ProjectionType", "equirectangular")
    if kind.lower() != "equirectangular":
        raise OtherProjectionError(f"GPano has the projection {kind!r}")
    return SphericalMetadata(
        Projection.EQUIRECT,
        Stereo.MONO,
        wrapped(number(tags, "PoseHeadingDegrees")),
        number(tags, "PosePitchDegrees"),
        number(tags, "PoseRollDegrees"),
        crop_bounds(tags),
        software=printable(tags.get("StitchingSoftware", "")) or "unknown",
    )


def _decode(packet: bytes) -> str:
    if len(packet) > LARGEST_PACKET:
        raise MetadataError("the XMP packet is absurdly large")
    try:
        return packet.decode()
    except UnicodeDecodeError:
        raise MetadataError("the XMP packet is not UTF-8") from None


def _parse(text: str) -> ElementTree.Element:
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise MetadataError("the XMP packet is no plain XML")
    try:
        return ElementTree.fromstring(text.lstrip("\ufeff").strip("\0 \r\n\t"))
    except (ElementTree.ParseError, ValueError) as error:
        raise MetadataError(f"the XMP packet is no well-formed XML: {error}") from None


def _properties(root: ElementTree.Element) -> dict[str, dict[str, str]]:
    """Values by namespace prefix and name, written as attributes or as elements."""
    found: dict[str, dict[str, str]] = {prefix: {} for prefix in OURS}
    pairs = [(element.tag, (element.text or "").strip()) for element in root.iter()]
    pairs += [pair for element in root.iter() for pair in element.attrib.items()]
    for tag, value in pairs:
        for prefix, uri in OURS.items():
            if tag.startswith(f"{{{uri}}}"):
                found[prefix][tag.removeprefix(f"{{{uri}}}")] = value
    return found


def _strip(text: str) -> str:
    """The text without our properties, their namespaces, and descriptions left empty."""
    _parse(text)
    for uri in OURS.values():
        for prefix in re.findall(rf"""xmlns:([\w.-]+)\s*=\s*["']{re.escape(uri)}["']""", text):
            name = rf"{re.escape(prefix)}:[\w.-]+"
            text = re.sub(rf"""\s+{name}\s*=\s*("[^"]*"|'[^']*')""", "", text)
            text = re.sub(rf"<({name})(\s[^<>]*)?/>\s*", "", text)
            text = re.sub(rf"<({name})(\s[^<>]*)?>[^<]*</\1\s*>\s*", "", text)
            text = re.sub(
                rf"""\s+xmlns:{re.escape(prefix)}\s*=\s*["']{re.escape(uri)}["']""", "", text
            )
    empty = r"""<([\w.-]+):Description\s+\1:about\s*=\s*(""|'')\s*(/>|>\s*</\1:Description\s*>)"""
    text = re.sub(empty, "", text)
    if any(_properties(_parse(text)).values()):
        raise MetadataError("the XMP packet holds panorama properties in a form not known here")
    return text


def _rdf_end(text: str) -> tuple[int, str]:
    """Where the RDF element ends, and the prefix of its namespace."""
    found = list(re.finditer(r"</([\w.-]+):RDF\s*>", text))
    if found:
        return found[-1].start(), found[-1].group(1)
    raise MetadataError("the XMP packet has no RDF element to write into")
