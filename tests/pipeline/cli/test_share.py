"""`vr360 share` and `vr360 serve`, as they are typed."""

import re
import signal
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from vr360.errors import InputError, OutputError


@pytest.fixture
def clip(make_film, moving):
    return make_film("clip.mp4", moving(6), "-pix_fmt", "yuv420p")


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)


def test_share_says_what_it_made_and_how_to_look_at_it(clip, tmp_path):
    done = run("share", clip, tmp_path / "site")
    assert done.exit_code == 0
    assert (tmp_path / "site" / "index.html").is_file()
    assert "plays everywhere as it is" in done.stderr
    assert f"vr360 serve {tmp_path / 'site'}" in done.stderr
    assert done.stdout == ""


def test_several_films_and_then_the_folder(clip, tmp_path):
    other = clip.with_name("other.mp4")
    other.write_bytes(clip.read_bytes())
    done = run("share", clip, other, tmp_path / "site", "--title", "Both")
    assert done.exit_code == 0
    assert "of 2 films" in done.stderr
    assert "<title>Both</title>" in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--view", "1,2,3,4"), "YAW,PITCH,FOV"),
        (("--view", "0,100,90"), "within ±90"),
        (("--max-width", "10"), "max-width"),
    ],
)
def test_choices_that_make_no_sense_end_before_any_work(clip, tmp_path, options, words):
    done = run("share", clip, tmp_path / "site", *options)
    assert done.exit_code == 2
    assert words in done.stderr
    assert not (tmp_path / "site").exists()


def test_a_film_without_a_folder_is_told_what_is_missing(clip):
    done = run("share", clip)
    assert done.exit_code == 2
    assert "name a folder to make" in done.stderr


def test_a_flat_film_is_not_shared_as_a_sphere_without_a_word(make_film, moving, tmp_path):
    flat = make_film("flat.mp4", moving(6, 90, 160), "-pix_fmt", "yuv420p")
    done = run("share", flat, tmp_path / "site")
    assert "is it flat?" in " ".join(done.stderr.split())


def test_a_poster_behind_the_end_is_refused(clip, tmp_path):
    done = run("share", clip, tmp_path / "site", "--poster", "99")
    assert isinstance(done.exception, InputError)
    assert "--poster 99 lies behind its end" in str(done.exception)


def test_an_original_for_two_films_makes_no_sense(clip, tmp_path):
    done = run("share", clip, clip, tmp_path / "site", "--compare", clip)
    assert done.exit_code == 2
    assert "one film" in done.stderr


@pytest.mark.parametrize("text", ["90", "90,10", "90,10,60"])
def test_a_view_may_be_said_in_part(text):
    from pipeline.cli.share import parse_view

    view = parse_view(text)
    assert (view.yaw, view.pitch, view.fov) == (
        90,
        10 if "," in text else 0,
        60 if text.endswith("60") else 90,
    )


def test_a_folder_of_something_else_is_refused(clip, tmp_path):
    done = run("share", clip, tmp_path)
    assert isinstance(done.exception, OutputError)


def started(*words):
    """`vr360 serve` in a process of its own, and the address that it says."""
    command = [sys.executable, "-m", "pipeline.cli", "serve", *map(str, words), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"https?://\S+", line):
            return process, found[0]
    raise AssertionError(f"no address; exit code {process.wait()}")


def stop(process):
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0
    assert "Traceback" not in said
    return said


def test_serve_shows_a_film_until_ctrl_c(clip):
    process, address = started(clip)
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address) as page:
        assert b'id="player"' in page.read()
    with urllib.request.urlopen(address + "media/clip.mp4") as film:
        assert film.read() == clip.read_bytes()
    stop(process)


def test_lan_wants_https_and_the_token(clip, tmp_path):
    run("share", clip, tmp_path / "site")
    process, address = started(tmp_path / "site", "--lan", "--address", "127.0.0.1")
    assert address.startswith("https://127.0.0.1:")
    trusting = ssl._create_unverified_context()
    with urllib.request.urlopen(address, context=trusting) as page:
        assert b'id="player"' in page.read()
    without = "/".join(address.split("/")[:3])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(without, context=trusting)
    assert "█" in stop(process)


@pytest.mark.parametrize("options", [("--address", "127.0.0.1"), ("--lan", "--address", "here")])
def test_an_address_that_makes_no_sense_is_refused(tmp_path, options):
    done = run("serve", tmp_path, *options)
    assert done.exit_code == 2
    assert "--address" in done.stderr


def test_a_folder_that_was_never_shared_is_told_in_a_line(tmp_path):
    command = [sys.executable, "-m", "pipeline.cli", "serve", str(tmp_path), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "make it with vr360 share" in done.stderr
