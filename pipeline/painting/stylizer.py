"""A look, ready to paint: styles, canvas and backend bound into one function of eyes.

Numpy outside, torch inside; one way in, one way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.backends import Backend, open_backend
from pipeline.choices import Statistics
from pipeline.looks.keyframes import Time
from pipeline.looks.track import Look, LookTrack, parse_look
from pipeline.nets.looks import kept
from pipeline.nets.surface import PlacesPixels
from pipeline.nets.tensors import to_rgb, to_tensor
from pipeline.painting.canvas import Canvas, check_layout, choose_canvas, choose_projection
from pipeline.painting.look_state import LayeredState, LookState
from pipeline.painting.statistics import ShotStatistics
from pipeline.styles import Palette, open_palette
from vr360.change import luma
from vr360.choices import chosen
from vr360.frame import Rgb, bit_depth, peak_of


class PaintsEyes(Protocol):
    """One look, or several on one frame: what painting asks of it."""

    @property
    def state(self) -> LookState | None: ...
    @state.setter
    def state(self, state: LookState | None) -> None: ...
    @property
    def backend(self) -> Backend: ...
    @property
    def kept(self) -> Sequence[NDArray[np.float32]]: ...
    @property
    def changes(self) -> Sequence[NDArray[np.float32]]: ...
    def begin_shot(self) -> None: ...
    def explain(self, width: int) -> str: ...
    def is_nothing(self, seconds: Time | None = None) -> bool: ...
    def changed(self, before: Time, now: Time) -> float: ...
    def __call__(
        self,
        eyes: Sequence[Rgb],
        depth: int | None = None,
        seconds: Time = 0,
        sharp: Sequence[Rgb] | None = None,
        elapsed: int = 1,
    ) -> list[Rgb]: ...


class Stylizer:
    """Paints the eyes of one frame after the other; each eye is a whole equirect sphere.

    Args:
        track: the look at every moment.
        palette: the styles in it, and their net.
        backend: runs that net.
        projection: `equirect` or `cubemap`, how the sphere is laid out for the net; `auto` chooses.
        padding: `sphere` pads in front of every convolution; `wrap` continues the whole picture,
            paints and crops, the way for nets whose padding cannot be replaced.
        statistics: `shot` holds the statistics of the normalisations, `frame` measures each anew.
        preserve_colour: paint brightness alone, whatever the style.
        may_change: keep in the state what a change of the look needs, though the track has none: a
            job goes on from it with another track.

    Raises:
        InputError: a value that cannot be.
    """

    def __init__(
        self,
        track: LookTrack,
        palette: Palette,
        backend: Backend,
        *,
        projection: str = "auto",
        padding: str = "sphere",
        statistics: str = "shot",
        preserve_colour: bool = False,
        may_change: bool = False,
    ) -> None:
        chosen(Statistics, statistics, "--statistics")
        check_layout(projection, padding)
        self.track = track
        self.backend: Backend = backend
        self._palette = palette
        self._projection = projection
        self._padding = padding
        self._preserve_colour = preserve_colour
        self._shot = (
            ShotStatistics(backend, may_change or not track.is_constant)
            if statistics == "shot"
            else None
        )
        self._canvases: dict[tuple[int, ...], Canvas] = {}

    @property
    def kept(self) -> Sequence[NDArray[np.float32]]:
        """Nothing of the picture itself is to be laid on the painting, see `Layered`."""
        return ()

    @property
    def changes(self) -> Sequence[NDArray[np.float32]]:
        """A look is the same everywhere, see `Layered`."""
        return ()

    def begin_shot(self) -> None:
        """The next picture belongs to another shot: nothing of this one is kept."""
        if self._shot:
            self._shot.begin_shot()

    @property
    def state(self) -> LookState | None:
        """What is remembered of the shot; None where every frame is measured by itself."""
        return self._shot.state if self._shot else None

    @state.setter
    def state(self, state: LookState | None) -> None:
        if isinstance(state, LayeredState):
            raise ValueError("the state of a look with layers")
        if (state is None) != (self._shot is None):
            raise ValueError("the state of a look with other --statistics")
        if self._shot and state:
            self._shot.state = state

    def is_nothing(self, seconds: Time | None = None) -> bool:
        """Whether the picture is left as it is at a moment, or ever."""
        return self.track.is_nothing if seconds is None else self.track.at(seconds).strength == 0

    def changed(self, before: Time, now: Time) -> float:
        """By how much the look differs between two moments, see `Look.distance`."""
        return self.track.at(now).distance(self.track.at(before))

    def explain(self, width: int) -> str:
        """How eyes of that width are laid out for the net, and why; one sentence for the user."""
        if self._projection != "auto":
            return f"{self._projection}, as asked for"
        net = self._palette.net.geometry
        return ": ".join(choose_projection(width / self.track.reduction, self._padding, net))

    def canvas(self, height: int, width: int, eyes: int) -> Canvas:
        """How `eyes` spheres of this size are laid out."""
        key = height, width, eyes
        if key not in self._canvases:
            net, reduction = self._palette.net.geometry, self.track.reduction
            layout = self._projection, self._padding
            self._canvases[key] = choose_canvas(*key, *layout, net, reduction)
        return self._canvases[key]

    def __call__(
        self,
        eyes: Sequence[Rgb],
        depth: int | None = None,
        seconds: Time = 0,
        sharp: Sequence[Rgb] | None = None,
        elapsed: int = 1,
    ) -> list[Rgb]:
        """Paint eyes of one size.

        Args:
            eyes: (H, W, 3) each.
            depth: bits of the result; the eyes' own by default.
            seconds: when the look is taken.
            sharp: the eyes without a blur, which show through a look weaker than 1.
            elapsed: frames since those painted before; more than 1 if some were not painted.
        Returns:
            (H, W, 3) each; at strength 0 `sharp` itself.
        """
        depth = depth or bit_depth(eyes[0])
        look = self.track.at(seconds)
        sharp = eyes if sharp is None else sharp
        share = float(kept(torch.tensor(look.strength)))
        if share == 1 and depth == bit_depth(eyes[0]):
            return list(sharp)
        canvas = self.canvas(eyes[0].shape[0], eyes[0].shape[1], len(eyes))
        rgb = to_tensor([p for eye in eyes for p in canvas.spread(eye)], self.backend.device)
        painted = to_rgb(self._paint(rgb, look, seconds, canvas.surface, elapsed), depth)
        each = len(painted) // len(eyes)
        spheres = [
            canvas.gather(painted[first : first + each]) for first in range(0, len(painted), each)
        ]
        colour = 1.0 if self._preserve_colour else self._palette.colour_kept(look)
        return [
            _fade(own, preserve_colour(eye, sphere, colour), 1 - share)
            for own, eye, sphere in zip(sharp, eyes, spheres, strict=True)
        ]

    def _paint(
        self, rgb: Tensor, look: Look, seconds: Time, surface: PlacesPixels, elapsed: int
    ) -> Tensor:
        values = self.values(look)
        if not self._shot:
            return self.backend(rgb, values, surface)
        coming = None if self.track.is_constant else self.values(self.track.coming(seconds))
        return self._shot.paint(rgb, values, surface, elapsed, coming)

    def values(self, look: Look) -> Tensor:
        """The numbers (1, K) of a look on the canvas, which is sized for strokes of one length; the
        look's are so many times as long there.
        """
        return self._palette.values(replace(look, stroke=look.stroke / self.track.reduction))


def load_stylizer(
    style: str | Path | Sequence[str],
    *,
    strength: str | float = 1.0,
    stroke: str | float = 1.0,
    device: str = "auto",
    projection: str = "auto",
    padding: str = "sphere",
    statistics: str = "shot",
    preserve_colour: bool = False,
    may_change: bool = False,
) -> Stylizer:
    """A look as `parse_look` reads it, ready to paint on the fastest backend.

    Raises:
        CheckpointError: no such style, or a file that is none.
        InputError: a value that cannot be.
    """
    track = parse_look(style, strength, stroke)
    palette = open_palette(track.styles)
    return Stylizer(
        track,
        palette,
        open_backend(palette.net, device),
        projection=projection,
        padding=padding,
        statistics=statistics,
        preserve_colour=preserve_colour,
        may_change=may_change,
    )


def preserve_colour(eye: Rgb, painted: Rgb, share: float) -> Rgb:
    """The painting with a share of the eye's colours in place of its own; its luma stays.

    Luma by BT.709, as in "Preserving Color in Neural Artistic Style Transfer" (Gatys et al. 2016).
    """
    if share == 0:
        return painted
    peak = peak_of(painted)
    own = eye.astype(np.float32) * np.float32(peak / peak_of(eye))
    light = (luma(painted) - luma(eye))[..., None] * np.float32(peak)
    coloured = painted + np.float32(share) * (own + light - painted)
    return np.asarray(coloured.round().clip(0, peak), painted.dtype)


def _fade(eye: Rgb, painted: Rgb, share: float) -> Rgb:
    """The painting's share added to what is kept of the eye, in the codes of the painting."""
    if share == 1:
        return painted
    scale = peak_of(painted) / peak_of(eye)
    mixed = eye.astype(np.float32) * np.float32(scale * (1 - share)) + painted * np.float32(share)
    return mixed.round().astype(painted.dtype)
