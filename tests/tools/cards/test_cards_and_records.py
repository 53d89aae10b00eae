"""The cards against what they were made from: nothing is left out, and no figure is another one."""

import json
import re
import tomllib
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest
from recorded_runners import Runner, runners

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.ingest.builtin import bring_catalogue
from modelatlas.tools.actions.action import action_for
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.shelf import cards, route
from modelatlas.tools.naming import find

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CATALOGUE = files("modelatlas.ingest.catalogue")
RUNNERS = {runner["id"]: runner for runner in runners()}
HEADED = [card for card in cards() if card.headings]

each_runner = pytest.mark.parametrize("runner", RUNNERS.values(), ids=list(RUNNERS))


def test_every_heading_of_the_catalogue_has_a_card() -> None:
    headings = {it["path"] for it in tomllib.loads((CATALOGUE / "names.toml").read_text("utf-8"))["headings"]}
    seed = (CATALOGUE / "seed.md").read_text("utf-8")
    assert len(headings) == 24
    assert all(path.rsplit("/")[-1].split(".", 1)[-1] in seed for path in headings)
    assert {heading for card in cards() for heading in card.headings} == headings


def test_every_recorded_way_is_the_route_of_a_card() -> None:
    assert len(RUNNERS) == 84
    assert set(RUNNERS) <= {it.id for card in cards() for it in card.routes}


async def test_the_model_of_every_card_of_the_catalogue_has_this_name_on_record(tmp_path: Path) -> None:
    store = GraphitiStore(tmp_path / "catalogue.sqlite", "us")
    await bring_catalogue(store, NOW)
    assert [await find(store, card.model) for card in HEADED] == [card.model for card in HEADED]
    await store.close()


@each_runner
def test_a_route_carries_the_facts_of_its_record(runner: Runner) -> None:
    card, found = route(runner["id"])
    assert card.family == runner["family"]
    assert found.preferred == runner["preferred"]
    assert list(found.tasks) == runner["tasks"]
    assert list(found.inputs) == runner["modalities_in"]
    assert list(found.outputs) == runner["modalities_out"]
    assert found.weights == runner["weights_id"]
    assert found.min_vram_gb == runner["min_vram_gb"]
    assert found.licence_code == runner["licence_code"]
    assert (found.confidence, found.revision) == (runner["confidence"], runner["revision"])
    assert found.environment == runner["env_pins"]
    assert found.run is None or found.run.backend == runner["route"]


@each_runner
def test_the_licence_of_the_weights_is_told_in_the_words_of_its_record_or_of_the_sources(runner: Runner) -> None:
    events = [json.loads(line) for line in (CATALOGUE / "events.jsonl").read_text("utf-8").splitlines()]
    sources = {it["object"] for it in events if it["predicate"] == "licence_weights"}
    nobody_says = {None} if runner["licence_weights"] in (None, "unknown", "not re-read") else set()
    assert route(runner["id"])[1].licence_weights in {runner["licence_weights"], *sources, *nobody_says}


@each_runner
def test_a_route_needs_the_weights_of_its_record_and_names_its_alternatives(runner: Runner) -> None:
    _, found = route(runner["id"])
    ids = [it[0] for extra in runner["weights_extra"] if (it := re.match(r"[\w.-]+/[\w.-]+", extra))]
    assert [it for it in ids if not any(it in extra for extra in found.also_needs)] == []
    recorded = {it["runner"] for it in runner["alternatives"] if it["runner"]}
    assert recorded <= {it.route for it in found.alternatives}


@each_runner
def test_a_route_runs_where_its_record_says_so_and_a_tool_is_for_it(runner: Runner) -> None:
    _, found = route(runner["id"])
    if not runner["runnable"]:
        assert not found.runnable
    elif not found.runnable:
        assert not found.tools
        assert "no tool" in str(found.reason)


@pytest.mark.parametrize("found", [it for card in HEADED for it in card.routes if it.runnable], ids=lambda it: it.id)
def test_the_tools_of_a_route_do_its_tasks(found: Route) -> None:
    assert set(found.tools) <= {it.name for task in found.tasks if (it := action_for(task))}


def test_every_alternative_that_is_a_route_is_there_and_of_the_model_it_names() -> None:
    named = [(it.route, it.model) for card in cards() for way in card.routes for it in way.alternatives if it.route]
    assert named
    assert [(it, route(it)[0].model) for it, _ in named] == named


@pytest.mark.parametrize(
    ("id", "lead_in_s", "min_audio_s", "max_audio_s"),
    [
        ("omniavatar-14b", 0.34, None, None),
        ("multitalk.script", 0, 3.24, 40),
        ("infinitetalk.script", 0, 3.24, None),
        ("longcat-avatar.single", 0, None, None),
        ("wan2.2.s2v.generate", 0, None, None),
        ("playmate2.script", -0.32, None, None),
    ],
)
def test_an_avatar_has_the_lead_in_and_the_limits_of_its_code(
    id: str, lead_in_s: float, min_audio_s: float | None, max_audio_s: float | None
) -> None:
    limits = route(id)[1].limits
    assert limits.min_image_side == 256
    assert (limits.lead_in_s, limits.min_audio_s, limits.max_audio_s) == (lead_in_s, min_audio_s, max_audio_s)


def test_parts_are_limited_as_the_two_models_of_parts_are() -> None:
    assert route("partcrafter.object")[1].limits.max_parts == 16
    assert route("partcrafter.scene")[1].limits.max_parts == 8
