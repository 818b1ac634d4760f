"""What a file says about its sphere, and what each target makes of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from vr360.frame import Projection, Stereo
from vr360.spherical.model import Ambisonic, SphericalMetadata
from vr360.spherical.names import without_ending
from vr360.stereo import eye_size

UNKNOWN_KIND = "not an MP4, MOV, MKV, WebM, JPEG or PNG file"
PRECEDENCE = ("V2", "V1", "Matroska", "Apple", "GPano", "XMP")


class Statement(NamedTuple):
    """One place of the file that speaks of a sphere.

    Attributes:
        source: `V1`, `V2`, `Matroska`, `Apple`, `GPano` or `XMP`.
        metadata: what it says; None where readers would not take it.
        note: what is wrong or unusual.
        track: number of the video track, from 1; 0 for a still.
        foreign: it names a projection that is not read here.
    """

    source: str
    metadata: SphericalMetadata | None
    note: str = ""
    track: int = 1
    foreign: bool = False


class Verdict(NamedTuple):
    """What one target will make of the file.

    Attributes:
        plays: it will take the file for what `Report.metadata` says.
        missing: the piece that is not there, empty if none.
    """

    target: str
    plays: bool
    missing: str


@dataclass(frozen=True)
class Report:
    """Everything found.

    Attributes:
        container: `mp4`, `mov`, `matroska`, `webm`, `jpeg`, `png`; None for any other file.
        width, height: of the whole picture as coded, 0 where unknown.
        pixel_aspect: width of a pixel over its height.
        track: number of the video track that is the film, from 1; 0 for a still.
        leads: that track is the first track of the file.
        statements: all places that speak, of all video tracks.
        ambisonic: the `SA3D` boxes.
        problems: what is there and should not be, or the other way round.
        right_eye: a still holds the right eye as a second picture in its XMP.
    """

    path: Path
    container: str | None = None
    width: int = 0
    height: int = 0
    codec: str = ""
    track: int = 0
    leads: bool = True
    statements: tuple[Statement, ...] = ()
    ambisonic: tuple[Ambisonic, ...] = ()
    problems: tuple[str, ...] = ()
    pixel_aspect: float = 1.0
    right_eye: bool = False

    @property
    def metadata(self) -> SphericalMetadata | None:
        """What readers agree on for the film: V2 before V1 before the others."""
        return next(iter(self._film().values()), None)

    @property
    def foreign(self) -> str:
        """What is said of the film where that is a projection which is not read here."""
        said = [s.note for s in self.statements if s.foreign and s.track == self.track]
        return said[0] if said and self.metadata is None else ""

    @property
    def disagreements(self) -> tuple[str, ...]:
        """Where two places of the same track differ by more than their own rounding."""
        film = list(self._film().items())
        found = []
        for i, (one, first) in enumerate(film):
            for other, second in film[i + 1 :]:
                if names := first.differences(second, self.pixel(first)):
                    found.append(f"{one} and {other} differ in {', '.join(names)}; {one} wins")
        return tuple(found)

    def pixel(self, metadata: SphericalMetadata) -> float:
        """One pixel as a fraction of the smaller side of an eye."""
        return 1 / max(1, min(eye_size((self.height, self.width), metadata.stereo)))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """YouTube, Quest, VLC, visionOS: what each needs and which piece is missing."""
        needs = {"YouTube": youtube, "Quest": quest, "VLC": vlc, "visionOS": visionos}
        found = []
        for target, need in needs.items():
            missing = need(self)
            found.append(Verdict(target, not missing, missing))
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON: plain names, numbers and lists."""
        return {
            "file": str(self.path),
            "container": self.container,
            "width": self.width,
            "height": self.height,
            "codec": self.codec,
            "metadata": plain(self.metadata),
            "statements": [s._asdict() | {"metadata": plain(s.metadata)} for s in self.statements],
            "disagreements": list(self.disagreements),
            "problems": list(self.problems),
            "ambisonic": [asdict(sound) for sound in self.ambisonic],
            "first_track": self.leads,
            "right_eye": self.right_eye,
            "targets": [verdict._asdict() for verdict in self.verdicts],
        }

    def has(self, *sources: str) -> bool:
        return any(source in self._film() for source in sources)

    def _film(self) -> dict[str, SphericalMetadata]:
        """What each place says of the film, the strongest first."""
        found = {
            s.source: s.metadata
            for s in self.statements
            if s.track == self.track and s.metadata is not None
        }
        return {source: found[source] for source in PRECEDENCE if source in found}


