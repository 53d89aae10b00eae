"""A wish is answered by a proposed run: the right tool with its arguments, and nothing is run without a yes."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from modelatlas.agent.atlas import Atlas
from modelatlas.agent.atlas import open as open_atlas
from modelatlas.agent.settings import settings
from modelatlas.graph.periods import AsOf
from modelatlas.tools.constraints import Needs
from modelatlas.tools.proposal import Wish, route_of

pytest_plugins = ("asked_atlas",)

Json = dict[str, Any]
OWN_CARD = """
model = "House Painter"
family = "House Painter"
[[routes]]
id = "house-painter"
preferred = true
tools = ["generate_image"]
tasks = ["text_to_image"]
inputs = ["text"]
outputs = ["image"]
entrypoint = "POST /v1/images/generations"
runnable = true
confidence = "primary"
[routes.run]
backend = "openai_images"
base_url = "https://painter.example.org/v1"
model = "painter-1"
"""
LOCAL = ("transformers", "diffusers", "repo_script")


@pytest.fixture
async def atlas(clock: None, own_file: Path) -> AsyncIterator[Atlas]:
    async with open_atlas(own_file) as opened:
        yield opened


async def proposed(atlas: Atlas, question: str, *files: str, **more: Any) -> Json:
    answer = await atlas.ask(question, attachments=files, **more)
    assert answer["intent"] == "act", answer["answer"]
    (only,) = answer["actions"]
    return {**only, "answer": answer["answer"]}


async def test_a_photo_to_dub_on_ones_own_card_waits_for_a_yes(atlas: Atlas) -> None:
    found = await proposed(atlas, "用我的显卡给这张照片配音：大家好", "me.png")
    it = found["proposal"]
    assert (it["tool"], it["arguments"]) == ("avatar", {"image": "me.png", "text": "大家好"})
    assert it["backend"] in LOCAL
    assert (it["costs"], found["state"], found["job"]) == (["gpu"], "waiting", None)
    assert "等待你的批准" in found["answer"]
    assert found["command"][:3] == ["modelatlas", "run", "avatar"]
    assert found["command"][-2:] == ["image=me.png", "text=大家好"]
    assert not atlas.workbench.workshop.table.exists()


async def test_what_is_missing_is_asked_for(atlas: Atlas) -> None:
    found = await proposed(atlas, "用我的显卡给这张照片配音", "me.png")
    assert (found["state"], found["proposal"]["missing"]) == ("incomplete", ["audio or text"])


async def test_the_named_model_is_the_one_proposed(atlas: Atlas) -> None:
    found = await proposed(atlas, "draw a red fox in the snow with Nexus-Gen")
    assert found["proposal"]["route"] == "nexus-gen.generate"
    assert found["proposal"]["arguments"] == {"prompt": "red fox in the snow"}


async def test_a_model_that_cannot_run_says_why_and_what_to_use(atlas: Atlas) -> None:
    answer = await atlas.ask("Use Veo to generate a video of a cat")
    assert answer["actions"] == []
    assert answer["abstained"]
    assert "cannot be run" in answer["answer"]
    assert "use " in answer["answer"]


async def test_a_model_that_a_person_has_a_place_for_goes_first(
    clock: None, own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = '[routes."wan2.2.s2v.server"]\nbase_url = "http://127.0.0.1:8091/v1"\n'
    Path(settings().places).write_text(places, "utf-8")
    async with open_atlas(own_file) as atlas:
        found = await proposed(atlas, "make this portrait talk", "me.png", "speech.wav")
        assert found["proposal"]["route"] == "wan2.2.s2v.server"
        assert found["proposal"]["costs"] == ["gpu"]
    monkeypatch.setenv("MODELATLAS_WAN_KEY", "secret")
    far = 'base_url = "https://far.example.org/v1"\napi_key_variable = "MODELATLAS_WAN_KEY"\n'
    Path(settings().places).write_text(f'[routes."wan2.2.s2v.server"]\n{far}')
    async with open_atlas(own_file) as atlas:
        found = await proposed(atlas, "make this portrait talk", "me.png", "speech.wav")
        assert found["proposal"]["costs"] == ["outbound", "money"]
        assert "secret" not in str(found)


async def test_a_refused_run_is_not_run(atlas: Atlas) -> None:
    shown: list[Json] = []

    async def no(proposal: Json) -> Json:
        shown.append(proposal)
        return {"approve": False, "reason": "not now"}

    found = await proposed(atlas, "make this portrait say 'hello'", "me.png", approver=no)
    assert (found["state"], found["job"]) == ("refused", None)
    assert [it["proposal"]["tool"] for it in shown] == ["avatar"]
    assert not atlas.workbench.workshop.table.exists()


async def test_a_file_with_unusable_places_is_told_in_one_sentence(clock: None, own_file: Path) -> None:
    Path(settings().places).write_text('[routes."a"]\nwieghts = "/x"\n', "utf-8")
    async with open_atlas(own_file) as atlas:
        answer = await atlas.ask("make this portrait say 'hello'", attachments=["me.png"])
    assert answer["abstained"]
    assert "routes.a.wieghts" in answer["answer"]
    assert "weights" in answer["answer"]


async def test_of_a_model_with_several_routes_the_one_with_a_place_is_taken(clock: None, own_file: Path) -> None:
    Path(settings().places).write_text('[routes."wan2.2.s2v.comfyui"]\nbase_url = "http://127.0.0.1:8188"\n', "utf-8")
    async with open_atlas(own_file) as atlas:
        places = atlas.workbench.places
    assert route_of("avatar", "Wan2.2-S2V-14B", places, None)[1].id == "wan2.2.s2v.comfyui"
    assert route_of("avatar", None, places, None)[1].id == "wan2.2.s2v.comfyui"
    assert route_of("avatar", "wan2.2.s2v.server", places, None)[1].id == "wan2.2.s2v.server"


async def test_a_card_of_ones_own_adds_a_model(
    clock: None, own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "own.toml").write_text(OWN_CARD, "utf-8")
    monkeypatch.setenv("MODELATLAS_CARDS", str(tmp_path / "cards"))
    settings.cache_clear()
    async with open_atlas(own_file) as atlas:
        found = await atlas.workbench.propose(
            Wish(
                tool="generate_image",
                task=None,
                model="House Painter",
                arguments={"prompt": "a house"},
                missing=(),
                own_machine=False,
                needs=Needs(),
            ),
            AsOf.at(atlas.now()),
        )
    assert (found.route, found.costs) == ("house-painter", ("outbound",))
