"""What Graphiti's own classes read and delete: by id, by group, page by page, by name, by neighbour."""

from collections.abc import Callable
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import (
    CommunityEdge,
    Edge,
    EntityEdge,
    EpisodicEdge,
    HasEpisodeEdge,
    NextEpisodeEdge,
)
from graphiti_core.errors import EdgeNotFoundError, GroupsEdgesNotFoundError, NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode, Node, SagaNode
from town import (
    Town,
    community,
    entity,
    fact,
    followed_by,
    member,
    mention,
    part_of,
    saga,
    settle,
    talk,
    uuids,
)

pytest_plugins = ("graph_drivers",)

NODES: list[Any] = [EntityNode, EpisodicNode, CommunityNode, SagaNode]
EDGES: list[Any] = [EntityEdge, EpisodicEdge, CommunityEdge, HasEpisodeEdge, NextEpisodeEdge]


async def three_nodes(driver: GraphDriver, group: str, kind: Any) -> list[Any]:
    make: Any = {EntityNode: entity, EpisodicNode: talk, CommunityNode: community, SagaNode: saga}[kind]
    nodes = [make(name, group) for name in ("one", "two", "three")]
    for node in nodes:
        await node.save(driver)
    return sorted(nodes, key=lambda it: it.uuid, reverse=True)


async def three_edges(driver: GraphDriver, group: str, kind: Any) -> list[Any]:
    entities = [entity(name, group) for name in ("Ann", "Bob", "Chen")]
    episodes = [talk(name, group) for name in ("one", "two", "three")]
    whole, story, root, start = community("whole", group), saga("story", group), entity("Eve", group), talk("0", group)
    for node in (*entities, *episodes, whole, story, root, start):
        await node.save(driver)
    made: dict[Any, list[Any]] = {
        EntityEdge: [fact(root, "KNOWS", it, f"Eve knows {it.name}") for it in entities],
        EpisodicEdge: [mention(start, it) for it in entities],
        CommunityEdge: [member(whole, it) for it in entities],
        HasEpisodeEdge: [part_of(story, it) for it in episodes],
        NextEpisodeEdge: [followed_by(start, it) for it in episodes],
    }
    for edge in made[kind]:
        await edge.save(driver)
    return sorted(made[kind], key=lambda it: it.uuid, reverse=True)


@pytest.mark.parametrize("kind", NODES)
async def test_nodes_by_id(driver: GraphDriver, group: str, kind: Any) -> None:
    nodes = await three_nodes(driver, group, kind)
    assert (await kind.get_by_uuid(driver, nodes[1].uuid)).name == nodes[1].name
    found = await kind.get_by_uuids(driver, [nodes[0].uuid, nodes[2].uuid, "nobody", nodes[0].uuid])
    assert sorted(uuids(found), reverse=True) == [nodes[0].uuid, nodes[2].uuid]
    assert await kind.get_by_uuids(driver, []) == await kind.get_by_uuids(driver, ["nobody"]) == []
    with pytest.raises(NodeNotFoundError, match="nobody"):
        await kind.get_by_uuid(driver, "nobody")
    for another in (it for it in NODES if it is not kind):
        assert await another.get_by_uuids(driver, uuids(nodes)) == []


@pytest.mark.parametrize("kind", NODES)
async def test_nodes_of_groups_page_by_page(driver: GraphDriver, group: str, other: str, kind: Any) -> None:
    ours, theirs = await three_nodes(driver, group, kind), await three_nodes(driver, other, kind)
    assert uuids(await kind.get_by_group_ids(driver, [group])) == uuids(ours)
    assert set(uuids(await kind.get_by_group_ids(driver, [group, other]))) == set(uuids([*ours, *theirs]))
    first = await kind.get_by_group_ids(driver, [group], limit=2)
    assert uuids(first) == uuids(ours[:2])
    assert uuids(await kind.get_by_group_ids(driver, [group], limit=2, uuid_cursor=first[-1].uuid)) == [ours[2].uuid]
    assert await kind.get_by_group_ids(driver, [group], limit=2, uuid_cursor=ours[2].uuid) == []
    assert await kind.get_by_group_ids(driver, [group], limit=0) == []
    assert await kind.get_by_group_ids(driver, ["nobody"]) == []


