"""Which way each sound track of the source goes into the film.

MP4 and MOV can hide the part of a packet that lies before the film begins (edit lists), so their
tracks are copied and still start on the exact sample. Matroska rounds every packet to a
millisecond and hides nothing: tracks whose packets do not fall on that grid are kept exact by
storing them losslessly instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error

from vr360.frame import AudioInfo, VideoInfo
from vr360.geometry import Array
from vr360.media.ambisonics import mix_filter, order_of, turned_by
from vr360.media.containers import open_media
from vr360.spherical import inspect

_PCM = ("pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_s16be", "pcm_s24be")
_COMMON = ("aac", "mp3", "ac3", "eac3", "alac")
_COPIED = {
    "mp4": (*_COMMON, "opus"),
    "mov": (*_COMMON, *_PCM),
    "matroska": (*_COMMON, "opus", "vorbis", "flac", "dts", "truehd", *_PCM),
}
_FLAC_CHANNELS = 8
_AAC_BITS_A_CHANNEL = 96_000
_PLAIN_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1"} | {
    8: "7.1",
    16: "hexadecagonal",
}
_SPEAKERS = ("5.0", "5.0(side)", "5.1", "5.1(side)", "6.1", "7.1", "7.1(wide)")
_FIRST_WITH_SUBWOOFER = 6  # channels, as AAC numbers its loudspeakers
_ON_TIME = "aresample=async=1:first_pts=0"
_MILLISECOND = Fraction(1, 1000)
_LARGEST_TIMESCALE = 2**31 - 1


@dataclass(frozen=True)
class Track:
    """One track of the source: copied where `encoder` is None, and why not otherwise.

    `mix` turns an ambisonic one with the picture, see `turned_by`. Where that changes over time,
    `turned` is the file of bare samples that are turned already, see `write_turned`.
    """

    info: AudioInfo
    encoder: str | None = None
    why: str = ""
    mix: Array | None = None
    order: int = 0
    turned: Path | None = None


def plan_tracks(
    source: VideoInfo, muxer: str, start: Fraction, turn: Array | None = None
) -> list[Track]:
    """The way of every track.

    Args:
        source: the film whose sound is wanted.
        muxer: of the output, ffmpeg's name.
        start: seconds into the film where the output begins.
        turn: of the picture, see `turned_by`; None does not turn it.
    """
    marks = inspect(source.path).ambisonic if turn is not None and source.audio else ()
    exact = muxer != "matroska" or _on_millisecond_grid(source, start)
    tracks = []
    for audio in source.audio:
        order = 0 if turn is None else order_of(audio, marks)
        if turn is not None and order:
            why = "the sound turns with the picture"
            tracks.append(Track(audio, _encoder(muxer, audio), why, turned_by(turn, order), order))
        elif audio.codec not in _COPIED[muxer]:
            why = f"{muxer} does not take {audio.codec}"
            tracks.append(Track(audio, _encoder(muxer, audio), why))
        elif not exact:
            why = "Matroska's milliseconds would shift it against the picture"
            tracks.append(Track(audio, _encoder(muxer, audio), why))
        else:
            tracks.append(Track(audio))
    return tracks


def track_options(tracks: Sequence[Track], muxer: str) -> dict[str, str]:
    """Output options of ffmpeg for the tracks, in their order."""
    options = {}
    for n, track in enumerate(tracks):
        options[f"c:a:{n}"] = track.encoder or "copy"
        if track.encoder is None:
            continue
        options[f"filter:a:{n}"] = _filter(track)
        if track.encoder == "libopus":
            options[f"mapping_family:a:{n}"] = "255"  # channels as they are, each for itself
            options[f"b:a:{n}"] = str(track.info.channels * _AAC_BITS_A_CHANNEL)
        if track.encoder == "aac":
            options[f"b:a:{n}"] = str(track.info.channels * _AAC_BITS_A_CHANNEL)
    if muxer != "matroska":
        options["movie_timescale"] = str(_timescale(tracks))
    return options


def _encoder(muxer: str, audio: AudioInfo) -> str:
    """AAC takes the loudspeakers it knows; of channels that are none it would dull one as a sub."""
    if muxer == "mp4":
        plain = audio.channels < _FIRST_WITH_SUBWOOFER or audio.layout in _SPEAKERS
        return "aac" if plain else "libopus"
    if muxer == "matroska" and audio.channels <= _FLAC_CHANNELS:
        return "flac"
    return "pcm_s24le"


def _filter(track: Track) -> str:
    """From the first sample on, silence where the source has none yet; channels never mixed."""
    plain = _PLAIN_LAYOUTS.get(track.info.channels)
    if track.turned is not None:
        return as_channels(track)
    if track.mix is not None:
        known = plain if track.encoder not in ("libopus", "pcm_s24le") else None
        count = track.info.channels
        return f"{_ON_TIME},{mix_filter(track.mix, count, known or f'{count}C')}"
    if (
        track.encoder == "libopus"
        or plain is None
        or track.info.layout == plain
        or track.encoder == "pcm_s24le"
    ):
        return _ON_TIME
    channels = "|".join(str(n) for n in range(track.info.channels))
    return f"channelmap=map={channels}:channel_layout={plain},{_ON_TIME}"


def as_channels(track: Track) -> str:
    """The filter that gives a track's channels as they are, from the first sample on.

    Naming them comes first: ffmpeg remixes ambisonic ones where a later filter knows none.
    """
    return f"{named_channels(track.info.channels)},{_ON_TIME}"


def named_channels(count: int) -> str:
    """The filter that names so many channels, whatever they are called, and mixes none."""
    channels = "|".join(map(str, range(count)))
    layout = _PLAIN_LAYOUTS.get(count, f"{count}C")
    return f"channelmap=map={channels}:channel_layout={layout}"


def _timescale(tracks: Sequence[Track]) -> int:
    """Ticks a second in which every track can say exactly when it starts."""
    rates = [t.info.sample_rate for t in tracks if t.info.sample_rate]
    common = math.lcm(1000, *rates)
    return common if common <= _LARGEST_TIMESCALE else max(rates)


def _on_millisecond_grid(source: VideoInfo, start: Fraction) -> bool:
    begin = source.start_time + start
    try:
        with open_media(source.path) as container:
            coarse = "matroska" in container.format.name
            times = [_first_packet(container, s) for s in container.streams.audio]
    except av.error.FFmpegError:
        return False
    if coarse and begin == 0:
        return True  # its times are on the grid already, codec delays included
    return all(t >= begin and (t - begin) % _MILLISECOND == 0 for t in times)


def _first_packet(container: av.container.InputContainer, stream: av.AudioStream) -> Fraction:
    container.seek(0)
    for packet in container.demux(stream):
        if packet.pts is not None and packet.time_base is not None:
            return packet.pts * Fraction(packet.time_base)
    return Fraction(0)
