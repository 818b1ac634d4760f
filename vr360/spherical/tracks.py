"""The tracks of a movie: which one is the film, and what its sample entries are."""

from __future__ import annotations

from dataclasses import dataclass

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, name, unpack

VISUAL_PREFIX = 78
AUDIO_PREFIX = 28
QUICKTIME_AUDIO_EXTRA = {0: 0, 1: 16, 2: 36}  # by version of the sample entry
STILL_CODECS = (b"jpeg", b"png ", b"mjpa", b"mjpb", b"mjpg", b"tiff")


@dataclass(eq=False)
class Track:
    """One `trak` box, opened as far as the sample table."""

    trak: Box
    mdia: Box
    stbl: Box
    handler: bytes
    track_id: int
    enabled: bool

    @classmethod
    def of(cls, trak: Box) -> Track | None:
        """None for a track without media, which nothing can play.

        Raises:
            MetadataError: media without its headers, or two of what must be one.
        """
        mdia = trak.open().only(b"mdia")
        minf = mdia.open().only(b"minf") if mdia else None
        stbl = minf.open().only(b"stbl") if minf else None
        if not (mdia and stbl):
            return None
        hdlr, tkhd = mdia.first(b"hdlr"), trak.first(b"tkhd")
        if not (hdlr and tkhd):
            raise MetadataError("a track without its headers (tkhd, hdlr)")
        stbl.open()
        flags = unpack(">I", tkhd.payload, 0, "tkhd")[0]
        at = 20 if flags >> 24 == 1 else 12  # version 1 has times of 64 bits
        (track_id,) = unpack(">I", tkhd.payload, at, "tkhd")
        handler = bytes(hdlr.payload[8:12])
        return cls(trak, mdia, stbl, handler, track_id, bool(flags & 1))

    @property
    def is_video(self) -> bool:
        return self.handler == b"vide"

    @property
    def is_audio(self) -> bool:
        return self.handler == b"soun"

    @property
    def stsd(self) -> Box:
        stsd = self.stbl.only(b"stsd")
        if stsd is None:
            raise MetadataError(f"track {self.track_id} has no sample description (stsd)")
        return stsd.open(8)

    def visual_entries(self) -> list[Box]:
        """All sample entries of a video track, opened.

        Raises:
            MetadataError: none there, or one is damaged.
        """
        entries = self.stsd.children or []
        if not entries:
            raise MetadataError(f"track {self.track_id} has an empty sample description (stsd)")
        return [entry.open(VISUAL_PREFIX) for entry in entries]

    def audio_entries(self) -> list[Box]:
        """The sample entries of a sound track, opened."""
        stsd = self.stsd
        (version,) = unpack(">B", stsd.payload, 0, "stsd")
        return [self._open_audio(entry, version) for entry in stsd.children or []]

    def _open_audio(self, entry: Box, stsd_version: int) -> Box:
        (version,) = unpack(">H", entry.payload, 8, name(entry.kind))
        extra = 0 if stsd_version else QUICKTIME_AUDIO_EXTRA.get(version, 0)
        return entry.open(AUDIO_PREFIX + extra)

    @property
    def codec(self) -> str:
        entries = self.stsd.children or []
        return name(entries[0].kind) if entries else ""

    @property
    def samples(self) -> int:
        stsz = self.stbl.first(b"stsz")
        return unpack(">I", stsz.payload, 8, "stsz")[0] if stsz else 0

    def picture_size(self) -> tuple[int, int]:
        """(width, height) that the first sample entry gives, in pixels as coded."""
        width, height = unpack(">2H", self.visual_entries()[0].payload, 24, "sample entry")
        return width, height

    def pixel_aspect(self) -> float:
        """Width of a pixel over its height."""
        pasp = self.visual_entries()[0].first(b"pasp")
        across, down = unpack(">2I", pasp.payload, 0, "pasp") if pasp else (1, 1)
        return across / down if across and down else 1.0

    def references(self, kind: bytes) -> set[int]:
        """Track ids that this track points to with a reference of the given kind."""
        tref = self.trak.first(b"tref")
        found = tref.open().all(kind) if tref else []
        return {
            unpack(">I", box.payload, at, "tref")[0]
            for box in found
            for at in range(0, len(box.payload) - 3, 4)
        }


def all_tracks(moov: Box) -> list[Track]:
    """The tracks of an opened movie in file order."""
    return [track for trak in moov.all(b"trak") if (track := Track.of(trak))]


def choose_video(tracks: list[Track], number: int | None = None) -> Track:
    """The film among the tracks.

    Args:
        number: of the video track, from 1; else the first enabled one that is no thumbnail.
    Raises:
        MetadataError: there is no such track.
    """
    videos = [track for track in tracks if track.is_video]
    if not videos:
        raise MetadataError("there is no video track")
    if number is not None:
        if not 1 <= number <= len(videos):
            raise MetadataError(f"there is no video track {number}; the file has {len(videos)}")
        return videos[number - 1]
    pictures = _chapter_pictures(tracks)
    films = [v for v in videos if not is_thumbnail(v) and v.track_id not in pictures]
    return next((v for v in films if v.enabled), next(iter(films), videos[0]))


def is_thumbnail(track: Track) -> bool:
    """A single still, or marked as somebody's thumbnail."""
    still = track.codec.encode("latin-1") in STILL_CODECS and track.samples == 1
    return still or bool(track.references(b"thmb"))


def _chapter_pictures(tracks: list[Track]) -> set[int]:
    return set().union(*(track.references(b"chap") for track in tracks))