@pytest.mark.parametrize("kind", EDGES)
async def test_edges_by_id(driver: GraphDriver, group: str, kind: Any) -> None:
    edges = await three_edges(driver, group, kind)
    assert (await kind.get_by_uuid(driver, edges[1].uuid)).target_node_uuid == edges[1].target_node_uuid
    found = await kind.get_by_uuids(driver, [edges[0].uuid, edges[2].uuid, "nothing"])
    assert sorted(uuids(found), reverse=True) == [edges[0].uuid, edges[2].uuid]
    if kind is EpisodicEdge:
        with pytest.raises(EdgeNotFoundError, match="nothing"):
            await kind.get_by_uuids(driver, ["nothing"])
    else:
        assert await kind.get_by_uuids(driver, ["nothing"]) == []


@pytest.mark.parametrize("kind", EDGES)
async def test_an_edge_that_is_not_there_is_graphitis_own_error(
    driver: GraphDriver, needs: Callable[[Ability], None], kind: Any
) -> None:
    if kind is CommunityEdge:
        needs(Ability.MISSING_EDGES)
    with pytest.raises(EdgeNotFoundError, match="nothing"):
        await kind.get_by_uuid(driver, "nothing")


@pytest.mark.parametrize("kind", EDGES)
async def test_edges_of_groups_page_by_page(driver: GraphDriver, group: str, other: str, kind: Any) -> None:
    ours, theirs = await three_edges(driver, group, kind), await three_edges(driver, other, kind)
    assert uuids(await kind.get_by_group_ids(driver, [group])) == uuids(ours)
    assert set(uuids(await kind.get_by_group_ids(driver, [group, other]))) == set(uuids([*ours, *theirs]))
    first = await kind.get_by_group_ids(driver, [group], limit=2)
    assert uuids(first) == uuids(ours[:2])
    assert uuids(await kind.get_by_group_ids(driver, [group], limit=2, uuid_cursor=first[-1].uuid)) == [ours[2].uuid]
    if kind in (EntityEdge, EpisodicEdge):
        with pytest.raises(GroupsEdgesNotFoundError):
            await kind.get_by_group_ids(driver, ["nobody"])
    else:
        assert await kind.get_by_group_ids(driver, ["nobody"]) == []


async def test_nodes_by_name(driver: GraphDriver, group: str, other: str) -> None:
    ours, theirs = entity("图像", group), entity("图像", other)
    for node in (ours, theirs, entity("图像编辑", group), entity("Ann", group)):
        await node.save(driver)
    assert uuids(await EntityNode.get_by_names(driver, ["图像", "nobody", "图像"], [group])) == [ours.uuid]
    both = await EntityNode.get_by_names(driver, ["图像"], [group, other])
    assert set(uuids(both)) == {ours.uuid, theirs.uuid}
    assert await EntityNode.get_by_names(driver, ["ann", ""], [group]) == []
    assert await EntityNode.get_by_names(driver, [], [group]) == []
    assert await EntityNode.get_by_names(driver, ["Ann"], []) == []


async def test_facts_and_episodes_around_nodes(driver: GraphDriver, group: str) -> None:
    town = await settle(driver, group)
    at_ann = await EntityEdge.get_by_node_uuid(driver, town.ann.uuid)
    assert set(uuids(at_ann)) == {town.ann_in_paris.uuid, town.ann_at_acme.uuid, town.bob_knows_ann.uuid}
    knows = next(it for it in at_ann if it.uuid == town.bob_knows_ann.uuid)
    assert (knows.source_node_uuid, knows.target_node_uuid) == (town.bob.uuid, town.ann.uuid)
    between = await EntityEdge.get_between_nodes(driver, town.bob.uuid, town.ann.uuid)
    assert uuids(between) == [town.bob_knows_ann.uuid]
    assert await EntityEdge.get_between_nodes(driver, town.ann.uuid, town.bob.uuid) == []
    assert await EntityEdge.get_by_node_uuid(driver, "nobody") == []
    about_ann = await EpisodicNode.get_by_entity_node_uuid(driver, town.ann.uuid)
    assert set(uuids(about_ann)) == {town.morning.uuid, town.evening.uuid}
    assert uuids(await EpisodicNode.get_by_entity_node_uuid(driver, town.paris.uuid)) == [town.morning.uuid]
    assert await EpisodicNode.get_by_entity_node_uuid(driver, town.chen.uuid) == []


