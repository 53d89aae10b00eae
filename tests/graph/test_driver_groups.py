"""Groups are walls in a Graphiti graph of ours, and its pages follow each other."""

from datetime import timedelta

import pytest
from graphiti_core.edges import EntityEdge
from graphiti_core.errors import GroupsEdgesNotFoundError, NodeNotFoundError
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from graphiti_core.utils.maintenance.graph_data_operations import retrieve_episodes
from graphiti_parts import NOW, PAGE, edge, node, saved_pair, talk

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Fact
from modelatlas.graph.graphiti.driver import DriverOfKinds

pytest_plugins = ("graphiti_graphs",)


# Pages and windows


async def test_pages_follow_each_other_without_gap_or_overlap(driver: DriverOfKinds) -> None:
    ann, bob = node("Ann"), node("Bob")
    await ann.save(driver)
    await bob.save(driver)
    for number in range(7):
        await edge(ann, bob, uuid=f"e{number}").save(driver)
        await talk(uuid=f"t{number}").save(driver)
    assert [it.uuid for it in await EntityEdge.get_by_group_ids(driver, ["us"], limit=3)] == ["e6", "e5", "e4"]
    page = await EntityEdge.get_by_group_ids(driver, ["us"], limit=3, uuid_cursor="e4")
    assert [it.uuid for it in page] == ["e3", "e2", "e1"]
    with pytest.raises(GroupsEdgesNotFoundError):
        await EntityEdge.get_by_group_ids(driver, ["us"], uuid_cursor="e0")
    assert [it.uuid for it in await EpisodicNode.get_by_group_ids(driver, ["us"], 2, "t2")] == ["t1", "t0"]
    first = sorted([ann, bob], key=lambda it: it.uuid)[1]
    assert await EntityNode.get_by_group_ids(driver, ["us"], limit=1) == [first]
    assert await EntityNode.get_by_group_ids(driver, ["us"], limit=0) == []


async def test_the_last_episodes_said_by_a_time_come_oldest_first(driver: DriverOfKinds) -> None:
    for day in range(5):
        kind = EpisodeType.text if day == 1 else EpisodeType.message
        await talk(f"day {day}", valid_at=NOW + timedelta(days=day), source=kind).save(driver)
    await talk("theirs", "them").save(driver)
    by = NOW + timedelta(days=3)
    assert [it.name for it in await retrieve_episodes(driver, by, 2, ["us"])] == ["day 2", "day 3"]
    assert [it.name for it in await retrieve_episodes(driver, by, 9, ["us"], EpisodeType.text)] == ["day 1"]
    assert [it.name for it in await retrieve_episodes(driver, NOW, 9, ["them"])] == ["theirs"]
    assert {it.name for it in await retrieve_episodes(driver, NOW, 9)} == {"theirs", "day 0"}
    assert await retrieve_episodes(driver, by, 9, []) == []
    with pytest.raises(BadInput, match="name the group, as in add_episode"):
        await retrieve_episodes(driver, by, 9, [""])


# Groups are walls


async def test_no_read_that_names_a_group_sees_another(driver: DriverOfKinds, told: list[Fact]) -> None:
    theirs = await EntityNode.get_by_group_ids(driver, ["them"])
    assert [it.name for it in theirs if it.name == "Wan 2.1"] == ["Wan 2.1"]
    uuids = [it.uuid for it in theirs]
    assert await EntityNode.get_by_uuids(driver, uuids, "us") == []
    assert await EntityNode.get_by_uuids(driver, uuids, "") == []
    assert set(await EntityNode.get_by_uuids(driver, uuids, "them")) == set(theirs)
    for group in ("us", "them"):
        assert {it.group_id for it in await EntityNode.get_by_names(driver, ["Wan 2.1"], [group])} == {group}
        assert {it.group_id for it in await EntityEdge.get_by_group_ids(driver, [group])} == {group}
        assert {it.group_id for it in await EpisodicNode.get_by_group_ids(driver, [group])} == {group}
    for nobody in ([], [""], ["nobody"]):
        assert await EntityNode.get_by_group_ids(driver, nobody) == []
        assert await EpisodicNode.get_by_group_ids(driver, nobody) == []
        with pytest.raises(GroupsEdgesNotFoundError):
            await EntityEdge.get_by_group_ids(driver, nobody)


async def test_an_edge_cannot_join_two_groups(driver: DriverOfKinds) -> None:
    ann, eve = node("Ann"), node("Eve", "them")
    await ann.save(driver)
    await eve.save(driver)
    for group in ("us", "them"):
        with pytest.raises(NodeNotFoundError):
            await edge(ann, eve, group).save(driver)


async def test_an_edge_of_another_group_never_rests_on_our_documents(driver: DriverOfKinds, told: list[Fact]) -> None:
    document = await EpisodicNode.get_by_uuid(driver, str(PAGE.episode("us")))
    ann, _, knows = await saved_pair(driver, "them")
    await knows.model_copy(update={"episodes": [document.uuid]}).save(driver)
    assert (await EpisodicNode.get_by_uuid(driver, document.uuid)).entity_edges == document.entity_edges
    assert await EpisodicNode.get_by_entity_node_uuid(driver, ann.uuid) == []


async def test_a_uuid_of_one_group_cannot_be_taken_by_another(driver: DriverOfKinds) -> None:
    ann, bob, knows = await saved_pair(driver)
    chat = talk()
    await chat.save(driver)
    for it in (ann, bob, knows, chat):
        with pytest.raises(BadInput, match="another group"):
            await it.model_copy(update={"group_id": "them"}).save(driver)


async def test_a_deletion_in_the_wrong_group_deletes_nothing(driver: DriverOfKinds) -> None:
    ann, _, knows = await saved_pair(driver)
    await knows.model_copy(update={"group_id": "them"}).delete(driver)
    await ann.model_copy(update={"group_id": "them"}).delete(driver)
    assert await EntityEdge.get_by_uuids(driver, [knows.uuid]) != []
    assert ann in await EntityNode.get_by_group_ids(driver, ["us"])
