"""What a modelatlas file refuses as a Graphiti graph, and in which words."""

import math
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.errors import EdgeNotFoundError, NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode
from graphiti_core.utils.maintenance.graph_data_operations import retrieve_episodes
from graphiti_parts import NOW, edge, found, node, saved_pair, talk

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.sqlite.driver import NoCypher, SqliteDriver

pytest_plugins = ("graphiti_file",)


async def test_an_unknown_uuid_is_graphitis_own_error(driver: SqliteDriver) -> None:
    with pytest.raises(NodeNotFoundError):
        await EntityNode.get_by_uuid(driver, "nobody")
    with pytest.raises(NodeNotFoundError):
        await EpisodicNode.get_by_uuid(driver, "nothing")
    with pytest.raises(EdgeNotFoundError):
        await EntityEdge.get_by_uuid(driver, "nothing")
    with pytest.raises(NodeNotFoundError):
        await node().load_name_embedding(driver)
    with pytest.raises(EdgeNotFoundError):
        await edge(node(), node()).load_fact_embedding(driver)
    assert await EntityNode.get_by_uuids(driver, ["nobody"]) == await EntityEdge.get_by_uuids(driver, []) == []
    assert await EntityEdge.get_by_node_uuid(driver, "nobody") == []
    assert await EpisodicNode.get_by_entity_node_uuid(driver, "nobody") == []


async def test_an_edge_without_its_endpoints_is_refused_and_named(driver: SqliteDriver) -> None:
    ann, missing = node("Ann"), node("Bob")
    await ann.save(driver)
    with pytest.raises(NodeNotFoundError, match=missing.uuid):
        await edge(ann, missing).save(driver)
    assert await found(driver, "edge", "knows") == []


async def test_an_empty_group_is_refused(driver: SqliteDriver) -> None:
    for it in (node(group=""), talk(group=""), edge(node(), node(), "")):
        with pytest.raises(BadInput, match="empty group_id"):
            await it.save(driver)


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800"], ids=["NUL", "surrogate"])
async def test_text_that_no_file_can_hold_is_refused(driver: SqliteDriver, bad: str) -> None:
    ann, bob, knows = await saved_pair(driver)
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
            await it.save(driver)


@pytest.mark.parametrize("bad", [math.nan, math.inf, object(), {1}], ids=["NaN", "infinity", "object", "set"])
async def test_attributes_that_are_no_json_are_refused(driver: SqliteDriver, bad: object) -> None:
    with pytest.raises(BadInput, match="JSON"):
        await node(attributes={"bad": bad}).save(driver)


async def test_times_in_attributes_become_iso_texts(driver: SqliteDriver) -> None:
    it = node(attributes={"born": datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=8)))})
    await it.save(driver)
    assert (await EntityNode.get_by_uuid(driver, it.uuid)).attributes == {"born": "2019-12-31T16:00:00+00:00"}


async def test_a_time_without_an_offset_is_utc(driver: SqliteDriver) -> None:
    it = talk(valid_at=NOW.replace(tzinfo=None))
    await it.save(driver)
    assert (await EpisodicNode.get_by_uuid(driver, it.uuid)).valid_at == NOW


async def test_cypher_and_what_is_not_offered_are_refused_in_plain_words(driver: SqliteDriver) -> None:
    with pytest.raises(NoCypher, match=r"This driver speaks no Cypher; .* MATCH \(n\) RETURN n\."):
        await driver.execute_query("MATCH (n)\n   RETURN n")
    with pytest.raises(StoreError, match="speaks no Cypher"):
        driver.session()
    with pytest.raises(NoCypher):
        async with driver.transaction():
            pass
    community = CommunityNode(name="c", group_id="us")
    mention = EpisodicEdge(group_id="us", source_node_uuid="a", target_node_uuid="b", created_at=NOW)
    for asked in (community.save(driver), community.delete(driver), mention.save(driver), mention.delete(driver)):
        with pytest.raises(NoCypher):
            await asked
    with pytest.raises(NoCypher):
        await retrieve_episodes(driver, NOW, 3, ["us"], None, "a saga")


async def test_one_driver_serves_all_groups(driver: SqliteDriver) -> None:
    assert driver.clone(database="another") is driver
    await driver.build_indices_and_constraints(delete_existing=True)
    await driver.delete_all_indexes()
    ann = node()
    await ann.save(driver.with_database("another"))
    assert await EntityNode.get_by_uuid(driver, ann.uuid) == ann


async def test_a_closed_driver_says_so(atlas_file: Path) -> None:
    driver = SqliteDriver(atlas_file)
    await driver.close()
    await driver.close()
    with pytest.raises(StoreError):
        await EntityNode.get_by_uuid(driver, "x")


def test_the_store_is_read_without_graphiti() -> None:
    program = "import sys, modelatlas.graph.graphiti_store; assert 'graphiti_core' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
