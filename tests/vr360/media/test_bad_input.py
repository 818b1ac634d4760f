"""Whatever goes wrong gives one clear line; nothing is left half-done, the input stays whole."""

import os
import re
import resource
import signal
import struct
import subprocess
import sys
import textwrap
import zlib
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import huge_png
from vr360.errors import (
    EncodeError,
    MetadataError,
    NotEquirectError,
    OutputError,
    VideoOpenError,
    Vr360Error,
)
from vr360.frame import Frame, Projection, Stereo
from vr360.media import encoder, metadata, writer
from vr360.media.presets import Overrides
from vr360.media.probe import probe
from vr360.media.reader import read_frames
from vr360.media.stills import store, write_still
from vr360.media.writer import FilmWriter, open_writer
from vr360.spherical import SphericalMetadata

RATE = Fraction(24)
BLACK = np.zeros((64, 128, 3), np.uint8)


@pytest.fixture
def film(make_film, moving) -> Path:
    options = ("-c:v", "libx264", "-g", "12", "-b:v", "400k", "-movflags", "+faststart")
    return make_film("film.mp4", moving(96), *options)


def one_line(error: Vr360Error, path: Path) -> str:
    text = str(error)
    assert path.name in text
    assert "\n" not in text
    return text


def read_until_error(path: Path) -> tuple[int, str]:
    """Frames delivered before the film breaks, and what is said then."""
    frames = read_frames(probe(path))
    delivered: list[Frame] = []
    with pytest.raises(VideoOpenError) as caught:
        delivered.extend(frames)
    return len(delivered), one_line(caught.value, path)


# --- what cannot be read -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_size_that_the_bytes_cannot_fill_is_refused_before_room_is_made(suffix, tmp_path):
    path = tmp_path / f"pano{suffix}"
    write_still(path, BLACK)
    data = bytearray(path.read_bytes())
    if suffix == ".png":
        data[16:24] = struct.pack(">II", 32000, 16000)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    else:
        at = data.index(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", 16000, 32000)
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(VideoOpenError, match="cut short"):
        probe(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(VideoOpenError, match="no such file"):
        probe(tmp_path / "film.mp4")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("film.mp4", b"", "empty"),
        ("film.mp4", b"hello, this is no film\n" * 99, "neither a film nor a picture"),
        ("film.txt", b"hello, this is no film\n" * 99, "neither a film nor a picture"),
        ("film.mp4", bytes(range(256)) * 400, "neither a film nor a picture"),
        ("film.mkv", b"\x1a\x45\xdf\xa3" + bytes(3000), "neither a film nor a picture"),
        ("pano.jpg", b"\xff\xd8\xff\xe0" + bytes(3000), "."),
        ("pano.png", b"\x89PNG\r\n\x1a\n" + bytes(3000), "."),
    ],
)
def test_what_is_no_film_is_refused(name, data, words, tmp_path):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(VideoOpenError, match=words) as caught:
        probe(tmp_path / name)
    one_line(caught.value, tmp_path / name)


def test_sound_alone_is_no_film(make_sound, run_ffmpeg, tmp_path):
    sound = make_sound("sound.wav", np.zeros((4800, 1)))
    run_ffmpeg("-i", sound, "-c:a", "aac", tmp_path / "sound.mp4")
    for path in (sound, tmp_path / "sound.mp4"):
        with pytest.raises(VideoOpenError, match="no video stream"):
            probe(path)


def test_a_folder_without_frames_is_refused(tmp_path):
    with pytest.raises(VideoOpenError, match="no frames: JPEG, PNG"):
        probe(tmp_path)


def test_frames_of_two_sizes_are_refused(tmp_path):
    write_still(tmp_path / "1.png", BLACK)
    write_still(tmp_path / "2.png", BLACK[:, :126])
    with pytest.raises(VideoOpenError, match=r"2\.png: is 126x64"):
        list(read_frames(probe(tmp_path)))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_cut_short_is_refused(suffix, noise, tmp_path):
    path = tmp_path / f"pano{suffix}"
    write_still(path, noise(1, 64, 128, 8)[0])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoOpenError, match="cut short"):
        probe(path)


