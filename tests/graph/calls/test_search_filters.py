"""SearchFilters: labels, edge types, ids, endpoints and properties, alone and together."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_asyncio
from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.search.search_config import (
    EdgeSearchConfig,
    EdgeSearchMethod,
    NodeSearchConfig,
    NodeSearchMethod,
    SearchConfig,
)
from graphiti_core.search.search_filters import ComparisonOperator, PropertyFilter, SearchFilters
from graphiti_core.search.search_utils import edge_similarity_search
from scripted import vector
from town import Town, entity, fact, settle, uuids

pytest_plugins = ("graph_drivers",)


@pytest_asyncio.fixture(loop_scope="session")
async def town(driver: GraphDriver, group: str, other: str) -> Town:
    """The town of the group; another group has one of the same words."""
    await settle(driver, other)
    return await settle(driver, group)


async def facts_found(graphiti: Graphiti, group: str, query: str = "register", **filters: Any) -> set[str]:
    found = await graphiti.search(query, group_ids=[group], search_filter=SearchFilters(**filters), num_results=20)
    return set(uuids(found))


async def nodes_found(graphiti: Graphiti, group: str, query: str = "register", **filters: Any) -> set[str]:
    methods = [NodeSearchMethod.bm25, NodeSearchMethod.cosine_similarity]
    config = SearchConfig(node_config=NodeSearchConfig(search_methods=methods), limit=20)
    found = await graphiti.search_(query, config, [group], search_filter=SearchFilters(**filters))
    return set(uuids(found.nodes))


async def test_without_a_filter_all_is_found(graphiti: Graphiti, town: Town, group: str) -> None:
    assert await facts_found(graphiti, group) == set(uuids(town.facts))
    assert await nodes_found(graphiti, group) == set(uuids(town.nodes))


async def test_a_node_has_one_of_the_labels(graphiti: Graphiti, town: Town, group: str) -> None:
    assert await nodes_found(graphiti, group, node_labels=["Person"]) == set(uuids(town.people))
    cities_and_firms = {town.paris.uuid, town.kyoto.uuid, town.acme.uuid}
    assert await nodes_found(graphiti, group, node_labels=["City", "Firm"]) == cities_and_firms
    assert await nodes_found(graphiti, group, node_labels=["Nobody"]) == set()


async def test_both_ends_of_an_edge_have_one_of_the_labels(graphiti: Graphiti, town: Town, group: str) -> None:
    assert await facts_found(graphiti, group, node_labels=["Person"]) == {town.bob_knows_ann.uuid}
    people_and_firms = {town.bob_knows_ann.uuid, town.ann_at_acme.uuid}
    assert await facts_found(graphiti, group, node_labels=["Person", "Firm"]) == people_and_firms


async def test_an_edge_has_one_of_the_types(graphiti: Graphiti, town: Town, group: str) -> None:
    lives = {town.ann_in_paris.uuid, town.bob_in_kyoto.uuid, town.chen_in_kyoto.uuid}
    assert await facts_found(graphiti, group, edge_types=["LIVES_IN"]) == lives
    assert await facts_found(graphiti, group, edge_types=["LIVES_IN", "KNOWS"]) == lives | {town.bob_knows_ann.uuid}
    assert await facts_found(graphiti, group, edge_types=[]) == set()


async def test_an_edge_is_one_of_the_named(graphiti: Graphiti, town: Town, group: str) -> None:
    two = [town.ann_in_paris.uuid, town.chen_in_kyoto.uuid]
    assert await facts_found(graphiti, group, edge_uuids=two) == set(two)
    assert await facts_found(graphiti, group, edge_uuids=[]) == set()


async def test_an_edge_has_the_given_ends(graphiti: Graphiti, town: Town, group: str) -> None:
    ann, bob, kyoto = town.ann.uuid, town.bob.uuid, town.kyoto.uuid
    of_ann = {town.ann_in_paris.uuid, town.ann_at_acme.uuid}
    assert await facts_found(graphiti, group, edge_source_node_uuids=[ann]) == of_ann
    in_kyoto = {town.bob_in_kyoto.uuid, town.chen_in_kyoto.uuid}
    assert await facts_found(graphiti, group, edge_target_node_uuids=[kyoto]) == in_kyoto
    pair: dict[str, Any] = {"edge_source_node_uuids": [ann, bob], "edge_target_node_uuids": [ann, bob]}
    assert await facts_found(graphiti, group, **pair) == {town.bob_knows_ann.uuid}
    assert await facts_found(graphiti, group, edge_source_node_uuids=[]) == set()


async def test_filters_all_hold_together(graphiti: Graphiti, town: Town, group: str) -> None:
    both: dict[str, Any] = {"edge_types": ["LIVES_IN"], "edge_source_node_uuids": [town.ann.uuid, town.bob.uuid]}
    assert await facts_found(graphiti, group, **both) == {town.ann_in_paris.uuid, town.bob_in_kyoto.uuid}
    assert await facts_found(graphiti, group, **both, edge_target_node_uuids=[town.acme.uuid]) == set()


@pytest.mark.parametrize("method", EdgeSearchMethod)
async def test_every_way_of_searching_edges_filters(
    graphiti: Graphiti, town: Town, group: str, method: EdgeSearchMethod
) -> None:
    config = SearchConfig(edge_config=EdgeSearchConfig(search_methods=[method]))
    query, origins = "Bob lives in Kyoto, says the register", [town.bob.uuid]
    free = await graphiti.search_(query, config, [group], bfs_origin_node_uuids=origins)
    assert {town.bob_in_kyoto.uuid} < set(uuids(free.edges))
    only = SearchFilters(edge_types=["LIVES_IN"], edge_source_node_uuids=[town.bob.uuid])
    found = await graphiti.search_(query, config, [group], bfs_origin_node_uuids=origins, search_filter=only)
    assert uuids(found.edges) == [town.bob_in_kyoto.uuid]


@pytest.mark.parametrize("method", NodeSearchMethod)
async def test_every_way_of_searching_nodes_filters(
    graphiti: Graphiti, town: Town, group: str, method: NodeSearchMethod
) -> None:
    config = SearchConfig(node_config=NodeSearchConfig(search_methods=[method]))
    query, origins = "Kyoto Ann", [town.bob.uuid]
    free = await graphiti.search_(query, config, [group], bfs_origin_node_uuids=origins)
    assert {town.kyoto.uuid, town.ann.uuid} <= set(uuids(free.nodes))
    only = SearchFilters(node_labels=["City"])
    found = await graphiti.search_(query, config, [group], bfs_origin_node_uuids=[town.bob.uuid], search_filter=only)
    assert town.kyoto.uuid in uuids(found.nodes)
    assert {label for it in found.nodes for label in it.labels} == {"Entity", "City"}


async def test_the_nearest_facts_may_be_asked_for_between_two_nodes(
    graphiti: Graphiti, driver: GraphDriver, town: Town, group: str
) -> None:
    near = vector("Bob lives in Kyoto, says the register")

    async def found(source: str | None, target: str | None, score: float = 0.1) -> list[str]:
        return uuids(await edge_similarity_search(driver, near, source, target, SearchFilters(), [group], 20, score))

    assert (await found(None, None))[0] == town.bob_in_kyoto.uuid
    assert await found(town.bob.uuid, None) == [town.bob_in_kyoto.uuid, town.bob_knows_ann.uuid]
    assert await found(town.bob.uuid, town.ann.uuid) == [town.bob_knows_ann.uuid]
    assert await found(town.ann.uuid, town.bob.uuid) == []
    assert await found(None, None, 0.99) == [town.bob_in_kyoto.uuid]


async def test_a_filter_holds_before_the_limit(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    ann, bob = entity("Ann", group), entity("Bob", group)
    await ann.save(driver)
    await bob.save(driver)
    for number in range(25):
        await fact(ann, "KNOWS", bob, f"register register {number}").save(driver)
    wanted = fact(ann, "MET", bob, "a long sentence with the register in it")
    await wanted.save(driver)
    only = SearchFilters(edge_types=["MET"])
    found = await graphiti.search("register", group_ids=[group], search_filter=only, num_results=2)
    assert uuids(found) == [wanted.uuid]


IS, LESS, MORE = ComparisonOperator.equals, ComparisonOperator.less_than, ComparisonOperator.greater_than_equal


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([("colour", IS, "红")], {"red"}),
        ([("colour", ComparisonOperator.not_equals, "红")], {"blue"}),
        ([("size", LESS, 10)], {"red"}),
        ([("size", MORE, 2.5)], {"blue"}),
        ([("size", MORE, 2), ("size", LESS, 10)], {"red"}),
        ([("size", IS, 2), ("colour", IS, "blue")], set()),
        ([("colour", ComparisonOperator.is_null, None)], {"none"}),
        ([("colour", ComparisonOperator.is_not_null, None)], {"red", "blue"}),
        ([("size", IS, "2")], set()),
        ([("size", LESS, "zzz")], set()),
        ([("it's \"$.colour", IS, "红")], set()),
    ],
)
async def test_a_property_is_compared_with_the_attribute_of_its_name(
    graphiti: Graphiti,
    driver: GraphDriver,
    group: str,
    needs: Callable[[Ability], None],
    conditions: list[tuple[str, ComparisonOperator, str | int | None]],
    expected: set[str],
) -> None:
    needs(Ability.PROPERTY_FILTERS)
    kinds: dict[str, dict[str, Any]] = {
        "red": {"colour": "红", "size": 2},
        "blue": {"colour": "blue", "size": 10},
        "none": {},
    }
    ann = entity("Ann", group)
    await ann.save(driver)
    edges, nodes = {}, {}
    for name, attributes in kinds.items():
        node = entity(name, group, summary="register", attributes=attributes)
        await node.save(driver)
        edge = fact(ann, "HAS", node, f"register {name}", attributes=attributes)
        await edge.save(driver)
        edges[edge.uuid], nodes[node.uuid] = name, name
    filters = [
        PropertyFilter(property_name=name, comparison_operator=how, property_value=value)
        for name, how, value in conditions
    ]
    of_edges = await facts_found(graphiti, group, property_filters=filters)
    assert {edges[uuid] for uuid in of_edges} == expected
    of_nodes = await nodes_found(graphiti, group, "red blue none", property_filters=filters)
    assert {nodes[uuid] for uuid in of_nodes} == expected
