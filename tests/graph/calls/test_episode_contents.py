"""get_nodes_and_edges_by_episode and remove_episode: what an episode brought, and how it goes."""

from typing import Any

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import EntityNode, EpisodicNode
from graphiti_core.search.search_utils import get_mentioned_nodes
from scripted import ScriptedLLM, Told
from town import DAY, NOW, rows_of

pytest_plugins = ("graph_drivers",)

FIRST, SECOND = "Ann: I live in Paris", "Ann: I live in Paris and work at Acme"
LIVES = Told("Ann", "LIVES_IN", "Paris", "Ann lives in Paris")
WORKS = Told("Ann", "WORKS_AT", "Acme", "Ann works at Acme")


async def two_talks(graphiti: Graphiti, llm: ScriptedLLM, group: str) -> tuple[Any, Any]:
    """The second talk repeats the fact of the first and adds one."""
    llm.reads(SECOND, {"Ann": 0, "Paris": 0, "Acme": 0}, [LIVES, WORKS])
    first = await add(graphiti, llm, group, FIRST)
    return first, await graphiti.add_episode("second", SECOND, "a chat", NOW + DAY, group_id=group)


async def add(graphiti: Graphiti, llm: ScriptedLLM, group: str, content: str) -> Any:
    """Ann says where she lives."""
    llm.answers("ExtractedEntities", {"extracted_entities": _named("Ann", "Paris")}, f"{content}\n")
    edge = {"source_entity_name": "Ann", "target_entity_name": "Paris", "relation_type": "LIVES_IN"}
    llm.answers("ExtractedEdges", {"edges": [edge | {"fact": LIVES.fact}]}, f"{content}\n")
    return await graphiti.add_episode("first", content, "a chat", NOW, group_id=group)


def _named(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "entity_type_id": 0} for name in names]


async def names_in(driver: GraphDriver, group: str) -> set[str]:
    return {it.name for it in await EntityNode.get_by_group_ids(driver, [group])}


async def facts_in(driver: GraphDriver, group: str) -> set[str]:
    return {it.fact for it in await rows_of(EntityEdge, driver, group)}


async def test_an_episode_knows_its_entities_and_facts(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    first, second = await two_talks(graphiti, llm, group)
    await two_talks(graphiti, llm, other)

    async def contents(*episodes: Any) -> tuple[set[str], set[str], set[str]]:
        found = await graphiti.get_nodes_and_edges_by_episode([it.episode.uuid for it in episodes])
        groups = {it.group_id for it in found.nodes} | {it.group_id for it in found.edges}
        return {it.name for it in found.nodes}, {it.fact for it in found.edges}, groups

    assert await contents(first) == ({"Ann", "Paris"}, {LIVES.fact}, {group})
    assert await contents(second) == ({"Ann", "Paris", "Acme"}, {LIVES.fact, WORKS.fact}, {group})
    both = await graphiti.get_nodes_and_edges_by_episode([first.episode.uuid, second.episode.uuid])
    assert sorted(it.name for it in both.nodes) == ["Acme", "Ann", "Paris"]
    assert await contents() == (set(), set(), set())
    nobody = await graphiti.get_nodes_and_edges_by_episode(["nothing"])
    assert (nobody.nodes, nobody.edges) == ([], [])
    mentioned = await get_mentioned_nodes(driver, [first.episode])
    assert {it.name for it in mentioned} == {"Ann", "Paris"}


async def test_a_removed_episode_takes_what_only_it_brought(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    first, second = await two_talks(graphiti, llm, group)
    await two_talks(graphiti, llm, other)
    await graphiti.remove_episode(second.episode.uuid)
    assert await names_in(driver, group) == {"Ann", "Paris"}
    assert await facts_in(driver, group) == {LIVES.fact}
    assert [it.uuid for it in await EpisodicNode.get_by_group_ids(driver, [group])] == [first.episode.uuid]
    mentions = await EpisodicEdge.get_by_group_ids(driver, [group])
    assert {it.source_node_uuid for it in mentions} == {first.episode.uuid}
    assert await graphiti.search("Acme", group_ids=[group]) == []
    assert await names_in(driver, other) == {"Ann", "Paris", "Acme"}
    assert await facts_in(driver, other) == {LIVES.fact, WORKS.fact}


async def test_a_removed_episode_takes_the_facts_it_was_the_first_to_state(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    first, _ = await two_talks(graphiti, llm, group)
    await graphiti.remove_episode(first.episode.uuid)
    assert await names_in(driver, group) == {"Ann", "Paris", "Acme"}
    assert await facts_in(driver, group) == {WORKS.fact}


async def test_the_last_removed_episode_leaves_nothing(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    for result in await two_talks(graphiti, llm, group):
        await graphiti.remove_episode(result.episode.uuid)
    assert await names_in(driver, group) == set()
    assert await facts_in(driver, group) == set()
    assert await EpisodicNode.get_by_group_ids(driver, [group]) == []


async def test_what_is_not_there_cannot_be_removed(graphiti: Graphiti) -> None:
    with pytest.raises(NodeNotFoundError):
        await graphiti.remove_episode("nothing")
