"""A small ray-marched valley: the sample clip of the project and its ground truth."""

from .scene import Flow, Scene, View

__all__ = ["Flow", "Scene", "View"]
