"""From the frames of the scenes that are seen to the frame of the film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pipeline.film.easing import at
from pipeline.film.light import Floats, mix, mix_colour
from pipeline.film.nadir import open_logo
from pipeline.film.overlays import Overlay
from pipeline.film.script import Change, Transition
from pipeline.film.sweeping import Sweep
from pipeline.film.timeline import Placed, Timeline
from pipeline.film.turning import Turning
from vr360.frame import Frame, Rgb, Stereo
from vr360.geometry import Array, rotation
from vr360.stereo import join_eyes

Eyes = list[Rgb]
SIDES = {1: (0,), 2: (1, -1)}
"""Of the eyes of a film, as overlays name them."""


class Composer:
    """Turns scenes, mixes them where they overlap, fades them, and joins the eyes.

    Args:
        timeline: the film.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._film = timeline
        self._turnings = [Turning(timeline.height, timeline.width) for _ in timeline.scenes]
        size = timeline.height, timeline.width
        self._logos = [open_logo(placed.scene.nadir, *size) for placed in timeline.scenes]
        self._overlays = [Overlay(flat, *size) for flat in timeline.script.flats]
        self._sweeping: tuple[Transition, Sweep] | None = None

    def seen(self, frame: int) -> list[int]:
        """Numbers of the scenes in a frame of the film: one, or two that overlap."""
        return [n for n, s in enumerate(self._film.scenes) if s.first <= frame < s.after]

    def frames(self, open_scene: Callable[[Placed], Iterator[Eyes]]) -> Iterator[Frame]:
        """The film, frame by frame; a scene is opened when it is first seen, and closed after."""
        open_: dict[int, Iterator[Eyes]] = {}
        try:
            for frame in range(self._film.frames):
                seen = self.seen(frame)
                for number in [n for n in open_ if n not in seen]:
                    next(open_.pop(number), None)  # lets it complete what it keeps
                for number in [n for n in seen if n not in open_]:
                    open_[number] = open_scene(self._film.scenes[number])
                rgb = self.compose(frame, [next(open_[number]) for number in seen])
                yield Frame(rgb, frame / self._film.rate)
            for rest in open_.values():
                next(rest, None)
        finally:
            for rest in open_.values():
                close(rest)

    def compose(self, frame: int, shown: Sequence[Eyes]) -> Rgb:
        """The picture of a frame.

        Args:
            frame: of the film.
            shown: the eyes of each scene in it, as `seen` names them.
        """
        seen = self.seen(frame)
        turned = [self._prepared(n, frame, eyes) for n, eyes in zip(seen, shown, strict=True)]
        eyes = turned[0]
        if len(turned) == 2:
            eyes = self._mixed(self._film.scenes[seen[1]], frame, *turned)
        for overlay in self._overlays:
            seconds, sides = frame / float(self._film.rate), SIDES[len(eyes)]
            eyes = [overlay(eye, seconds, side) for eye, side in zip(eyes, sides, strict=True)]
        return join_eyes(eyes, self._film.stereo)

    def _prepared(self, number: int, frame: int, eyes: Eyes) -> Eyes:
        """A scene's eyes, turned, faded, and as many as the film has."""
        placed = self._film.scenes[number]
        own = frame - placed.first
        turn = turn_at(placed, own, float(self._film.rate))
        eyes = [self._turnings[number](self._logos[number](eye), turn) for eye in eyes]
        for share, transition in fades(placed, own, number == 0):
            eyes = [mix_colour(eye, transition.colour, share) for eye in eyes]
        return eyes * 2 if len(eyes) == 1 and self._film.stereo is not Stereo.MONO else eyes

    def _mixed(self, placed: Placed, frame: int, before: Eyes, after: Eyes) -> Eyes:
        share: float | Floats = (frame - placed.first + 1) / (placed.enters + 1)
        if placed.scene.enter.kind in (Change.WIPE, Change.IRIS):
            share = self._sweep(placed.scene.enter)(float(share))
        return [mix(a, b, share) for a, b in zip(before, after, strict=True)]

    def _sweep(self, transition: Transition) -> Sweep:
        if self._sweeping is None or self._sweeping[0] is not transition:
            sweep = Sweep(self._film.height, self._film.width, transition)
            self._sweeping = transition, sweep
        return self._sweeping[1]


def turn_at(placed: Placed, own: int, rate: float) -> Array:
    """From the film's directions to those of the scene's clip in one of its frames, (3, 3)."""
    scene, seconds = placed.scene, own / rate
    yaw = at(scene.yaw, seconds) + placed.matched
    turn = rotation(yaw, at(scene.pitch, seconds), at(scene.roll, seconds))
    return turn if placed.steady is None else placed.steady[own] @ turn


def fades(placed: Placed, own: int, opens: bool) -> Iterator[tuple[float, Transition]]:
    """Shares of the colour that a frame of a scene fades to, with the transition it belongs to.

    Args:
        own: the frame, counted from the scene's first.
        opens: whether the scene is the film's first.
    """
    if placed.scene.enter.kind is Change.FADE and own < placed.enters:
        yield 1 - (own + (0 if opens else 1)) / placed.enters, placed.scene.enter
    left = placed.count - 1 - own
    if placed.leave.kind is Change.FADE and left < placed.leaves:
        yield 1 - left / placed.leaves, placed.leave


def close(frames: Iterator[Eyes]) -> None:
    """End a generator before its end."""
    getattr(frames, "close", lambda: None)()
