"""Groups are walls: a call that names one neither returns nor deletes what belongs to another."""

from collections.abc import Callable
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import CommunityEdge, Edge, EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode, SagaNode
from graphiti_core.search.search_filters import SearchFilters
from graphiti_core.search.search_utils import (
    community_fulltext_search,
    community_similarity_search,
    edge_bfs_search,
    edge_fulltext_search,
    edge_similarity_search,
    episode_fulltext_search,
    node_bfs_search,
    node_fulltext_search,
    node_similarity_search,
)
from scripted import vector
from town import Town, entity, fact, followed_by, part_of, rows_of, saga, settle, uuids

from modelatlas.graph.errors import BadInput

pytest_plugins = ("graph_drivers",)

NODE_DELETIONS: list[tuple[str, Any]] = [
    ("node", EntityNode),
    ("episodic_node", EpisodicNode),
    ("community_node", CommunityNode),
    ("saga_node", SagaNode),
]
EDGE_DELETIONS: list[tuple[str, Any]] = [
    ("edge", EntityEdge),
    ("episodic_edge", EpisodicEdge),
    ("community_edge", CommunityEdge),
    ("has_episode_edge", HasEpisodeEdge),
    ("next_episode_edge", NextEpisodeEdge),
]


async def everything(driver: GraphDriver, group: str) -> Town:
    """A town with a saga of its two episodes."""
    town, story = await settle(driver, group), saga("story", group)
    await story.save(driver)
    await part_of(story, town.morning).save(driver)
    await followed_by(town.morning, town.evening).save(driver)
    return town


@pytest.mark.parametrize(("name", "kind"), NODE_DELETIONS + EDGE_DELETIONS)
async def test_a_deletion_by_ids_within_a_group_spares_another(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None], name: str, kind: Any
) -> None:
    needs(Ability.OPERATIONS)
    await everything(driver, group)
    await everything(driver, other)
    ours, theirs = await kind.get_by_group_ids(driver, [group]), await kind.get_by_group_ids(driver, [other])
    delete = getattr(driver.graph_operations_interface, f"{name}_delete_by_uuids")
    await delete(kind, driver, uuids([*ours, *theirs]), group_id=group)
    assert await rows_of(kind, driver, group) == []
    assert uuids(await rows_of(kind, driver, other)) == uuids(theirs) != []


@pytest.mark.parametrize(("name", "kind"), NODE_DELETIONS)
async def test_a_deletion_of_a_group_spares_another(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None], name: str, kind: Any
) -> None:
    needs(Ability.OPERATIONS)
    await everything(driver, group)
    await everything(driver, other)
    theirs = await kind.get_by_group_ids(driver, [other])
    delete = getattr(driver.graph_operations_interface, f"{name}_delete_by_group_id")
    await delete(kind, driver, group)
    assert await kind.get_by_group_ids(driver, [group]) == []
    assert uuids(await kind.get_by_group_ids(driver, [other])) == uuids(theirs)


async def test_nodes_by_ids_within_a_group(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.GROUP_WALLS)
    ours, theirs = entity("Ann", group), entity("Ann", other)
    await ours.save(driver)
    await theirs.save(driver)
    ids = [ours.uuid, theirs.uuid]
    assert uuids(await EntityNode.get_by_uuids(driver, ids, group_id=group)) == [ours.uuid]
    assert uuids(await EntityNode.get_by_uuids(driver, ids, group_id=other)) == [theirs.uuid]
    assert await EntityNode.get_by_uuids(driver, ids, group_id="nobody") == []
    assert set(uuids(await EntityNode.get_by_uuids(driver, ids))) == set(ids)


