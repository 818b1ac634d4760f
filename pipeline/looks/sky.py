"""The sky, found by itself: no net, no download.

The sphere above the horizon is laid on a disc about the zenith, which has neither seam nor pole.
Colours and texture high up and below the horizon are learned as mixtures of Gaussians. What is
never seen about the zenith, such as a crown, a rock or a vault that towers overhead, is not learned
from. What looks more like the former, the more so the lower it lies, is sky, and so is what is
smooth and joined to it without an edge, such as haze; both are learned again from what was found.
GrabCut (Rother, Kolmogorov, Blake 2004) then draws the edge, and an average over the frames
steadies it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.looks.masks import Floats, Seen
from pipeline.looks.memory import Averages, Memory, expected
from vr360.filters import Around, box_blur, gaussian_blur
from vr360.frame import Rgb, peak_of
from vr360.geometry import (
    QUARTER_TURN,
    Array,
    lonlat_to_xyz,
    pixel_to_plane,
    plane_to_pixel,
    xyz_to_lonlat,
)
from vr360.geometry import Mask as Where
from vr360.projections import Equirect
from vr360.sampling import Interpolation, Sampler, build_sampler

SIDE = 384  # of the disc, pixels
REACH = np.radians(105)  # of the disc, from the zenith
SURE_SKY, GROUND, NO_SKY = np.radians([25, -4, -10])  # latitudes
RISING = np.radians(22)  # latitude up to which sky needs more than the same likelihood
NEEDED = 9.0  # how much more it needs at the horizon, in natural logarithms
LENT = 6.0  # how much less it needs overhead; by itself it makes nothing sure
SURE, SURE_GROUND = 8.0, -6.0  # of a ratio of likelihoods
ZENITH = np.radians(70)  # from there on up nothing but sky is expected
KINDS = 16  # of colours and texture above the horizon
RARE = 0.02  # a kind's density about the zenith, of that below it: such a kind is no sky
SMOOTH = 0.7  # L* a pixel of the disc: how much it varies where no edge is
COLOURS = 8  # Gaussians in each mixture
ROUNDS = 3
MEMORY = 0.4  # of the newest frame in the average
ANOTHER = 0.15  # mean difference from the average that says: another shot

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Disc:
    """An azimuthal equidistant picture about the zenith; the front lies at its top."""

    height: int = SIDE
    width: int = SIDE

    def directions(self, x: ArrayLike, y: ArrayLike) -> tuple[Array, Where]:
        u, v = np.broadcast_arrays(pixel_to_plane(x, self.width), pixel_to_plane(y, self.height))
        radius = np.hypot(u, v) * REACH
        return lonlat_to_xyz(np.arctan2(u, -v), QUARTER_TURN - radius), radius <= REACH

    def pixels(self, xyz: ArrayLike) -> tuple[Array, Array, Where]:
        lon, lat = xyz_to_lonlat(xyz)
        radius = (QUARTER_TURN - lat) / REACH
        x = plane_to_pixel(radius * np.sin(lon), self.width)
        y = plane_to_pixel(-radius * np.cos(lon), self.height)
        return x, y, radius <= 1


class Sky:
    """The mask of the sky, averaged over the frames that it is asked about in turn."""

    def __init__(self) -> None:
        self._past: dict[int, Floats] = {}  # of each eye

    @property
    def memory(self) -> Memory | None:
        return Averages(list(self._past.values()))

    @memory.setter
    def memory(self, memory: Memory | None) -> None:
        known = expected(Averages, memory)
        self._past = dict(enumerate(known.masks)) if known else {}

    def begin_shot(self) -> None:
        self._past = {}

    def __call__(self, seen: Seen) -> Floats:
        found = find_sky(seen.eye)
        past = self._past.get(seen.number)
        if past is not None and past.shape == found.shape and abs(past - found).mean() < ANOTHER:
            found = past + np.float32(MEMORY) * (found - past)
        self._past[seen.number] = found
        return found


def find_sky(eye: Rgb) -> Floats:
    """(H, W) in 0..1 for a whole equirect sphere (H, W, 3)."""
    height, width = eye.shape[:2]
    to_disc, back, latitude = _ways(height, width)
    rgb = to_disc(_eight_bits(eye))
    sky = _cut_out(rgb, *_likely(rgb, latitude), latitude)
    return np.asarray(back(sky.astype(np.float32)))


@lru_cache(maxsize=2)
def _ways(height: int, width: int) -> tuple[Sampler, Sampler, Array]:
    """From a sphere to the disc and back, and the disc's latitudes (h, w)."""
    sphere, disc = Equirect(height, width), Disc()
    places = np.arange(SIDE)
    directions, seen = disc.directions(places[None], places[:, None])
    latitude = np.where(seen, np.arcsin(np.clip(directions[..., 1], -1, 1)), -QUARTER_TURN)
    to_disc = build_sampler(sphere, disc, interpolation=Interpolation.LINEAR)
    back = build_sampler(disc, sphere, interpolation=Interpolation.LINEAR)
    return to_disc, back, latitude


def _eight_bits(eye: Rgb) -> Rgb:
    return eye if eye.dtype == np.uint8 else np.rint(eye * (255 / peak_of(eye))).astype(np.uint8)


