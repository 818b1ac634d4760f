"""Ambisonic sound: what the folder holds of it, and what each ear hears in a real browser."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.viewer.web.conftest import player, wait
from tests.viewer.web.test_camera import reckon  # noqa: F401, a fixture
from tests.viewer.web.test_site import streams, told
from viewer.web.script import modules
from viewer.web.site import ShareJob, share
from vr360.geometry import rotation
from vr360.media.ambisonics import encode
from vr360.spherical import SphericalMetadata, inject

RATE = 48000
TONES = (300, 600, 1200, 2400)
QUARTER = np.pi / 2
AHEAD, RIGHT, BEHIND, LEFT, UP = (
    (0, 0, -1),
    (1, 0, 0),
    (0, 0, 1),
    (-1, 0, 0),
    (0, 1, 0),
)


def tones(seconds=2.0):
    """(samples, 4): a tone of its own in each channel."""
    t = np.arange(int(RATE * seconds)) / RATE
    return np.stack([0.3 * np.sin(2 * np.pi * f * t) for f in TONES], axis=1)


@pytest.fixture
def film(make_film, make_sound, moving):
    """A film with a field marked as ambisonic."""

    def make(name="field.mp4", *options):
        sound = ("-i", make_sound("field.wav", tones()))
        how = options or ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
        plain = (
            "-af",
            "channelmap=map=0|1|2|3:channel_layout=quad",
        )  # else ffmpeg mixes it for loudspeakers
        path = make_film(name, moving(48), *how, *plain, inputs=sound)
        inject(path, SphericalMetadata(), ambisonic="acn-sn3d") if path.suffix == ".mp4" else None
        return path

    return make


def heard(path):
    """The tone of each channel as ffmpeg decodes the file, by its own order."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    channels = np.frombuffer(data, "<f4").reshape(-1, 4)[RATE // 2 : RATE]
    spectra = np.abs(np.fft.rfft(channels, axis=0))
    return tuple(round(int(peak) * 2, -2) for peak in spectra.argmax(axis=0))


def test_the_field_is_kept_and_the_picture_is_copied(film, tmp_path):
    source = film()
    share(ShareJob((source,), tmp_path / "site"))
    show = told(tmp_path / "site" / "index.html")
    (offered,) = show["sources"]
    made = tmp_path / "site" / offered["src"]
    assert heard(made) == TONES
    assert [s["channel_layout"] for s in streams(made) if s["codec_type"] == "audio"] == ["4.0"]
    assert packets(made) == packets(source)
    assert (tmp_path / "site" / show["field"]).is_file()
    assert offered["type"].endswith('mp4a.40.2"')


