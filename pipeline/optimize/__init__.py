"""Painting by optimisation (Gatys et al. 2015): slow, for hero frames and short shots."""
