"""Graphiti.add_episode_bulk: several episodes at once."""

from typing import Any

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode, SagaNode
from graphiti_core.utils.bulk_utils import RawEpisode, add_nodes_and_edges_bulk
from pydantic import BaseModel
from scripted import ScriptedLLM, Told, WordEmbedder, vector
from town import DAY, NOW, entity, fact, mention, talk, uuids

pytest_plugins = ("graph_drivers",)

FIRST, SECOND = "Ann: I live in Paris", "Bob: Ann works at Acme"
LIVES = Told("Ann", "LIVES_IN", "Paris", "Ann lives in Paris", valid_at="2026-01-01T00:00:00Z")
WORKS = Told("ann", "WORKS_AT", "Acme", "She works at Acme")


class Person(BaseModel):
    """A person."""

    trade: str | None = None


def raw(content: str, days: int, **more: Any) -> RawEpisode:
    """A message of some days after NOW."""
    said: dict[str, Any] = {"source_description": "a chat", "source": EpisodeType.message}
    return RawEpisode(name=f"day {days}", content=content, reference_time=NOW + days * DAY, **(said | more))


def script(llm: ScriptedLLM) -> None:
    llm.reads(FIRST, {"Ann": 0, "Paris": 0}, [LIVES])
    llm.reads(SECOND, {"ann": 0, "Acme": 0}, [WORKS])


@pytest.mark.parametrize("combined", [True, False], ids=["combined", "separate"])
async def test_entities_facts_and_mentions_of_all_are_saved(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, combined: bool
) -> None:
    script(llm)
    result = await graphiti.add_episode_bulk(
        [raw(FIRST, 1), raw(SECOND, 2)], group_id=group, use_combined_extraction=combined
    )
    first, second = uuids(result.episodes)
    nodes = {it.name.lower(): it.uuid for it in await EntityNode.get_by_group_ids(driver, [group])}
    assert set(nodes) == {"ann", "paris", "acme"}
    edges = {it.fact: it for it in await EntityEdge.get_by_group_ids(driver, [group])}
    assert set(edges) == {LIVES.fact, WORKS.fact}
    assert {it.source_node_uuid for it in edges.values()} == {nodes["ann"]}
    assert edges[LIVES.fact].episodes == [first]
    assert edges[WORKS.fact].episodes == [second]
    lives_from = edges[LIVES.fact].valid_at
    assert lives_from is not None
    assert lives_from.isoformat() == "2026-01-01T00:00:00+00:00"
    assert edges[WORKS.fact].valid_at is None
    mentions = await EpisodicEdge.get_by_group_ids(driver, [group])
    assert {(it.source_node_uuid, it.target_node_uuid) for it in mentions} == {
        (first, nodes["ann"]),
        (first, nodes["paris"]),
        (second, nodes["ann"]),
        (second, nodes["acme"]),
    }
    episodes = {it.name: it for it in await EpisodicNode.get_by_group_ids(driver, [group])}
    assert (episodes["day 1"].content, episodes["day 2"].valid_at) == (FIRST, NOW + 2 * DAY)


async def test_what_is_known_already_is_found_again(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    script(llm)
    await graphiti.add_episode("before", FIRST, "a chat", NOW, group_id=group)
    await graphiti.add_episode_bulk([raw(FIRST, 1), raw(SECOND, 2)], group_id=group)
    assert len(await EntityNode.get_by_group_ids(driver, [group])) == 3
    edges = {it.fact: it for it in await EntityEdge.get_by_group_ids(driver, [group])}
    assert set(edges) == {LIVES.fact, WORKS.fact}
    assert len(edges[LIVES.fact].episodes) == 2


async def test_a_saga_follows_the_order_in_which_its_episodes_were_said(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    contents = ["one", "two", "three"]
    for content in contents:
        llm.reads(content, {})
    result = await graphiti.add_episode_bulk(
        [raw("two", 2), raw("three", 3), raw("one", 1)], group_id=group, saga="diary"
    )
    by_name = {it.name: it.uuid for it in result.episodes}
    first, second, third = (by_name[f"day {days}"] for days in (1, 2, 3))
    (story,) = await SagaNode.get_by_group_ids(driver, [group])
    assert (story.first_episode_uuid, story.last_episode_uuid) == (first, third)
    assert story.created_at == NOW + DAY
    chain = await NextEpisodeEdge.get_by_group_ids(driver, [group])
    assert {(it.source_node_uuid, it.target_node_uuid) for it in chain} == {(first, second), (second, third)}
    assert len(await HasEpisodeEdge.get_by_group_ids(driver, [group])) == 3


async def test_types_and_their_attributes(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(FIRST, {"Ann": 1, "Paris": 0}, [LIVES])
    llm.answers("Person", {"trade": "painter"}, "Ann")
    await graphiti.add_episode_bulk([raw(FIRST, 1)], group_id=group, entity_types={"Person": Person})
    (ann,) = await EntityNode.get_by_names(driver, ["Ann"], [group])
    assert set(ann.labels) == {"Entity", "Person"}
    assert ann.attributes["trade"] == "painter"


async def test_a_bulk_of_nothing(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    assert (await graphiti.add_episode_bulk([], group_id=group)).episodes == []
    assert await EpisodicNode.get_by_group_ids(driver, [group]) == []


async def test_a_bulk_of_ones_own_is_saved_whole_with_the_vectors_it_lacks(driver: GraphDriver, group: str) -> None:
    ann, bob = entity("Ann", group, "Person", name_embedding=None), entity("Bob", group)
    chat = talk("talk", group)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob", fact_embedding=None, episodes=[chat.uuid], reference_time=NOW)
    await add_nodes_and_edges_bulk(driver, [chat], [mention(chat, ann)], [ann, bob], [edge], WordEmbedder())
    found = await EntityNode.get_by_uuid(driver, ann.uuid)
    await found.load_name_embedding(driver)
    assert found.name_embedding == pytest.approx(vector("Ann"))
    assert set(found.labels) == {"Entity", "Person"}
    known = await EntityEdge.get_by_uuid(driver, edge.uuid)
    await known.load_fact_embedding(driver)
    assert known.fact_embedding == pytest.approx(vector("Ann knows Bob"))
    assert (known.reference_time, known.episodes) == (NOW, [chat.uuid])
    assert uuids(await EpisodicNode.get_by_entity_node_uuid(driver, ann.uuid)) == [chat.uuid]


async def test_a_bulk_that_fails_saves_nothing(driver: GraphDriver, group: str) -> None:
    class Away(WordEmbedder):
        async def create(self, input_data: Any) -> list[float]:
            raise ConnectionError("the embedder is away")

    ann, bob, chat = entity("Ann", group), entity("Bob", group), talk("talk", group)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob", fact_embedding=None)
    with pytest.raises(ConnectionError):
        await add_nodes_and_edges_bulk(driver, [chat], [], [ann, bob], [edge], Away())
    assert await EntityNode.get_by_group_ids(driver, [group]) == []
    assert await EpisodicNode.get_by_group_ids(driver, [group]) == []
