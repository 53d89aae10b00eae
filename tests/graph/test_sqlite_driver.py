"""A modelatlas file is a Graphiti graph: everything here goes through graphiti_core's own classes."""

import asyncio
import math
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.errors import EdgeNotFoundError, GroupsEdgesNotFoundError, NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, Node
from graphiti_core.utils.maintenance.graph_data_operations import retrieve_episodes
from hypothesis import given, settings
from hypothesis import strategies as st

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import EVER, Claim, Episode, Fact, Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.driver import NoCypher, SqliteDriver
from modelatlas.graph.sqlite.sight import match_expression
from modelatlas.graph.text import name_key

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

PAGE = Source(id="card", title="Model card", url="https://example.org/card", date="2025-06", commit="abc")
TURN = Source(id="chat", date="2025-07-01")


def said(subject: str, predicate: str, source: Source, **more: Any) -> Claim:
    return Claim(subject=subject, predicate=predicate, source=source, **more)


EXACT = "2025-06-11T08:00:00.000001Z"
VERTEX = {"object": "Vertex", "valid_from": "[2025-05..2025-06-24]", "valid_to": "2026-08-17"}
GEMINI = {"object": "Gemini", "recorded_at": "2025-07-01"}
CLAIMS = [
    said("Wan 2.1", "licence_code", PAGE, object="MIT", valid_from=EXACT, recorded_at=EXACT),
    said("Wan 2.1", "licence_code", PAGE, object="Apache-2.0", valid_from="2025-07-02", recorded_at="2025-07-03"),
    said("Wan 2.1", "parameters", PAGE, value=14, unit="B", valid_from="2025-02", recorded_at="2025-06"),
    said("图像编辑“模型”", "note", TURN, object="它说“好”🎬 O'Neil", fact="它说“好”🎬"),
    said("Imagen 4", "offered_on", TURN, **VERTEX),
    said("Imagen 4", "offered_on", TURN, **GEMINI, valid_from="2025"),
    said("Imagen 4", "offered_on", TURN, **GEMINI | {"recorded_at": "2025-08-01"}, valid_to="2025-09", kind="retract"),
]
OTHERS = Claim(subject="Wan 2.1", predicate="licence_code", object="theirs", source=PAGE, tenant="them")
DOCUMENT = Episode(
    name="Model card", text="Wan 2.1 图像编辑 🎬", kind="text", source=PAGE, said=NOW - timedelta(days=9)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "atlas.sqlite"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[GraphitiStore]:
    store = GraphitiStore(path, "us")
    yield store
    await store.close()


@pytest.fixture
async def driver(path: Path) -> AsyncIterator[SqliteDriver]:
    driver = SqliteDriver(str(path))
    yield driver
    await driver.close()


@pytest.fixture
async def told(store: GraphitiStore) -> list[Fact]:
    await store.record([*CLAIMS, OTHERS], [DOCUMENT], now=NOW)
    return await store.history(Pattern())


def node(name: str = "Ann", group: str = "us", **more: Any) -> EntityNode:
    return EntityNode(name=name, group_id=group, created_at=NOW, **more)


def edge(source: EntityNode, target: EntityNode, group: str = "us", **more: Any) -> EntityEdge:
    fields = {"name": "KNOWS", "fact": "Ann knows Bob", "created_at": NOW, "group_id": group} | more
    return EntityEdge(source_node_uuid=source.uuid, target_node_uuid=target.uuid, **fields)


def talk(name: str = "talk", group: str = "us", **more: Any) -> EpisodicNode:
    fields = {"source": EpisodeType.message, "source_description": "a chat", "content": "Ann: hello", "valid_at": NOW}
    return EpisodicNode(name=name, group_id=group, created_at=NOW, **(fields | more))


async def saved_pair(driver: SqliteDriver, group: str = "us") -> tuple[EntityNode, EntityNode, EntityEdge]:
    ann, bob = node("Ann", group), node("Bob", group)
    await ann.save(driver)
    await bob.save(driver)
    knows = edge(ann, bob, group)
    await knows.save(driver)
    return ann, bob, knows


async def found(driver: SqliteDriver, table: str, query: str) -> list[str]:
    """What the file's full-text index has for a query."""
    sql = (
        f"SELECT coalesce(uuid, 'gone') FROM {table}_words LEFT JOIN {table} ON id = {table}_words.rowid"
        f" WHERE {table}_words MATCH ?"
    )
    match = match_expression(query)
    return await driver.database.read(lambda db: [row[0] for row in db.execute(sql, (match,))])


# What modelatlas has on record, read by Graphiti


async def test_every_belief_is_an_edge_with_its_four_times_and_its_provenance(
    driver: SqliteDriver, told: list[Fact]
) -> None:
    edges = {it.uuid: it for it in await EntityEdge.get_by_group_ids(driver, ["us"])}
    assert len(edges) == len(told) > len(CLAIMS) - 2
    assert {fact.believed.end is None for fact in told} == {True, False}
    for fact in told:
        it = await EntityEdge.get_by_uuid(driver, str(fact.id))
        assert it.model_dump() == edges[it.uuid].model_dump()
        assert (it.name, it.fact, it.group_id, it.episodes) == (fact.predicate, fact.text, "us", [str(fact.episode)])
        assert it.valid_at == fact.valid.start.earliest
        assert it.invalid_at == (fact.valid.end.latest if fact.valid.end else None)
        assert it.created_at == fact.believed.start.earliest
        assert it.expired_at == (fact.believed.end.latest if fact.believed.end else None)
        for time in (it.valid_at, it.invalid_at, it.created_at, it.expired_at):
            assert time is None or time.utcoffset() == timedelta(0)
        assert it.attributes["value"] == fact.value
        assert it.attributes["source"]["id"] == fact.source.id
        source, target = await EntityNode.get_by_uuids(driver, [it.source_node_uuid, it.target_node_uuid], "us")
        ends = {source.uuid: source.name, target.uuid: target.name}
        assert ends[it.source_node_uuid] == fact.subject
        assert ends[it.target_node_uuid] == (fact.object if fact.value is None else "14 B")


async def test_microseconds_of_a_belief_are_exact(driver: SqliteDriver, told: list[Fact]) -> None:
    times = {it.created_at for it in await EntityEdge.get_by_group_ids(driver, ["us"])}
    assert {datetime(2025, 6, 11, 8, 0, 0, 1, tzinfo=UTC), NOW} < times


async def test_every_name_is_an_entity_with_its_type(driver: SqliteDriver, told: list[Fact]) -> None:
    nodes = {it.name: it for it in await EntityNode.get_by_group_ids(driver, ["us"])}
    assert set(nodes) == {fact.subject for fact in told} | {str(fact.object) for fact in told if not fact.value} | {
        "14 B"
    }
    assert nodes["Wan 2.1"].labels == ["Entity", "Model"]
    assert nodes["14 B"].labels == ["Entity", "Value"]
    assert nodes["14 B"].attributes == {"value": 14, "unit": "B"}
    assert {it.created_at for it in nodes.values()} == {NOW}
    assert {it.group_id for it in nodes.values()} == {"us"}
    named = await EntityNode.get_by_names(driver, ["Wan 2.1", "图像编辑“模型”", "wan2.1"], ["us"])
    assert {it.name for it in named} == {"Wan 2.1", "图像编辑“模型”"}


async def test_every_document_is_an_episode_with_its_text_source_and_the_beliefs_that_rest_on_it(
    driver: SqliteDriver, told: list[Fact]
) -> None:
    episodes = {it.uuid: it for it in await EpisodicNode.get_by_group_ids(driver, ["us"])}
    assert set(episodes) == {str(fact.episode) for fact in told}
    for uuid, it in episodes.items():
        assert sorted(it.entity_edges) == sorted(str(fact.id) for fact in told if str(fact.episode) == uuid)
    card = await EpisodicNode.get_by_uuid(driver, str(PAGE.episode("us")))
    assert (card.name, card.content, card.source) == (DOCUMENT.name, DOCUMENT.text, EpisodeType.text)
    assert (card.valid_at, card.created_at, card.source_description) == (DOCUMENT.said, NOW, "Model card")
    assert card.episode_metadata is not None
    assert card.episode_metadata["source"] == PAGE.model_dump()
    wan = (await EntityNode.get_by_names(driver, ["Wan 2.1"], ["us"]))[0]
    assert [it.uuid for it in await EpisodicNode.get_by_entity_node_uuid(driver, wan.uuid)] == [card.uuid]


async def test_the_graph_is_walked_from_node_to_edges_to_node(driver: SqliteDriver, told: list[Fact]) -> None:
    wan_uuid = (await EntityNode.get_by_names(driver, ["Wan 2.1"], ["us"]))[0].uuid
    mit_uuid = (await EntityNode.get_by_names(driver, ["MIT"], ["us"]))[0].uuid
    edges = await EntityEdge.get_by_node_uuid(driver, wan_uuid)
    assert {it.uuid for it in edges} == {str(fact.id) for fact in told if fact.subject == "Wan 2.1"}
    between = {it.uuid for it in await EntityEdge.get_between_nodes(driver, wan_uuid, mit_uuid)}
    assert between == {it.uuid for it in edges if it.target_node_uuid == mit_uuid} != set()
    assert await EntityEdge.get_between_nodes(driver, mit_uuid, wan_uuid) == []
    assert {it.uuid for it in await EntityEdge.get_by_node_uuid(driver, mit_uuid)} == between


async def test_what_a_store_records_an_open_driver_sees_at_once(driver: SqliteDriver, store: GraphitiStore) -> None:
    assert await EntityNode.get_by_group_ids(driver, ["us"]) == []
    await store.record(CLAIMS[:1], now=NOW)
    assert len(await EntityNode.get_by_group_ids(driver, ["us"])) == 2


# Beliefs follow from claims: clients cannot bend them


async def test_a_belief_saved_back_as_it_was_read_changes_nothing(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    for it in await EntityEdge.get_by_group_ids(driver, ["us"]):
        await it.save(driver)
    for person in await EntityNode.get_by_group_ids(driver, ["us"]):
        await person.save(driver)
    for document in await EpisodicNode.get_by_group_ids(driver, ["us"]):
        await document.save(driver)
    assert await store.history(Pattern()) == told
    assert [hit.episode for hit in await store.search("图像编辑", EVER, 9) if hit.episode] != []
    assert [hit.fact for hit in await store.search("Apache", EVER, 9) if hit.fact] != []
    await store.record([*CLAIMS, OTHERS], [DOCUMENT], now=LATER)
    assert await store.history(Pattern()) == told


@pytest.mark.parametrize(
    "change",
    [
        {"invalid_at": NOW},
        {"valid_at": NOW},
        {"expired_at": NOW},
        {"created_at": LATER},
        {"fact": "other"},
        {"name": "other"},
        {"attributes": {}},
        {"reference_time": NOW},
        {"episodes": []},
        {"episodes": ["another", "still another"]},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_change_of_a_belief_is_refused(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact], change: dict[str, Any]
) -> None:
    belief = await EntityEdge.get_by_uuid(driver, str(told[0].id))
    with pytest.raises(BadInput, match="is a belief"):
        await belief.model_copy(update=change).save(driver)
    assert await store.history(Pattern()) == told


async def test_a_belief_takes_a_vector_and_further_episodes(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    belief = await EntityEdge.get_by_uuid(driver, str(told[0].id))
    belief.fact_embedding = [0.5, -1.25]
    belief.episodes = [*belief.episodes, "a talk"]
    await belief.save(driver)
    again = await EntityEdge.get_by_uuid(driver, belief.uuid)
    await again.load_fact_embedding(driver)
    assert again.model_dump() == belief.model_dump()
    again.fact_embedding = None
    await again.save(driver)
    await again.load_fact_embedding(driver)
    assert again.fact_embedding == [0.5, -1.25]
    assert await store.history(Pattern()) == told


async def test_what_beliefs_stand_on_is_neither_deleted_nor_renamed_nor_rewritten(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    belief = await EntityEdge.get_by_uuid(driver, str(told[0].id))
    subject = await EntityNode.get_by_uuid(driver, belief.source_node_uuid)
    document = await EpisodicNode.get_by_uuid(driver, belief.episodes[0])
    for deletion in (
        belief.delete(driver),
        EntityEdge.delete_by_uuids(driver, [belief.uuid]),
        subject.delete(driver),
        document.delete(driver),
        Node.delete_by_uuids(driver, [document.uuid, subject.uuid]),
        Node.delete_by_group_id(driver, "us"),
    ):
        with pytest.raises(BadInput, match=r"is a (belief|document)"):
            await deletion
    with pytest.raises(BadInput, match="cannot be renamed"):
        await subject.model_copy(update={"name": "other"}).save(driver)
    with pytest.raises(BadInput, match="stays as it was read"):
        await document.model_copy(update={"content": "other"}).save(driver)
    assert await store.history(Pattern()) == told
    assert await EpisodicNode.get_by_uuids(driver, [document.uuid]) == [document]


async def test_a_client_may_summarise_an_entity_and_add_edges_to_a_document(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    belief = await EntityEdge.get_by_uuid(driver, str(told[0].id))
    subject = await EntityNode.get_by_uuid(driver, belief.source_node_uuid)
    await subject.model_copy(update={"summary": "一个模型", "name_embedding": [1.0]}).save(driver)
    assert (await EntityNode.get_by_uuid(driver, subject.uuid)).summary == "一个模型"
    drawn = edge(subject, subject, fact="drawn from the document", episodes=belief.episodes)
    await drawn.save(driver)
    document = await EpisodicNode.get_by_uuid(driver, belief.episodes[0])
    assert document.entity_edges[-1] == drawn.uuid
    added = document.model_copy(update={"entity_edges": [*document.entity_edges, "an edge"]})
    await added.save(driver)
    assert (await EpisodicNode.get_by_uuid(driver, document.uuid)).model_dump() == added.model_dump()
    await store.record(CLAIMS, [DOCUMENT], now=LATER)
    assert await store.history(Pattern()) == told


# What clients keep of their own


async def test_recording_and_forgetting_leave_the_clients_graph_alone(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    wan = (await EntityNode.get_by_names(driver, ["Wan 2.1"], ["us"]))[0]
    ann, bob, knows = await saved_pair(driver)
    uses = edge(ann, wan, name="licence_code", fact="Ann uses Wan 2.1", attributes={"object": "MIT"})
    await uses.save(driver)
    await talk(entity_edges=[knows.uuid]).save(driver)
    await store.record([CLAIMS[0].model_copy(update={"object": "GPL"})], now=LATER)
    await store.forget(Pattern(subject="Wan 2.1"), now=LATER)
    for it in (knows, uses):
        assert (await EntityEdge.get_by_uuid(driver, it.uuid)).model_dump() == it.model_dump()
    assert len(await EntityNode.get_by_uuids(driver, [ann.uuid, bob.uuid, wan.uuid])) == 3


async def test_the_clients_edges_and_episodes_are_no_facts_of_ours(
    driver: SqliteDriver, store: GraphitiStore, told: list[Fact]
) -> None:
    before = await store.names(), (await store.counts())["facts"]
    ann, bob, _ = await saved_pair(driver)
    await edge(ann, bob, name="name", fact="Ann is named Bob").save(driver)
    await talk(source=EpisodeType.fact_triple, episode_metadata={"source": {"id": "card"}, "session": "s"}).save(driver)
    assert await store.history(Pattern()) == told
    assert await store.recall(Pattern(predicate="KNOWS"), EVER) == []
    assert await store.search("Ann knows Bob hello", EVER, 9) == []
    assert (await store.names(), (await store.counts())["facts"]) == before


async def test_a_search_finds_the_clients_edge_by_its_present_words_only(driver: SqliteDriver) -> None:
    _, _, knows = await saved_pair(driver)
    assert await found(driver, "edge", "Bob") == [knows.uuid]
    knows.fact, knows.name = "Ann 喜欢图像编辑", "LIKES_EDITING"
    await knows.save(driver)
    assert await found(driver, "edge", "Bob") == []
    assert await found(driver, "edge", "编辑") == await found(driver, "edge", "likes") == [knows.uuid]
    await knows.delete(driver)
    assert await found(driver, "edge", "编辑") == []


async def test_a_search_finds_the_clients_episode_by_its_present_words_only(driver: SqliteDriver) -> None:
    it = talk(content="Ann 喜欢图像编辑")
    await it.save(driver)
    assert await found(driver, "episode", "编辑") == await found(driver, "episode", "talk") == [it.uuid]
    it.content = "nothing"
    await it.save(driver)
    assert await found(driver, "episode", "编辑") == []
    await it.delete(driver)
    assert await found(driver, "episode", "nothing") == []


async def test_deleting_a_node_takes_its_edges_with_it(driver: SqliteDriver) -> None:
    ann, bob, knows = await saved_pair(driver)
    await edge(bob, bob, fact="Bob knows himself").save(driver)
    await bob.delete(driver)
    assert await EntityEdge.get_by_uuids(driver, [knows.uuid]) == []
    assert await EntityNode.get_by_group_ids(driver, ["us"]) == [ann]
    assert await found(driver, "edge", "knows") == []
    await bob.delete(driver)


async def test_deleting_a_group_takes_everything_of_it_and_of_no_other(driver: SqliteDriver) -> None:
    await saved_pair(driver)
    await talk().save(driver)
    *theirs, _ = await saved_pair(driver, "them")
    await Node.delete_by_group_id(driver, "us")
    assert (
        await EntityNode.get_by_group_ids(driver, ["us"]) == await EpisodicNode.get_by_group_ids(driver, ["us"]) == []
    )
    assert sorted(it.uuid for it in theirs) == sorted(
        it.uuid for it in await EntityNode.get_by_group_ids(driver, ["us", "them"])
    )


async def test_a_vector_is_loaded_when_asked_for_and_outlives_a_save_without_it(driver: SqliteDriver) -> None:
    ann, bob, knows = await saved_pair(driver)
    ann.name_embedding, knows.fact_embedding = [1.0, 0.1], [2.0]
    await ann.save(driver)
    await knows.save(driver)
    operations = driver.graph_operations_interface
    assert operations is not None
    short = [pytest.approx(1.0), pytest.approx(0.1, rel=1e-7)]
    assert await operations.node_load_embeddings_bulk(driver, [ann, bob]) == {ann.uuid: short}
    assert await operations.edge_load_embeddings_bulk(driver, [knows]) == {knows.uuid: [2.0]}
    again = await EntityNode.get_by_uuid(driver, ann.uuid)
    assert again.name_embedding is None
    again.summary = "summarised"
    await again.save(driver)
    await again.load_name_embedding(driver)
    assert again.name_embedding == short
    again.name, again.name_embedding = "Anna", None
    await again.save(driver)
    assert await EntityNode.get_by_names(driver, ["Ann", "Anna"], ["us"]) == [again]
    await again.load_name_embedding(driver)
    assert again.name_embedding is None


async def test_bulk_saves_take_the_mappings_that_graphiti_makes(driver: SqliteDriver) -> None:
    operations = driver.graph_operations_interface
    assert operations is not None
    ann, bob = node("Ann", attributes={"a": [1]}), node("Bob")
    knows, chat = edge(ann, bob, attributes={"name": "kept"}, reference_time=NOW), talk()
    as_text = {"attributes": '{"a": [1]}'}
    await operations.episodic_node_save_bulk(None, driver, None, [dict(chat) | {"source": "message"}])
    await operations.node_save_bulk(None, driver, None, [dict(ann) | as_text, bob])
    await operations.edge_save_bulk(None, driver, None, [dict(knows) | {"attributes": '{"name": "kept"}'}])
    assert (await EntityNode.get_by_uuid(driver, ann.uuid)).attributes == {"a": [1]}
    assert (await EntityEdge.get_by_uuid(driver, knows.uuid)).model_dump() == knows.model_dump()
    assert (await EpisodicNode.get_by_uuid(driver, chat.uuid)).model_dump() == chat.model_dump()


async def test_a_bulk_save_with_one_bad_edge_saves_none(driver: SqliteDriver) -> None:
    operations = driver.graph_operations_interface
    assert operations is not None
    ann, bob, _ = await saved_pair(driver)
    good, bad = edge(ann, bob, fact="good"), edge(ann, node("Eve"), fact="bad")
    with pytest.raises(NodeNotFoundError):
        await operations.edge_save_bulk(None, driver, None, [good, bad])
    assert await EntityEdge.get_by_uuids(driver, [good.uuid, bad.uuid]) == []
    assert await found(driver, "edge", "good") == []


async def test_many_saves_at_once_all_arrive(driver: SqliteDriver) -> None:
    nodes = [node(f"n{number}") for number in range(50)]
    await asyncio.gather(*(it.save(driver) for it in nodes))
    assert set(await EntityNode.get_by_group_ids(driver, ["us"])) == set(nodes)


# Pages and windows


async def test_pages_follow_each_other_without_gap_or_overlap(driver: SqliteDriver) -> None:
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


async def test_the_last_episodes_said_by_a_time_come_oldest_first(driver: SqliteDriver) -> None:
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
    assert await retrieve_episodes(driver, by, 9, [""]) == []


# Groups are walls


async def test_no_read_that_names_a_group_sees_another(driver: SqliteDriver, told: list[Fact]) -> None:
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


async def test_an_edge_cannot_join_two_groups(driver: SqliteDriver) -> None:
    ann, eve = node("Ann"), node("Eve", "them")
    await ann.save(driver)
    await eve.save(driver)
    for group in ("us", "them"):
        with pytest.raises(NodeNotFoundError):
            await edge(ann, eve, group).save(driver)


async def test_a_uuid_of_one_group_cannot_be_taken_by_another(driver: SqliteDriver) -> None:
    ann, bob, knows = await saved_pair(driver)
    chat = talk()
    await chat.save(driver)
    for it in (ann, bob, knows, chat):
        with pytest.raises(BadInput, match="another group"):
            await it.model_copy(update={"group_id": "them"}).save(driver)


async def test_a_deletion_in_the_wrong_group_deletes_nothing(driver: SqliteDriver) -> None:
    ann, _, knows = await saved_pair(driver)
    await knows.model_copy(update={"group_id": "them"}).delete(driver)
    await ann.model_copy(update={"group_id": "them"}).delete(driver)
    assert await EntityEdge.get_by_uuids(driver, [knows.uuid]) != []
    assert ann in await EntityNode.get_by_group_ids(driver, ["us"])


# Errors


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


@pytest.mark.parametrize("bad", [math.nan, math.inf, object(), {1}], ids=repr)
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


async def test_a_closed_driver_says_so(path: Path) -> None:
    driver = SqliteDriver(path)
    await driver.close()
    await driver.close()
    with pytest.raises(StoreError):
        await EntityNode.get_by_uuid(driver, "x")


def test_the_store_is_read_without_graphiti() -> None:
    program = "import sys, modelatlas.graph.graphiti_store; assert 'graphiti_core' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# Round trips of anything

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["图像编辑", "🎬👩‍👧", "'\"; DROP TABLE edge; --", "O'Neil \\ “好”", " ", "\n\t\x1f\x7f", "\u202e\ufeff", "Ａ１"]
)
LABELS = st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), max_size=3, unique=True)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
JSON = st.recursive(SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(TEXTS, part, max_size=3))
ATTRIBUTES = st.dictionaries(TEXTS, JSON, max_size=3)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(timezones=OFFSETS).filter(lambda time: 1 < time.year < 9999)
VECTORS = st.none() | st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5)
GROUPS = TEXTS.filter(bool)


def with_a_new_file(work: Callable[[SqliteDriver], Awaitable[None]]) -> None:
    async def run(folder: str) -> None:
        driver = SqliteDriver(Path(folder) / "atlas.sqlite")
        try:
            await work(driver)
        finally:
            await driver.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(folder))


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        EntityNode,
        uuid=TEXTS,
        name=TEXTS,
        group_id=GROUPS,
        labels=LABELS,
        created_at=TIMES,
        summary=TEXTS,
        attributes=ATTRIBUTES,
        name_embedding=VECTORS,
    )
)
def test_any_node_comes_back_as_it_was_saved(it: EntityNode) -> None:
    async def work(driver: SqliteDriver) -> None:
        await it.save(driver)
        back = await EntityNode.get_by_uuid(driver, it.uuid)
        await back.load_name_embedding(driver)
        labels = it.labels if "Entity" in it.labels else [*it.labels, "Entity"]
        assert back.model_dump() == it.model_dump() | {"labels": labels}
        assert back.created_at.utcoffset() == timedelta(0)
        assert await EntityNode.get_by_group_ids(driver, [it.group_id]) == [it]
        assert await EntityNode.get_by_names(driver, [it.name], [it.group_id]) == [it][: bool(it.name) or 1]
        keys = await driver.database.read(lambda db: [row[0] for row in db.execute("SELECT name_key FROM entity")])
        assert keys == [name_key(it.name)]
        await it.delete(driver)
        assert await EntityNode.get_by_uuids(driver, [it.uuid]) == []

    with_a_new_file(work)


