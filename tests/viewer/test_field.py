"""Ambisonic sound that turns with the view, against the directions that it comes from."""

from math import radians

import numpy as np
import pytest
from waiting import wait_for

from viewer.camera import Camera
from viewer.field import Field, field_of
from viewer.sound import RATE, Sound, decoded_sound
from vr360.geometry import lonlat_to_xyz
from vr360.media.ambisonics import encode
from vr360.media.probe import probe
from vr360.spherical import SphericalMetadata, inject

TONES = (300, 600, 1200, 2400)


def heard(order, source, camera, locked=()):
    """Loudness in each ear of a source of amplitude 10,000."""
    channels = np.concatenate([encode(source, order), locked])
    samples = np.rint(10_000 * channels)[None].astype(np.int16)
    return Field(order, len(channels)).heard(samples, camera.matrix())[0] / 10_000


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("yaw", [0, 35, 180, -120])
@pytest.mark.parametrize("pitch", [0, 50])
def test_each_ear_hears_by_the_angle_to_its_side(order, yaw, pitch):
    camera = Camera(radians(yaw), radians(pitch))
    right = lonlat_to_xyz(radians(yaw + 90), 0)  # of a head that is not tilted
    for lon, lat in [(0, 0), (90, 0), (180, 20), (-90, -40), (10, 80)]:
        source = lonlat_to_xyz(radians(lon), radians(lat))
        cosine = float(source @ right)
        wanted = [(1 - cosine) / 2, (1 + cosine) / 2]
        assert heard(order, source, camera) == pytest.approx(wanted, abs=3e-4)


def test_head_locked_stereo_does_not_turn():
    for yaw in (0, 90):
        found = heard(1, np.zeros(3), Camera(radians(yaw)), locked=(0.25, -0.5))
        assert found == pytest.approx([0.5 + 0.25, 0.5 - 0.5], abs=3e-4)


@pytest.fixture
def film(make_film, make_sound, moving):
    """A film with a field of which each channel has a tone of its own."""
    t = np.arange(2 * RATE) / RATE
    sound = np.stack([0.3 * np.sin(2 * np.pi * f * t) for f in TONES], axis=1)
    plain = ("-af", "channelmap=map=0|1|2|3:channel_layout=quad", "-c:a", "aac")
    inputs = ("-i", make_sound("field.wav", sound))
    path = make_film("field.mp4", moving(48), "-pix_fmt", "yuv420p", *plain, inputs=inputs)
    inject(path, SphericalMetadata(), ambisonic="acn-sn3d")
    return probe(path)


def strongest(samples):
    """The tone of each channel, hertz."""
    spectra = abs(np.fft.rfft(samples * np.hanning(len(samples))[:, None], axis=0))
    return [pytest.approx(f, abs=4) for f in spectra.argmax(axis=0) * RATE / len(samples)]


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_a_field_is_decoded_channel_by_channel(film, speed):
    field = field_of(film)
    assert field == Field(1, 4)
    samples = np.concatenate(list(decoded_sound(film.path, 0.5, speed, field=field)))
    assert strongest(samples[4800:28800]) == list(TONES)


def test_what_is_played_turns_with_the_head(film):
    sound = Sound(film.path, field=field_of(film))
    try:
        sound.play(0.5, 1.0)
        wait_for(lambda: sound._queued > 12000, "sound that is decoded")
        ahead = sound._take(4800)
        sound.face(Camera(radians(90)).matrix())  # its right is now behind, its left ahead
        turned = sound._take(4800)
    finally:
        sound.close()
    assert ahead.shape == turned.shape == (4800, 2)
    y, x = loudness_of(TONES[1], ahead), loudness_of(TONES[3], ahead)
    assert y > 10 * x  # left and right are in Y, ahead and behind in X
    assert loudness_of(TONES[3], turned) > 10 * loudness_of(TONES[1], turned)


def loudness_of(tone, samples):
    """In what tells the ears apart."""
    difference = samples[:, 0].astype(float) - samples[:, 1]
    wave = np.exp(-2j * np.pi * tone * np.arange(len(difference)) / RATE)
    return abs(difference @ wave)


def test_plain_stereo_is_no_field(make_film, make_sound, moving):
    inputs = ("-i", make_sound("stereo.wav", np.zeros((RATE, 2))))
    assert field_of(probe(make_film("plain.mp4", moving(24), inputs=inputs))) is None
