"""Spherical metadata of Matroska and WebM: `Projection` and `StereoMode` of the video track.

Source: RFC 9559 (Matroska), section on Projection; the payloads are those of MP4's V2 boxes.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from vr360.errors import MetadataError
from vr360.frame import Projection, Stereo
from vr360.spherical import ebml, mesh, v2
from vr360.spherical.defaults import check_shape
from vr360.spherical.ebml import Node
from vr360.spherical.files import Piece
from vr360.spherical.iso import Request
from vr360.spherical.model import FULL, SphericalMetadata
from vr360.spherical.report import Report, Statement
from vr360.spherical.segment import Segment

TRACK_ENTRY, TRACK_TYPE, ENABLED, CODEC, VIDEO = 0xAE, 0x83, 0xB9, 0x86, 0xE0
WIDTH, HEIGHT, STEREO_MODE = 0xB0, 0xBA, 0x53B8
DISPLAY_WIDTH, DISPLAY_HEIGHT, DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
PROJECTION, TYPE, PRIVATE = 0x7670, 0x7671, 0x7672
YAW, PITCH, ROLL = 0x7673, 0x7674, 0x7675
IS_VIDEO = 1
UNKNOWN_UNIT = 4
COLOUR = 0x55B0
EQUIRECT, CUBE, MESH = 1, 2, 3
PROJECTIONS = {
    EQUIRECT: Projection.EQUIRECT,
    CUBE: Projection.CUBEMAP,
    MESH: Projection.DUAL_FISHEYE,
}
STEREO_MODES = {
    Stereo.MONO: 0,
    Stereo.LEFT_RIGHT: 1,
    Stereo.TOP_BOTTOM: 3,
    Stereo.RIGHT_LEFT: 11,
}


def inject(
    file: BinaryIO, length: int, metadata: SphericalMetadata, request: Request
) -> tuple[list[Piece], list[str]]:
    """The new file in pieces, and what was decided, one sentence each."""
    if request.apple:
        raise MetadataError("Apple's boxes exist in MP4 and MOV only")
    segment = Segment(file, length)
    tracks = segment.tracks
    entries = tracks.children()
    film = _choose(entries, request.track)
    video = _child(film, VIDEO)
    width = _number(video, WIDTH) * _pixel_aspect(video)
    notes = [] if request.any_shape else check_shape(metadata, width, _number(video, HEIGHT))
    at = entries.index(film)
    entries[at] = _with_video(film, _tagged(video, metadata))
    first = next(i for i, entry in enumerate(entries) if entry.id == TRACK_ENTRY)
    if request.move_front and at != first:
        entries.insert(first, entries.pop(at))
        notes.append("video track moved to the front: YouTube looks at the first track only")
    return segment.pieces(tracks.with_children(entries)), notes


def remove(file: BinaryIO, length: int) -> list[Piece]:
    """The file with flat video tracks, in pieces."""
    segment = Segment(file, length)
    tracks = segment.tracks
    entries = [
        _with_video(entry, _tagged(_child(entry, VIDEO), None)) if _is_video(entry) else entry
        for entry in tracks.children()
    ]
    return segment.pieces(tracks.with_children(entries))


def with_colour(file: BinaryIO, length: int, nodes: list[Node]) -> list[Piece]:
    """The file whose film says more of its colours, in place of what it said of the same."""
    segment = Segment(file, length)
    tracks = segment.tracks
    entries = tracks.children()
    film = _choose(entries, None)
    video = _child(film, VIDEO)
    entries[entries.index(film)] = _with_video(film, _coloured(video, nodes))
    return segment.pieces(tracks.with_children(entries))


def _coloured(video: Node, nodes: list[Node]) -> Node:
    children = video.children()
    colour = next((child for child in children if child.id == COLOUR), Node(COLOUR, b""))
    new = {node.id for node in nodes}
    kept = [child for child in colour.children() if child.id not in new]
    others = [child for child in children if child.id != COLOUR]
    return video.with_children([*others, colour.with_children([*kept, *nodes])])


def read(file: BinaryIO, length: int, path: Path, number: int | None = None) -> Report:
    """Everything that the track headers say."""
    segment = Segment(file, length, whole=False)
    container = "webm" if segment.doc_type == "webm" else "matroska"
    entries = [entry for entry in segment.tracks.children() if entry.id == TRACK_ENTRY]
    videos = [entry for entry in entries if _is_video(entry)]
    if not videos:
        return Report(path, container, problems=("there is no video track",))
    film = _choose(entries, number)
    video = _child(film, VIDEO)
    statements = [s for i, v in enumerate(videos, 1) for s in _statements(_child(v, VIDEO), i)]
    width, height = _number(video, WIDTH), _number(video, HEIGHT)
    return Report(
        path,
        container,
        width,
        height,
        next((n.payload.decode("latin-1") for n in film.children() if n.id == CODEC), ""),
        videos.index(film) + 1,
        entries[0] is film,
        tuple(statements),
        problems=tuple(f"{s.source}: {s.note}" for s in statements if s.note),
        pixel_aspect=_pixel_aspect(video),
    )


def _choose(entries: list[Node], number: int | None) -> Node:
    videos = [entry for entry in entries if _is_video(entry)]
    if not videos:
        raise MetadataError("there is no video track")
    if number is not None and not 1 <= number <= len(videos):
        raise MetadataError(f"there is no video track {number}; the file has {len(videos)}")
    if number is not None:
        return videos[number - 1]
    return next((v for v in videos if _number(v, ENABLED, 1)), videos[0])


def _is_video(entry: Node) -> bool:
    return entry.id == TRACK_ENTRY and _number(entry, TRACK_TYPE) == IS_VIDEO


def _child(node: Node, ident: int) -> Node:
    for child in node.children():
        if child.id == ident:
            return child
    raise MetadataError(f"element {node.id:X} lacks its {ident:X}")


def _number(node: Node, ident: int, default: int = 0) -> int:
    found = (child for child in node.children() if child.id == ident)
    return next((ebml.unsigned(child.payload) for child in found), default)


def _pixel_aspect(video: Node) -> float:
    """Width of a pixel over its height; display sizes count unless their unit is unknown."""
    width, height = _number(video, WIDTH), _number(video, HEIGHT)
    across = _number(video, DISPLAY_WIDTH, width)
    down = _number(video, DISPLAY_HEIGHT, height)
    if _number(video, DISPLAY_UNIT) == UNKNOWN_UNIT or not (width and height and across and down):
        return 1.0
    return across / down * height / width


def _with_video(entry: Node, video: Node) -> Node:
    return entry.with_children([video if c.id == VIDEO else c for c in entry.children()])


def _tagged(video: Node, metadata: SphericalMetadata | None) -> Node:
    """The video settings with exactly the given tags; None takes the tags out."""
    kept = [c for c in video.children() if c.id not in (PROJECTION, STEREO_MODE)]
    if metadata is None:
        return video.with_children(kept)
    stereo = Node(STEREO_MODE, ebml.pack_unsigned(STEREO_MODES[metadata.stereo]))
    return video.with_children([*kept, stereo, _projection(metadata)])


def _projection(metadata: SphericalMetadata) -> Node:
    if metadata.is_equirect:
        kind, private = EQUIRECT, v2.equi(metadata.bounds)
    elif metadata.projection is Projection.CUBEMAP:
        kind, private = CUBE, v2.cbmp()
    else:
        kind, private = MESH, mesh.dual_fisheye(metadata.lens_fov)
    children = [
        Node(TYPE, ebml.pack_unsigned(kind)),
        Node(PRIVATE, private),
        Node(YAW, struct.pack(">d", metadata.yaw)),
        Node(PITCH, struct.pack(">d", metadata.pitch)),
        Node(ROLL, struct.pack(">d", metadata.roll)),
    ]
    return Node(PROJECTION, b"").with_children(children)


def _statements(video: Node, number: int) -> list[Statement]:
    projections = [child for child in video.children() if child.id == PROJECTION]
    if not projections:
        return []
    try:
        return [Statement("Matroska", _read(video, projections[0]), "", number)]
    except MetadataError as error:
        return [Statement("Matroska", None, str(error), number)]


def _read(video: Node, projection: Node) -> SphericalMetadata:
    parts = {child.id: child.payload for child in projection.children()}
    kind, private = ebml.unsigned(parts.get(TYPE, b"")), parts.get(PRIVATE, b"")
    mode = _number(video, STEREO_MODE)
    stereo = next((s for s, value in STEREO_MODES.items() if value == mode), None)
    if stereo is None:
        raise MetadataError(f"StereoMode {mode} is not one of a sphere")
    if kind not in PROJECTIONS:
        raise MetadataError(f"ProjectionType {kind} is none of a sphere")
    if kind == CUBE:
        v2.read_cbmp(private)
    bounds = v2.read_equi(private) if kind == EQUIRECT and private else FULL
    fov = mesh.read_dual_fisheye(private) if kind == MESH else 0.0
    yaw, pitch, roll = (ebml.real(parts.get(angle, b"")) for angle in (YAW, PITCH, ROLL))
    return SphericalMetadata(PROJECTIONS[kind], stereo, yaw, pitch, roll, bounds, fov)
