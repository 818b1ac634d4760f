"""What holds a film still: flow on the sphere, smoothing, cuts."""
