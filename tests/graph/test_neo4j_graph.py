"""A Neo4j database as a Graphiti graph: what is so on a server alone."""

import asyncio

import pytest
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode
from graphiti_parts import edge, node

from modelatlas.graph.errors import BadInput
from modelatlas.graph.neo4j import Neo4jGraph

pytest_plugins = ("graphiti_graphs",)
pytestmark = pytest.mark.service


async def test_cypher_runs_as_on_graphitis_own_driver(on_a_server: Neo4jGraph) -> None:
    ann = node("Ann", attributes={"a": [1]})
    await ann.save(on_a_server)
    records, _, _ = await on_a_server.execute_query(
        "MATCH (n:Entity {uuid: $uuid}) RETURN n.name AS name", uuid=ann.uuid
    )
    assert [it["name"] for it in records] == ["Ann"]
    async with on_a_server.session() as session:
        result = await session.run("MATCH (n:Entity) RETURN count(n) AS nodes")
        assert (await result.single())["nodes"] == 1


async def test_cypher_and_saves_of_one_transaction_stand_or_fall_together(on_a_server: Neo4jGraph) -> None:
    ann, bob = node("Ann"), node("Bob")

    async def half() -> None:
        async with on_a_server.transaction() as tx:
            await on_a_server.entities.save(on_a_server, ann, tx)
            await tx.run("MATCH (n:Entity {uuid: $uuid}) SET n.summary = 'seen'", uuid=ann.uuid)
            with pytest.raises(BadInput, match="NUL"):
                await on_a_server.entities.save_bulk(on_a_server, [bob, node("a\x00b")], tx)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await half()
    assert await EntityNode.get_by_group_ids(on_a_server, ["us"]) == []
    async with on_a_server.transaction() as tx:
        await on_a_server.entities.save(on_a_server, ann, tx)
        await tx.run("MATCH (n:Entity {uuid: $uuid}) SET n.summary = 'seen'", uuid=ann.uuid)
        with pytest.raises(BadInput, match="NUL"):
            await on_a_server.entities.save_bulk(on_a_server, [bob, node("a\x00b")], tx)
    assert [it.summary for it in await EntityNode.get_by_group_ids(on_a_server, ["us"])] == ["seen"]


async def test_many_writers_of_one_uuid_make_one_row(on_a_server: Neo4jGraph) -> None:
    ann, bob = node("Ann"), node("Bob")
    await asyncio.gather(*(it.save(on_a_server) for it in [ann, bob] * 10))
    knows = edge(ann, bob)
    await asyncio.gather(*(knows.save(on_a_server) for _ in range(10)))
    assert len(await EntityNode.get_by_group_ids(on_a_server, ["us"])) == 2
    assert [it.uuid for it in await EntityEdge.get_by_group_ids(on_a_server, ["us"])] == [knows.uuid]


async def test_an_edge_may_be_deleted_and_saved_again_in_one_transaction(on_a_server: Neo4jGraph) -> None:
    ann, bob = node("Ann"), node("Bob")
    knows = edge(ann, bob)
    for it in (ann, bob, knows):
        await it.save(on_a_server)
    async with on_a_server.transaction() as tx:
        await on_a_server.relations.delete(on_a_server, knows, tx)
        await on_a_server.relations.save(on_a_server, knows, tx)
    assert [it.uuid for it in await EntityEdge.get_by_group_ids(on_a_server, ["us"])] == [knows.uuid]


async def test_labels_are_those_of_the_last_save_and_never_another_kinds(on_a_server: Neo4jGraph) -> None:
    ann = node("Ann", labels=["Person", "Singer"])
    await ann.save(on_a_server)
    await ann.model_copy(update={"labels": ["Person"]}).save(on_a_server)
    assert (await EntityNode.get_by_uuid(on_a_server, ann.uuid)).labels == ["Entity", "Person"]
    with pytest.raises(BadInput, match="'Claim'"):
        await node("Eve", labels=["Claim"]).save(on_a_server)


async def test_a_driver_of_another_database_asks_that_one(on_a_server: Neo4jGraph) -> None:
    await node("Ann").save(on_a_server)
    again = on_a_server.with_database("neo4j")
    assert again is not on_a_server
    assert [it.name for it in await EntityNode.get_by_group_ids(again, ["us"])] == ["Ann"]
    await again.close()
