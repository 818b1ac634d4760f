"""How we look at a film. Imports `vr360` only; never torch, never `pipeline`."""
