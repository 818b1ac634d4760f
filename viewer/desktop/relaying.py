"""Commands of how the picture is read: projection, stereo, faces, lenses."""

from __future__ import annotations

from dataclasses import replace
from math import degrees, radians

from viewer.desktop.host import Commands, Host, States
from viewer.desktop.looking import after
from viewer.layout import Layout
from viewer.session import Session
from vr360.cubelayout import CubeLayout
from vr360.frame import Projection, Stereo

NARROWEST, WIDEST = radians(120), radians(280)  # of a lens


class Relaying:
    """Sets the film's layout by hand."""

    def __init__(self, host: Host, session: Session) -> None:
        self._host, self._session = host, session
        self.commands: Commands = {
            "projection": lambda name: self.relay(projection=Projection(name)),
            "next_projection": lambda: self.relay(projection=after(self._layout.projection)),
            "stereo": lambda name: self.relay(stereo=Stereo(name)),
            "next_stereo": lambda: self.relay(stereo=after(self._layout.stereo)),
            "faces": lambda name: self.relay(cube=None if name == "auto" else CubeLayout(name)),
            "swap_lenses": lambda: self.relay(swap_lenses=not self._layout.swap_lenses),
            "widen_lens": self.widen_lens,
            "roll_lens": self.roll_lens,
        }
        self.states: States = {
            "projection": lambda name: self._layout.projection == name,
            "stereo": lambda name: self._layout.stereo == name,
            "faces": lambda name: (self._layout.cube or "auto") == name,
            "swap_lenses": lambda: self._layout.swap_lenses,
        }

    def widen_lens(self, by: str) -> None:
        """By degrees; a lens that is beyond the limits, as --from-fov may say, goes no further."""
        fov, step = self._layout.lens_fov, radians(float(by))
        least, most = min(fov, NARROWEST), max(fov, WIDEST)
        self.relay(lens_fov=min(max(fov + step, least), most))

    def roll_lens(self, by: str) -> None:
        self.relay(lens_roll=self._layout.lens_roll + radians(float(by)))

    def relay(self, **changes: object) -> None:
        """Change attributes of the layout, and say how the film is read now."""
        layout = replace(self._layout, **changes)  # type: ignore[arg-type]
        self._session.set_layout(layout, self._host.canvas)
        words = f"{layout.projection}, {layout.stereo}, set by hand"
        if layout.projection is Projection.DUAL_FISHEYE:
            lenses = "one lens" if layout.one_lens else "lenses"
            words += f"; {lenses} {degrees(layout.lens_fov):.0f}° wide"
            words += f", rolled {degrees(layout.lens_roll):.0f}°"
        if layout.is_cube:
            words += f"; faces as {layout.cube or 'the file says'}"
        self._host.tell(words)

    @property
    def _layout(self) -> Layout:
        return self._session.layout
