"""add_episode with types of one's own: entities with attributes, facts with attributes, and what is left out."""

from typing import Any

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode
from graphiti_core.search.search_filters import SearchFilters
from pydantic import BaseModel, Field
from scripted import ScriptedLLM, Told
from town import DAY, NOW

pytest_plugins = ("graph_drivers",)


class Person(BaseModel):
    """A person."""

    trade: str | None = Field(None, description="What the person does")
    age: int | None = Field(None, description="Whole years")


class City(BaseModel):
    """A city."""


class LivesIn(BaseModel):
    """That somebody lives somewhere."""

    street: str | None = Field(None, description="The street")


HELLO = "Ann: I am a painter in Paris, rue Lepic"
NEWS = "Ann: Bob lives here too"
LIVES = Told("Ann", "LivesIn", "Paris", "Ann lives in rue Lepic in Paris")
TYPES: dict[str, Any] = {
    "entity_types": {"Person": Person, "City": City},
    "edge_types": {"LivesIn": LivesIn},
    "edge_type_map": {("Person", "City"): ["LivesIn"]},
}


async def add(graphiti: Graphiti, group: str, content: str = HELLO, days: int = 0, **more: Any) -> Any:
    """Add an episode with the types of this module."""
    said: dict[str, Any] = {"name": "talk", "source_description": "a chat", "reference_time": NOW + days * DAY}
    return await graphiti.add_episode(episode_body=content, group_id=group, **said, **(TYPES | more))


def script(llm: ScriptedLLM) -> None:
    """Ann is a Person and Paris a City."""
    llm.reads(HELLO, {"Ann": 1, "Paris": 2}, [LIVES])
    llm.answers("Person", {"trade": "画家 painter", "age": None}, "Ann")
    llm.answers("LivesIn", {"street": "rue Lepic"}, "Lepic")


async def nodes_of(driver: GraphDriver, group: str) -> dict[str, EntityNode]:
    return {it.name: it for it in await EntityNode.get_by_group_ids(driver, [group])}


async def test_an_entity_has_the_label_and_the_attributes_of_its_type(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    script(llm)
    await add(graphiti, group)
    nodes = await nodes_of(driver, group)
    assert set(nodes["Ann"].labels) == {"Entity", "Person"}
    assert nodes["Ann"].attributes["trade"] == "画家 painter"
    assert nodes["Ann"].attributes.get("age") is None
    assert set(nodes["Paris"].labels) == {"Entity", "City"}
    assert "trade" not in nodes["Paris"].attributes


async def test_a_fact_has_the_attributes_of_its_type(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    script(llm)
    await add(graphiti, group)
    (edge,) = await EntityEdge.get_by_group_ids(driver, [group])
    assert (edge.name, edge.attributes["street"]) == ("LivesIn", "rue Lepic")
    only = SearchFilters(node_labels=["Person", "City"], edge_types=["LivesIn"])
    assert len(await graphiti.search("Paris", group_ids=[group], search_filter=only)) == 1


async def test_later_attributes_are_laid_over_the_earlier_ones(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    script(llm)
    await add(graphiti, group)
    llm.reads(NEWS, {"Ann": 1, "Bob": 1}, [Told("Bob", "KNOWS", "Ann", "Bob knows Ann")])
    llm.answers("Person", {"trade": None, "age": 41}, "Ann")
    llm.answers("Person", {"trade": "cook"}, "'Bob'")
    llm.answers("Person", {"trade": "cook"}, '"Bob"')
    await add(graphiti, group, NEWS, days=1)
    nodes = await nodes_of(driver, group)
    ann = nodes["Ann"].attributes
    assert (ann["trade"], ann["age"]) == ("画家 painter", 41)
    assert nodes["Bob"].attributes["trade"] == "cook"


async def test_a_plain_entity_is_promoted_to_its_type(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(HELLO, {"Ann": 0})
    await add(graphiti, group, entity_types=None, edge_types=None, edge_type_map=None)
    assert (await nodes_of(driver, group))["Ann"].labels == ["Entity"]
    llm.reads(NEWS, {"Ann": 1})
    llm.answers("Person", {"trade": "cook"})
    await add(graphiti, group, NEWS, days=1)
    nodes = await nodes_of(driver, group)
    assert list(nodes) == ["Ann"]
    assert set(nodes["Ann"].labels) == {"Entity", "Person"}


async def test_a_type_between_the_wrong_ends_becomes_a_plain_relation(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(HELLO, {"Ann": 1, "Bob": 1}, [Told("Ann", "LivesIn", "Bob", "Ann lives with Bob")])
    llm.answers("Person", {})
    await add(graphiti, group)
    (edge,) = await EntityEdge.get_by_group_ids(driver, [group])
    assert edge.name == "RELATES_TO"
    assert "street" not in edge.attributes


async def test_excluded_types_are_left_out(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(HELLO, {"Ann": 1, "thing": 0}, [])
    llm.answers("Person", {})
    await add(graphiti, group, excluded_entity_types=["City"])
    (prompt,) = llm.prompts("ExtractedEntities")
    assert "A person." in prompt
    assert "A city." not in prompt
    assert set(await nodes_of(driver, group)) == {"Ann", "thing"}
    with pytest.raises(ValueError, match="Invalid excluded entity types"):
        await add(graphiti, group, excluded_entity_types=["Planet"])


async def test_all_types_excluded_leave_the_episode_alone(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(HELLO, {})
    result = await add(graphiti, group, excluded_entity_types=["City", "Person", "Entity"])
    assert (result.nodes, result.edges) == ([], [])
    assert await nodes_of(driver, group) == {}
    assert llm.prompts("ExtractedEntities") == []
