"""Sizes and lengths as a pipeline can make them, worked out before anything is loaded; no library is needed."""

from pathlib import Path
from typing import Any

import pytest

from modelatlas.tools.actions.requests import Avatar, EditImage, GenerateVideo, Request
from modelatlas.tools.backends.backend import Input, Order, RunFailed
from modelatlas.tools.backends.local_arguments import Arguments, arguments, down, until
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.media.measures import Measured, MeasuredImage, MeasuredVideo


def picture(width: int, height: int) -> MeasuredImage:
    return MeasuredImage(format="png", width=width, height=height)


def film(seconds: float, fps: float) -> MeasuredVideo:
    frames = round(seconds * fps)
    return MeasuredVideo(codec="h264", width=640, height=480, fps=fps, frames=frames, duration_s=seconds, audio=None)


def called(id: str, tool: str, request: Request, /, speech_s: float | None = None, **inputs: Measured) -> Arguments:
    chosen = route(id)[1]
    assert isinstance(chosen.run, DiffusersSettings)
    given = {name.replace("__", "[") + "]" * ("__" in name): it for name, it in inputs.items()}
    order = Order(tool, request, {name: Input(Path(name), "0" * 64, it) for name, it in given.items()}, Path("unused"))
    return arguments(chosen, chosen.run, order, speech_s)


@pytest.mark.parametrize(
    ("asked", "made"), [(1, 1), (2, 1), (4, 5), (5, 5), (6, 5), (7, 5), (8, 9), (9, 9), (80, 81), (81, 81)]
)
def test_frames_become_what_the_pipelines_make_of_them(asked: int, made: int) -> None:
    assert down(asked, 4) == made
    assert down(asked, None) == asked


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.01, 1), (0.0625, 1), (0.063, 5), (0.8, 13), (0.8125, 13), (1.0, 17), (5.0, 81)]
)
def test_a_film_lasts_at_least_as_long_as_the_speech(seconds: float, frames: int) -> None:
    assert until(seconds, 16, 4) == frames


@pytest.mark.parametrize(
    ("asked", "shape", "size"),
    [
        ({}, (832, 480), (832, 480)),
        ({}, (480, 832), (480, 832)),
        ({}, (4000, 4000), (624, 624)),
        ({}, (64, 64), (624, 624)),
        ({"width": 64}, (60, 80), (64, 80)),
        ({"height": 100}, (200, 100), (192, 96)),
        ({"width": 70, "height": 60}, (200, 100), (64, 64)),
        ({"extra": {"width": 32}}, (100, 100), (32, 32)),
    ],
)
def test_a_size_follows_what_is_asked_and_then_the_image(
    asked: dict[str, Any], shape: tuple[int, int], size: tuple[int, int]
) -> None:
    request = GenerateVideo.model_validate({"prompt": "a fox", "image": "x", **asked})
    found = called("wan2.1.i2v-14b", "generate_video", request, image=picture(*shape))
    assert (found.width, found.height) == size
    assert (found.plain["width"], found.plain["height"]) == size


def test_an_edit_without_a_size_argument_brings_the_image_to_what_the_model_was_made_for() -> None:
    request = EditImage(images=("x",), instruction="make it blue")
    found = called("instruct-pix2pix.diffusers", "edit_image", request, images__0=picture(4000, 2000))
    assert (found.width, found.height) == (720, 360)
    assert "width" not in found.plain


def test_a_pipeline_that_sizes_for_itself_is_left_to_it() -> None:
    request = EditImage(images=("x",), instruction="make it blue")
    found = called("qwen-image-edit-2509.diffusers", "edit_image", request, images__0=picture(4000, 2000))
    assert (found.width, found.height) == (None, None)
    assert found.plain["negative_prompt"] == " "


def test_the_resolution_of_an_avatar_is_an_area_in_the_shape_of_the_portrait() -> None:
    sizes = []
    for resolution in ("480p", "720p"):
        request = Avatar.model_validate({"image": "x", "text": "hi", "resolution": resolution})
        found = called("spoken-picture.mms-wan2.1", "avatar", request, 2.0, image=picture(600, 600))
        assert found.frames == found.plain["num_frames"] == 33
        sizes.append((found.width, found.height))
    assert sizes == [(624, 624), (960, 960)]


@pytest.mark.parametrize(
    ("asked", "given", "frames"),
    [
        ({}, None, 81),
        ({}, film(2.0, 25), 33),
        ({}, film(60.0, 25), 81),
        ({"frames": 6}, film(2.0, 25), 5),
        ({"seconds": 1.0}, None, 17),
        ({"extra": {"num_frames": 12}}, None, 13),
    ],
)
def test_a_length_follows_what_is_asked_and_then_the_film(
    asked: dict[str, Any], given: MeasuredVideo | None, frames: int
) -> None:
    request = GenerateVideo.model_validate({"prompt": "a fox", **asked})
    inputs: dict[str, Measured] = {} if given is None else {"video": given}
    found = called("wan2.1.vace", "generate_video", request, None, **inputs)
    assert found.frames == found.plain["num_frames"] == frames


def test_a_driving_film_is_taken_whole_at_the_rate_of_the_model_and_in_its_own_shape() -> None:
    request = GenerateVideo(prompt="she dances", image="x", driving_video="v", extra={"width": 480, "height": 640})
    found = called(
        "wan2.2.animate-2-14b", "generate_video", request, None, image=picture(600, 800), driving_video=film(2.0, 30)
    )
    assert (found.width, found.height, found.frames) == (None, None, 48)
    assert set(found.media) == {"image", "driving_video"}
    assert (found.plain["width"], found.plain["height"]) == (480, 640)


def test_what_a_pipeline_has_no_argument_for_is_warned_of() -> None:
    request = Avatar(image="x", text="hi", audio_guidance=4.0, text_guidance=5.0)
    found = called("spoken-picture.mms-wan2.1", "avatar", request, 1.0, image=picture(600, 600))
    assert found.plain["guidance_scale"] == 5.0
    assert found.warnings == ("spoken-picture.mms-wan2.1 has no audio_guidance: it had no effect",)


def test_media_that_must_be_there_is_named() -> None:
    with pytest.raises(RunFailed, match=r"^wan2\.1\.i2v-14b needs image: give image\.$"):
        called("wan2.1.i2v-14b", "generate_video", GenerateVideo(prompt="a fox"))
