"""Speech and picture of a talking video are aligned by the rule of the avatar contract."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from verifying import Verified, route, verifier

from media_samples import film, picture, tone
from modelatlas.tools.actions.requests import (
    Avatar,
    Person,
)
from modelatlas.tools.actions.results import AvatarMade
from modelatlas.tools.cards.card import Limits


@pytest.fixture
def verified(tmp_path: Path) -> Verified:
    """Verifies what a run of a request made."""
    return verifier(tmp_path)


@pytest.fixture
def speaker(tmp_path: Path) -> Callable[..., Avatar]:
    """A request for a talking video with so many seconds of speech."""
    portrait = str(picture(tmp_path / "portrait.png", 256, 256))

    def asked(seconds: float, **other: Any) -> Avatar:
        voice = str(tone(tmp_path / f"voice-{seconds}.wav", seconds))
        return Avatar(image=portrait, audio=voice, **other)

    return asked


@pytest.mark.parametrize(
    ("speech_s", "frames", "limits", "other", "expected_s", "ok", "truncated"),
    [
        (2.0, 50, Limits(), {}, 2.0, True, False),
        (2.0, 52, Limits(), {}, 2.0, True, False),
        (2.0, 53, Limits(), {}, 2.0, False, False),
        (2.0, 47, Limits(), {}, 2.0, False, False),
        (2.0, 59, Limits(lead_in_s=0.34), {}, 2.34, True, False),
        (2.0, 42, Limits(lead_in_s=-0.32), {}, 1.68, True, False),
        (2.0, 25, Limits(), {"max_seconds": 1.0}, 1.0, True, False),
        (2.0, 25, Limits(max_frames=25), {}, 1.0, True, True),
        (2.0, 38, Limits(max_audio_s=1.5), {"max_seconds": 1.5}, 1.5, True, True),
    ],
)
def test_speech_and_picture_are_aligned_by_the_rule_of_the_contract(
    speech_s: float,
    frames: int,
    limits: Limits,
    other: dict[str, Any],
    expected_s: float,
    ok: bool,
    truncated: bool,
    speaker: Callable[..., Avatar],
    verified: Verified,
    tmp_path: Path,
) -> None:
    made = film(tmp_path / "talk.mp4", frames=frames, fps=25, sound_s=min(speech_s, frames / 25))

    result = verified(speaker(speech_s, **other), made, way=route(limits))

    assert isinstance(result, AvatarMade)
    alignment = result.alignment
    assert alignment.expected_s == pytest.approx(expected_s, abs=1e-3)
    assert alignment.video_s == pytest.approx(frames / 25, abs=1e-3)
    assert alignment.drift_s == pytest.approx(abs(frames / 25 - expected_s), abs=2e-3)
    assert (alignment.ok, alignment.truncated) == (ok, truncated)
    assert bool(result.warnings) == (not ok or truncated)
    assert result.audio is not None
    assert (result.audio.codec, result.audio.source) == ("aac", "input")


def test_a_slow_film_may_drift_two_frames(speaker: Callable[..., Avatar], verified: Verified, tmp_path: Path) -> None:
    two_frames_more = film(tmp_path / "talk.mp4", frames=12, fps=10, sound_s=1)

    assert verified(speaker(1.0), two_frames_more).alignment.ok


def test_a_talking_video_without_sound_is_not_aligned(
    speaker: Callable[..., Avatar], verified: Verified, tmp_path: Path
) -> None:
    result = verified(speaker(1.0), film(tmp_path / "mute.mp4", frames=25, fps=25))

    assert result.audio is None
    assert not result.alignment.ok
    assert result.warnings == ("the video has no sound",)


def test_words_that_were_spoken_are_measured_on_what_was_made(verified: Verified, tmp_path: Path) -> None:
    request = Avatar(image=str(picture(tmp_path / "p.png", 256, 256)), text="hello there")
    made = film(tmp_path / "talk.mp4", frames=16, fps=16, sound_s=1)

    heard = verified(request, made)
    told = verified(request, made, data={"speech_s": 3.0})

    assert heard.alignment.ok
    assert heard.audio.source == "tts"
    assert (told.alignment.expected_s, told.alignment.ok) == (3, False)


def test_several_speakers_speak_together_or_in_turn(verified: Verified, tmp_path: Path) -> None:
    persons = tuple(Person(audio=str(tone(tmp_path / f"{length}.wav", length))) for length in (1.0, 2.0))
    image = str(picture(tmp_path / "p.png", 512, 256))
    made = film(tmp_path / "talk.mp4", frames=20, fps=10, sound_s=2)

    assert verified(Avatar(image=image, persons=persons), made).alignment.expected_s == 2
    assert verified(Avatar(image=image, persons=persons, audio_mode="add"), made).alignment.expected_s == 3
