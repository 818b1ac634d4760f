"""Films as jobs: rendered segment by segment into a folder, so that a killed run can go on."""
