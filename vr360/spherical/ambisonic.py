"""`SA3D` in the audio sample entry: ambisonic sound, ACN order, SN3D normalisation.

Source: Spatial Audio RFC of google/spatial-media; AAC channel counts from ISO/IEC 14496-3.
"""

from __future__ import annotations

import struct

from vr360.errors import MetadataError
from vr360.spherical.boxes import Box, Bytes, unpack
from vr360.spherical.model import Ambisonic
from vr360.spherical.tracks import Track

ORDERS = {4: 1, 9: 2, 16: 3}
HEAD_LOCKED_ORDERS = {6: 1, 11: 2, 18: 3}  # two channels of head-locked stereo behind them
HEAD_LOCKED = 0x80
AAC_CHANNELS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8, 11: 7, 12: 8, 14: 8}
# Core Audio layout tags that leave ambisonics possible (upper 16 bits of the tag)
OPEN_LAYOUTS = {0, 107, 147, 190, 191, 0xFFFF}
FIRST_OPEN_LABEL = 200  # below are loudspeakers; from here ambisonic, discrete and unknown
OPUS_SURROUND = 1


def mark(track: Track) -> str:
    """Mark a sound track as ambisonic, whatever it says of itself; returns a line for the user.

    Raises:
        MetadataError: the channels do not make a full order of 1 to 3, with or without two of
            head-locked stereo behind them.
    """
    counts = {channels(entry) for entry in track.audio_entries()}
    if len(counts) != 1 or not counts <= (ORDERS | HEAD_LOCKED_ORDERS).keys():
        raise MetadataError(
            f"{_label(track)} has {_listed(counts)} channels, not 4, 9 or 16, nor two more with "
            "head-locked stereo"
        )
    count = counts.pop()
    locked = count in HEAD_LOCKED_ORDERS
    for entry in track.audio_entries():
        remove(entry)
        entry.children = [*(entry.children or ()), _box(count)]
    stereo = ", the last two as head-locked stereo" if locked else ""
    return f"{_label(track)} marked as ambisonic (ACN, SN3D) for its {count} channels{stereo}"


def mark_if_likely(track: Track) -> str:
    """Mark a sound track of 4, 9 or 16 channels that declares no loudspeakers; else leave it.

    Returns:
        A line for the user; empty where there was nothing to decide.
    """
    try:
        entries = track.audio_entries()
        if not all(channels(entry) in ORDERS and not entry.first(b"SA3D") for entry in entries):
            return ""
        layouts = [layout for entry in entries if (layout := speaker_layout(entry))]
    except MetadataError:
        return ""
    if layouts:
        return f"{_label(track)} not marked as ambisonic: it declares {layouts[0]}"
    return mark(track) + "; --ambisonic none leaves it as it is"


def _label(track: Track) -> str:
    return f"audio track {track.track_id}"


def _listed(counts: set[int]) -> str:
    return " or ".join(map(str, sorted(counts))) or "no"


def remove(entry: Box) -> None:
    entry.drop(b"SA3D")


def read(entry: Box) -> Ambisonic | None:
    """
    Raises:
        MetadataError: an `SA3D` of a kind that is not known.
    """
    box = entry.first(b"SA3D")
    if box is None:
        return None
    version, kind, order, ordering, normalisation, count = unpack(">BBIBBI", box.payload, 0, "SA3D")
    if version or kind & 0x7F or ordering or normalisation or not 1 <= order <= 3:
        raise MetadataError("SA3D of a kind other than ACN and SN3D of order 1 to 3")
    channel_map = unpack(f">{min(count, 64)}I", box.payload, 12, "SA3D")
    found = Ambisonic(order, bool(kind & HEAD_LOCKED), channel_map)
    if count != found.channels:
        raise MetadataError(f"SA3D of order {order} with {count} channels")
    return found


def _box(count: int) -> Box:
    locked = HEAD_LOCKED if count in HEAD_LOCKED_ORDERS else 0
    order = (ORDERS | HEAD_LOCKED_ORDERS)[count]
    head = struct.pack(">BBIBBI", 0, locked, order, 0, 0, count)
    return Box(b"SA3D", head + struct.pack(f">{count}I", *range(count)))


def channels(entry: Box) -> int:
    """Channels of an opened audio sample entry; the codec's word counts before the entry's."""
    esds = entry.first(b"esds") or _within(entry, b"wave", b"esds")
    if esds and (count := aac_channels(esds.payload)):
        return count
    opus = entry.first(b"dOps")
    if opus:
        return unpack(">B", opus.payload, 1, "dOps")[0]
    (version,) = unpack(">H", entry.payload, 8, "audio sample entry")
    if version == 2:
        return unpack(">I", entry.payload, 40, "audio sample entry")[0]
    return unpack(">H", entry.payload, 16, "audio sample entry")[0]


def speaker_layout(entry: Box) -> str:
    """A declared layout that rules ambisonics out, in words; else empty."""
    opus = entry.first(b"dOps")
    if opus and unpack(">B", opus.payload, 10, "dOps")[0] == OPUS_SURROUND:
        return "an Opus surround layout"
    chan = entry.first(b"chan") or _within(entry, b"wave", b"chan")
    if chan is None:
        return ""
    tag, _, count = unpack(">3I", chan.payload, 4, "chan")
    if tag >> 16 not in OPEN_LAYOUTS:
        return f"speaker layout {tag >> 16}"
    labels = [unpack(">I", chan.payload, 16 + 20 * i, "chan")[0] for i in range(min(count, 64))]
    return "speaker positions" if any(0 < label < FIRST_OPEN_LABEL for label in labels) else ""


def _within(entry: Box, outer: bytes, inner: bytes) -> Box | None:
    box = entry.first(outer)
    try:
        return box.open().first(inner) if box else None
    except MetadataError:
        return None


def aac_channels(esds: Bytes) -> int:
    """Channels that the AAC configuration in an `esds` payload states; 0 where it has none."""
    config = _decoder_config(bytes(esds[4:]))
    if not config:
        return 0
    bits = _Bits(config)
    if bits.take(5) == 31:  # an extended object type
        bits.take(6)
    if bits.take(4) == 15:  # an explicit sample rate
        bits.take(24)
    configuration = bits.take(4)
    if configuration:
        return AAC_CHANNELS.get(configuration, 0)
    bits.take(3)  # frame length, core coder, extension
    return _program_config_channels(bits)


def _program_config_channels(bits: _Bits) -> int:
    bits.take(10)  # instance, object type, sampling index
    front, side, back = bits.take(4), bits.take(4), bits.take(4)
    low = bits.take(2)
    bits.take(3 + 4)  # associated data, coupling
    for width in (4, 4, 3):  # mono and stereo mixdown, matrix mixdown
        if bits.take(1):
            bits.take(width)
    pairs = 0
    for _ in range(front + side + back):
        pairs += bits.take(1)
        bits.take(4)
    return front + side + back + pairs + low


class _Bits:
    """Bits from the most significant on; zeros after the end."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & ((1 << count) - 1)


def _decoder_config(data: bytes) -> bytes:
    """The DecoderSpecificInfo in the nested descriptors of an `esds`; empty if not there."""
    at = 0
    while at < len(data):
        tag, at = data[at], at + 1
        size = 0
        while at < len(data):
            byte, at = data[at], at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 5:
            return data[at : at + min(size, 64)]
        at += {3: 3, 4: 13}.get(tag, size)  # step into 3 and 4, over the others
    return b""
