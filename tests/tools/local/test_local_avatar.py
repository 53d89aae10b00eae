"""A portrait and words become a talking film: two tiny models, one after the other, through the shipped card."""

from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, Told, contents, silent

from modelatlas.tools.actions.requests import Avatar
from modelatlas.tools.backends.backend import Made, RunFailed, Stopped
from modelatlas.tools.backends.diffusers_backend import DiffusersBackend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("diffusers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

ROUTE = "spoken-picture.mms-wan2.1"
SMALL = {"width": 32, "height": 32}


@pytest.fixture
def avatar(tiny_wan_i2v: Path, tiny_vits_letters: Path) -> DiffusersBackend:
    place = Place(weights=str(tiny_wan_i2v), device="cpu", speech=Place(weights=str(tiny_vits_letters), device="cpu"))
    return DiffusersBackend(route(ROUTE)[1], place)


def speaking(**more: Any) -> Avatar:
    return Avatar.model_validate({"image": "portrait.png", "steps": 1, "extra": SMALL, **more})


def talking(made: Made) -> MeasuredVideo:
    film = measure(made.files[0])
    assert isinstance(film, MeasuredVideo)
    assert film.codec == "h264"
    assert film.audio is not None
    assert film.audio.codec == "aac"
    return film


@pytest.mark.parametrize("text", ["hi", "hello there", "hello there, how are you? fine."])
def test_a_text_is_spoken_and_filmed_for_as_long_as_it_lasts(
    text: str, avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    made = avatar.run(local_order("avatar", speaking(text=text), image=local_samples / "red.png"), silent)
    film = talking(made)
    assert film.audio is not None
    assert film.audio.peak > 0.1
    assert abs(film.duration_s - made.data["speech_s"]) <= 0.1
    assert abs(film.duration_s - film.audio.duration_s) <= 0.1
    assert (film.width, film.height, film.fps) == (32, 32, 16)
    assert made.used["num_frames"] % 4 == 1
    assert made.used["num_frames"] >= film.frames == made.used["frames"]
    assert made.data["source"] == "tts"
    assert made.warnings[-1].startswith("the lips do not follow the speech")
    avatar.close()


def test_a_recording_is_spoken_in_place_of_a_text(
    avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    order = local_order(
        "avatar", speaking(audio="low.wav"), image=local_samples / "red.png", audio=local_samples / "low.wav"
    )
    made = avatar.run(order, silent)
    film = talking(made)
    assert film.duration_s == pytest.approx(1, abs=0.1)
    assert film.audio is not None
    assert (film.audio.sample_rate, made.data["source"]) == (22_050, "input")
    avatar.close()


def test_speech_beyond_the_limit_that_was_asked_for_is_cut(
    avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    request = speaking(audio="low.wav", max_seconds=0.5)
    order = local_order("avatar", request, image=local_samples / "red.png", audio=local_samples / "low.wav")
    film = talking(avatar.run(order, silent))
    assert film.audio is not None
    assert film.duration_s == pytest.approx(0.5, abs=0.1)
    assert film.audio.duration_s == pytest.approx(0.5, abs=0.1)
    avatar.close()


def test_the_same_seed_gives_the_same_talking_film(
    avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    made = [
        contents(
            avatar.run(local_order("avatar", speaking(text="hi", seed=it), image=local_samples / "red.png"), silent)
        )
        for it in (1, 1, 2)
    ]
    assert made[0] == made[1] != made[2]
    avatar.close()


def test_both_models_tell_how_far_they_are_and_either_can_be_stopped(
    avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    told = Told()
    avatar.run(local_order("avatar", speaking(text="hi"), image=local_samples / "red.png"), told)
    assert [part for part, done, _ in told.parts if (part, done) != ("loading", 1)] == [
        "loading", "loading", "speaking", "starting", "denoising", "writing", "joining",
    ]  # fmt: skip
    for last in ("speaking", "denoising"):

        def stops(part: str, done: int, total: int | None, last: str = last) -> None:
            if part == last:
                raise Stopped

        with pytest.raises(Stopped):
            avatar.run(local_order("avatar", speaking(text="hi"), image=local_samples / "red.png"), stops)
    avatar.close()


def test_two_speakers_are_refused(avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path) -> None:
    request = speaking(persons=[{"text": "hi"}, {"text": "ho"}])
    with pytest.raises(RunFailed, match="films one speaker: give audio or text"):
        avatar.run(local_order("avatar", request, image=local_samples / "red.png"), silent)
    avatar.close()


def test_a_preview_names_who_speaks_and_what(
    avatar: DiffusersBackend, local_order: LocalOrder, local_samples: Path
) -> None:
    order = local_order("avatar", speaking(text="hello"), image=local_samples / "red.png")
    shown = avatar.preview(order)
    assert shown["speech"] == {"route": "mms-tts.eng", "text": "hello", "voice": None}
    assert shown["call"]["prompt"]
    assert shown["frames"] == "as many as the speech needs"
