"""Films made by tiny Wan pipelines through the shipped cards, and by a class of a checkout."""

from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, OpenLocal, Told, contents, silent

from modelatlas.tools.actions.requests import GenerateVideo
from modelatlas.tools.backends.backend import CannotRun, Made, RunFailed, Stopped
from modelatlas.tools.backends.diffusers_backend import DiffusersBackend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("diffusers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

TEXT = "wan2.1.t2v-1.3b"
IMAGE = "wan2.1.i2v-14b"
BOTH_ENDS = "wan2.1.flf2v-14b"
FILM = "wan2.1.v2v"
ANYTHING = "wan2.1.vace"
EITHER = "wan2.2.ti2v-5b"


def filming(**more: Any) -> GenerateVideo:
    return GenerateVideo.model_validate({"prompt": "a fox", "width": 32, "height": 32, "steps": 1, "frames": 5, **more})


def film_of(made: Made) -> MeasuredVideo:
    film = measure(made.files[0])
    assert isinstance(film, MeasuredVideo)
    assert film.audio is None
    return film


def test_six_frames_asked_for_become_five_and_that_is_told(
    tiny_wan_t2v: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = open_local(TEXT, tiny_wan_t2v).run(
        local_order("generate_video", filming(frames=6, width=64, height=60)), silent
    )
    film = film_of(made)
    assert (film.frames, film.fps, film.width, film.height) == (5, 16, 64, 64)
    assert {name: made.used[name] for name in ("frames", "fps", "width", "height")} == {
        "frames": 5,
        "fps": 16,
        "width": 64,
        "height": 64,
    }


def test_seconds_become_frames_at_the_rate_of_the_model(
    tiny_wan_t2v: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    made = open_local(TEXT, tiny_wan_t2v).run(local_order("generate_video", filming(frames=None, seconds=0.6)), silent)
    assert film_of(made).frames == 9


def test_the_same_seed_films_the_same_bytes_and_another_seed_others(
    tiny_wan_t2v: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(TEXT, tiny_wan_t2v)
    made = [contents(model.run(local_order("generate_video", filming(seed=it)), silent)) for it in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_each_step_is_told_and_filming_can_be_stopped_in_the_middle(
    tiny_wan_t2v: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    model = open_local(TEXT, tiny_wan_t2v)
    told = Told()
    whole = model.run(local_order("generate_video", filming(steps=3)), told)
    assert told.of("denoising") == [(1, 3), (2, 3), (3, 3)]

    def stops(part: str, done: int, total: int | None) -> None:
        if (part, done) == ("denoising", 1):
            raise Stopped

    with pytest.raises(Stopped):
        model.run(local_order("generate_video", filming(steps=3)), stops)
    again = model.run(local_order("generate_video", filming(steps=3)), silent)
    assert contents(again) == contents(whole)


def test_a_film_from_an_image_takes_its_shape_and_depends_on_it(
    tiny_wan_i2v: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(IMAGE, tiny_wan_i2v)
    made = []
    for name in ("red.png", "noise.png"):
        request = filming(image=name, height=None)
        made.append(model.run(local_order("generate_video", request, image=local_samples / name), silent))
    assert (film_of(made[0]).width, film_of(made[0]).height) == (32, 48)
    assert contents(made[0]) != contents(made[1])


def test_a_film_between_two_images_needs_both_and_depends_on_the_last(
    tiny_wan_flf2v: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(BOTH_ENDS, tiny_wan_flf2v)
    red, noise = local_samples / "red.png", local_samples / "noise.png"
    request = filming(image="a", last_image="b")
    made = [
        contents(model.run(local_order("generate_video", request, image=red, last_image=last), silent))
        for last in (red, noise)
    ]
    assert made[0] != made[1]
    with pytest.raises(RunFailed, match=r"needs image and last_image: give last_image\.$"):
        model.run(local_order("generate_video", filming(image="a"), image=red), silent)


def test_a_model_of_both_kinds_begins_with_the_image_when_there_is_one(
    tiny_wan_ti2v: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(EITHER, tiny_wan_ti2v)
    red, noise = local_samples / "red.png", local_samples / "noise.png"
    orders = [
        local_order("generate_video", filming()),
        local_order("generate_video", filming(image="a"), image=red),
        local_order("generate_video", filming(image="a"), image=noise),
        local_order("generate_video", filming()),
    ]
    made = [contents(model.run(order, silent)) for order in orders]
    assert made[0] == made[3]
    assert len({tuple(it) for it in made}) == 3


def test_a_changed_film_is_as_long_as_the_given_one_at_the_rate_of_the_model(
    tiny_wan_t2v: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(FILM, tiny_wan_t2v)
    request = filming(frames=None, video="v", extra={"num_inference_steps": 2})
    short = filming(video="v", extra={"num_inference_steps": 2})
    made = model.run(local_order("generate_video", request, video=local_samples / "brighter.mp4"), silent)
    assert film_of(made).frames == 49
    made = model.run(local_order("generate_video", short, video=local_samples / "brighter.mp4"), silent)
    assert film_of(made).frames == 5


def test_a_film_is_made_from_film_mask_and_references_and_depends_on_each(
    tiny_wan_vace: Path, open_local: OpenLocal, local_order: LocalOrder, local_samples: Path
) -> None:
    model = open_local(ANYTHING, tiny_wan_vace)
    red, noise, film = (local_samples / name for name in ("red.png", "noise.png", "brighter.mp4"))
    request = filming(video="v", references=["a"])
    given: list[dict[str, Any]] = [
        {"video": film},
        {"video": film, "mask": noise},
        {"video": film, "mask": film},
        {"video": film, "references": [red]},
        {"video": film, "references": [red, noise]},
        {"references": [red]},
    ]
    made = [model.run(local_order("generate_video", request, **it), silent) for it in given]
    assert [film_of(it).frames for it in made] == [5] * 6
    assert len({contents(it)[0] for it in made}) == 6


def test_a_modular_pipeline_films_tells_and_can_be_stopped(tiny_wan_modular: Path, local_order: LocalOrder) -> None:
    chosen = route(TEXT)[1]
    assert chosen.run is not None
    settings = chosen.run.model_copy(update={"pipeline": "WanModularPipeline", "modular": True, "defaults": {}})
    backend = DiffusersBackend(
        chosen.model_copy(update={"run": settings}), Place(weights=str(tiny_wan_modular), device="cpu")
    )
    plain = filming(width=32, height=32)
    request = plain.model_copy(update={"steps": 2, "guidance": None})
    told = Told()
    made = [backend.run(local_order("generate_video", request), told) for _ in range(2)]
    assert contents(made[0]) == contents(made[1])
    assert (film_of(made[0]).frames, film_of(made[0]).width) == (5, 32)
    assert [done for done, _ in told.of("denoising")] == [1, 2, 3, 4] * 2

    def stops(part: str, done: int, total: int | None) -> None:
        if (part, done) == ("denoising", 2):
            raise Stopped

    with pytest.raises(Stopped):
        backend.run(local_order("generate_video", request), stops)
    with pytest.raises(RunFailed, match=r"^WanModularPipeline of .* has no guidance_scale: extra may name"):
        backend.run(local_order("generate_video", filming(guidance=3.0)), silent)
    backend.close()


def test_a_pipeline_of_a_checkout_is_imported_from_it(
    tiny_wan_t2v: Path, local_order: LocalOrder, tmp_path: Path
) -> None:
    (tmp_path / "contentv_transformer.py").write_text(
        "from diffusers import WanTransformer3DModel as SD3Transformer3DModel\n", encoding="utf-8"
    )
    (tmp_path / "contentv_pipeline.py").write_text(
        "from diffusers import WanPipeline\n\n\nclass ContentVPipeline(WanPipeline):\n    pass\n", encoding="utf-8"
    )
    backend = DiffusersBackend(
        route("contentv.diffusers")[1], Place(weights=str(tiny_wan_t2v), device="cpu", checkout=tmp_path)
    )
    made = backend.run(local_order("generate_video", filming()), silent)
    assert (film_of(made).frames, film_of(made).fps) == (5, 24)
    backend.close()


def test_a_checkout_that_is_missing_or_lacks_the_class_is_named(tiny_wan_t2v: Path, tmp_path: Path) -> None:
    contentv = route("contentv.diffusers")[1]
    without = DiffusersBackend(contentv, Place(weights=str(tiny_wan_t2v), device="cpu"))
    with pytest.raises(CannotRun, match=r"from a checkout of its repository .*, and none is named: clone it"):
        without.load(silent)
    elsewhere = DiffusersBackend(contentv, Place(weights=str(tiny_wan_t2v), device="cpu", checkout=tmp_path / "no"))
    with pytest.raises(CannotRun, match=r"no is no folder: clone it"):
        elsewhere.load(silent)