def test_a_picture_larger_than_can_be_decoded_is_refused(tmp_path):
    (tmp_path / "pano.png").write_bytes(huge_png(40_000))
    with pytest.raises(VideoOpenError, match="too large") as caught:
        probe(tmp_path / "pano.png")
    one_line(caught.value, tmp_path / "pano.png")


@pytest.mark.parametrize("name", ["odd.png", "odd.mkv"])
@pytest.mark.parametrize(
    ("width", "height", "options", "message"),
    [
        (127, 64, {}, r"127x64 is no equirect sphere: an even width.*scale=128:64"),
        (128, 127, {}, r"128x127 does not divide into two equal eyes \(tb\).*--stereo mono"),
        (257, 64, {}, r"257x64 does not divide into two equal eyes \(lr\).*--stereo mono"),
        (254, 64, {"stereo": Stereo.LEFT_RIGHT}, r"127x64 is no equirect.*scale=256:64"),
        (
            63,
            64,
            {"projection": Projection.HALF_EQUIRECT, "stereo": Stereo.MONO},
            "63x64 is no half-equirect sphere",
        ),
    ],
)
def test_sizes_that_cannot_be_are_refused_with_the_way_out(
    name, width, height, options, message, make_film, tmp_path
):
    rgb = np.full((height, width, 3), 90, np.uint8)
    path = tmp_path / name
    if name.endswith(".png"):
        write_still(path, rgb)
    else:
        make_film(name, rgb[None].repeat(3, 0), "-c:v", "ffv1", "-pix_fmt", "bgr0")
    with pytest.raises(NotEquirectError, match=message) as caught:
        probe(path, **options)
    one_line(caught.value, path)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_film_cut_short_says_where_it_ends(share, suffix, film, run_ffmpeg):
    whole = film.with_name(f"whole{suffix}")
    run_ffmpeg("-i", film, "-c", "copy", "-movflags", "+faststart", whole)
    data = whole.read_bytes()
    whole.write_bytes(data[: int(len(data) * share)])
    count, text = read_until_error(whole)
    assert 0.5 * share * 96 < count < 96
    assert " s" in text
    assert str(whole) in text


def test_a_film_whose_index_is_missing_is_refused(film, run_ffmpeg):
    last = film.with_name("last.mp4")
    run_ffmpeg("-i", film, "-c", "copy", "-movflags", "-faststart", last)
    data = last.read_bytes()
    last.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(VideoOpenError, match="cut short"):
        probe(last)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_damage_in_the_middle_says_at_which_time(suffix, film, run_ffmpeg):
    path = film.with_name(f"damaged{suffix}")
    run_ffmpeg("-i", film, "-c", "copy", path)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(data)
    count, text = read_until_error(path)
    assert 24 <= count < 80
    seconds = float(text.split(" s")[0].split()[-1])
    assert seconds == pytest.approx(count / 24, abs=0.5)


def test_a_cut_film_can_be_used_as_far_as_it_goes(film):
    data = film.read_bytes()
    film.write_bytes(data[: len(data) * 3 // 4])
    frames = list(read_frames(probe(film), duration=Fraction(1)))
    assert len(frames) == 24


# --- what cannot be written ----------------------------------------------------------------------


def write_film(path: Path, count: int = 8, preset: str | None = None, **options) -> None:
    with open_writer(path, 64, 128, RATE, preset, **options) as target:
        for n in range(count):
            target.write(Frame(BLACK, Fraction(n, 24)))


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "pano.png", "pano.jpg", "frames"])
def test_what_exists_is_replaced_only_by_force(name, tmp_path):
    path = tmp_path / name
    count = 8 if name.startswith("f") else 1
    write_film(path, count)
    with pytest.raises(OutputError, match="--force"):
        write_film(path, count)
    write_film(path, count, force=True)
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("way", ["same", "relative", "link"])
def test_the_input_is_never_the_output(way, film, monkeypatch):
    before = film.read_bytes()
    target = film
    if way == "relative":
        monkeypatch.chdir(film.parent)
        target = Path("film.mp4")
    elif way == "link":
        target = film.with_name("link.mp4")
        target.symlink_to(film)
    with pytest.raises(OutputError, match="input itself"):
        write_film(target, source=probe(film), force=True)
    assert film.read_bytes() == before


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        write_film(tmp_path / "nowhere" / "film.mp4")