def _likely(rgb: Rgb, latitude: Array) -> tuple[Bools, Array]:
    """Where sky is likelier than ground, and the logarithm of how much likelier."""
    features = _features(rgb)
    sky, ground = _high(features, latitude), latitude < GROUND
    prior = np.clip(NEEDED * (latitude / RISING - 1), -2 * NEEDED, LENT)
    for _ in range(ROUNDS):
        as_sky = likelihood(features, mixture(features[sky]))
        as_ground = likelihood(features, mixture(features[ground]))
        # what is like neither is no sky
        odds = as_sky - np.maximum(as_ground, np.quantile(as_sky[sky], 0.005))
        odds = gaussian_blur(np.clip(odds, -12, 12) + prior, 1.5, Around.FLAT)
        likely = _with_haze((odds > 0) & (latitude > NO_SKY), features, latitude)
        if not likely.any() or likely.all():
            break
        sky, ground = likely & (latitude > 0), ~likely & (latitude > -QUARTER_TURN)
        if sky.sum() < COLOURS:
            break
    return likely, odds


def _high(features: Array, latitude: Array) -> Bools:
    """What lies high, but for kinds of colours and texture that are not seen about the zenith."""
    upper = latitude > 0
    kinds, (above, area) = _kinds(features[upper], KINDS), (latitude[upper], _area(latitude[upper]))
    top = above > ZENITH
    share = [np.bincount(kinds[part], area[part], KINDS) / area[part].sum() for part in (top, ~top)]
    sky = np.zeros(latitude.shape, bool)
    sky[upper] = (share[0] > RARE * share[1])[kinds] & (above > SURE_SKY)
    return sky


def _area(latitude: Array) -> Array:
    """Of a pixel of the disc on the sphere, but for a factor."""
    return np.asarray(np.sinc((QUARTER_TURN - latitude) / np.pi))


def _with_haze(likely: Bools, features: Array, latitude: Array) -> Bools:
    """With what is smooth above the horizon and touches it."""
    smooth = (features[..., 3] < _varies(SMOOTH)) & (latitude > 0)
    _, parts = cv2.connectedComponents(smooth.astype(np.uint8), connectivity=4)
    joined = np.unique(parts[likely & smooth])
    return np.asarray(likely | (smooth & np.isin(parts, joined)))


def _features(rgb: Rgb) -> Array:
    """(h, w, 4): CIE L*a*b*, and how much L* varies nearby."""
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    across, down = np.gradient(lab[..., 0])
    texture = box_blur(np.hypot(across, down).astype(np.float32), 5, Around.FLAT)
    return np.dstack([lab, _varies(texture)]).astype(np.float64)


def _varies(texture: ArrayLike) -> Array:
    return np.asarray(8 * np.log1p(texture))


Gaussians = Sequence[tuple[float, Array, Array]]
"""Share, mean (4,) and covariance (4, 4) of each."""


def mixture(features: Array) -> Gaussians:
    """A mixture of Gaussians about the k-means of features (N, 4)."""
    few = features[:: max(1, len(features) // 8000)].astype(np.float32)
    count = min(COLOURS, len(few))
    kinds = _kinds(few, count)
    parts = [few[kinds == n].astype(np.float64) for n in range(count)]
    spread = 4 * np.eye(features.shape[1])  # so that no Gaussian is narrower than noise
    return [
        (len(part) / len(few), part.mean(0), np.cov(part.T) + spread)
        for part in parts
        if len(part) > min(20, len(few) // (2 * COLOURS))
    ]


def _kinds(features: Array | Floats, count: int) -> NDArray[np.int32]:
    """(N,) in 0..count-1: k-means of features (N, 4)."""
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.1)
    empty, start = np.empty(0, np.int32), cv2.KMEANS_PP_CENTERS
    _, kinds, _ = cv2.kmeans(features.astype(np.float32), count, empty, stop, 1, start)
    return np.asarray(kinds.ravel(), np.int32)


def likelihood(features: Array, gaussians: Gaussians) -> Array:
    """Logarithm of the density of features (..., 4), but for a constant."""
    flat = features.reshape(-1, features.shape[-1]).astype(np.float32)
    found = [_density(flat, *gaussian) for gaussian in gaussians]
    return np.asarray(np.logaddexp.reduce(found, axis=0)).reshape(features.shape[:-1])


def _density(features: Array | Floats, share: float, mean: Array, spread: Array) -> Floats:
    """The logarithm of one Gaussian's part at features (N, 4)."""
    whitening = np.linalg.cholesky(np.linalg.inv(spread))
    off = (features - mean.astype(np.float32)) @ whitening.astype(np.float32)
    level = np.float32(np.log(share) - np.linalg.slogdet(spread)[1] / 2)
    return np.asarray(level - np.einsum("ni,ni->n", off, off) / 2, np.float32)


def _cut_out(rgb: Rgb, likely: Bools, odds: Array, latitude: Array) -> Bools:
    """GrabCut, begun with what is likely; what is sure stays."""
    marks = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[(latitude < NO_SKY) | (odds < SURE_GROUND)] = cv2.GC_BGD
    marks[likely & (odds > SURE)] = cv2.GC_FGD
    if not likely.any() or likely.all():
        return likely
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    cv2.grabCut(bgr, marks, None, *models, 1, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return np.asarray((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD))
