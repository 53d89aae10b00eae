"""add_episode within a saga: a story of episodes, each after the one before."""

from typing import Any

from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import SagaNode
from scripted import ScriptedLLM
from town import DAY, NOW, saga, uuids

pytest_plugins = ("graph_drivers",)


async def add(graphiti: Graphiti, group: str, llm: ScriptedLLM, days: int, story: Any, **more: Any) -> str:
    """Add an episode that names nobody; its id."""
    llm.reads(f"day {days}", {})
    result = await graphiti.add_episode(
        f"day {days}", f"day {days}", "a diary", NOW + days * DAY, group_id=group, saga=story, **more
    )
    return result.episode.uuid


async def chain(driver: GraphDriver, group: str) -> dict[str, str]:
    """Which episode comes after which."""
    edges = await NextEpisodeEdge.get_by_group_ids(driver, [group])
    return {it.source_node_uuid: it.target_node_uuid for it in edges}


async def test_a_saga_of_a_new_name_begins_with_its_first_episode(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    first = await add(graphiti, group, llm, 1, "日记")
    (story,) = await SagaNode.get_by_group_ids(driver, [group])
    assert (story.name, story.created_at, story.summary) == ("日记", NOW + DAY, "")
    assert (story.first_episode_uuid, story.last_episode_uuid) == (first, first)
    (edge,) = await HasEpisodeEdge.get_by_group_ids(driver, [group])
    assert (edge.source_node_uuid, edge.target_node_uuid) == (story.uuid, first)
    assert await chain(driver, group) == {}


async def test_a_saga_is_found_again_by_its_name(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    first, second, third = [await add(graphiti, group, llm, days, "diary") for days in (1, 2, 3)]
    (story,) = await SagaNode.get_by_group_ids(driver, [group])
    assert story.created_at == NOW + DAY
    assert (story.first_episode_uuid, story.last_episode_uuid) == (first, third)
    edges = await HasEpisodeEdge.get_by_group_ids(driver, [group])
    assert {it.target_node_uuid for it in edges} == {first, second, third}
    assert await chain(driver, group) == {first: second, second: third}
    told = await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], saga="diary")
    assert uuids(told) == [first, second, third]


async def test_an_episode_follows_the_one_said_last_and_not_the_one_saved_last(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    late = await add(graphiti, group, llm, 5, "diary")
    early = await add(graphiti, group, llm, 1, "diary")
    last = await add(graphiti, group, llm, 9, "diary")
    edges = await NextEpisodeEdge.get_by_group_ids(driver, [group])
    assert {(it.source_node_uuid, it.target_node_uuid) for it in edges} == {(late, early), (late, last)}


async def test_the_previous_episode_may_be_named(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    first = await add(graphiti, group, llm, 1, "diary")
    await add(graphiti, group, llm, 2, "diary")
    third = await add(graphiti, group, llm, 3, "diary", saga_previous_episode_uuid=first)
    edges = await NextEpisodeEdge.get_by_group_ids(driver, [group])
    assert (first, third) in {(it.source_node_uuid, it.target_node_uuid) for it in edges}


async def test_a_saga_may_be_given_as_a_node(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str
) -> None:
    story = saga("diary", group)
    await story.save(driver)
    first = await add(graphiti, group, llm, 1, story)
    second = await add(graphiti, group, llm, 2, story)
    (found,) = await SagaNode.get_by_group_ids(driver, [group])
    assert (found.uuid, found.created_at) == (story.uuid, NOW)
    assert (found.first_episode_uuid, found.last_episode_uuid) == (first, second)
    assert await chain(driver, group) == {first: second}


async def test_sagas_of_one_name_in_two_groups_are_two(
    graphiti: Graphiti, driver: GraphDriver, llm: ScriptedLLM, group: str, other: str
) -> None:
    ours = await add(graphiti, group, llm, 1, "diary")
    theirs = await add(graphiti, other, llm, 2, "diary")
    for one, episode in ((group, ours), (other, theirs)):
        (story,) = await SagaNode.get_by_group_ids(driver, [one])
        assert (story.first_episode_uuid, story.last_episode_uuid) == (episode, episode)
        assert await chain(driver, one) == {}
