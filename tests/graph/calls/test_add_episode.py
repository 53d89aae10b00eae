"""Graphiti.add_episode: what an episode says becomes entities, facts and mentions."""

import asyncio
from typing import Any

import pytest
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from scripted import OverlapEncoder, ScriptedLLM, Told, WordEmbedder
from town import DAY, NOW, talk

pytest_plugins = ("graph_drivers",)

HELLO = "Ann: I moved to Paris"
MOVED = Told("Ann", "LIVES_IN", "Paris", "Ann lives in Paris", valid_at="2026-02-01T08:30:00Z")


async def add(graphiti: Graphiti, group: str, content: str = HELLO, **more: Any) -> Any:
    """Add an episode said at NOW."""
    fields: dict[str, Any] = {"name": "talk", "source_description": "a chat", "reference_time": NOW} | more
    return await graphiti.add_episode(episode_body=content, group_id=group, **fields)


async def test_its_entities_facts_and_mentions_are_saved(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    result = await add(graphiti, group)
    nodes = {it.name: it for it in await EntityNode.get_by_group_ids(driver, [group])}
    assert set(nodes) == {"Ann", "Paris"}
    assert nodes["Ann"].labels == ["Entity"]
    assert nodes["Ann"].summary == "Ann lives in Paris"
    await nodes["Ann"].load_name_embedding(driver)
    assert nodes["Ann"].name_embedding == pytest.approx((await WordEmbedder().create_batch(["Ann"]))[0])
    (edge,) = await EntityEdge.get_by_group_ids(driver, [group])
    assert (edge.source_node_uuid, edge.target_node_uuid) == (nodes["Ann"].uuid, nodes["Paris"].uuid)
    assert (edge.name, edge.fact, edge.episodes) == ("LIVES_IN", MOVED.fact, [result.episode.uuid])
    assert edge.valid_at is not None
    assert edge.valid_at.isoformat() == "2026-02-01T08:30:00+00:00"
    assert (edge.invalid_at, edge.expired_at, edge.reference_time) == (None, None, NOW)
    (episode,) = await EpisodicNode.get_by_group_ids(driver, [group])
    assert (episode.uuid, episode.content, episode.valid_at) == (result.episode.uuid, HELLO, NOW)
    assert (episode.name, episode.source, episode.source_description) == ("talk", EpisodeType.message, "a chat")
    assert episode.entity_edges == [edge.uuid]
    mentions = await EpisodicEdge.get_by_group_ids(driver, [group])
    assert {(it.source_node_uuid, it.target_node_uuid) for it in mentions} == {
        (episode.uuid, nodes["Ann"].uuid),
        (episode.uuid, nodes["Paris"].uuid),
    }
    assert {it.uuid for it in result.nodes} == {it.uuid for it in nodes.values()}
    assert [it.uuid for it in result.edges] == [edge.uuid]
    assert [it.uuid for it in await graphiti.search("Where is Paris?", group_ids=[group])] == [edge.uuid]


async def test_an_entity_named_again_is_the_same_one(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    again = "Ann: I work at Acme"
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    llm.reads(again, {"ann": 0, "Acme": 0}, [Told("ann", "WORKS_AT", "Acme", "Ann works at Acme")])
    first = await add(graphiti, group)
    second = await add(graphiti, group, again, reference_time=NOW + DAY)
    nodes = {it.name: it.uuid for it in await EntityNode.get_by_group_ids(driver, [group])}
    assert set(nodes) == {"Ann", "Paris", "Acme"}
    edges = {it.name: it for it in await EntityEdge.get_by_node_uuid(driver, nodes["Ann"])}
    assert set(edges) == {"LIVES_IN", "WORKS_AT"}
    ann = await EntityNode.get_by_uuid(driver, nodes["Ann"])
    assert ann.summary == "Ann lives in Paris\nAnn works at Acme"
    about = await EpisodicNode.get_by_entity_node_uuid(driver, nodes["Ann"])
    assert {it.uuid for it in about} == {first.episode.uuid, second.episode.uuid}


async def test_a_group_does_not_see_the_entities_and_episodes_of_another(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    await add(graphiti, group)
    await add(graphiti, other)
    for one in (group, other):
        assert {it.name for it in await EntityNode.get_by_group_ids(driver, [one])} == {"Ann", "Paris"}
        (edge,) = await EntityEdge.get_by_group_ids(driver, [one])
        assert len(edge.episodes) == 1
    assert all("<PREVIOUS MESSAGES>\n[]" in prompt for prompt in llm.prompts("ExtractedEntities"))


async def test_episodes_of_two_groups_added_at_once_stay_apart(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    results = await asyncio.gather(*(add(graphiti, one) for one in (group, other)))
    for one, result in zip((group, other), results, strict=True):
        (edge,) = await EntityEdge.get_by_group_ids(driver, [one])
        assert edge.episodes == [result.episode.uuid]
        assert {it.uuid for it in await EntityNode.get_by_group_ids(driver, [one])} == {it.uuid for it in result.nodes}


async def test_earlier_messages_of_its_source_are_shown_to_the_model(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    await talk("earlier", group, "Bob: earlier words", valid_at=NOW - DAY).save(driver)
    await talk("later", group, "Bob: later words", valid_at=NOW + DAY).save(driver)
    await talk("letter", group, "a letter", source=EpisodeType.text, valid_at=NOW - DAY).save(driver)
    llm.reads(HELLO, {})
    await add(graphiti, group)
    (prompt,) = llm.prompts("ExtractedEntities")
    assert "Bob: earlier words" in prompt
    assert "Bob: later words" not in prompt
    assert "a letter" not in prompt


async def test_the_named_previous_episodes_are_shown_instead(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    chosen = talk("chosen", group, "Bob: chosen words", valid_at=NOW + DAY)
    await chosen.save(driver)
    await talk("earlier", group, "Bob: earlier words", valid_at=NOW - DAY).save(driver)
    llm.reads(HELLO, {})
    await add(graphiti, group, previous_episode_uuids=[chosen.uuid])
    (prompt,) = llm.prompts("ExtractedEntities")
    assert "Bob: chosen words" in prompt
    assert "Bob: earlier words" not in prompt


async def test_an_episode_that_is_there_is_read_by_its_uuid(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    saved = talk("saved", group, HELLO)
    await saved.save(driver)
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    result = await add(graphiti, group, "not read", uuid=saved.uuid)
    assert result.episode.uuid == saved.uuid
    (episode,) = await EpisodicNode.get_by_group_ids(driver, [group])
    assert (episode.name, episode.content, len(episode.entity_edges)) == ("saved", HELLO, 1)


@pytest.mark.parametrize("source", [EpisodeType.text, EpisodeType.json])
async def test_texts_and_json_are_read_too(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, source: EpisodeType
) -> None:
    content = '{"名字": "陈"}'
    llm.reads(content, {"陈": 0})
    await add(graphiti, group, content, source=source)
    (episode,) = await EpisodicNode.get_by_group_ids(driver, [group])
    assert (episode.source, episode.content, episode.entity_edges) == (source, content, [])
    found = await EntityNode.get_by_group_ids(driver, [group])
    assert [(it.name, it.summary) for it in found] == [("陈", content)]


async def test_raw_content_is_not_kept_where_it_should_not_be(
    driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    discreet = Graphiti(
        graph_driver=driver,
        llm_client=llm,
        embedder=WordEmbedder(),
        cross_encoder=OverlapEncoder(),
        store_raw_episode_content=False,
    )
    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    await add(discreet, group)
    (episode,) = await EpisodicNode.get_by_group_ids(driver, [group])
    assert (episode.content, episode.name) == ("", "talk")
    assert len(await EntityEdge.get_by_group_ids(driver, [group])) == 1


async def test_an_answer_that_fails_leaves_nothing_behind(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    def failing(prompt: str) -> dict[str, Any]:
        raise ConnectionError("the model is away")

    llm.reads(HELLO, {"Ann": 0, "Paris": 0}, [MOVED])
    llm.answers("ExtractedEdges", failing)
    with pytest.raises(ConnectionError):
        await add(graphiti, group)
    assert await EntityNode.get_by_group_ids(driver, [group]) == []
    assert await EpisodicNode.get_by_group_ids(driver, [group]) == []
