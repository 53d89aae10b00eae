"""What a modelatlas file refuses as a Graphiti graph, and in which words."""

import math
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from graphiti_core.driver.graph_operations.graph_operations import GraphOperationsInterface
from graphiti_core.driver.search_interface.search_interface import SearchInterface
from graphiti_core.edges import EntityEdge
from graphiti_core.errors import EdgeNotFoundError, NodeNotFoundError
from graphiti_core.nodes import EntityNode, EpisodicNode
from graphiti_parts import NOW, edge, found, node, saved_pair, talk

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.graphiti.interface import OperationsInterface
from modelatlas.graph.graphiti.searching import Search
from modelatlas.graph.sqlite.graphiti.cypher import NoCypher
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

pytest_plugins = ("graphiti_file",)


async def test_an_unknown_uuid_is_graphitis_own_error(file_driver: SqliteDriver) -> None:
    with pytest.raises(NodeNotFoundError):
        await EntityNode.get_by_uuid(file_driver, "nobody")
    with pytest.raises(NodeNotFoundError):
        await EpisodicNode.get_by_uuid(file_driver, "nothing")
    with pytest.raises(EdgeNotFoundError):
        await EntityEdge.get_by_uuid(file_driver, "nothing")
    with pytest.raises(NodeNotFoundError):
        await node().load_name_embedding(file_driver)
    with pytest.raises(EdgeNotFoundError):
        await edge(node(), node()).load_fact_embedding(file_driver)
    assert (
        await EntityNode.get_by_uuids(file_driver, ["nobody"]) == await EntityEdge.get_by_uuids(file_driver, []) == []
    )
    assert await EntityEdge.get_by_node_uuid(file_driver, "nobody") == []
    assert await EpisodicNode.get_by_entity_node_uuid(file_driver, "nobody") == []


async def test_an_edge_without_its_endpoints_is_refused_and_named(file_driver: SqliteDriver) -> None:
    ann, missing = node("Ann"), node("Bob")
    await ann.save(file_driver)
    with pytest.raises(NodeNotFoundError, match=missing.uuid):
        await edge(ann, missing).save(file_driver)
    assert await found(file_driver, "edge", "knows") == []


async def test_an_empty_group_is_refused(file_driver: SqliteDriver) -> None:
    for it in (node(group=""), talk(group=""), edge(node(), node(), "")):
        with pytest.raises(BadInput, match="empty group_id"):
            await it.save(file_driver)


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800"], ids=["NUL", "surrogate"])
async def test_text_that_no_file_can_hold_is_refused(file_driver: SqliteDriver, bad: str) -> None:
    ann, bob, knows = await saved_pair(file_driver)
    for it in (
        node(bad),
        node(group=bad),
        node(uuid=bad),
        node(attributes={"deep": [{bad: 1}]}),
        knows.model_copy(update={"fact": bad}),
        edge(ann, bob, episodes=[bad]),
        talk(content=bad),
        talk(episode_metadata={"k": bad}),
    ):
        with pytest.raises(BadInput, match="has"):
            await it.save(file_driver)


@pytest.mark.parametrize("bad", [math.nan, math.inf, object(), {1}], ids=["NaN", "infinity", "object", "set"])
async def test_attributes_that_are_no_json_are_refused(file_driver: SqliteDriver, bad: object) -> None:
    with pytest.raises(BadInput, match="JSON"):
        await node(attributes={"bad": bad}).save(file_driver)


async def test_times_in_attributes_become_iso_texts(file_driver: SqliteDriver) -> None:
    it = node(attributes={"born": datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=8)))})
    await it.save(file_driver)
    assert (await EntityNode.get_by_uuid(file_driver, it.uuid)).attributes == {"born": "2019-12-31T16:00:00+00:00"}


async def test_a_time_without_an_offset_is_utc(file_driver: SqliteDriver) -> None:
    it = talk(valid_at=NOW.replace(tzinfo=None))
    await it.save(file_driver)
    assert (await EpisodicNode.get_by_uuid(file_driver, it.uuid)).valid_at == NOW


async def test_cypher_is_refused_in_plain_words(file_driver: SqliteDriver) -> None:
    says = r"This driver speaks no Cypher and does not know this query: MATCH \(n\) RETURN n;"
    with pytest.raises(NoCypher, match=says):
        await file_driver.execute_query("MATCH (n)\n   RETURN n")
    async with file_driver.session() as session:
        with pytest.raises(NoCypher, match=says):
            await session.run("MATCH (n) RETURN n")
    with pytest.raises(NoCypher, match=says):
        async with file_driver.transaction() as tx:
            await tx.run("MATCH (n) RETURN n")


async def test_a_write_beside_an_open_transaction_is_refused_instead_of_waiting_for_ever(
    file_driver: SqliteDriver,
) -> None:
    ann, ben = node(), node()
    async with file_driver.transaction() as tx:
        await ann.save(file_driver)
        await file_driver.entity_node_ops.save(file_driver, ben, tx=tx)
        with pytest.raises(StoreError, match=r"would wait for the transaction around it: give it that transaction"):
            await node().save(file_driver)
    assert {it.uuid for it in await EntityNode.get_by_group_ids(file_driver, ["us"])} == {ann.uuid, ben.uuid}


def test_every_method_of_graphitis_interfaces_is_offered() -> None:
    for file_store, theirs in ((OperationsInterface, GraphOperationsInterface), (Search, SearchInterface)):
        asked = [name for name, it in vars(theirs).items() if callable(it) and not name.startswith("_")]
        assert asked
        assert [name for name in asked if name != "Config" and getattr(file_store, name) is getattr(theirs, name)] == []


async def test_one_driver_serves_all_groups(file_driver: SqliteDriver) -> None:
    assert file_driver.clone(database="another") is file_driver
    await file_driver.build_indices_and_constraints(delete_existing=True)
    await file_driver.delete_all_indexes()
    ann = node()
    await ann.save(file_driver.with_database("another"))
    assert await EntityNode.get_by_uuid(file_driver, ann.uuid) == ann


async def test_a_closed_driver_says_so(atlas_file: Path) -> None:
    file_driver = SqliteDriver(atlas_file)
    await file_driver.close()
    await file_driver.close()
    with pytest.raises(StoreError):
        await EntityNode.get_by_uuid(file_driver, "x")


def test_the_store_is_read_without_graphiti() -> None:
    program = "import sys, modelatlas.graph.graphiti_store; assert 'graphiti_core' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