def packets(path):
    """A hash of the picture's packets."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy"]
    return subprocess.run([*command, "-f", "md5", "-"], capture_output=True, check=True).stdout


def test_a_version_keeps_the_field_too(film, tmp_path):
    source = film("field.mov", "-c:v", "ffv1", "-c:a", "pcm_s16le")
    share(ShareJob((source,), tmp_path / "site"))
    (offered,) = told(tmp_path / "site" / "index.html")["sources"]
    assert heard(tmp_path / "site" / offered["src"]) == TONES


def test_a_picture_that_mp4_does_not_hold_is_not_copied(film, tmp_path):
    source = film("field.webm", "-c:v", "libvpx", "-c:a", "libopus", "-mapping_family", "255")
    shared = share(ShareJob((source,), tmp_path / "site"))
    (offered,) = told(tmp_path / "site" / "index.html")["sources"]
    assert heard(tmp_path / "site" / offered["src"]) == TONES
    assert offered["type"].startswith('video/mp4; codecs="avc1.')
    assert "vp8" in shared.notes[0]


def test_of_higher_orders_the_first_is_kept(make_film, make_sound, moving, tmp_path):
    nine = np.concatenate([tones(), tones()[:, :1].repeat(5, axis=1)], axis=1)
    sound = ("-i", make_sound("nine.wav", nine))
    how = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le")
    source = make_film("nine.mov", moving(48), *how, inputs=sound)
    shared = share(ShareJob((source,), tmp_path / "site"))
    assert "by the first of its 2 ambisonic orders" in shared.notes[0]
    (offered,) = told(tmp_path / "site" / "index.html")["sources"]
    assert heard(tmp_path / "site" / offered["src"]) == TONES


def test_head_locked_stereo_is_left_out_and_that_is_said(
    film, make_film, make_sound, moving, tmp_path
):
    six = np.concatenate([tones(), tones()[:, :1].repeat(2, axis=1)], axis=1)
    sound = ("-i", make_sound("six.wav", six))
    how = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac")
    source = make_film("six.mp4", moving(48), *how, "-ac", "6", inputs=sound)
    inject(source, SphericalMetadata(), ambisonic="acn-sn3d")
    shared = share(ShareJob((source,), tmp_path / "site"))
    assert "head-locked stereo is left out" in shared.notes[0]
    alone = share(ShareJob((film(),), tmp_path / "alone"))
    assert "head-locked" not in alone.notes[0]


def test_opus_that_says_its_order_is_a_field(make_film, make_sound, moving, tmp_path):
    named = ("-af", "channelmap=map=0|1|2|3:channel_layout=ambisonic 1")
    how = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libopus", "-mapping_family", "2")
    sound = ("-i", make_sound("field.wav", tones()))
    source = make_film("field.mkv", moving(48), *how, *named, inputs=sound)
    share(ShareJob((source,), tmp_path / "site"))
    show = told(tmp_path / "site" / "index.html")
    assert show["field"]
    assert heard(tmp_path / "site" / show["sources"][0]["src"]) == TONES


def test_films_keep_apart_whatever_they_are_called(film, make_film, moving, tmp_path):
    """A film that is called as the scaled version of another, and one as the player's own file."""
    plain = ("-c:v", "ffv1", "-pix_fmt", "yuv420p")
    names = ("clip-32.mp4", "channels.mp4", "clip.mp4")
    films = [film("clip-32.mp4"), film("channels.mp4"), make_film("clip.mkv", moving(4), *plain)]
    share(ShareJob(tuple(films), tmp_path / "site", max_width=32))
    shows = [told(tmp_path / "site" / f"{Path(name).stem}.html") for name in names]
    files = [show["sources"][0]["src"] for show in shows]
    files += [show["field"] for show in shows[:2]]
    assert all((tmp_path / "site" / file).is_file() for file in files)
    assert len(set(files)) == 4  # the two fields are heard by one probe


def test_stereo_stays_what_it_is(make_film, make_sound, moving, tmp_path):
    sound = ("-i", make_sound("two.wav", tones()[:, :2]))
    source = make_film("two.mp4", moving(8), "-pix_fmt", "yuv420p", "-c:a", "aac", inputs=sound)
    share(ShareJob((source,), tmp_path / "site"))
    show = told(tmp_path / "site" / "index.html")
    assert show["field"] is None
    assert not (tmp_path / "site" / "media" / "channels.probe.mp4").exists()


# Plays noise that comes as a plane wave, with the head turned; the loudness at each ear.
LISTEN = """(async ([field, turn, order]) => {
    const seconds = 0.3, rate = 48000;
    const context = new OfflineAudioContext(2, seconds * rate, rate);
    const buffer = context.createBuffer(4, seconds * rate, rate);
    let seed = 7;
    for (let i = 0; i < buffer.length; i++) {
        seed = (seed * 16807) % 2147483647;
        const noise = seed / 2147483647 - 0.5;
        field.forEach((gain, n) => (buffer.getChannelData(n)[i] = gain * noise));
    }
    const source = new AudioBufferSourceNode(context, { buffer });
    m.turnHead(context, turn);
    m.playField(context, source, order);
    source.start();
    const heard = await context.startRendering();
    return [0, 1].map((ear) => {
        const all = heard.getChannelData(ear).subarray(rate / 10);
        return Math.sqrt(all.reduce((sum, each) => sum + each * each, 0) / all.length);
    });
})(given)"""


def ears(reckon, direction, turn=None, order=(0, 1, 2, 3)):  # noqa: F811
    """Right over left in decibels, and the loudness of both."""
    turn = np.eye(3) if turn is None else turn
    field = [float(encode(np.array(direction, float), 1)[n]) for n in np.argsort(order)]
    given = [field, np.asarray(turn, float).T.ravel().tolist(), list(order)]
    left, right = reckon("sound.js", LISTEN, given)
    return 20 * np.log10(right / left), np.hypot(left, right)


