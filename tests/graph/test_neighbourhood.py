"""Walks and communities of the graph, against plain definitions."""

import itertools

import pytest
from graphiti_core.edges import EntityEdge
from graphiti_parts import edge, node
from hypothesis import given, settings
from hypothesis import strategies as st

from modelatlas.graph.graphiti.neighbourhood import clusters
from modelatlas.graph.sqlite.graphiti import neighbourhood
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver
from modelatlas.graph.sqlite.sieve import Sieve

pytest_plugins = ("graphiti_file",)

GRAPHS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.integers(1, 3)), max_size=30)


def joined(pairs: list[tuple[int, int, int]]) -> dict[str, dict[str, int]]:
    """Twelve nodes, some of them joined by so many relations, as `neighbours` gives them."""
    found: dict[str, dict[str, int]] = {str(number): {} for number in range(12)}
    for one, other, times in pairs:
        if one != other:
            found[str(one)][str(other)] = found[str(other)][str(one)] = times
    return found


@settings(max_examples=300, deadline=None)
@given(GRAPHS)
def test_clusters_are_found_in_the_end_and_are_the_nodes_once_each(pairs: list[tuple[int, int, int]]) -> None:
    graph = joined(pairs)
    found = clusters(graph)
    assert sorted(itertools.chain(*found)) == sorted(graph)
    for cluster in found:
        for member in cluster[1:]:
            assert member in reachable(graph, cluster[0])


def reachable(graph: dict[str, dict[str, int]], start: str) -> set[str]:
    """All that relations lead to from a node, and the node."""
    seen, stand = {start}, [start]
    while stand:
        stand = [it for it in graph[stand.pop()] if it not in seen] + stand
        seen |= set(stand)
    return seen


def test_two_nodes_that_only_know_each_other_are_one_cluster() -> None:
    assert clusters({"a": {"b": 2}, "b": {"a": 2}}) == [["a", "b"]]


def test_a_bridge_between_two_circles_does_not_make_them_one() -> None:
    circles = [(0, 1, 2), (1, 2, 2), (2, 0, 2), (3, 4, 2), (4, 5, 2), (5, 3, 2), (2, 3, 1)]
    found = [set(cluster) for cluster in clusters(joined(circles)) if len(cluster) > 1]
    assert sorted(map(sorted, found)) == [["0", "1", "2"], ["3", "4", "5"]]


async def saved_chain(file_driver: SqliteDriver, length: int) -> list[EntityEdge]:
    """Edges of a chain of nodes, each from one to the next."""
    nodes = [node(f"node {number}") for number in range(length + 1)]
    await file_driver.entity_node_ops.save_bulk(file_driver, nodes)
    edges = [edge(one, other, fact=f"{one.name} leads to {other.name}") for one, other in itertools.pairwise(nodes)]
    await file_driver.entity_edge_ops.save_bulk(file_driver, edges)
    return edges


@pytest.mark.parametrize("depth", [0, 1, 2, 5])
async def test_a_walk_takes_as_many_steps_as_it_may(file_driver: SqliteDriver, depth: int) -> None:
    chain = await saved_chain(file_driver, 4)
    relations, reached = await file_driver.database.read(
        lambda db: neighbourhood.walk(db, [chain[0].source_node_uuid], depth, Sieve("1", ()))
    )
    assert relations == [number + 1 for number in range(min(depth, 4))]
    assert reached == [it.target_node_uuid for it in chain[:depth]]


async def test_a_walk_does_not_go_through_what_is_out_of_sight(file_driver: SqliteDriver) -> None:
    chain = await saved_chain(file_driver, 4)
    sight = Sieve("r.fact <> ?", (chain[1].fact,))
    relations, reached = await file_driver.database.read(
        lambda db: neighbourhood.walk(db, [chain[0].source_node_uuid], 4, sight)
    )
    assert (relations, reached) == ([1], [chain[0].target_node_uuid])


async def test_a_walk_in_a_circle_ends(file_driver: SqliteDriver) -> None:
    ann, bob = node("Ann"), node("Bob")
    await file_driver.entity_node_ops.save_bulk(file_driver, [ann, bob])
    await file_driver.entity_edge_ops.save_bulk(file_driver, [edge(ann, bob), edge(bob, ann)])
    relations, reached = await file_driver.database.read(
        lambda db: neighbourhood.walk(db, [ann.uuid], 1_000_000, Sieve("1", ()))
    )
    assert (relations, set(reached)) == ([1, 2], {ann.uuid, bob.uuid})
