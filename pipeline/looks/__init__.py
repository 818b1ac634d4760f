"""Looks over time, and the images that styles are learned from."""
