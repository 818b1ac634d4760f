"""How a camera lay from moment to moment: which way was down in its picture, and how it turned.

Axes are the picture's: x right, y up, -z ahead. What sensors say of down shakes with every step of
whoever carries them. Seen in a frame that does not turn with the camera, down stands still: there
it is averaged, and then turned back, so that the average costs no precision in time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from vr360.geometry import Array

AHEAD = np.array([0.0, 0.0, -1.0])
UNTURNED = np.array([1.0, 0.0, 0.0, 0.0])
_LEVEL = 1e-3  # of a vector's length: what is shorter points nowhere
_MOST_RATE = 200.0  # readings a second that are integrated; cameras write up to 3,200


class Attitude(NamedTuple):
    """What a camera's sensors, or its pictures, tell of how it lay.

    Attributes:
        times: (N,) seconds on the film's clock, rising.
        down: (N, 3) unit vectors in the picture's axes.
        orientation: (N, 4) unit quaternions (w, x, y, z), each of the same sign as the one before,
            that turn directions of a frame that stands still into the picture's; None where
            nothing tells.
    """

    times: Array
    down: Array
    orientation: Array | None = None

    def turns(self, times: ArrayLike, locked: float | None = None) -> Array:
        """(M, 3, 3) rotations from a level sphere's directions to the picture's.

        Args:
            times: (M,) seconds on the film's clock.
            locked: the moment whose heading stays, seconds; None follows the picture's.

        Raises:
            ValueError: to be locked without an orientation.
        """
        at = np.atleast_1d(np.asarray(times, float))
        ahead = np.broadcast_to(AHEAD, (len(at), 3))
        if locked is not None:
            ahead = self._oriented(at) @ self._oriented(np.array([locked]))[0].T @ AHEAD
        return facing(-unit(interpolated(at, self.times, self.down)), ahead)

    def _oriented(self, at: Array) -> Array:
        if self.orientation is None:
            raise ValueError("without an orientation no heading can be locked")
        return matrices(unit(interpolated(at, self.times, self.orientation)))


def facing(up: Array, ahead: Array) -> Array:
    """(N, 3, 3) rotations that take +y to `up` and -z as near to `ahead` as that allows.

    Args:
        up: (N, 3) unit vectors.
        ahead: (N, 3); where one points along `up`, the picture's top is ahead instead.
    """
    level = ahead - up * np.sum(up * ahead, axis=1, keepdims=True)
    steep = np.linalg.norm(level, axis=1) < _LEVEL
    instead = np.array([0.0, 1.0, 0.0])
    level[steep] = instead - up[steep] * (up[steep] @ instead)[:, None]
    forward = unit(level)
    return np.stack([np.cross(forward, up), up, -forward], axis=2)


def settled(times: Array, down: Array, orientation: Array | None, seconds: float) -> Attitude:
    """An attitude whose `down` is averaged over about `seconds` to both sides.

    Args:
        times: (N,) seconds, about evenly spaced.
        down: (N, 3) as sensors have it, of any length but zero.
        orientation: (N, 4), see `Attitude`; with it the average is taken where nothing turns.
        seconds: standard deviation of the Gaussian weights.
    """
    if orientation is None:
        return Attitude(times, unit(_averaged(times, down, seconds)))
    turned = matrices(orientation)
    still = np.einsum("nji,nj->ni", turned, down)
    calm = unit(_averaged(times, still, seconds))
    return Attitude(times, np.einsum("nij,nj->ni", turned, calm), orientation)


def integrated(times: Array, rates: Array) -> tuple[Array, Array]:
    """Times (M,) and orientation (M, 4) that follow from a gyroscope.

    Args:
        times: (N,) seconds.
        rates: (N, 3) radians a second about the picture's axes, counterclockwise.
    """
    few = max(1, int(len(times) / max(times[-1] - times[0], 1e-6) / _MOST_RATE))
    whole = len(times) // few * few
    times = times[:whole].reshape(-1, few).mean(1)
    steps = rates[:whole].reshape(-1, few, 3).mean(1)[:-1] * np.diff(times)[:, None]
    turns = np.vstack([np.zeros((1, 3)), -steps])  # what stands still turns the other way
    return times, same_sign(_one_after_the_other(rotations(turns)))


def same_sign(quaternions: Array) -> Array:
    """(N, 4) unit quaternions, each as near to the one before as its sign allows."""
    whole = unit(quaternions)
    flips = np.sum(whole[1:] * whole[:-1], axis=1) < 0
    whole[1:][np.cumsum(flips) % 2 == 1] *= -1
    return whole


def matrices(quaternions: Array) -> Array:
    """(N, 3, 3) rotations of quaternions (N, 4), w first; what has no length turns nothing."""
    return np.asarray(_rotation(quaternions).as_matrix())


def rotations(vectors: Array) -> Array:
    """Quaternions (N, 4) of rotation vectors (N, 3), radians."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vectors).as_quat(scalar_first=True))


def products(p: Array, q: Array) -> Array:
    """(N, 4) rotations by q, then by p."""
    return np.asarray((_rotation(p) * _rotation(q)).as_quat(scalar_first=True))


def _rotation(quaternions: Array) -> Any:
    from scipy.spatial.transform import Rotation  # which takes a third of a second to load

    some = np.linalg.norm(quaternions, axis=-1, keepdims=True) > 0
    return Rotation.from_quat(np.where(some, quaternions, UNTURNED), scalar_first=True)


def unit(vectors: Array) -> Array:
    """Vectors (..., n) of length 1; zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)


def interpolated(at: Array, times: Array, values: Array) -> Array:
    """Values (M, n) at other times (M,): between by straight lines, beyond the ends as there."""
    return np.stack([np.interp(at, times, column) for column in values.T], axis=1)


def _averaged(times: Array, values: Array, seconds: float) -> Array:
    """Gaussian average along time; fewer take part at the ends."""
    step = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    sigma = min(seconds / max(step, 1e-6), len(times) / 3)
    reach = int(3 * sigma)
    if reach < 1:
        return values
    kernel = np.exp(-((np.arange(-reach, reach + 1) / sigma) ** 2) / 2)
    weight = np.convolve(np.ones(len(times)), kernel)[reach : reach + len(times)]
    mean = [np.convolve(v, kernel)[reach : reach + len(times)] / weight for v in values.T]
    return np.stack(mean, axis=1)


def _one_after_the_other(steps: Array) -> Array:
    """(N, 4) rotations by all steps up to each, in twice as wide strides each round."""
    done, reach = steps.copy(), 1
    while reach < len(done):
        done[reach:] = products(done[reach:], done[:-reach])
        reach *= 2
    return done