def test_a_folder_that_refuses_is_found_before_the_work(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    with pytest.raises(OutputError, match="Permission denied"):
        write_film(tmp_path / "film.mp4")


def test_a_folder_is_no_film_and_a_film_no_still(film, tmp_path):
    (tmp_path / "old.mp4").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        write_film(tmp_path / "old.mp4", force=True)
    with pytest.raises(OutputError, match="does not fit into a still"):
        write_film(tmp_path / "still.png", source=probe(film))
    with pytest.raises(OutputError, match="one still is no film"):
        open_writer(tmp_path / "new.mp4", 64, 128, Fraction(0))


def test_a_folder_with_other_things_is_never_replaced(tmp_path):
    folder = tmp_path / "holiday"
    folder.mkdir()
    (folder / "diary.txt").write_text("dear diary")
    with pytest.raises(OutputError, match="more than PNG frames"):
        write_film(folder, force=True)
    assert (folder / "diary.txt").read_text() == "dear diary"


def test_no_frames_make_no_film(tmp_path):
    for name in ("film.mp4", "pano.png", "frames"):
        with pytest.raises(EncodeError, match="nothing is written"):
            write_film(tmp_path / name, count=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_called_that(each_ffmpeg, tmp_path):
    def fill() -> None:
        with open_writer(tmp_path / "film.mkv", 64, 128, RATE) as film:
            (partial,) = tmp_path.iterdir()
            partial.unlink()
            partial.symlink_to("/dev/full")
            for n in range(100):
                film.write(Frame(BLACK, Fraction(n, 24)))

    with pytest.raises(EncodeError, match="disk is full") as caught:
        fill()
    one_line(caught.value, tmp_path / "film.mkv")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_ffmpeg_refuses_are_told(each_ffmpeg, tmp_path):
    with pytest.raises(EncodeError, match="nonsense") as caught:
        write_film(tmp_path / "film.mkv", overrides=Overrides(codec="nonsense"))
    one_line(caught.value, tmp_path / "film.mkv")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def fake_ffmpeg(tmp_path_factory, monkeypatch):
    """Put a script in ffmpeg's place."""

    def install(*lines: str) -> None:
        script = tmp_path_factory.mktemp("bin") / "ffmpeg"
        script.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
        script.chmod(0o755)
        monkeypatch.setattr(writer, "ffmpeg_binary", lambda: str(script))

    return install


def test_ffmpeg_dying_half_way_gives_its_last_words(fake_ffmpeg, tmp_path):
    fake_ffmpeg("head -c 50000 >/dev/null", "echo 'encoder exploded' >&2", "exit 1")
    with pytest.raises(EncodeError, match="encoder exploded"):
        write_film(tmp_path / "film.mp4", count=200)
    assert list(tmp_path.iterdir()) == []


def test_ffmpeg_being_killed_is_told_too(fake_ffmpeg, tmp_path):
    fake_ffmpeg("head -c 50000 >/dev/null", "kill -9 $$")
    with pytest.raises(EncodeError, match="-9"):
        write_film(tmp_path / "film.mp4", count=200)
    assert list(tmp_path.iterdir()) == []


def test_ffmpeg_failing_at_the_very_end_is_noticed(fake_ffmpeg, tmp_path):
    fake_ffmpeg("cat >/dev/null", "echo 'cannot write the index' >&2", "exit 1")
    with pytest.raises(EncodeError, match="cannot write the index"):
        write_film(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_what_was_written_does_not_get_the_name(tmp_path, monkeypatch):
    command = writer.film_command

    def other_rate(*arguments):
        return ["25" if word == "24" else word for word in command(*arguments)]

    monkeypatch.setattr(writer, "film_command", other_rate)
    with pytest.raises(EncodeError, match="runs at 25"):
        write_film(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_metadata_that_does_not_read_back_leaves_no_film(tmp_path, monkeypatch):
    def differs(*_, **__):
        raise MetadataError("read back as mono")

    monkeypatch.setattr(metadata, "inject", differs)
    for name, count in (("film.mp4", 8), ("pano.jpg", 1)):
        with pytest.raises(MetadataError, match="read back"):
            write_film(tmp_path / name, count, metadata=SphericalMetadata())
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_work_leaves_what_was_there(tmp_path):
    path = tmp_path / "film.mp4"
    write_film(path)
    before = path.read_bytes()
    with suppress(ZeroDivisionError), open_writer(path, 64, 128, RATE, force=True) as film:
        film.write(Frame(BLACK, Fraction(0)))
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


def test_frames_that_do_not_belong_are_the_programmers_mistake(tmp_path):
    with FilmWriter(tmp_path / "film.mp4", 64, 128, RATE) as film:
        film.write(Frame(BLACK, Fraction(0)))
        with pytest.raises(ValueError, match="at_constant_rate"):
            film.write(Frame(BLACK, Fraction(2, 24)))
        with pytest.raises(ValueError, match="10 bit"):
            film.write(Frame(BLACK.astype(np.uint16), Fraction(1, 24)))
        with pytest.raises(ValueError, match="126"):
            film.write(Frame(BLACK[:, :126], Fraction(1, 24)))


def test_without_any_ffmpeg_the_way_out_is_told(monkeypatch):
    def none():
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(encoder.shutil, "which", lambda _: None)
    monkeypatch.setattr(encoder.imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(EncodeError, match="install ffmpeg"):
        encoder.ffmpeg_binary()


ENDLESS = """
    import sys, itertools
    from fractions import Fraction
    from pathlib import Path
    import numpy as np
    from vr360.frame import Frame
    from vr360.media.reader import read_ahead
    from vr360.media.writer import open_writer

    rgb = np.zeros((64, 128, 3), np.uint8)
    frames = (Frame(rgb, Fraction(n, 24)) for n in itertools.count())
    with open_writer(Path(sys.argv[1]), 64, 128, Fraction(24)) as film, read_ahead(frames) as ahead:
        for n, frame in enumerate(ahead):
            film.write(frame)
            if n == 50:
                print("under way", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
@pytest.mark.parametrize("name", ["film.mkv", "frames"])
def test_ctrl_c_leaves_nothing_behind(name, tmp_path):
    target = tmp_path / name
    command = [sys.executable, "-c", textwrap.dedent(ENDLESS), str(target)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "under way\n"
        assert [p.suffix for p in tmp_path.iterdir()] == [".partial"]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=300)
    assert "KeyboardInterrupt" in errors
    assert list(tmp_path.iterdir()) == []
    assert not running_with(str(target))


def running_with(argument: str) -> list[str]:
    """Command lines of processes that name the argument, where the system shows them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if argument in line]


@pytest.mark.parametrize(
    ("head", "kind", "command"),
    [
        (b"\0\0\0\x18ftypavif" + bytes(8) + b"avif", "AVIF", "avifdec"),
        (b"\0\0\0\x18ftypheic" + bytes(8) + b"mif1", "HEIC", "heif-convert"),
        (b"RIFF\x40\0\0\0WEBP", "WebP", "dwebp"),
        (b"\xff\x0a" + bytes(10), "JPEG XL", "djxl"),
        (b"\x76\x2f\x31\x01" + bytes(8), "OpenEXR", "oiiotool"),
    ],
)
def test_damaged_pictures_of_further_kinds_are_refused_with_what_to_do(
    tmp_path: Path, head: bytes, kind: str, command: str
):
    path = tmp_path / "picture.any"
    path.write_bytes(head + bytes(64))
    with pytest.raises(VideoOpenError, match=f"the {kind} cannot be decoded.*{command}"):
        probe(path)


def test_a_pipe_is_refused_in_words(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.mp4")
    for path in (tmp_path / "pipe.mp4", Path("-"), Path("/dev/null")):
        with pytest.raises(VideoOpenError, match="a pipe can be read once"):
            probe(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants a device that is always full")
def test_a_full_disk_is_told_with_the_name_that_was_asked_for(tmp_path: Path):
    told = f"{tmp_path / 'o.png'}: the disk is full; free some space"
    with pytest.raises(EncodeError, match=re.escape(told)):
        store(Path("/dev/full"), bytes(100), tmp_path / "o.png")
