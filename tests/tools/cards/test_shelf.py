"""Finding a card: by the id of a route, by any name of a model, by tool; and cards that cannot be read."""

from pathlib import Path

import pytest

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.action import ACTIONS
from modelatlas.tools.cards.shelf import (
    BadCard,
    UnknownRoute,
    card_named,
    cards,
    find_route,
    read_card,
    route,
    routes_for,
)

CARD = """\
model = "Tiny"
family = "Tiny"

[[routes]]
id = "tiny.local"
preferred = true
tools = ["understand"]
tasks = ["understand_image"]
inputs = ["text", "image"]
outputs = ["text"]
entrypoint = "AutoModelForImageTextToText"
weights = "me/tiny"
runnable = true
confidence = "executed"

[routes.run]
backend = "transformers"
task = "image-text-to-text"
"""


def written(folder: Path, text: str, name: str = "tiny.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_card_is_read_from_its_file(tmp_path: Path) -> None:
    card = read_card(written(tmp_path, CARD))
    assert (card.model, card.routes[0].id, card.routes[0].min_vram_gb) == ("Tiny", "tiny.local", None)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ('weights = "me/tiny"', 'weigths = "me/tiny"', "routes.0.weigths: there is no such field"),
        (
            '"understand_image"]',
            '"understand_picture"]',
            "no term of the vocabulary; near it: understand_video, understand_image",
        ),
        ('outputs = ["text"]', 'outputs = ["texts"]', "'texts' in outputs is no term of the vocabulary"),
        ('"understand"]', '"look"]', "routes.0.tools.0: Input should be 'understand'"),
        ('backend = "transformers"', 'backend = "magic"', "routes.0.run: "),
        ('task = "image-text-to-text"', "", "routes.0.run.transformers.task: Field required"),
        ('confidence = "executed"', 'confidence = "sure"', "routes.0.confidence: "),
        ('id = "tiny.local"', 'id = "Tiny, local"', "routes.0.id: "),
        ("runnable = true", "runnable = false", "tiny.local is not runnable but says not why: give reason"),
        ('tools = ["understand"]', "tools = []", "tiny.local is runnable but no tool runs it: give tools"),
        ('family = "Tiny"', 'family = "Tiny"\nsince = "last week"', "since: 'last week' is not a date"),
        ("[routes.run]", "[routes.walk]", "routes.0.walk: there is no such field"),
        ('model = "Tiny"', 'model = "Tiny', "is not TOML"),
    ],
)
def test_a_bad_card_names_the_file_the_field_and_what_is_wrong(tmp_path: Path, good: str, bad: str, said: str) -> None:
    assert good in CARD
    with pytest.raises(BadCard) as refused:
        read_card(written(tmp_path, CARD.replace(good, bad)))
    sentence = str(refused.value)
    assert sentence.startswith(str(tmp_path / "tiny.toml"))
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_runnable_route_without_a_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match=r"give \[routes.run\]"):
        read_card(written(tmp_path, CARD[: CARD.index("[routes.run]")]))


def test_two_routes_of_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match=r"tiny.local is the id of two routes"):
        read_card(written(tmp_path, CARD + CARD[CARD.index("[[routes]]") :]))


def test_a_file_that_is_no_text_or_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadCard, match="is not UTF-8"):
        read_card(tmp_path / "tiny.toml")
    with pytest.raises(BadCard, match=r"gone.toml cannot be read: No such file"):
        read_card(tmp_path / "gone.toml")


def test_cards_of_ones_own_stand_beside_ours_and_in_the_place_of_the_same_model(tmp_path: Path) -> None:
    written(tmp_path, CARD)
    written(tmp_path, CARD.replace("Tiny", "BAGEL").replace("tiny.local", "bagel.mine"), "bagel.toml")
    assert route("tiny.local", tmp_path)[0].model == "Tiny"
    assert [it.id for it in card_named("BAGEL", tmp_path).routes] == ["bagel.mine"]
    assert len(cards(tmp_path)) == len(cards()) + 1
    with pytest.raises(UnknownRoute):
        route("tiny.local")


