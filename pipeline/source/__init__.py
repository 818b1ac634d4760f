"""Before painting and after it: spheres unfolded and folded, the blur before the net, delivery."""
