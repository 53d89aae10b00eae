"""Pictures made and changed by tiny pipelines through the shipped cards."""

from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, OpenLocal, Told, contents, silent

from modelatlas.tools.actions.requests import EditImage, GenerateImage
from modelatlas.tools.backends.backend import Made, RunFailed, Stopped
from modelatlas.tools.media.measures import MeasuredImage
from modelatlas.tools.media.measuring import measure

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("diffusers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

DRAWS = "stable-diffusion-1.5.diffusers"
REDRAWS = "stable-diffusion-1.5.image-to-image"
EDITS = "instruct-pix2pix.diffusers"


def drawing(**more: Any) -> GenerateImage:
    return GenerateImage.model_validate({"prompt": "a fox", "width": 64, "height": 64, "steps": 2, **more})


def editing(*images: Path, **more: Any) -> EditImage:
    names = [path.name for path in images]
    return EditImage.model_validate({"instruction": "make it blue", "images": names, "width": 64, "steps": 2, **more})


def size_of(made: Made) -> tuple[int, int]:
    picture = measure(made.files[0])
    assert isinstance(picture, MeasuredImage)
    assert picture.format == "png"
    return picture.width, picture.height


def test_the_same_seed_draws_the_same_bytes_and_another_seed_or_prompt_others(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(DRAWS, tiny_sd)
    made = [
        contents(model.run(local_order("generate_image", drawing(**more)), silent))
        for more in ({}, {}, {"seed": 43}, {"prompt": "a hill"}, {"negative_prompt": "a hill"})
    ]
    assert made[0] == made[1]
    assert len({tuple(it) for it in made}) == 4


def test_a_size_is_rounded_to_what_the_pipeline_can_draw_and_told(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = open_local(DRAWS, tiny_sd).run(local_order("generate_image", drawing(width=70, height=59)), silent)
    assert size_of(made) == (72, 56)
    assert (made.used["width"], made.used["height"], made.used["num_inference_steps"]) == (72, 56, 2)


def test_several_pictures_come_when_asked_for(tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder) -> None:
    made = open_local(DRAWS, tiny_sd).run(local_order("generate_image", drawing(count=2)), silent)
    assert len(set(contents(made))) == 2
    assert made.used["count"] == 2


def test_each_step_is_told_and_drawing_can_be_stopped_in_the_middle(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(DRAWS, tiny_sd)
    told = Told()
    whole = model.run(local_order("generate_image", drawing(steps=4)), told)
    assert told.of("denoising") == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stops(part: str, done: int, total: int | None) -> None:
        if (part, done) == ("denoising", 2):
            raise Stopped

    stopped = local_order("generate_image", drawing(steps=4))
    with pytest.raises(Stopped):
        model.run(stopped, stops)
    assert list(stopped.folder.iterdir()) == []
    assert contents(model.run(local_order("generate_image", drawing(steps=4)), silent)) == contents(whole)


@pytest.mark.parametrize("route", [EDITS, REDRAWS])
def test_an_edit_keeps_the_shape_of_the_picture_and_depends_on_it(
    route: str, request: pytest.FixtureRequest, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(route, request.getfixturevalue("tiny_ip2p" if route == EDITS else "tiny_sd"))
    made = []
    for name in ("red.png", "red.png", "noise.png"):
        picture = local_samples / name
        made.append(model.run(local_order("edit_image", editing(picture), images=[picture]), silent))
    assert size_of(made[0]) == (64, 88)
    assert contents(made[0]) == contents(made[1]) != contents(made[2])


def test_how_closely_an_edit_keeps_to_the_picture_reaches_the_pipeline(
    tiny_ip2p: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    picture = local_samples / "noise.png"
    order = local_order("edit_image", editing(picture, image_guidance=1.1), images=[picture])
    assert open_local(EDITS, tiny_ip2p).run(order, silent).used["image_guidance_scale"] == 1.1


def test_media_that_a_pipeline_cannot_use_is_refused(
    tiny_ip2p: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(EDITS, tiny_ip2p)
    red, noise = local_samples / "red.png", local_samples / "noise.png"
    with pytest.raises(RunFailed, match=r"takes images, not mask: leave it out\.$"):
        model.run(local_order("edit_image", editing(red, mask="m"), images=[red], mask=noise), silent)
    with pytest.raises(RunFailed, match=r"works from 1 image, not 2\.$"):
        model.run(local_order("edit_image", editing(red, noise), images=[red, noise]), silent)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"no_such": 1}, r"has no no_such: extra may name height, width, .*eta"),
        ({"generator": 7}, "extra cannot set generator"),
        ({"callback_on_step_end": "os.system"}, "extra cannot set callback_on_step_end"),
        ({"cross_attention_kwargs": {"a": 1}}, "it takes numbers and words only"),
        ({"offload": "everything"}, "it can be model or sequential"),
    ],
)
def test_only_plain_settings_that_the_pipeline_has_are_taken(
    extra: dict[str, Any], said: str, tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    with pytest.raises(RunFailed, match=said):
        open_local(DRAWS, tiny_sd).run(local_order("generate_image", drawing(extra=extra)), silent)


def test_a_setting_of_this_pipeline_only_goes_through_extra(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(DRAWS, tiny_sd)
    plain = model.run(local_order("generate_image", drawing()), silent)
    noisier = model.run(local_order("generate_image", drawing(extra={"eta": 1.0})), silent)
    assert noisier.used["eta"] == 1.0
    assert contents(plain) != contents(noisier)


def test_on_a_processor_nothing_is_offloaded_and_that_is_told(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(DRAWS, tiny_sd, offload="sequential")
    made = model.run(local_order("generate_image", drawing(extra={"offload": "model"})), silent)
    assert made.used["offload"] is None


def test_a_preview_names_the_pipeline_and_every_argument_and_makes_nothing(
    tiny_ip2p: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    picture = local_samples / "red.png"
    order = local_order("edit_image", editing(picture), images=[picture])
    shown = open_local(EDITS, tiny_ip2p).preview(order)
    assert shown["pipeline"] == "StableDiffusionInstructPix2PixPipeline"
    assert shown["weights"] == str(tiny_ip2p)
    assert shown["call"]["image"] == [str(picture)]
    assert shown["call"]["prompt"] == "make it blue"
    assert list(order.folder.iterdir()) == []
