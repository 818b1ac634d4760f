"""The constants of temporal smoothing, each with its unit and its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SmoothingSettings:
    """Constants of the smoother; memories are those at smoothness 1.

    Attributes:
        moving_memory: frames that the EMA holds where things move.
        key_memory: the same for paintings that move from one key frame to the next, and so come
            several times each.
        resampling_limit: frames, upper bound of both: the gain of the warp's bicubic
            kernel multiplies with each resampling and rings.
        still_memory: frames that the EMA holds where nothing moves; nothing is resampled there.
        still_below, moving_above: pixels a frame. Slower places have `still_memory`, faster ones
            `moving_memory`; in between it is interpolated.
        brightness_tolerance: grey levels of 255, allowed error of the warped source in flat areas;
            the local contrast is allowed in addition.
        energy_radius: cells of the flow's field over which energies of detail are averaged.
        least_gain, most_gain: bounds of the amplification of detail, as factors; below 1 where
            resampling has sharpened the average.
        energy_surplus: ratio of the energies of detail, average over painting, at which they look
            alike; averaged strokes are rounder.
        first_weight: frames that a shot's first one counts for where it stands still, so that
            still places do not settle visibly.
        detail_floor: codes of 8 bits; weaker detail is noise and is not amplified.
        tone_share: share of the error in tone that is corrected until the next measurement.
        interval: frames between two measurements of energy and tone.
        early: frames of a shot at which they are measured as well, while the average changes fast.
        look_lag: share of a look by which the average may lag while the look changes.
    """

    moving_memory: float = 40.0
    key_memory: float = 100.0
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
