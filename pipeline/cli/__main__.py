"""`python -m pipeline.cli` is `vr360`."""

from pipeline.cli import main

main()
