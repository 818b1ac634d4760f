"""The strengths at which looks are learned."""

STRENGTHS = (0.0, 0.5, 1.0, 1.5)
"""Ascending from 0 in equal steps; 1 is a style's own balance of painting and picture."""
