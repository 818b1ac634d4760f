"""Spherical metadata of MP4 and MOV files: read, put in, take out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from vr360.errors import MetadataError, OtherProjectionError
from vr360.spherical import ambisonic, apple, v1, v2
from vr360.spherical.boxes import Box
from vr360.spherical.defaults import check_shape
from vr360.spherical.files import Piece
from vr360.spherical.model import Ambisonic, SphericalMetadata
from vr360.spherical.movie import Movie
from vr360.spherical.report import Report, Statement
from vr360.spherical.tracks import Track, choose_video

FFV1 = b"FFV1"


@dataclass(frozen=True)
class Request:
    """What to write, beside the metadata itself.

    Attributes:
        track: number of the video track, from 1; None takes the film.
        ambisonic: `auto`, `acn-sn3d` or `none`.
        apple: write Apple's experimental boxes too.
        move_front: make the tagged track the first one, which YouTube needs.
        any_shape: accept a picture whose shape contradicts the projection.
        in_place: nothing may move if the new metadata fits into free space.
    """

    track: int | None = None
    ambisonic: str = "auto"
    apple: bool = False
    move_front: bool = True
    any_shape: bool = False
    in_place: bool = False


def inject(
    file: BinaryIO, length: int, metadata: SphericalMetadata, request: Request
) -> tuple[list[Piece], list[str]]:
    """The new file in pieces, and what was decided, one sentence each."""
    movie = Movie(file, length)
    track = choose_video(movie.tracks, request.track)
    width, height = track.picture_size()
    shape = [] if request.any_shape else check_shape(metadata, width * track.pixel_aspect(), height)
    notes = shape + _tag(track, metadata, request)
    movie.drop_stray_v1()
    v1.write(track.trak, metadata, width, height)
    if not v1.can_say(metadata):
        notes.append(f"no V1: it cannot say {metadata.describe()}; players that know V1 only fail")
    notes += _sound(movie, request)
    if request.move_front and movie.lead_with(track):
        notes.append("video track moved to the front: YouTube looks at the first track only")
    return movie.pieces(request.in_place), notes


def remove(file: BinaryIO, length: int, in_place: bool) -> list[Piece]:
    """The file without any spherical or ambisonic metadata, in pieces."""
    movie = Movie(file, length)
    movie.drop_stray_v1()
    for track in movie.tracks:
        v1.remove(track.trak)
        if track.is_video:
            for entry in track.visual_entries():
                v2.remove(entry)
                apple.remove(entry)
        for entry in _sounds(track):
            ambisonic.remove(entry)
    return movie.pieces(in_place)


def read(file: BinaryIO, length: int, path: Path, number: int | None = None) -> Report:
    """Everything that the movie box says."""
    movie = Movie(file, length)
    videos = [track for track in movie.tracks if track.is_video]
    if not videos:
        return Report(path, movie.brand, problems=("there is no video track",))
    film = choose_video(movie.tracks, number)
    width, height = film.picture_size()
    sounds, problems = _read_sounds(movie)
    if movie.stray_v1 or any(v1.is_v1(box) for box in movie.moov.children or ()):
        problems.append("V1 outside the video track, where no reader looks")
    statements = [s for i, track in enumerate(videos, 1) for s in _statements(track, i)]
    problems += [f"{s.source}: {s.note}" for s in statements if s.note]
    return Report(
        path,
        movie.brand,
        width,
        height,
        film.codec,
        videos.index(film) + 1,
        movie.moov.all(b"trak")[0] is film.trak,
        tuple(statements),
        tuple(sounds),
        tuple(problems),
        film.pixel_aspect(),
    )


def _tag(track: Track, metadata: SphericalMetadata, request: Request) -> list[str]:
    notes = []
    for entry in track.visual_entries():
        if entry.kind == FFV1:
            raise MetadataError("FFV1 belongs into Matroska only; no player takes it from here")
        v2.write(entry, metadata)
        if request.apple:
            apple.write(entry, metadata)
            notes.append("Apple's vexu and hfov written: experimental, no device has proved them")
        elif _stale(entry, metadata):
            apple.remove(entry)
            notes.append("Apple's vexu removed: it contradicted the new metadata")
    return list(dict.fromkeys(notes))


def _stale(entry: Box, metadata: SphericalMetadata) -> bool:
    found, _ = apple.read(entry)
    return found is not None and bool({"projection", "stereo"} & set(found.differences(metadata)))


def _sound(movie: Movie, request: Request) -> list[str]:
    notes = []
    for track in movie.tracks:
        if request.ambisonic == "none":
            for entry in _sounds(track):
                ambisonic.remove(entry)
        elif track.is_audio and request.ambisonic == "acn-sn3d":
            notes.append(ambisonic.mark(track))
        elif _sounds(track):
            notes.append(ambisonic.mark_if_likely(track))
    if request.ambisonic == "acn-sn3d" and not notes:
        raise MetadataError("there is no audio track to mark as ambisonic")
    return [note for note in notes if note]


def _sounds(track: Track) -> list[Box]:
    """Audio sample entries; none where they are of a kind that cannot be parsed."""
    try:
        return track.audio_entries() if track.is_audio else []
    except MetadataError:
        return []


def _read_sounds(movie: Movie) -> tuple[list[Ambisonic], list[str]]:
    sounds, problems = [], []
    for entry in (entry for track in movie.tracks for entry in _sounds(track)):
        try:
            sounds += [found] if (found := ambisonic.read(entry)) else []
        except MetadataError as error:
            problems.append(str(error))
    return sounds, problems


def _statements(track: Track, number: int) -> list[Statement]:
    entry = track.visual_entries()[0]
    found: list[Statement] = []
    for box in (box for box in track.trak.children or () if v1.is_v1(box)):
        try:
            found.append(Statement("V1", v1.read(box.payload), "", number))
        except MetadataError as error:
            foreign = isinstance(error, OtherProjectionError)
            found.append(Statement("V1", None, str(error), number, foreign))
    metadata, stereo, note = v2.read(entry)
    if metadata and stereo is None and found and found[0].metadata:
        metadata = replace(metadata, stereo=found[0].metadata.stereo)  # V2 is silent, V1 is not
    if metadata or stereo or note:
        found.append(Statement("V2", metadata, note, number))
    metadata, note = apple.read(entry)
    if metadata or note:
        found.append(Statement("Apple", metadata, note, number))
    return found
