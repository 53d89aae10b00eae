"""The table of the README, and the schema that says what a card is."""

import tomllib
from pathlib import Path

import jsonschema
import pytest
from pydantic import BaseModel

from modelatlas.tools.actions.action import ACTIONS
from modelatlas.tools.cards import card as card_module
from modelatlas.tools.cards.card import Alternative, Card, Limits, Route, card_schema
from modelatlas.tools.cards.shelf import cards, route
from modelatlas.tools.cards.table import runs_here, table

LINES = table().splitlines()


def test_every_line_has_the_four_cells_of_the_head() -> None:
    assert LINES[0] == "| model | tools | route | runs here? |"
    assert {len(line.replace("\\|", "").split("|")) for line in LINES} == {6}


def test_every_model_and_every_preferred_route_has_a_line() -> None:
    shown = [line.split(" | ")[0].removeprefix("| ") for line in LINES[2:]]
    assert list(dict.fromkeys(shown)) == [card.model for card in cards()]
    routes = {line.split(" | ")[2].split(" ")[0].rstrip(",") for line in LINES[2:]}
    assert {it.id for card in cards() for it in card.routes if it.preferred} <= routes


@pytest.mark.parametrize("tool", ACTIONS)
def test_every_model_that_a_tool_can_run_shows_the_tool(tool: str) -> None:
    able = {card.model for card in cards() for it in card.routes if it.runnable and tool in it.tools}
    shown = {line.split(" | ")[0].removeprefix("| ") for line in LINES[2:] if tool in line.split(" | ")[1].split(", ")}
    assert able
    assert able <= shown


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("wan2.1.t2v-1.3b", "yes, GPU from 8.19 GB"),
        ("bagel.server", "at a server of your own, GPU from 42 GiB"),
        ("medgemma-1.5-4b.transformers", "yes, GPU from 8.6 GB, terms to accept"),
        ("seed-2.1.ark", "at a service, with a key"),
        ("seedvr2.comfyui", "at a ComfyUI with a workflow"),
        ("omniaudio.script", "in a checkout, GPU memory not stated"),
        ("contentv.diffusers", "in a checkout, GPU memory not stated"),
        ("imagen-4", "no: its API was shut down on 2026-08-17; rather Imagen"),
        ("graphiti", "no: a framework and no model"),
    ],
)
def test_what_a_route_needs_to_run_here_is_said_in_a_few_words(id: str, said: str) -> None:
    assert runs_here(route(id)[1]) == said


@pytest.mark.parametrize("kind", [Card, Route, Limits, Alternative])
def test_every_field_of_a_card_is_described(kind: type[BaseModel]) -> None:
    assert [name for name, field in kind.model_fields.items() if not field.description] == []


FILES = sorted(Path(card_module.__file__).with_name("models").glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_card_is_as_the_schema_says(path: Path) -> None:
    jsonschema.validate(tomllib.loads(path.read_text("utf-8")), card_schema())


def test_the_schema_refuses_what_a_card_may_not_hold() -> None:
    with pytest.raises(jsonschema.ValidationError, match="weigths"):
        jsonschema.validate({"model": "Tiny", "family": "Tiny", "routes": [], "weigths": "me/tiny"}, card_schema())
