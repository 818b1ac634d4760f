"""The page in Debian's Firefox: the picture, the keys, captions."""

import base64
import shutil
import sys
from math import radians

import cv2
import numpy as np
import pytest

from tests.viewer.clips import number_on_screen, write_clip
from tests.viewer.scenes import mean_error, sphere_scene
from tests.viewer.web.firefox import Firefox
from tests.viewer.web.test_extras import WORDS
from tests.viewer.web.test_picture import BAR, SIZE, reference
from tests.viewer.web.test_sound import TONES, film  # noqa: F401, a fixture
from viewer.web.site import ShareJob, share
from vr360.choices import Projection

BINARY = shutil.which("firefox-esr") or shutil.which("firefox")
pytestmark = [
    pytest.mark.web,
    pytest.mark.skipif(BINARY is None, reason="no Firefox: sudo apt-get install firefox-esr"),
    pytest.mark.skipif(
        shutil.which("xvfb-run") is None, reason="no xvfb: sudo apt-get install xvfb"
    ),
]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    firefox = Firefox(BINARY, tmp_path_factory.mktemp("profile"))
    yield firefox
    firefox.close()


DYING = """#!{python}
import pathlib, socket, sys
server = socket.create_server(("127.0.0.1", 0))
told = pathlib.Path(sys.argv[-1], "MarionetteActivePort")
told.write_text(str(server.getsockname()[1]))
server.accept()[0].close()
"""


@pytest.mark.parametrize("text", ["#!/bin/false\n", DYING], ids=["before", "while it is asked"])
def test_a_browser_that_ends_is_an_error_and_not_waited_for(text, tmp_path):
    binary = tmp_path / "firefox"
    binary.write_text(text.format(python=sys.executable))
    binary.chmod(0o755)
    with pytest.raises(AssertionError, match="Firefox has ended"):
        Firefox(str(binary), tmp_path)


@pytest.fixture
def open_site(firefox, tmp_path, serve):
    """`open_site(query, *films, **job)`: the page of what is shared so."""

    def go(query, *films, **job):
        share(ShareJob(films, tmp_path / "site", **job))
        firefox.visit(serve(tmp_path / "site") + query)
        firefox.wait("document.querySelector('#player[data-ready]') !== null")
        assert firefox.run("document.getElementById('trouble').textContent") == ""
        return firefox

    return go


def fix_size(page):
    fixed = f"Object.assign(vr360.canvas.style, {{ width: '{SIZE[1]}px', height: '{SIZE[0]}px' }})"
    page.run(fixed)


def seen(page, after="null"):
    """What the sphere shows, after an expression."""
    shot = page.run(f"({after}, vr360.snapshot())")
    data = np.frombuffer(base64.b64decode(shot.split(",")[1]), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def test_the_picture_is_right_over_seam_and_poles(open_site, tmp_path):
    scene = sphere_scene(256)
    cv2.imwrite(str(tmp_path / "still.png"), scene[..., ::-1])
    page = open_site("", tmp_path / "still.png")
    fix_size(page)
    for yaw, pitch in [(0, 0), (180, 0), (0, 90), (0, -90)]:
        at = f"{{ yaw: {radians(yaw)}, pitch: {radians(pitch)}, fov: {radians(90)} }}"
        found = seen(page, f"vr360.look({at})")
        assert mean_error(found, reference(scene, Projection.EQUIRECT, yaw, pitch)) < BAR


def test_keys_play_and_step_single_frames(open_site, tmp_path):
    write_clip(tmp_path / "clip.mp4", 90, 96, 30, sound=True)
    (tmp_path / "clip.vtt").write_text(WORDS)
    page = open_site("?t=1", tmp_path / "clip.mp4")
    page.wait("vr360.drawn === 30 && !vr360.video.seeking")
    page.wait("document.getElementById('caption').textContent === 'First words'")
    for key, number in ((".", 31), (".", 32), (",", 31)):
        page.press(key)
        page.wait(f"vr360.drawn === {number}")
    page.press(" ")
    page.wait("vr360.playing && vr360.drawn > 40")
    page.press(" ")
    page.wait("!vr360.playing")
    page.press("d")
    assert page.run("vr360.at.yaw") == pytest.approx(radians(5))


@pytest.fixture
def halves(open_site, tmp_path):
    """The page of a film at the right and its original at the left, 90 numbered frames each."""
    write_clip(tmp_path / "film.mp4", 90, 160, 30, sound=True)
    write_clip(tmp_path / "clip.mp4", 90, 160, 30, (150, 110, 80), gop=12)
    page = open_site("", tmp_path / "film.mp4", compare=tmp_path / "clip.mp4")
    fix_size(page)
    page.run("(vr360.set({ wipe: 0.5 }), null)")
    return page


def test_film_and_original_step_to_the_same_frame(halves):
    page = halves
    page.run("(vr360.begin(1), null)")
    resting = "!vr360.films.some((film) => film.video.seeking)"

    def both_show(number):
        try:
            page.wait(f"vr360.drawn === {number} && {resting}")
        except AssertionError:
            raise AssertionError(page.run("JSON.stringify([vr360.drawn, vr360.time])")) from None
        shown = seen(page)
        assert [number_on_screen(shown, side) for side in (0, 1)] == [number, number]

    both_show(30)
    for key, number in ((".", 31), (".", 32), (",", 31)):
        page.press(key)
        both_show(number)
    page.press("\ue011")  # Home
    both_show(0)


def test_film_and_original_rest_on_the_same_frame_after_they_played(halves):
    page = halves
    page.press("l")
    for reached in ("vr360.drawn > 40", "vr360.drawn > 80", "vr360.drawn < 40"):
        page.press(" ")
        page.wait(f"vr360.playing && {reached}")
        page.press(" ")
        page.wait("!vr360.playing && !vr360.films.some((film) => film.video.seeking)")
        page.wait("vr360.drawn === Math.floor(vr360.time * 30)")
        drawn, shown = page.run("vr360.drawn"), seen(page)
        assert [number_on_screen(shown, side) for side in (0, 1)] == [drawn, drawn]


# How strong each of the tones is in each channel of the film, as this browser decodes it.
DECODED = """(async () => {
    const context = new OfflineAudioContext(4, 1, 48000);
    const data = await (await fetch(vr360.video.currentSrc)).arrayBuffer();
    const sound = await context.decodeAudioData(data);
    return [0, 1, 2, 3].map((channel) => {
        const samples = sound.getChannelData(channel).subarray(9600, 19200);
        return TONES.map((tone) => {
            let [real, imaginary] = [0, 0];
            samples.forEach((each, n) => {
                real += each * Math.cos(2 * Math.PI * tone * n / 48000);
                imaginary += each * Math.sin(2 * Math.PI * tone * n / 48000);
            });
            return Math.hypot(real, imaginary);
        });
    });
})()"""


def test_the_order_of_a_fields_channels_is_found(open_site, film):  # noqa: F811
    page = open_site("", film())
    page.click("#start")
    page.wait("vr360.drawn >= 0 && vr360.field.parts != null")
    order = page.run("[...vr360.field.order]")
    strengths = np.array(page.run(DECODED.replace("TONES", str(list(TONES)))))
    assert strengths.argmax(axis=1)[order].tolist() == [0, 1, 2, 3]
