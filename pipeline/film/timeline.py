"""Where every scene lies in the film, in whole frames; found out, and checked, before painting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from pipeline.choices import Level
from pipeline.film.easing import at
from pipeline.film.looks import IDLE, Look, is_original, scene_looks, timed_track
from pipeline.film.mask_files import probe_mask
from pipeline.film.mask_reading import all_names
from pipeline.film.script import Change, MaskSpec, Scene, Script, Through, Transition
from pipeline.film.table import Problems
from pipeline.painting.job import StylizeJob
from pipeline.source.delivery import Span
from pipeline.source.levelling import open_levelling
from pipeline.source.preprocess import check_median
from pipeline.styles import check_styles
from vr360.errors import InputError, Vr360Error
from vr360.frame import Projection, Stereo, VideoInfo
from vr360.geometry import Array
from vr360.media.presets import PresetName
from vr360.media.probe import probe
from vr360.stereo import eye_size, picture_size


@dataclass(frozen=True)
class Placed:
    """A scene with its clip, in the film.

    Attributes:
        info: the clip.
        job: how it is painted; its output is where it would lie if it were a film of its own.
        start: of the first frame, seconds of the clip: a whole number of the film's frames.
        first, count: its place in the film, and its length, in frames.
        enters, leaves: frames that the transitions at its two ends take of it.
        leave: the transition at its end.
        masks: of the whole film.
        matched: radians that a matched cut adds to the scene's own yaw.
        steady: (count, 3, 3), see `pipeline.film.steadying`; None leaves the camera's shake.
    """

    scene: Scene
    info: VideoInfo
    job: StylizeJob
    start: Fraction
    first: int
    count: int
    enters: int
    leaves: int
    leave: Transition
    masks: Mapping[str, MaskSpec]
    matched: float = 0.0
    steady: Array | None = None

    @property
    def after(self) -> int:
        """The frame of the film behind its last one."""
        return self.first + self.count


@dataclass(frozen=True)
class Timeline:
    """The whole film, ready to be made.

    Attributes:
        height, width: of one eye.
        stereo: how the eyes lie.
        rate: frames a second.
        bit_depth: of its frames: that of the deepest clip.
    """

    script: Script
    scenes: tuple[Placed, ...]
    height: int
    width: int
    stereo: Stereo
    rate: Fraction
    bit_depth: int

    @property
    def frames(self) -> int:
        return self.scenes[-1].after

    @property
    def picture(self) -> tuple[int, int]:
        """(height, width) of the picture, all eyes included."""
        return picture_size((self.height, self.width), self.stereo)


def lay_out(script: Script, problems: Problems, divide: int = 1) -> Timeline:
    """The film as its clips allow it.

    Args:
        script: what is wanted.
        problems: takes what stands in the way.
        divide: makes a picture that is so many times smaller.

    Raises:
        InputError: all that is wrong with the film, a line each.
    """
    infos = [_probed(scene, problems) for scene in script.scenes]
    known = [info for info in infos if info]
    _check_mask_files(script.masks, problems)
    if not known:
        problems.raise_any()
    if script.scenes[0].enter.overlap:
        place = (*script.scenes[0].place, "transition")
        problems.add(place, "transition: the first scene begins with a cut or a fade")
    _check_alike(script, infos, problems)
    stereo = next((i.stereo for i in known if i.stereo is not Stereo.MONO), Stereo.MONO)
    rate = script.rate or next((info.rate for info in known if info.rate), Fraction(24))
    height, width = _eye(script, known[0], stereo, divide)
    scenes: list[Placed] = []
    first = 0
    for number, (scene, info) in enumerate(zip(script.scenes, infos, strict=True)):
        if info is None:
            continue
        following = script.scenes[number + 1 :]
        leave = following[0].enter if following else script.end
        layout = picture_size((height, width), info.stereo)
        placed = _place(
            scene, info, leave, first, rate, layout, problems, number == 0, script.masks
        )
        scenes.append(_matched(scenes, placed, rate, problems))
        first = placed.after - (round(leave.overlap * rate) if following else 0)
    problems.raise_any()
    depth = max(info.bit_depth for info in known)
    return Timeline(script, tuple(scenes), height, width, stereo, rate, depth)


def _probed(scene: Scene, problems: Problems) -> VideoInfo | None:
    if not scene.source.name:
        return None  # which has been noted
    try:
        info = probe(scene.source, None, scene.paint.get("stereo"))
    except Vr360Error as error:
        problems.add((*scene.place, "source"), f"source: {error}")
        return None
    if info.projection is Projection.HALF_EQUIRECT:
        reason = "is VR180, half a sphere; a film is made of whole ones"
        problems.add((*scene.place, "source"), f"source: {scene.source} {reason}")
    return info


def _check_mask_files(masks: Mapping[str, MaskSpec], problems: Problems) -> None:
    for spec in masks.values():
        files = [spec.values["file"]] if spec.kind == "file" else []
        files += [file for _, file in spec.values.get("painted", ())]
        for file in filter(lambda path: path.name, files):
            try:
                probe_mask(file)
            except Vr360Error as error:
                problems.add((*spec.place, spec.kind), f"{spec.kind}: {error}")


def _check_alike(script: Script, infos: Sequence[VideoInfo | None], problems: Problems) -> None:
    """Colours of two kinds cannot stand in one film."""
    films = [(s, i) for s, i in zip(script.scenes, infos, strict=True) if i and not i.is_still]
    for scene, info in films[1:]:
        ours, theirs = films[0][1].colour, info.colour
        if (ours.primaries, ours.transfer) != (theirs.primaries, theirs.transfer):
            kinds = f"{theirs.primaries}/{theirs.transfer}, not {ours.primaries}/{ours.transfer}"
            hint = "convert the clip first"
            problems.add((*scene.place, "source"), f"source: its colours are {kinds}; {hint}")


def _eye(script: Script, info: VideoInfo, stereo: Stereo, divide: int) -> tuple[int, int]:
    """(height, width) of an eye of the film, in whole multiples of 16 where it is divided."""
    whole = eye_size(
        script.size or (info.height, info.width), stereo if script.size else info.stereo
    )
    if info.projection is not Projection.EQUIRECT and not script.size:
        whole = info.height, 2 * info.height
    if divide == 1:
        return whole
    height, width = (max(16, side // divide // 16 * 16) for side in whole)
    return height, width


def _place(
    scene: Scene,
    info: VideoInfo,
    leave: Transition,
    first: int,
    rate: Fraction,
    size: tuple[int, int],
    problems: Problems,
    opens: bool,
    masks: Mapping[str, MaskSpec],
) -> Placed:
    _check_paint(scene, leave, problems)
    start, count = _span(scene, info, rate, problems)
    enters = _frames(scene.enter, rate, "in", opens)
    leaves = _frames(leave, rate, "out", opens)
    length = count / rate
    if not any(problems.within((*scene.place, key)) for key in ("in", "out")):
        _check_lengths(scene, float(length), enters, leaves, count, problems)
    if enters + leaves > count:
        enters = leaves = 0  # what follows from that is not worth saying
    look = scene_looks(scene, enters / rate, leaves / rate, length, leave)
    job = _job(scene, Span(start, length), look, rate, size, problems)
    _check_level(scene, job, info, problems)
    _check_near(scene, info, masks, problems)
    _check_medians(scene, info, problems)
    return Placed(scene, info, job, start, first, count, enters, leaves, leave, masks)


def _matched(
    before: Sequence[Placed], placed: Placed, rate: Fraction, problems: Problems
) -> Placed:
    """The scene turned, so that its point of interest lies where that of the scene before lies."""
    if placed.scene.match is None or not before:
        return placed
    former = before[-1]
    seconds = float((placed.first - former.first) / rate)
    theirs, ours = _points(former.scene, placed.scene, seconds, problems)
    shown = theirs - at(former.scene.yaw, seconds) - former.matched  # in the film
    return replace(placed, matched=ours - shown - at(placed.scene.yaw, 0.0))


def _points(before: Scene, after: Scene, seconds: float, problems: Problems) -> tuple[float, float]:
    """Yaws, each in its clip, of what is to lie in one direction."""
    if isinstance(after.match, tuple):
        return after.match
    if before.poi is None or after.poi is None:
        scene = before if before.poi is None else after
        text = f"match: scene {scene.name!r} has no poi; write poi = the yaw of what is looked at"
        problems.add((*after.place, "match"), text)
        return 0.0, 0.0
    return at(before.poi, seconds), at(after.poi, 0.0)


def _span(
    scene: Scene, info: VideoInfo, rate: Fraction, problems: Problems
) -> tuple[Fraction, int]:
    """Where it begins in its clip, and for how many frames it goes on."""
    if info.is_still and scene.end is None:
        problems.add((*scene.place, "source"), "a still needs out: how many seconds it is shown")
    clip = scene.end or Fraction(1) if info.is_still else info.duration
    end = clip if scene.end is None else scene.end
    half = 1 / (2 * rate)
    for key, time in (("in", scene.start), ("out", end)):
        if time > clip + half or (key == "in" and time >= clip):
            lasts = f"{scene.source} lasts {float(clip):.2f} s"
            problems.add(
                (*scene.place, key), f"{key}: {float(time):g} s lies behind its end: {lasts}"
            )
    start = round(scene.start * rate) / rate
    return start, max(1, round(min(end, clip) * rate) - round(scene.start * rate))


def _frames(transition: Transition, rate: Fraction, side: str, opens: bool) -> int:
    """Of a scene, at the side where it comes in or goes out."""
    frames = round(transition.seconds * rate)
    if transition.kind is Change.CUT or (opens and side == "in" and transition.overlap):
        return 0
    if transition.kind is Change.FADE and not (opens and side == "in"):
        return frames - frames // 2 if side == "in" else frames // 2
    return frames


def _check_lengths(
    scene: Scene, length: float, enters: int, leaves: int, count: int, problems: Problems
) -> None:
    if enters + leaves > count:
        problems.add(
            scene.place,
            f"scene {scene.name!r} lasts {count} frames, but its transitions take {enters} at its "
            f"beginning and {leaves} at its end: make them shorter, or the scene longer",
        )
    layers = [(layer.place, layer.tracks) for layer in scene.layers]
    for place, tracks in [(scene.place, scene.tracks), *layers]:
        for key, track in tracks.items():
            if track.last > length + 1e-6:
                late = f"a keyframe at {track.last:g} s, but the scene lasts {length:g} s"
                problems.add((*place, key), f"{key}: {late}")


def _check_paint(scene: Scene, leave: Transition, problems: Problems) -> None:
    through = Through.PAINT in (scene.enter.through, leave.through)
    if through and is_original(scene.style) and not problems.within(scene.place):
        hint = "give it a style, and strength = 0 where it is to show the clip itself"
        problems.add(scene.place, f"scene {scene.name!r} is dissolved through paint: {hint}")


def _check_level(scene: Scene, job: StylizeJob, info: VideoInfo, problems: Problems) -> None:
    if job.level is not Level.GRAVITY:
        return  # what is seen is only known once the clip is read
    try:
        open_levelling(job, info, lambda eye: eye)
    except Vr360Error as error:
        problems.add((*scene.place, "level"), f"level: {error}")


def _check_near(
    scene: Scene, info: VideoInfo, masks: Mapping[str, MaskSpec], problems: Problems
) -> None:
    if info.stereo is not Stereo.MONO:
        return
    for layer in scene.layers:
        for name in sorted(all_names(layer.mask, masks)):
            if name in masks and masks[name].kind == "near":
                text = f"mask: {name} tells what is near by two eyes; {info.path} shows one"
                problems.add((*layer.place, "mask"), text)


def _check_medians(scene: Scene, info: VideoInfo, problems: Problems) -> None:
    for layer in scene.layers:
        try:
            check_median(layer.median or 0, info.bit_depth)
        except InputError as error:
            problems.add((*layer.place, "median"), str(error).removeprefix("--"))


def _job(
    scene: Scene,
    span: Span,
    look: Look,
    rate: Fraction,
    size: tuple[int, int],
    problems: Problems,
) -> StylizeJob:
    paint = dict(scene.paint)
    if "smoothness" in paint:
        paint["smoothness"] = timed_track(paint["smoothness"], scene.start)
    try:
        check_styles(look.style)
        return StylizeJob(
            scene.source,
            Path("scene.mkv"),
            look.style,
            look.strength,
            stroke=look.stroke,
            preset=PresetName.ARCHIVE,
            span=span,
            size=size,
            rate=rate,
            **paint,
        )
    except InputError as error:
        problems.add((*scene.place, "style"), str(error))
        return StylizeJob(scene.source, Path("scene.mkv"), IDLE, 0)
