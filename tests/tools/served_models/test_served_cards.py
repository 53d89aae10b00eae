"""Every card of a served model opens its backend, and shows the call that it would make."""

import json
from pathlib import Path
from typing import Any

import pytest

from modelatlas.tools.actions.requests import Avatar, EditImage, GenerateImage, GenerateVideo, RestoreVideo, Understand
from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import ComfySettings, ServerSettings
from modelatlas.tools.cards.shelf import cards
from modelatlas.tools.places import Place
from served_models.media import Studio, Told

ROUTES = [route for card in cards() for route in card.routes if isinstance(route.run, ServerSettings)]
CASES = [pytest.param(route, tool, id=f"{route.id}-{tool}") for route in ROUTES for tool in route.tools]


def order_of(tool: str, studio: Studio) -> Any:
    image, audio = studio.image(512, 512), studio.sound(4)
    match tool:
        case "understand":
            return studio.order(tool, Understand(question="What is it?", images=("a",)), {"images[0]": image})
        case "generate_image":
            return studio.order(tool, GenerateImage(prompt="a fox"))
        case "edit_image":
            return studio.order(tool, EditImage(images=("a",), instruction="make it red"), {"images[0]": image})
        case "generate_video":
            return studio.order(tool, GenerateVideo(prompt="a fox", image="a"), {"image": image})
        case "avatar":
            return studio.order(tool, Avatar(image="a", audio="b"), {"image": image, "audio": audio})
        case "restore_video":
            return studio.order(tool, RestoreVideo(image="a"), {"image": image})
    raise AssertionError(f"no order for {tool}")


def place_of(route: Route, folder: Path) -> Place:
    """A server, and for ComfyUI a workflow with a place for each thing that the orders say."""
    workflow = folder / "workflow.json"
    nodes = route.run.nodes if isinstance(route.run, ComfySettings) else ()
    inputs = {"prompt": "", "image": "", "audio": ""}
    workflow.write_text(json.dumps({"1": {"class_type": [*nodes, "LoadImage"][0], "inputs": inputs}}))
    takes_text = "text" in route.inputs
    bound = [name for name in inputs if name != "audio" or "audio" in route.inputs]
    bindings = {name: ["1", name] for name in bound if name != "prompt" or takes_text}
    told: dict[str, Any] = {"base_url": "http://models.example:8000"}
    if route.run is not None and route.run.backend == "comfyui":
        told |= {"workflow": workflow, "bindings": bindings}
    return Place.model_validate(told)


def test_there_are_served_routes() -> None:
    assert {route.run.backend for route in ROUTES if route.run} >= {
        "openai_chat",
        "openai_videos",
        "media_json",
        "comfyui",
    }


@pytest.mark.parametrize(("route", "tool"), CASES)
def test_a_card_shows_the_call_that_it_would_make(route: Route, tool: str, studio: Studio, tmp_path: Path) -> None:
    order = order_of(tool, studio)
    shown = open_backend(route, place_of(route, tmp_path)).preview(order)
    for call in shown.get("calls", [shown]):
        assert call["url"].startswith("http://models.example:8000/")
    sent = json.dumps(shown)
    for word in ("What is it?", "a fox", "make it red"):
        assert (word in sent) == (word in order.request.model_dump_json() and "text" in route.inputs)


@pytest.mark.parametrize(
    "route", [pytest.param(it, id=it.id) for it in ROUTES if not getattr(it.run, "base_url", None)]
)
def test_a_card_without_an_address_says_what_to_write(route: Route) -> None:
    with pytest.raises(CannotRun, match=r"places file"):
        open_backend(route, Place()).load(Told())
