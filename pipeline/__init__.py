"""What we do to frames: the stages between decoding and encoding, and the commands."""
