"""Painting the frames of a film: stages, stylizer, canvas, statistics."""
