"""What cameras put into their files that is theirs alone."""
