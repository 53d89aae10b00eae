"""clear_data: everything of the named groups goes, everything of the others stays."""

from typing import Any

from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import CommunityEdge, EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode, SagaNode
from graphiti_core.utils.maintenance.graph_data_operations import clear_data
from town import followed_by, part_of, rows_of, saga, settle

pytest_plugins = ("graph_drivers",)

KINDS: list[Any] = [EntityNode, EpisodicNode, CommunityNode, SagaNode]
KINDS += [EntityEdge, EpisodicEdge, CommunityEdge, HasEpisodeEdge, NextEpisodeEdge]


async def counted(driver: GraphDriver, group: str) -> list[int]:
    """How many rows of each kind a group has."""
    return [len(await rows_of(kind, driver, group)) for kind in KINDS]


async def test_a_cleared_group_is_empty_and_another_stays(driver: GraphDriver, group: str, other: str) -> None:
    for one in (group, other):
        town, story = await settle(driver, one), saga("story", one)
        await story.save(driver)
        await part_of(story, town.morning).save(driver)
        await followed_by(town.morning, town.evening).save(driver)
    full = [6, 2, 2, 1, 5, 6, 3, 1, 1]
    assert await counted(driver, group) == await counted(driver, other) == full
    await clear_data(driver, ["nobody"])
    await clear_data(driver, [])
    assert await counted(driver, group) == full
    await clear_data(driver, [group])
    assert await counted(driver, group) == [0] * len(KINDS)
    assert await counted(driver, other) == full
    await clear_data(driver, [group, other])
    assert await counted(driver, other) == [0] * len(KINDS)


async def test_a_cleared_group_is_not_found_by_its_words_and_can_be_filled_again(
    driver: GraphDriver, group: str, graphiti: Any
) -> None:
    await settle(driver, group)
    await clear_data(driver, [group])
    assert await graphiti.search("register", group_ids=[group]) == []
    town = await settle(driver, group)
    assert len(await graphiti.search("register", group_ids=[group])) == len(town.facts)
