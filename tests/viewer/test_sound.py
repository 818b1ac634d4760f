import time

import numpy as np
import pytest
from clips import write_clip
from waiting import wait_for

from viewer.player import Player
from viewer.sound import RATE, Sound, decoded_sound


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("sound") / "tone.mp4", 90, height=64, sound=True)


def heard(clip, start, speed=1.0):
    return np.concatenate(list(decoded_sound(clip.path, start, speed)))


def pitch(samples):
    """Strongest frequency of the first channel, hertz."""
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    return np.argmax(spectrum) * RATE / len(samples)


def test_sound_from_a_place_is_exactly_the_rest_of_the_whole(clip):
    whole = heard(clip, 0.0)
    for start in (0.25, 1.0, 1.2345):
        rest = heard(clip, start)
        skipped = whole[round(start * RATE) :]
        assert abs(len(rest) - len(skipped)) <= 1
        settled = slice(4096, 20000)  # the decoder needs a frame to settle after a seek
        assert np.abs(rest[settled].astype(int) - skipped[settled]).max() < 400


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0])
def test_speed_changes_the_length_and_keeps_the_pitch(clip, speed):
    samples = heard(clip, 0.5, speed)
    assert len(samples) / RATE == pytest.approx(2.5 / speed, rel=0.08)
    assert pitch(samples[4800:52800]) == pytest.approx(440, abs=4)


def test_a_machine_without_a_sound_card_still_keeps_time(clip):
    sound = Sound(clip.path)
    sound.play(1.0, 1.0)
    wait_for(lambda: (sound.position(0) or 0) > 1.1, "sound moving on")
    sound.stop()
    assert sound.position(0) is None
    sound.close()


def test_muting_does_not_stop_the_time(clip):
    sound = Sound(clip.path)
    sound.muted = True
    sound.play(0.5, 1.0)
    wait_for(lambda: (sound.position(0) or 0) > 0.6, "muted sound moving on")
    sound.close()


def test_after_the_sound_has_ended_the_clock_runs_free(clip):
    sound = Sound(clip.path)
    sound.play(2.9, 1.0)
    wait_for(lambda: sound.position(0) is not None, "the last of the sound")
    wait_for(lambda: sound.position(0) is None, "the end of the sound")
    sound.close()


def test_playing_follows_the_sound(clip):
    player = Player(clip)
    player.play()
    wait_for(lambda: (player.poll(), player.position > 0.5)[1], "half a second of film")

    def agree():
        player.poll()
        heard = player.sound.position(now := time.monotonic())
        return heard is not None and abs(heard - player.clock.position(now)) < 0.25

    wait_for(agree, "picture and sound at one moment")
    assert player.counters.shown > 5
    player.close()