@pytest.mark.parametrize(("direction", "side"), [(AHEAD, 0), (RIGHT, 1), (BEHIND, 0), (LEFT, -1)])
def test_four_directions_are_heard_where_they_are(reckon, direction, side):  # noqa: F811
    louder, loud = ears(reckon, direction)
    assert loud > 0.01
    assert abs(louder) < 1 if side == 0 else side * louder > 4


@pytest.mark.parametrize(
    ("direction", "yaw", "pitch", "side"),
    [
        (AHEAD, QUARTER, 0, -1),
        (AHEAD, -QUARTER, 0, 1),
        (BEHIND, QUARTER, 0, 1),
        (RIGHT, QUARTER, 0, 0),
        (LEFT, 2 * QUARTER, 0, 1),
        (RIGHT, 0, 1.2, 1),
    ],
)
def test_sounds_stay_where_they_are_while_the_head_turns(
    reckon,  # noqa: F811
    direction,
    yaw,
    pitch,
    side,
):
    louder, _ = ears(reckon, direction, rotation(yaw, pitch))
    assert abs(louder) < 1 if side == 0 else side * louder > 4


def test_what_is_above_is_at_the_ear_that_is_up(reckon):  # noqa: F811
    to_the_right = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # the right ear down
    assert ears(reckon, UP, to_the_right)[0] < -4
    assert ears(reckon, UP, to_the_right.T)[0] > 4


def test_above_and_ahead_do_not_sound_the_same(reckon):  # noqa: F811
    loud = [ears(reckon, direction)[1] for direction in (AHEAD, BEHIND, UP)]
    assert max(loud) / min(loud) > 1.02


def test_channels_in_another_order_are_put_right(reckon):  # noqa: F811
    straight = ears(reckon, RIGHT)
    assert ears(reckon, RIGHT, order=(2, 0, 1, 3)) == pytest.approx(straight)


# The loudest frequency of each channel as it reaches the decoder, in the order that it reads them.
CHANNELS = """async () => {
    const { context, parts } = vr360.field;
    const meters = [0, 1, 2, 3].map((n) => {
        const meter = new AnalyserNode(context, { fftSize: 8192 });
        parts.connect(meter, n);
        return meter;
    });
    const full = context.currentTime + 2 * meters[0].fftSize / context.sampleRate;
    for (let n = 0; n < 1000 && context.currentTime < full; n++) {
        await new Promise((done) => requestAnimationFrame(done));
    }
    return meters.map((meter) => {
        const bins = new Float32Array(meter.frequencyBinCount);
        meter.getFloatFrequencyData(bins);
        return bins.indexOf(Math.max(...bins)) * context.sampleRate / meter.fftSize;
    });
}"""


def test_a_film_reaches_the_decoder_in_the_order_of_its_channels(
    film,
    tmp_path,
    serve,
    visit,
    reckon,  # noqa: F811
):
    share(ShareJob((film(),), tmp_path / "site"))
    page = visit(serve(tmp_path / "site"))
    page.keyboard.press("l")
    page.click("#start")
    wait(page, "player.drawn > 2 && player.field.parts")
    np.testing.assert_allclose(page.evaluate(CHANNELS), TONES, atol=10)
    page.keyboard.press("d")
    ahead = page.evaluate(
        "['forwardX', 'forwardZ'].map((n) => vr360.field.context.listener[n].value)"
    )
    assert ahead == pytest.approx([np.sin(np.radians(5)), -np.cos(np.radians(5))], abs=1e-3)
    assert player(page, "player.field.context.state") == "running"


# As the page asks it, but a failure is not caught.
ORDER = """async () => {
    const { channelOrder } = await import("./sound.js");
    return channelOrder(new OfflineAudioContext(4, 1, 48000), vr360.field.probe);
}"""


def test_the_order_of_channels_is_found_by_their_loudness(film, tmp_path, serve, visit):
    share(ShareJob((film(),), tmp_path / "site"))
    for name, text in modules().items():
        (tmp_path / "site" / name).write_text(text)
    page = visit(serve(tmp_path / "site"))
    page.click("#start")
    wait(page, "player.field.parts")
    assert page.evaluate(ORDER) == player(page, "player.field.order") == [0, 1, 2, 3]