@settings(max_examples=60, deadline=None)
@given(
    GROUPS,
    st.fixed_dictionaries(
        {
            "uuid": TEXTS,
            "name": TEXTS,
            "fact": TEXTS,
            "episodes": st.lists(TEXTS, max_size=3),
            "created_at": TIMES,
            "expired_at": st.none() | TIMES,
            "valid_at": st.none() | TIMES,
            "invalid_at": st.none() | TIMES,
            "reference_time": st.none() | TIMES,
            "attributes": ATTRIBUTES,
            "fact_embedding": VECTORS,
        }
    ),
)
def test_any_edge_comes_back_as_it_was_saved_and_saved_again(group: str, said: dict[str, Any]) -> None:
    async def work(driver: SqliteDriver) -> None:
        ann, bob, knows = await saved_pair(driver, group)
        it = edge(ann, bob, group, **said)
        for saved in (it, edge(bob, ann, group, uuid=it.uuid), it):
            await saved.save(driver)
            back = await EntityEdge.get_by_uuid(driver, it.uuid)
            await back.load_fact_embedding(driver)
            expected = saved.model_dump()
            if saved.fact_embedding is None and saved.fact == it.fact:
                expected["fact_embedding"] = back.fact_embedding
            assert back.model_dump() == expected
        assert len(await EntityEdge.get_by_group_ids(driver, [group])) == 2
        for time in (back.created_at, back.valid_at, back.invalid_at, back.expired_at, back.reference_time):
            assert time is None or time.utcoffset() == timedelta(0)
        await back.delete(driver)
        assert [it.uuid for it in await EntityEdge.get_by_node_uuid(driver, ann.uuid)] == [knows.uuid]

    with_a_new_file(work)


