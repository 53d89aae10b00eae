"""Vectors on a server: the index and comparing all give the same, and nothing in sight is missed."""

from datetime import timedelta, timezone
from random import Random

import pytest
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import CommunityNode, EntityNode
from graphiti_core.search.search_filters import ComparisonOperator, DateFilter, SearchFilters
from graphiti_parts import NOW, edge, node

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.kinds import COMMUNITY, ENTITY, RELATES_TO, Kind
from modelatlas.graph.neo4j.graphiti import nearest
from modelatlas.graph.neo4j.graphiti.driver import Neo4jGraph

pytest_plugins = ("graphiti_graphs",)
pytestmark = pytest.mark.service

MANY = 120


def vectors(seed: int) -> list[list[float]]:
    draw = Random(seed)
    return [[draw.gauss(0, 1) for _ in range(8)] for _ in range(MANY)]


async def settled(driver: Neo4jGraph, group: str) -> None:
    """Entities, communities and relations with vectors; of the relations only every tenth is still valid."""
    entities = [node(f"n{i}", group, name_embedding=it) for i, it in enumerate(vectors(1))]
    communities = [
        CommunityNode(name=f"c{i}", group_id=group, created_at=NOW, name_embedding=it)
        for i, it in enumerate(vectors(2))
    ]
    relations = [
        edge(entities[0], entities[1], group, fact_embedding=it, invalid_at=None if i % 10 == 0 else NOW)
        for i, it in enumerate(vectors(3))
    ]
    for kind, every in ((ENTITY, entities), (COMMUNITY, communities), (RELATES_TO, relations)):
        await driver.of(kind).save_bulk(driver, every)


async def found(driver: Neo4jGraph, kind: Kind, query: list[float], limit: int, **more: object) -> list[str]:
    filters = SearchFilters(**more) if kind is RELATES_TO else None
    return [it.uuid for it in await driver.finder.by_vector(kind, query, filters, ["us"], limit, 0.0)]


@pytest.mark.parametrize("kind", [ENTITY, COMMUNITY, RELATES_TO], ids=lambda kind: kind.name)
async def test_the_index_finds_what_comparing_all_finds(
    on_a_server: Neo4jGraph, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settled(on_a_server, "us")
    await settled(on_a_server, "them")
    for query in vectors(4)[:5]:
        monkeypatch.setattr(nearest, "FEW", 5_000)
        exact = await found(on_a_server, kind, query, 10)
        monkeypatch.setattr(nearest, "FEW", 10)
        assert await found(on_a_server, kind, query, 10) == exact
        assert len(set(exact)) == 10


async def test_none_in_sight_is_missed_where_the_index_ranks_others_first(
    on_a_server: Neo4jGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settled(on_a_server, "us")
    monkeypatch.setattr(nearest, "FEW", 2)
    monkeypatch.setattr(nearest, "_REACHES", (1,))
    valid = [[DateFilter(comparison_operator=ComparisonOperator.is_null)]]
    query = vectors(5)[0]
    seen = await found(on_a_server, RELATES_TO, query, MANY, invalid_at=valid)
    every = await EntityEdge.get_by_group_ids(on_a_server, ["us"])
    assert set(seen) == {it.uuid for it in every if it.invalid_at is None}
    assert await found(on_a_server, RELATES_TO, query, 3, invalid_at=valid) == seen[:3]


async def test_vectors_that_cannot_be_compared_are_left_out(on_a_server: Neo4jGraph) -> None:
    alike = node("alike", name_embedding=[1.0, 1e-3])
    others = [[0.0, 0.0], [1e-300, 0.0], [1e308, 1.0], [1.0, 0.0, 0.0], None]
    every = [alike, *(node(f"n{i}", name_embedding=it) for i, it in enumerate(others))]
    await on_a_server.of(ENTITY).save_bulk(on_a_server, every)
    assert await found(on_a_server, ENTITY, [1.0, 0.0], 9) == [alike.uuid]
    assert await found(on_a_server, ENTITY, [1e300, 0.0], 9) == [alike.uuid]
    assert await found(on_a_server, ENTITY, [0.0, 0.0], 9) == []
    with pytest.raises(BadInput, match="no values"):
        await found(on_a_server, ENTITY, [], 9)


async def test_a_vector_is_kept_by_a_save_without_it_even_where_the_edge_moves(on_a_server: Neo4jGraph) -> None:
    ann, bob = node("Ann", name_embedding=[0.1, 1e308]), node("Bob")
    knows = edge(ann, bob, fact_embedding=[0.1, 0.2])
    for kind, it in ((ENTITY, ann), (ENTITY, bob), (RELATES_TO, knows)):
        await on_a_server.of(kind).save(on_a_server, it)
    back = await EntityEdge.get_by_uuid(on_a_server, knows.uuid)
    await back.model_copy(update={"source_node_uuid": bob.uuid, "target_node_uuid": ann.uuid}).save(on_a_server)
    await (await EntityNode.get_by_uuid(on_a_server, ann.uuid)).save(on_a_server)
    assert await on_a_server.rows.vectors_of(RELATES_TO, [knows.uuid]) == {knows.uuid: [0.1, 0.2]}
    assert await on_a_server.rows.vectors_of(ENTITY, [ann.uuid]) == {ann.uuid: [0.1, 1e308]}
    assert await found(on_a_server, ENTITY, [0.1, 1.0], 9) == []


async def test_a_time_is_the_same_instant_in_whatever_zone_a_client_wrote_it(on_a_server: Neo4jGraph) -> None:
    ann, bob = node("Ann"), node("Bob")
    await on_a_server.of(ENTITY).save_bulk(on_a_server, [ann, bob])
    await on_a_server.execute_query(
        "MATCH (a:Entity {uuid: $a}), (b:Entity {uuid: $b}) CREATE (a)-[:RELATES_TO {uuid: 'theirs', group_id: 'us',"
        " name: 'KNOWS', fact: 'x', episodes: [], created_at: $at, valid_at: $at, colour: 'red',"
        " fact_embedding: [1.0]}]->(b)",
        a=ann.uuid,
        b=bob.uuid,
        at=NOW.astimezone(timezone(timedelta(hours=8))),
    )
    theirs = await EntityEdge.get_by_uuid(on_a_server, "theirs")
    assert (theirs.valid_at, theirs.attributes) == (NOW, {"colour": "red"})
    on = [[DateFilter(date=NOW, comparison_operator=ComparisonOperator.equals)]]
    assert await found(on_a_server, RELATES_TO, [1.0], 9, valid_at=on) == ["theirs"]
