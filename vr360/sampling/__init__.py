"""Looking pictures up at directions: built once for a pair of layouts, applied to many."""

from vr360.choices import Interpolation
from vr360.sampling.sampler import Sampler, build_sampler

__all__ = ["Interpolation", "Sampler", "build_sampler"]
