"""The strengths at which looks are learned, and the lengths of strokes."""

STRENGTHS = (0.0, 0.5, 1.0, 1.5)
"""Ascending from 0 in equal steps; 1 is a style's own balance of painting and picture."""

STROKES = (0.5, 2.0)
"""Shortest and longest strokes that are learned, relative to a style's own."""

STROKE_RANGE = (0.5, 4.0)
"""Shortest and longest strokes that can be asked for."""