def plain(metadata: SphericalMetadata | None) -> dict[str, Any] | None:
    """Metadata for JSON."""
    if metadata is None:
        return None
    return {name: _plain(value) for name, value in asdict(metadata).items()}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, (Projection, Stereo)) else value


def youtube(report: Report) -> str:
    """The piece that YouTube misses: metadata as Google's tool writes it, on the first track."""
    metadata = report.metadata
    if report.container not in ("mp4", "mov", "matroska", "webm"):
        return "a film in MP4, MOV, MKV or WebM"
    if metadata is None or not report.has("V1", "V2", "Matroska"):
        return "spherical metadata (V1, V2 or Matroska)"
    if metadata.projection is Projection.DUAL_FISHEYE:
        return "a stitched picture"
    if metadata.stereo is Stereo.RIGHT_LEFT:
        return "left-right order of the eyes"
    if not report.leads:
        return "the tagged video track as the first track of the file"
    return ""


SUFFIXES = {
    (Projection.EQUIRECT, Stereo.MONO): "_360",
    (Projection.EQUIRECT, Stereo.TOP_BOTTOM): "_360_TB",
    (Projection.EQUIRECT, Stereo.LEFT_RIGHT): "_360_LR",
    (Projection.HALF_EQUIRECT, Stereo.LEFT_RIGHT): "_180_LR",
}


def name_suffix(metadata: SphericalMetadata) -> str:
    """The file name ending by which Meta's players know the layout; empty where they have none."""
    return SUFFIXES.get((metadata.projection, metadata.stereo), "")


def suffixed(path: Path, metadata: SphericalMetadata) -> Path:
    """The path with the right ending of the name in place of a wrong or missing one."""
    return path.with_name(without_ending(path.stem) + name_suffix(metadata) + path.suffix)


def quest(report: Report) -> str:
    """The piece that Meta's players miss: they read the file name and the shape, no metadata."""
    if report.metadata is None:
        return "spherical metadata, from which the name suffix follows"
    suffix = name_suffix(report.metadata)
    if not suffix:
        return "a layout that a name suffix exists for"
    if report.path.stem.lower().endswith(suffix.lower()):
        return ""
    guess = "; its square frame would be taken as top-bottom" * (report.width == report.height)
    return f"the name suffix {suffix}{guess}"


def vlc(report: Report) -> str:
    """The piece that VLC misses for looking around; it shows packed eyes as one picture."""
    metadata = report.metadata
    if metadata is None or not report.has("V1", "V2", "Matroska"):
        return "spherical metadata (V1, V2 or Matroska)"
    if metadata.projection is Projection.HALF_EQUIRECT or not metadata.is_equirect:
        return "a full equirect picture"
    if metadata.stereo is not Stereo.MONO:
        return "a mono picture: it draws both eyes at once"
    return ""


def visionos(report: Report) -> str:
    """The piece that visionOS 26 misses: its apps parse V1 and V2; `vexu` is experimental."""
    if report.container not in ("mp4", "mov"):
        return "a film in MP4 or MOV"
    if not report.has("V1", "V2", "Apple"):
        return "spherical metadata (V1 or V2, or Apple's vexu)"
    if not report.metadata or not report.metadata.is_equirect:
        return "an equirect picture"
    return ""
