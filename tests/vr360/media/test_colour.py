"""Numbers become R'G'B' and numbers again as the standards say, computed here by hand."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vr360.frame import Colour, Frame
from vr360.media.presets import Overrides
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.writer import FilmWriter

WEIGHTS = {  # Kr and Kb of ITU-R BT.601, BT.709 and BT.2020
    "smpte170m": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020nc": (0.2627, 0.0593),
}
BLOCK = 16  # side of a patch: large enough that chroma is undisturbed in its middle
ROWS, COLUMNS = 8, 16


def to_rgb(yuv: np.ndarray, matrix: str, full: bool, bits: int) -> np.ndarray:
    """Codes of Y'CbCr (..., 3) as codes of R'G'B', unrounded."""
    kr, kb = WEIGHTS[matrix]
    step, top = 1 << (bits - 8), (1 << bits) - 1
    luma, chroma, black = (top, top, 0) if full else (219 * step, 224 * step, 16 * step)
    y = (yuv[..., 0] - black) / luma
    cb, cr = ((yuv[..., i] - 128 * step) / chroma for i in (1, 2))
    r, b = y + 2 * (1 - kr) * cr, y + 2 * (1 - kb) * cb
    g = (y - kr * r - kb * b) / (1 - kr - kb)
    return np.clip(np.stack([r, g, b], axis=-1), 0, 1) * top


def to_yuv(rgb: np.ndarray, matrix: str, bits: int) -> np.ndarray:
    """Fractions of R'G'B' (..., 3) as limited-range codes of Y'CbCr, unrounded."""
    kr, kb = WEIGHTS[matrix]
    step = 1 << (bits - 8)
    r, g, b = np.moveaxis(rgb, -1, 0)
    y = kr * r + (1 - kr - kb) * g + kb * b
    cb, cr = (b - y) / (2 * (1 - kb)), (r - y) / (2 * (1 - kr))
    luma, chroma = 16 * step + 219 * step * y, [128 * step + 224 * step * c for c in (cb, cr)]
    return np.stack([luma, *chroma], axis=-1)


def patches(low: int, high: int) -> np.ndarray:
    """(ROWS, COLUMNS, 3) random codes."""
    return np.random.default_rng(3).integers(low, high + 1, (ROWS, COLUMNS, 3))


def middles(picture: np.ndarray, across: int = BLOCK, down: int = BLOCK) -> np.ndarray:
    return picture[down // 2 :: down, across // 2 :: across].astype(float)


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("matrix", WEIGHTS)
def test_patches_read_as_computed_by_hand(matrix, bits, full, run_ffmpeg, tmp_path):
    step = 1 << (bits - 8)
    codes = patches(0, 255 * step) if full else patches(16 * step, 235 * step)
    big = np.kron(codes, np.ones((BLOCK, BLOCK, 1)))
    planes = [big[..., 0], big[::2, ::2, 1], big[::2, ::2, 2]]
    raw = b"".join(p.astype("<u2" if bits == 10 else "u1").tobytes() for p in planes)
    pixels = "yuv420p10le" if bits == 10 else "yuv420p"
    size = ("-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{COLUMNS * BLOCK}x{ROWS * BLOCK}")
    tags = f"setparams=colorspace={matrix}:range={'pc' if full else 'tv'}"
    lossless = ("-c:v", "libx265", "-x265-params", "lossless=1:log-level=none")
    run_ffmpeg(*size, "-i", "-", "-vf", tags, *lossless, tmp_path / "film.mp4", data=raw)
    info = probe(tmp_path / "film.mp4")
    assert (info.colour.matrix, info.colour.range) == (matrix, "pc" if full else "tv")
    assert info.bit_depth == bits
    (frame,) = read_frames(info)
    assert frame.bit_depth == bits
    assert np.abs(middles(frame.rgb) - to_rgb(codes, matrix, full, bits)).max() <= 1.0


@pytest.mark.parametrize(("height", "matrix"), [(360, "smpte170m"), (720, "bt709")])
def test_unnamed_colour_goes_by_the_number_of_lines(height, matrix, make_film, moving):
    film = make_film("film.mp4", moving(2, height, 2 * height), "-c:v", "libx264")
    info = probe(film)
    assert info.colour == Colour(matrix, "bt709", "bt709", "tv")
    assert any("assumed" in note for note in info.notes)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("primaries", ["bt709", "bt2020"])
def test_patches_are_stored_as_computed_by_hand(primaries, bits, each_ffmpeg, tmp_path):
    matrix = "bt2020nc" if primaries == "bt2020" else "bt709"
    codes = patches(0, (1 << bits) - 1)
    rgb = np.kron(codes, np.ones((BLOCK, BLOCK, 1))).astype(np.uint8 if bits == 8 else np.uint16)
    stored = store(tmp_path, rgb, primaries)
    wanted = to_yuv(codes / ((1 << bits) - 1), matrix, bits)
    for plane, channel in zip(stored, np.moveaxis(wanted, -1, 0), strict=True):
        block = BLOCK * plane.shape[0] // rgb.shape[0]
        assert np.abs(middles(plane, block, block) - channel).max() <= 1.0
    tags = probe(tmp_path / "film.mkv").colour
    assert tags == Colour(matrix, primaries, "bt709", "tv")


def store(folder: Path, rgb: np.ndarray, primaries: str = "bt709") -> list[np.ndarray]:
    """Planes that a 4:2:0 preset stores of a picture, kept losslessly."""
    height, width = rgb.shape[:2]
    depth = 8 if rgb.dtype == np.uint8 else 10
    path = folder / "film.mkv"
    source = probe_like(path, Colour(primaries=primaries))
    with FilmWriter(
        path,
        height,
        width,
        Fraction(24),
        "quest",
        bit_depth=depth,
        source=source,
        overrides=Overrides(codec="ffv1"),
    ) as film:
        film.write(Frame(rgb, Fraction(0)))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    kind = np.uint8 if depth == 8 else np.uint16
    assert frame.format.name == ("yuv420p" if depth == 8 else "yuv420p10le")
    lines = [np.frombuffer(p, kind).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
    return [line.astype(float) for line in lines]


def probe_like(path: Path, colour: Colour):
    from vr360.frame import Projection, Stereo, VideoInfo

    zero = Fraction(0)
    where = path.with_name("source.mp4")
    return VideoInfo(
        where, 0, 0, zero, zero, 0, Projection.EQUIRECT, Stereo.MONO, "", colour=colour
    )


@pytest.mark.parametrize("axis", ["across", "down"])
@pytest.mark.parametrize("bits", [8, 10])
def test_chroma_lies_where_players_look_for_it(axis, bits, each_ffmpeg, tmp_path):
    """On the left one of two pixels, and between two lines (H.273, type 0)."""
    ramp = np.arange(128) * (1 if bits == 8 else 4)
    rgb = np.zeros((128, 128, 3), np.uint8 if bits == 8 else np.uint16)
    rgb[..., 2] = ramp if axis == "across" else ramp[:, None]
    _, cb, _ = store(tmp_path, rgb)
    line = cb[32] if axis == "across" else cb[:, 32]
    # on a ramp of blue that rises by 1/255 a pixel, Cb rises by 112/255 (of 8-bit codes)
    step = 1 if bits == 8 else 4
    at = (line - 128 * step) / (step * 112 / 255 * (1 if bits == 8 else 1020 / 1023))
    offset = np.median((at - 2 * np.arange(64))[8:-8])
    assert offset == pytest.approx(0 if axis == "across" else 0.5, abs=0.1)


def test_reading_looks_for_chroma_where_the_film_has_it(run_ffmpeg, tmp_path):
    luma = np.full((64, 128), 110, np.uint8)
    cb = np.broadcast_to(80 + np.arange(64), (32, 64)).astype(np.uint8)
    raw = luma.tobytes() + cb.tobytes() + np.full((32, 64), 128, np.uint8).tobytes()
    size = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "128x64", "-i", "-")
    for place, shift in (("left", 0.0), ("center", 0.5)):
        path = tmp_path / f"{place}.mp4"
        run_ffmpeg(
            *size, "-c:v", "libx264", "-qp", "0", "-chroma_sample_location", place, path, data=raw
        )
        (frame,) = read_frames(probe(path))
        wanted = 80 + (np.arange(128) - shift) / 2  # Cb at every pixel; the film is BT.601
        blue = ((110 - 16) / 219 + 2 * (1 - 0.114) * (wanted - 128) / 224) * 255
        error = frame.rgb[32, 8:-8, 2] - np.clip(blue, 0, 255)[8:-8]
        assert np.abs(error).max() <= 1.0, place


def test_the_tags_of_unusual_footage_stay_on_it(make_film, moving, tmp_path):
    """High dynamic range stays what it is: primaries and transfer are tags, not sums."""
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv"
    deep = ("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none")
    film = make_film("hdr.mp4", moving(2), "-vf", f"format=yuv420p10le,{tags}", *deep)
    info = probe(film)
    for suffix in (".mp4", ".mkv", ".mov"):
        path = tmp_path / f"out{suffix}"
        with FilmWriter(path, 64, 128, info.rate, bit_depth=10, source=info) as writer:
            for frame in read_frames(info):
                writer.write(frame)
        colour = probe(path).colour
        assert (colour.primaries, colour.transfer) == ("bt2020", "smpte2084"), suffix
        assert colour.matrix == ("gbr" if suffix == ".mkv" else "bt2020nc")
