"""Graphiti.retrieve_episodes: the last ones said by a time, in the order they were said."""

from collections.abc import Callable

from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.nodes import EpisodeType
from graphiti_core.utils.maintenance.graph_data_operations import retrieve_episodes
from town import DAY, NOW, part_of, saga, talk

pytest_plugins = ("graph_drivers",)


async def four_days(driver: GraphDriver, group: str) -> None:
    """An episode a day; the second is a text and belongs to a saga with the fourth."""
    story = saga("story", group)
    await story.save(driver)
    for number in (2, 0, 3, 1):
        source = EpisodeType.text if number == 1 else EpisodeType.message
        episode = talk(f"day {number}", group, source=source, valid_at=NOW + number * DAY)
        await episode.save(driver)
        if number in (1, 3):
            await part_of(story, episode).save(driver)


async def test_the_last_said_by_a_time(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    await four_days(driver, group)

    async def names(days: float, last: int) -> list[str]:
        found = await graphiti.retrieve_episodes(NOW + days * DAY, last_n=last, group_ids=[group])
        return [it.name for it in found]

    assert await names(9, 9) == ["day 0", "day 1", "day 2", "day 3"]
    assert await names(9, 2) == ["day 2", "day 3"]
    assert await names(2, 2) == ["day 1", "day 2"]
    assert await names(1.9, 1) == ["day 1"]
    assert await names(-1, 9) == []


async def test_of_those_said_at_once_the_last_saved_comes_last(
    graphiti: Graphiti, driver: GraphDriver, group: str
) -> None:
    for name, day in (("second", 2), ("third", 3), ("first", 1)):
        await talk(name, group, created_at=NOW + day * DAY).save(driver)
    found = await graphiti.retrieve_episodes(NOW, last_n=2, group_ids=[group])
    assert [it.name for it in found] == ["second", "third"]


async def test_of_a_source(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    await four_days(driver, group)
    found = await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], EpisodeType.text)
    assert [it.name for it in found] == ["day 1"]
    assert await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], EpisodeType.json) == []


async def test_of_a_saga(graphiti: Graphiti, driver: GraphDriver, group: str, other: str) -> None:
    await four_days(driver, group)
    await four_days(driver, other)
    in_story = await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], saga="story")
    assert [it.name for it in in_story] == ["day 1", "day 3"]
    assert {it.group_id for it in in_story} == {group}
    early = await graphiti.retrieve_episodes(NOW + 2 * DAY, 9, [group], saga="story")
    assert [it.name for it in early] == ["day 1"]
    of_text = await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], EpisodeType.text, saga="story")
    assert [it.name for it in of_text] == ["day 1"]
    last = await retrieve_episodes(driver, NOW + 9 * DAY, 1, [group], saga="story")
    assert [it.name for it in last] == ["day 3"]
    assert await graphiti.retrieve_episodes(NOW + 9 * DAY, 9, [group], saga="no such story") == []


async def test_of_groups(graphiti: Graphiti, driver: GraphDriver, group: str, other: str) -> None:
    await four_days(driver, group)
    await talk("theirs", other).save(driver)
    both = await graphiti.retrieve_episodes(NOW, 9, [group, other])
    assert {it.name for it in both} == {"day 0", "theirs"}
    assert [it.name for it in await graphiti.retrieve_episodes(NOW, 9, [other])] == ["theirs"]
    assert await graphiti.retrieve_episodes(NOW, 9, ["nobody"]) == []


async def test_through_the_namespace_the_last_comes_first(
    graphiti: Graphiti, driver: GraphDriver, group: str, other: str
) -> None:
    await four_days(driver, group)
    await four_days(driver, other)
    found = await graphiti.nodes.episode.retrieve_episodes(NOW + 2 * DAY, 2, [group])
    assert [it.name for it in found] == ["day 2", "day 1"]
    found = await graphiti.nodes.episode.retrieve_episodes(NOW + 9 * DAY, 9, [group], saga="story")
    assert [it.name for it in found] == ["day 3", "day 1"]
    found = await graphiti.nodes.episode.retrieve_episodes(NOW, 9, [group, other])
    assert [it.name for it in found] == ["day 0", "day 0"]


async def test_through_the_namespace_of_a_source(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.SOURCE_AND_GROUP)
    await four_days(driver, group)
    found = await graphiti.nodes.episode.retrieve_episodes(NOW + 9 * DAY, 9, [group], source="text")
    assert [it.name for it in found] == ["day 1"]