async def test_nodes_by_attribute_values_within_a_group(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.OPERATIONS)
    passport: dict[str, Any] = {"passport": "京-1", "size": 2, "known": True}
    ours, theirs = (
        entity("Ann", group, "Person", attributes=passport),
        entity("Ann", other, "Person", attributes=passport),
    )
    firm = entity("Acme", group, "Firm", attributes=passport)
    for node in (ours, theirs, firm, entity("Bob", group, "Person", attributes={"passport": "京-2", "size": 2})):
        await node.save(driver)
    assert driver.graph_operations_interface is not None
    lookup = driver.graph_operations_interface.node_get_by_attribute_values
    assert uuids(await lookup(EntityNode, driver, group, {"passport": "京-1"}, ["Person"])) == [ours.uuid]
    assert uuids(await lookup(EntityNode, driver, other, passport, ["Person"])) == [theirs.uuid]
    assert set(uuids(await lookup(EntityNode, driver, group, passport))) == {ours.uuid, firm.uuid}
    assert len(await lookup(EntityNode, driver, group, passport, None, 1)) == 1
    for differing in (
        {"size": "2"},
        {"passport": "京-1", "size": 3},
        {"nothing": None},
        {"known": "true"},
        {"known": 1},
    ):
        assert await lookup(EntityNode, driver, group, differing, ["Person"]) == []
    assert await lookup(EntityNode, driver, "nobody", passport) == []


async def test_nodes_by_name_within_groups(driver: GraphDriver, group: str, other: str) -> None:
    for one in (group, other):
        await entity("Ann", one).save(driver)
    for one in (group, other):
        assert {it.group_id for it in await EntityNode.get_by_names(driver, ["Ann"], [one])} == {one}
    assert await EntityNode.get_by_names(driver, ["Ann"], ["nobody"]) == []


async def groups_found(driver: GraphDriver, towns: list[Town], within: list[str]) -> list[set[str]]:
    """The groups of what each way of searching finds."""
    none, origins = SearchFilters(), [it.uuid for town in towns for it in (town.bob, town.evening)]
    near = vector("Ann lives in Paris, says the register")
    found: list[Any] = [
        await edge_fulltext_search(driver, "register", none, within, 20),
        await edge_similarity_search(driver, near, None, None, none, within, 20),
        await edge_bfs_search(driver, origins, 2, none, within, 20),
        await node_fulltext_search(driver, "register", none, within, 20),
        await node_similarity_search(driver, vector("Ann"), none, within, 20),
        await node_bfs_search(driver, origins, none, 2, within, 20),
        await episode_fulltext_search(driver, "Paris", none, within, 20),
        await community_fulltext_search(driver, "Travellers", within, 20),
        await community_similarity_search(driver, vector("Islanders"), within, 20),
    ]
    return [{it.group_id for it in items} for items in found]


async def test_every_search_keeps_to_its_group(driver: GraphDriver, group: str, other: str) -> None:
    towns = [await settle(driver, group), await settle(driver, other)]
    assert await groups_found(driver, towns, [group]) == [{group}] * 9
    assert await groups_found(driver, towns, [other]) == [{other}] * 9
    assert await groups_found(driver, towns, ["nobody"]) == [set()] * 9


async def test_every_search_may_take_several_groups(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.SEVERAL_GROUPS)
    towns = [await settle(driver, group), await settle(driver, other)]
    assert await groups_found(driver, towns, [group, other]) == [{group, other}] * 9


async def test_a_uuid_of_one_group_cannot_be_taken_by_another(
    driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.GROUP_WALLS)
    town = await everything(driver, group)
    await everything(driver, other)
    for kind in (CommunityNode, SagaNode, EntityNode, EpisodicNode):
        for it in await kind.get_by_group_ids(driver, [group]):
            with pytest.raises(BadInput, match="another group"):
                await it.model_copy(update={"group_id": other}).save(driver)
    assert (await EntityNode.get_by_uuid(driver, town.ann.uuid)).group_id == group


async def test_an_edge_cannot_join_two_groups(
    graphiti: Graphiti, driver: GraphDriver, group: str, other: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.GROUP_WALLS)
    ours, theirs = await everything(driver, group), await everything(driver, other)
    story = (await SagaNode.get_by_group_ids(driver, [group]))[0]
    edges: list[Edge] = [
        fact(ours.ann, "KNOWS", theirs.ann, "Ann knows Ann"),
        part_of(story, theirs.morning),
        followed_by(ours.morning, theirs.evening),
    ]
    for edge in edges:
        with pytest.raises(NodeNotFoundError, match=edge.target_node_uuid):
            await edge.save(driver)
    assert await EntityEdge.get_between_nodes(driver, ours.ann.uuid, theirs.ann.uuid) == []
