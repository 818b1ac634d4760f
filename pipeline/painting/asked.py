"""What a job asks for, checked against its source; nothing heavy is loaded for that."""

from __future__ import annotations

from pipeline.painting.job import StylizeJob
from pipeline.source.asking import probe_asked
from pipeline.source.delivery import as_asked
from pipeline.source.levelling import levelled
from pipeline.source.preprocess import check_median
from pipeline.styles import check_styles
from vr360.frame import VideoInfo
from vr360.media.checks import check_files, check_kind


def probe_source(job: StylizeJob) -> VideoInfo:
    """The source, if all that the job names is there and can be: before any net is loaded."""
    check_files(job.input, job.output, job.preset, job.force)
    given = job.source_projection, job.source_fov, job.stereo, job.rate  # a folder has no rate
    info = as_asked(probe_asked(job.input, *given, parts=True), job.chapters, job.to_sdr)
    check_median(job.median, info.bit_depth)
    job.span.check(info)
    check_kind(job.output, info)
    check_styles(job.style, *job.then)
    return levelled(info, job.level)
