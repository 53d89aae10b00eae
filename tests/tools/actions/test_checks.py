"""What is refused before a model is loaded: one sentence that names the field and what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from media_samples import film, picture, tone
from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.action import ACTIONS
from modelatlas.tools.actions.checks import check
from modelatlas.tools.actions.requests import (
    Avatar,
    EditImage,
    EditSpeech,
    ExploreWorld,
    Generate3D,
    GenerateVideo,
    Person,
    Request,
    RestoreVideo,
    Speak,
    Understand,
    WordTime,
    WorldAction,
)
from modelatlas.tools.backends.backend import Input
from modelatlas.tools.cards.card import Limits
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.policy import Policy

NONE = Limits()


def tool_of(request: Request) -> str:
    """The tool that takes such a request."""
    return next(name for name, action in ACTIONS.items() if action.request is type(request))


def checked(request: Request, folder: Path, limits: Limits = NONE) -> Mapping[str, Input]:
    """Bring the media of a request in and check it."""
    inputs = bring_in(request, folder / "in", Policy())
    check(tool_of(request), request, inputs, limits)
    return inputs


def refusal(request: Request, folder: Path, limits: Limits = NONE) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(BadInput) as refused:
        checked(request, folder, limits)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert ". " not in sentence
    return sentence


@pytest.fixture
def portrait(tmp_path: Path) -> str:
    """A portrait that is large enough."""
    return str(picture(tmp_path / "portrait.png", 320, 256))


@pytest.fixture
def voice(tmp_path: Path) -> str:
    """Two seconds that can be heard."""
    return str(tone(tmp_path / "voice.wav", 2))


def test_a_portrait_and_speech_within_the_limits_are_taken(portrait: str, voice: str, tmp_path: Path) -> None:
    limits = Limits(min_audio_s=1, max_audio_s=2, max_persons=1)

    assert set(checked(Avatar(image=portrait, audio=voice), tmp_path, limits)) == {"image", "audio"}
    assert checked(Avatar(image=portrait, text="hello"), tmp_path / "text", limits)


def test_a_small_portrait_is_refused_by_the_limit_of_the_model_or_the_contract(voice: str, tmp_path: Path) -> None:
    small = str(picture(tmp_path / "small.png", 255, 400))
    request = Avatar(image=small, audio=voice)

    assert refusal(request, tmp_path) == (
        "image is 255×400, and its shorter side must have at least 256 pixels; give a larger picture."
    )
    assert checked(request, tmp_path / "less", Limits(min_image_side=200))
    assert "at least 300 pixels" in refusal(request, tmp_path / "more", Limits(min_image_side=300))
    assert checked(Generate3D(image=small), tmp_path / "other")


@pytest.mark.parametrize("loud", [0, 0.0005])
def test_silence_is_refused_wherever_sound_is_given(loud: float, portrait: str, tmp_path: Path) -> None:
    silent = str(tone(tmp_path / "silent.wav", loud=loud))

    assert refusal(Avatar(image=portrait, audio=silent), tmp_path / "1").startswith("audio is silent (1 s")
    assert refusal(Speak(text="t", voice_sample=silent), tmp_path / "2").startswith("voice_sample is silent")
    persons = (Person(text="hi"), Person(audio=silent))
    assert refusal(Avatar(image=portrait, persons=persons), tmp_path / "3").startswith("persons[1].audio is silent")


def test_speech_shorter_or_longer_than_the_model_takes_is_refused_unless_it_is_to_be_cut(
    portrait: str, voice: str, tmp_path: Path
) -> None:
    request = Avatar(image=portrait, audio=voice)

    assert "needs more than 3.24 s; give longer" in refusal(request, tmp_path / "1", Limits(min_audio_s=3.24))
    assert "max_seconds of 1.5 or less" in refusal(request, tmp_path / "2", Limits(max_audio_s=1.5))
    cut = request.model_copy(update={"max_seconds": 1.5})
    assert checked(cut, tmp_path / "3", Limits(max_audio_s=1.5))


def test_persons_are_counted_and_their_boxes_lie_in_the_image(portrait: str, voice: str, tmp_path: Path) -> None:
    def asked(*boxes: tuple[int, int, int, int] | None) -> Avatar:
        return Avatar(image=portrait, persons=tuple(Person(audio=voice, bbox=box) for box in boxes))

    left, right = (0, 0, 256, 160), (0, 160, 256, 320)
    assert checked(asked(left, right), tmp_path / "1", Limits(max_persons=2))
    assert "asks for 2 speakers, and this model makes at most 1" in refusal(
        asked(left, right), tmp_path / "2", Limits(max_persons=1)
    )
    assert refusal(asked(left, (0, 160, 320, 256)), tmp_path / "3").startswith(
        "persons[1].bbox reaches to y 320, x 256, outside the image of 320×256"
    )
    assert "in part only" in refusal(asked(left, None), tmp_path / "4")


def test_persons_one_after_the_other_are_as_long_as_all_together(portrait: str, voice: str, tmp_path: Path) -> None:
    persons = (Person(audio=voice), Person(audio=voice))
    limits = Limits(max_audio_s=3)

    assert checked(Avatar(image=portrait, persons=persons), tmp_path / "1", limits)
    assert "persons together lasts 4 s" in refusal(
        Avatar(image=portrait, persons=persons, audio_mode="add"), tmp_path / "2", limits
    )


def test_a_mask_has_the_size_of_its_image(portrait: str, voice: str, tmp_path: Path) -> None:
    mask = str(picture(tmp_path / "mask.png", 64, 64))
    edit = EditImage(images=(portrait,), instruction="i", mask=mask)
    speaker = Avatar(image=portrait, persons=(Person(audio=voice, mask=mask),))

    assert "mask is 64×64 but images[0] is 320×256" in refusal(edit, tmp_path / "1")
    assert "persons[0].mask is 64×64 but image is 320×256" in refusal(speaker, tmp_path / "2")


def test_the_last_frame_has_the_shape_of_the_first(portrait: str, tmp_path: Path) -> None:
    def asked(width: int, height: int) -> GenerateVideo:
        last = picture(tmp_path / f"{width}.png", width, height)
        return GenerateVideo(prompt="p", image=portrait, last_image=str(last))

    assert checked(asked(160, 128), tmp_path / "1")
    assert "last_image is 256×320 but image is 320×256; give both in the same shape, as 5:4" in refusal(
        asked(256, 320), tmp_path / "2"
    )


@pytest.mark.parametrize(
    ("asked", "limits", "why"),
    [
        ({"frames": 121}, Limits(max_frames=81), "frames asks for 121 frames, and this model makes at most 81"),
        ({"seconds": 10, "fps": 16}, Limits(max_frames=81), "seconds asks for 160 frames"),
    ],
)
def test_more_frames_than_the_model_makes_are_refused(
    asked: dict[str, Any], limits: Limits, why: str, tmp_path: Path
) -> None:
    assert why in refusal(GenerateVideo(prompt="p", **asked), tmp_path, limits)
    assert checked(GenerateVideo(prompt="p", **asked), tmp_path) == {}


def test_limits_of_frames_and_parts_hold_for_every_tool(portrait: str, tmp_path: Path) -> None:
    clip = str(film(tmp_path / "f.mp4", frames=12))
    walk = (WorldAction(keys=("W",), frames=30), WorldAction(frames=30))
    four = Limits(max_frames=10, max_parts=4)

    assert "video asks for 12 frames" in refusal(RestoreVideo(video=clip), tmp_path / "1", four)
    assert "actions asks for 60 frames" in refusal(ExploreWorld(image=portrait, actions=walk), tmp_path / "2", four)
    assert "parts asks for 5 parts" in refusal(Generate3D(image=portrait, parts=5), tmp_path / "3", four)


def test_a_question_needs_something_to_look_at(tmp_path: Path) -> None:
    assert "give images, video or audio" in refusal(Understand(question="what?"), tmp_path)


def test_times_of_words_lie_in_the_recording(voice: str, tmp_path: Path) -> None:
    def asked(start: float, end: float) -> EditSpeech:
        times = (WordTime(word="a", start=0, end=0.5), WordTime(word="b", start=start, end=end))
        return EditSpeech(audio=voice, said="a b", wanted="a c", word_times=times)

    assert checked(asked(0.5, 2), tmp_path / "1")
    assert "word_times[1] ends at 0.6 s before it starts at 0.9 s" in refusal(asked(0.9, 0.6), tmp_path / "2")
    assert "word_times[1] ends at 9 s but audio is 2 s long" in refusal(asked(0.9, 9), tmp_path / "3")
