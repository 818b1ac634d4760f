"""What ffmpeg leaves behind: GPMF and CAMM of the source in an MP4 or MOV, and its mastering."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from vr360.frame import Colour, VideoInfo
from vr360.media.chapters import begun
from vr360.media.telemetry import data_packets, telemetry_tracks
from vr360.spherical.adding import Sample, add_track
from vr360.spherical.mastering import set_mastering

_INSTANT = 1e-6  # seconds: that a sample without a length lasts


def why_not(info: VideoInfo, muxer: str, turned: bool) -> str:
    """Why a film's telemetry cannot come along; empty where it can, or where there is none."""
    kinds = " and ".join(info.tags.telemetry)
    if kinds and muxer not in ("mp4", "mov"):
        return f"{kinds} telemetry is left out: only .mp4 and .mov have a place for it"
    if kinds and turned:
        return f"{kinds} telemetry is left out: the picture is turned against the camera"
    return ""


def carry_telemetry(info: VideoInfo, target: Path, start: Fraction, duration: Fraction) -> None:
    """Put the telemetry of a film into what was made of it.

    A sample that the cut goes through comes along whole and begins before the film, because what it
    holds is spread over its time.

    Args:
        info: the source.
        target: an MP4 or MOV.
        start: seconds into the source where the target begins.
        duration: of the target, seconds.

    Raises:
        MetadataError: one of both is damaged.
    """
    begin, end = float(start), float(start + duration)
    for number, _, track in telemetry_tracks(info.path):
        samples = [
            Sample(time - begin, seconds, data)
            for begins, chapter in begun(info)
            for time, seconds, data in data_packets(
                chapter.path, float(begins - chapter.start_time), number
            )
            if begin < time + max(seconds, _INSTANT) and time < end and data
        ]
        if samples:
            add_track(target, track, samples)


def say_mastering(colour: Colour, codec: str, target: Path) -> None:
    """Tell in a film's container how its source was mastered, where the codec does not.

    Raises:
        MetadataError: the film is damaged.
    """
    if codec != "libx265" and (colour.mastering or colour.light):
        set_mastering(target, colour.mastering, colour.light)