@settings(max_examples=60, deadline=None)
@given(
    st.builds(
        EpisodicNode,
        uuid=TEXTS,
        name=TEXTS,
        group_id=GROUPS,
        created_at=TIMES,
        source=st.sampled_from(EpisodeType),
        source_description=TEXTS,
        content=TEXTS,
        valid_at=TIMES,
        entity_edges=st.lists(TEXTS, max_size=3),
        episode_metadata=st.none() | ATTRIBUTES,
    )
)
def test_any_episode_comes_back_as_it_was_saved(it: EpisodicNode) -> None:
    async def work(driver: SqliteDriver) -> None:
        await it.save(driver)
        await it.save(driver)
        back = await EpisodicNode.get_by_uuid(driver, it.uuid)
        assert back.model_dump() == it.model_dump()
        assert (back.created_at.utcoffset(), back.valid_at.utcoffset()) == (timedelta(0), timedelta(0))
        assert await EpisodicNode.get_by_group_ids(driver, [it.group_id]) == [it]
        assert await retrieve_episodes(driver, it.valid_at, 1, [it.group_id]) == [it]
        assert await retrieve_episodes(driver, it.valid_at - timedelta(microseconds=1), 1, [it.group_id]) == []
        await it.delete(driver)
        assert await EpisodicNode.get_by_uuids(driver, [it.uuid]) == []

    with_a_new_file(work)
