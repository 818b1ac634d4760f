"""The constants of temporal smoothing, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmoothingSettings:
    """What the smoother goes by, at smoothness 1 where that scales it.

    Attributes:
        moving_memory: frames that the average holds where things move.
        resampling_limit: frames; no more are held where things move, because the gain of the warp's
            cubic kernel adds up with each resampling and rings.
        still_memory: frames that it holds where nothing moves: without resampling there is no limit
            but that of a change of light that nobody sees.
        still_below, moving_above: pixels a frame; a place that moves less stands still, one that
            moves more is in motion, in between the memory is interpolated.
        brightness_tolerance: grey levels of 255 by which the warped source may miss the present one
            where it is flat; where it has contrast, that is allowed besides.
        energy_radius: cells of the flow's field over which energies of detail are averaged.
        least_gain, most_gain: bounds of the amplification of detail; below 1 where resampling has
            sharpened the average.
        energy_surplus: energy of an average that looks as rich as a painting, over the painting's:
            strokes that were averaged are rounder.
        first_weight: frames that the first of a shot counts for where it stands still, so that
            still places need not settle in sight.
        detail_floor: codes of 8 bits; weaker detail is noise and is not amplified.
        tone_share: share of a difference in tone that is made up until the next measurement.
        interval: frames between two measurements of energy and tone.
        early: frames of a shot at which they are measured as well, while the average changes fast.
        look_lag: share of a look by which the average may lag while the look changes.
    """

    moving_memory: float = 40.0
    resampling_limit: float = 10.0
    still_memory: float = 20000.0
    still_below: float = 0.05
    moving_above: float = 0.3
    brightness_tolerance: float = 3.0
    energy_radius: int = 4
    least_gain: float = 0.5
    most_gain: float = 3.0
    energy_surplus: float = 1.07
    first_weight: float = 12.0
    detail_floor: float = 0.1
    tone_share: float = 0.3
    interval: int = 8
    early: tuple[int, ...] = (1, 2, 3, 5)
    look_lag: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.still_below < self.moving_above:
            raise ValueError(f"still below {self.still_below}, moving above {self.moving_above}")
        if not 0 <= self.least_gain <= 1 <= self.most_gain:
            raise ValueError(f"gain from {self.least_gain} to {self.most_gain}")
        if self.interval < 2:
            raise ValueError(f"an interval of {self.interval} frames")

    @property
    def easing(self) -> float:
        """Share of the way to a new measurement, a frame: half of it until the next one."""
        return float(1 - 0.5 ** (1 / self.interval))


SETTINGS = SmoothingSettings()