def test_a_route_id_belongs_to_one_model(tmp_path: Path) -> None:
    written(tmp_path, CARD.replace("tiny.local", "bagel.server"))
    with pytest.raises(BadCard, match=r"bagel.server is a route of BAGEL and of Tiny"):
        cards(tmp_path)


def test_one_model_has_one_card_in_a_folder(tmp_path: Path) -> None:
    written(tmp_path, CARD)
    written(tmp_path, CARD, "twin.toml")
    with pytest.raises(BadCard, match=r"twin.toml: model: another card of the folder is about Tiny too"):
        cards(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCard, match="is no folder"):
        cards(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("wan2.1.t2v-1.3b", "wan2.1.t2v-1.3b"),
        ("Wan2.1-T2V-1.3B", "wan2.1.t2v-1.3b"),
        ("wan 2.1 t2v 1.3b", "wan2.1.t2v-1.3b"),
        ("Wan-AI/Wan2.1-T2V-1.3B-Diffusers", "wan2.1.t2v-1.3b"),
        ("ContentV-8B", "contentv.diffusers"),
        ("MoviiGen", "moviigen-1.1.script"),
        ("2.通义万相-开源视频模型", "wan2.1.t2v-1.3b"),
    ],
)
def test_a_route_is_found_by_any_name_of_its_model(name: str, id: str) -> None:
    assert find_route("generate_video", name)[1].id == id


def test_a_route_that_runs_goes_before_one_that_does_not() -> None:
    assert find_route("understand", "Seed1.5-VL")[1].id == "seed1.5-vl.ark"
    assert find_route("generate_video", "2.谷歌系列")[1].runnable is False
    assert find_route("generate_image", "Imagen")[1].id == "gemini-image"


def test_the_task_decides_between_routes_of_one_tool() -> None:
    assert find_route("generate_video", "Wan")[1].id == "wan2.1.t2v-1.3b"
    assert find_route("generate_video", "Wan", ["first_last_frame_to_video"])[1].id == "wan2.1.flf2v-14b"
    assert find_route("generate_video", None, ["reference_to_video"])[1].id in ("magref.script", "wan2.1.vace")


def test_a_name_of_nothing_names_the_nearest() -> None:
    with pytest.raises(UnknownRoute) as refused:
        find_route("avatar", "MultiTlk")
    assert refused.value.nearest[0] == "MultiTalk"
    with pytest.raises(UnknownRoute) as refused:
        route("omniavatar-14")
    assert "omniavatar-14b" in str(refused.value)
    with pytest.raises(UnknownRoute, match="`modelatlas tools list` shows them all"):
        find_route("avatar", "???")


def test_a_model_that_a_tool_cannot_use_says_for_what_it_can_be_used() -> None:
    with pytest.raises(
        BadInput, match=r"OmniAudio has no route for avatar; it has omniaudio.script for generate_audio"
    ):
        find_route("avatar", "OmniAudio")
    with pytest.raises(BadInput, match="Graphiti has no route for avatar; graphiti: "):
        find_route("avatar", "Graphiti")
    with pytest.raises(BadInput, match="'sing' is no action tool"):
        find_route("sing", None)


def test_a_card_is_found_by_model_route_or_the_family_it_is_alone_in() -> None:
    assert card_named("multitalk.script").model == card_named("MultiTalk").model == "MultiTalk"
    assert card_named("MoviiGen").model == "MoviiGen 1.1"
    with pytest.raises(BadInput, match=r"cards are of Wan: .*Wan2.1-VACE.*; name one of them"):
        card_named("Wan")


@pytest.mark.parametrize("tool", ACTIONS)
def test_every_tool_has_a_route_and_those_that_run_come_first(tool: str) -> None:
    found = [it for _, it in routes_for(tool)]
    assert found[0].runnable
    assert all(tool in it.tools for it in found)
    assert [it.runnable for it in found] == sorted((it.runnable for it in found), reverse=True)
