"""The folder that is shared: what lies in it, and what it says of the films."""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.viewer.clips import write_clip
from tests.viewer.scenes import sphere_scene
from viewer.film import open_film
from viewer.web.pictures import View
from viewer.web.renditions import plan, rendition_size
from viewer.web.site import ShareJob, copy, share
from vr360.choices import Projection, Stereo
from vr360.errors import EncodeError, InputError, OutputError
from vr360.spherical import SphericalMetadata, inject


@pytest.fixture
def clip(tmp_path):
    write_clip(tmp_path / "clip.mp4", 12, 64, sound=True)
    return tmp_path / "clip.mp4"


@pytest.fixture
def still(tmp_path):
    cv2.imwrite(str(tmp_path / "still.png"), sphere_scene(128)[..., ::-1])
    return tmp_path / "still.png"


def told(page: Path) -> dict:
    """What a page is told of its film."""
    return json.loads(re.findall(r'id="show">(.*?)</script>', page.read_text())[0])


def streams(path):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]


class Loads(HTMLParser):
    """Everything that a page loads or leads to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        self.found += [said[name] for name in ("src", "href") if name in said]
        self.inline += [name for name in said if name.startswith("on") or name == "style"]
        self.inline += [tag] * (tag == "style")


def test_one_film_makes_a_page_that_holds_together(clip, tmp_path):
    out = tmp_path / "site"
    shared = share(ShareJob((clip,), out))
    assert shared.pages == (out / "index.html",)
    assert shared.notes == ("clip.mp4: plays everywhere as it is",)
    loads = Loads(out / "index.html")
    assert loads.inline == []
    assert all((out / name).is_file() for name in loads.found if name != "data:,")
    show = told(out / "index.html")
    (source,) = show["sources"]
    assert (out / source["src"]).read_bytes() == clip.read_bytes()
    assert (source["width"], source["height"], show["rate"]) == (128, 64, 30)
    assert show["layout"]["eyes"] == [[0, 0, 1, 1]]


def test_the_type_names_the_codecs_of_the_file(clip, tmp_path):
    share(ShareJob((clip,), tmp_path / "site"))
    (source,) = told(tmp_path / "site" / "index.html")["sources"]
    (video, _) = streams(clip)
    level = f"{video['level']:02x}"
    assert re.fullmatch(rf'video/mp4; codecs="avc1\.64..{level}, mp4a\.40\.2"', source["type"])


@pytest.mark.parametrize(
    ("codec", "name", "options", "sources"),
    [
        ("hevc", "clip.mp4", ("-c:v", "libx265", "-pix_fmt", "yuv420p"), 2),
        ("ffv1", "clip.mkv", ("-c:v", "ffv1", "-pix_fmt", "yuv420p"), 1),
        ("444", "clip.mp4", ("-c:v", "libx264", "-pix_fmt", "yuv444p"), 1),
    ],
)
def test_what_browsers_may_not_play_gets_a_version(
    tmp_path, make_film, moving, codec, name, options, sources
):
    film = make_film(name, moving(8), *options)
    share(ShareJob((film,), tmp_path / "site"))
    found = told(tmp_path / "site" / "index.html")["sources"]
    assert len(found) == sources
    version = tmp_path / "site" / found[-1]["src"]
    video = streams(version)[0]
    assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
    assert int(video["nb_frames"]) == 8
    data = version.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before it is there whole


def test_sound_becomes_aac(tmp_path, make_film, make_sound, moving):
    tone = np.sin(np.arange(16000) / 20)[:, None] * [0.3, 0.2]
    sound = ("-i", make_sound("tone.wav", tone))
    film = make_film("clip.mkv", moving(8), "-c:v", "ffv1", "-c:a", "flac", inputs=sound)
    share(ShareJob((film,), tmp_path / "site"))
    (source,) = told(tmp_path / "site" / "index.html")["sources"]
    assert [s["codec_name"] for s in streams(tmp_path / "site" / source["src"])] == ["h264", "aac"]


@pytest.mark.parametrize(
    ("size", "stereo", "wanted"),
    [
        ((1024, 2048), Stereo.MONO, (1024, 2048)),
        ((2880, 5760), Stereo.MONO, (1920, 3840)),
        ((3840, 3840), Stereo.TOP_BOTTOM, (2712, 2712)),
        ((2048, 8192), Stereo.LEFT_RIGHT, (960, 3840)),
        ((1921, 3842), Stereo.MONO, (1920, 3840)),
    ],
)
def test_the_version_is_as_large_as_phones_decode(clip, size, stereo, wanted):
    from dataclasses import replace

    info = replace(open_film(clip), height=size[0], width=size[1], stereo=stereo)
    found = rendition_size(info, 3840)
    assert found == wanted
    assert found[0] * found[1] <= 3840 * 1920
    assert (plan(info, 3840).size is None) == (size == wanted)


def test_metadata_says_how_the_eyes_lie(tmp_path, make_film, moving):
    clip = make_film("pair.mp4", moving(4, 128, 128), "-pix_fmt", "yuv420p")
    inject(clip, SphericalMetadata(Projection.EQUIRECT, Stereo.TOP_BOTTOM, yaw=90.0))
    share(ShareJob((clip,), tmp_path / "site"))
    show = told(tmp_path / "site" / "index.html")
    assert show["layout"]["eyes"] == [[0, 0, 1, 0.5], [0, 0.5, 1, 0.5]]
    np.testing.assert_allclose(show["orientation"], [0, 0, -1, 0, 1, 0, 1, 0, 0], atol=1e-9)


def test_several_films_make_a_gallery(clip, still, tmp_path):
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "clip.mp4"
    write_clip(other, 6, 64)
    out = tmp_path / "site"
    shared = share(ShareJob((clip, still, other), out, title="A day & a night"))
    assert [page.name for page in shared.pages] == ["clip.html", "still.html", "clip-2.html"]
    gallery = Loads(out / "index.html")
    assert [name for name in gallery.found if name.endswith("l")] == [
        page.name for page in shared.pages
    ]
    assert all((out / name).is_file() for name in gallery.found if name != "data:,")
    assert "A day &amp; a night" in (out / "index.html").read_text()


def test_a_film_may_be_called_anything(tmp_path):
    film = tmp_path / '<b>ünï & "co"\'.mp4'
    write_clip(film, 6, 64)
    share(ShareJob((film,), tmp_path / "site"))
    page = tmp_path / "site" / "index.html"
    assert told(page)["title"] == film.stem
    assert "<b>" not in page.read_text()
    assert all(re.fullmatch(r"[\w.-]+", each.name) for each in (page.parent / "media").iterdir())


def test_a_second_run_keeps_the_versions_that_are_there(tmp_path, make_film, moving):
    film = make_film("clip.mkv", moving(8), "-c:v", "ffv1")
    share(ShareJob((film,), tmp_path / "site"))
    (version,) = (tmp_path / "site" / "media").glob("*.mp4")
    made = version.stat().st_mtime_ns
    share(ShareJob((film,), tmp_path / "site"))
    assert version.stat().st_mtime_ns == made
    film = make_film("clip.mkv", moving(9), "-c:v", "ffv1")
    share(ShareJob((film,), tmp_path / "site"))
    (newer,) = (tmp_path / "site" / "media").glob("*.mp4")
    assert newer != version


def test_progress_counts_every_frame(tmp_path, make_film, moving):
    film = make_film("clip.mkv", moving(30), "-c:v", "ffv1")
    seen = []

    def progress(frames, total):
        seen.append(total)
        for frame in frames:
            seen.append(frame)
            yield frame

    share(ShareJob((film,), tmp_path / "site"), progress)
    assert seen == [30, *range(30)]


def test_a_version_that_is_broken_off_leaves_nothing(tmp_path, make_film, moving):
    film = make_film("clip.mkv", moving(30), "-c:v", "ffv1")

    def progress(frames, total):
        next(iter(frames))
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        share(ShareJob((film,), tmp_path / "site"), progress)
    assert not list((tmp_path / "site" / "media").glob("*.mp4*"))
    assert not (tmp_path / "site" / "index.html").exists()


def test_a_film_that_ffmpeg_cannot_finish_is_told_of(tmp_path, make_film, moving, monkeypatch):
    film = make_film("clip.mkv", moving(8), "-c:v", "ffv1")
    monkeypatch.setattr("viewer.web.renditions.CRF", "fine")
    with pytest.raises(EncodeError, match="ffmpeg stopped"):
        share(ShareJob((film,), tmp_path / "site"))


def test_a_folder_with_other_files_is_left_alone(clip, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(OutputError, match="holds other files"):
        share(ShareJob((clip,), tmp_path / "mine"))
    with pytest.raises(OutputError, match="is a file"):
        share(ShareJob((clip,), clip))


def test_a_cube_map_says_what_to_do(tmp_path, make_film, moving):
    film = make_film("cube.mp4", moving(4, 64, 96))
    inject(film, SphericalMetadata(Projection.CUBEMAP, Stereo.MONO))
    with pytest.raises(InputError, match="vr360 convert"):
        share(ShareJob((film,), tmp_path / "site"))


def test_an_original_goes_with_one_film(clip):
    with pytest.raises(InputError, match="one film"):
        ShareJob((clip, clip), clip, compare=clip)


def test_an_original_of_another_length_is_told_of(clip, tmp_path):
    write_clip(tmp_path / "longer.mp4", 20, 64)
    job = ShareJob((clip,), tmp_path / "site", compare=tmp_path / "longer.mp4")
    assert any("clip.mp4 and longer.mp4 are" in note for note in share(job).notes)
    alike = ShareJob((clip,), tmp_path / "alike", compare=clip)
    assert not any("can be compared" in note for note in share(alike).notes)


def test_a_copy_that_is_there_is_not_made_again(clip, tmp_path):
    copy(clip, tmp_path / "copy.mp4")
    first = (tmp_path / "copy.mp4").stat().st_ino
    copy(clip, tmp_path / "copy.mp4")
    assert (tmp_path / "copy.mp4").stat().st_ino == first


def test_the_card_shows_what_the_viewer_sees_first(still, tmp_path):
    share(ShareJob((still,), tmp_path / "site", view=View(90, 0, 80)))
    card = cv2.imread(str(tmp_path / "site" / "media" / "still.card.jpg"))
    assert card.shape == (630, 1200, 3)
    middle = cv2.imread(str(still))[62:66, 190:194].mean((0, 1))
    np.testing.assert_allclose(card[300:330, 580:620].mean((0, 1)), middle, atol=6)
