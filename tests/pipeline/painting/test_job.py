from pathlib import Path

from pipeline.painting.job import StylizeJob


def test_paths_may_be_strings():
    job = StylizeJob("clip.mp4", "film.mp4", "starry_night")  # type: ignore[arg-type]
    assert (job.input, job.output) == (Path("clip.mp4"), Path("film.mp4"))