@pytest.mark.parametrize("kind", EDGES)
async def test_a_deleted_edge_is_gone_and_its_nodes_stay(driver: GraphDriver, group: str, kind: Any) -> None:
    edges = await three_edges(driver, group, kind)
    await edges[0].delete(driver)
    await edges[0].delete(driver)
    assert uuids(await kind.get_by_group_ids(driver, [group])) == uuids(edges[1:])
    assert len(await EntityNode.get_by_group_ids(driver, [group])) == 4
    assert len(await EpisodicNode.get_by_group_ids(driver, [group])) == 4


@pytest.mark.parametrize("kind", [EntityEdge, EpisodicEdge, CommunityEdge])
async def test_edges_are_deleted_by_their_ids(driver: GraphDriver, group: str, kind: Any) -> None:
    edges = await three_edges(driver, group, kind)
    await Edge.delete_by_uuids(driver, [edges[0].uuid, "nothing", edges[2].uuid])
    assert uuids(await kind.get_by_group_ids(driver, [group])) == [edges[1].uuid]


@pytest.mark.parametrize("kind", NODES)
async def test_a_deleted_node_is_gone_and_the_others_stay(driver: GraphDriver, group: str, kind: Any) -> None:
    nodes = await three_nodes(driver, group, kind)
    await nodes[0].delete(driver)
    await nodes[0].delete(driver)
    assert uuids(await kind.get_by_group_ids(driver, [group])) == uuids(nodes[1:])


@pytest.mark.parametrize("kind", [EntityNode, EpisodicNode, CommunityNode])
async def test_nodes_are_deleted_by_their_ids_and_by_group(
    driver: GraphDriver, group: str, other: str, kind: Any
) -> None:
    ours, theirs = await three_nodes(driver, group, kind), await three_nodes(driver, other, kind)
    await Node.delete_by_uuids(driver, [ours[0].uuid, "nobody"], batch_size=1)
    assert uuids(await kind.get_by_group_ids(driver, [group])) == uuids(ours[1:])
    await Node.delete_by_group_id(driver, group, batch_size=1)
    assert await kind.get_by_group_ids(driver, [group]) == []
    assert uuids(await kind.get_by_group_ids(driver, [other])) == uuids(theirs)


async def gone_with(driver: GraphDriver, town: Town, node: Node) -> None:
    """Delete a node of the town and see that no edge points at it any more."""
    await node.delete(driver)
    group = town.ann.group_id
    for kind in (EntityEdge, EpisodicEdge, CommunityEdge):
        for edge in await kind.get_by_group_ids(driver, [group]):
            assert node.uuid not in (edge.source_node_uuid, edge.target_node_uuid)


async def test_the_edges_of_a_deleted_node_go_with_it(driver: GraphDriver, group: str) -> None:
    town = await settle(driver, group)
    await gone_with(driver, town, town.ann)
    left = {town.bob_in_kyoto.uuid, town.chen_in_kyoto.uuid}
    assert set(uuids(await EntityEdge.get_by_group_ids(driver, [group]))) == left
    assert uuids(await EpisodicNode.get_by_entity_node_uuid(driver, town.paris.uuid)) == [town.morning.uuid]
    await gone_with(driver, town, town.morning)
    assert await EpisodicNode.get_by_entity_node_uuid(driver, town.paris.uuid) == []
    await gone_with(driver, town, town.islanders)
    assert len(await CommunityEdge.get_by_group_ids(driver, [group])) == 1
    assert len(await EntityNode.get_by_group_ids(driver, [group])) == 5


async def test_the_edges_of_a_deleted_saga_and_episode_go_with_them(driver: GraphDriver, group: str) -> None:
    story, first, second = saga("story", group), talk("first", group), talk("second", group)
    for node in (story, first, second):
        await node.save(driver)
    for edge in (part_of(story, first), part_of(story, second), followed_by(first, second)):
        await edge.save(driver)
    await second.delete(driver)
    assert await NextEpisodeEdge.get_by_group_ids(driver, [group]) == []
    left = await HasEpisodeEdge.get_by_group_ids(driver, [group])
    assert [it.target_node_uuid for it in left] == [first.uuid]
    await story.delete(driver)
    assert await HasEpisodeEdge.get_by_group_ids(driver, [group]) == []
    assert uuids(await EpisodicNode.get_by_group_ids(driver, [group])) == [first.uuid]
