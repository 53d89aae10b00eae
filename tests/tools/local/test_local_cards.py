"""Every shipped card of a local library names a class that exists, and arguments that it takes."""

import inspect

import pytest

from modelatlas.tools.cards.local_settings import DiffusersSettings, TransformersSettings
from modelatlas.tools.cards.shelf import cards, route

diffusers = pytest.importorskip("diffusers", reason="local models need the local extra")

ROUTES = {it.id: it for card in cards() for it in card.routes}
PIPELINES = [it.id for it in ROUTES.values() if isinstance(it.run, DiffusersSettings) and it.run.module is None]
LOCAL = [it.id for it in ROUTES.values() if isinstance(it.run, DiffusersSettings | TransformersSettings)]
FIELDS = {
    "prompt", "negative_prompt", "instruction", "steps", "guidance", "image_guidance", "text_guidance", "count",
    "width", "height", "frames", "image", "images", "last_image", "references", "video", "driving_video", "mask",
}  # fmt: skip


@pytest.mark.parametrize("id", PIPELINES)
def test_a_card_names_a_pipeline_and_arguments_that_it_has(id: str) -> None:
    settings = ROUTES[id].run
    assert isinstance(settings, DiffusersSettings)
    assert set(settings.arguments) <= FIELDS
    for name in filter(None, (settings.pipeline, settings.image_pipeline)):
        kind = getattr(diffusers, name)
        known = set(inspect.signature(kind.__call__).parameters)
        if settings.modular:
            known = {it.name for it in kind().blocks.inputs}
        told = set(settings.arguments.values()) | set(settings.defaults)
        if name == settings.pipeline:
            # The image is what the other pipeline, of the same parts, is there for.
            told -= {settings.arguments.get("image")} if settings.image_pipeline else set()
        assert told <= known
        assert settings.gives == ("video" if ROUTES[id].outputs[0].startswith("video") else "images")


@pytest.mark.parametrize("id", LOCAL)
def test_a_runnable_card_says_where_its_weights_are(id: str) -> None:
    chosen = ROUTES[id]
    assert chosen.weights is not None
    assert chosen.weights.count("/") == 1
    assert chosen.tools


@pytest.mark.parametrize("id", [it.id for it in ROUTES.values() if isinstance(it.run, DiffusersSettings)])
def test_the_route_that_speaks_for_another_can_speak(id: str) -> None:
    settings = ROUTES[id].run
    assert isinstance(settings, DiffusersSettings)
    assert (settings.speech is not None) == ("avatar" in ROUTES[id].tools)
    if settings.speech is not None:
        assert "speak" in route(settings.speech)[1].tools
