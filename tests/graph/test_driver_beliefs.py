"""What our stores have on record is a Graphiti graph: read through graphiti_core's own classes, and protected."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode, Node
from graphiti_parts import CLAIMS, DOCUMENT, LATER, NOW, OTHERS, PAGE, edge

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore

pytest_plugins = ("graphiti_graphs",)


# What modelatlas has on record, read by Graphiti


async def test_every_belief_is_an_edge_with_its_four_times_and_its_provenance(
    driver: DriverOfKinds, told: list[Fact]
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


async def test_microseconds_of_a_belief_are_exact(driver: DriverOfKinds, told: list[Fact]) -> None:
    times = {it.created_at for it in await EntityEdge.get_by_group_ids(driver, ["us"])}
    assert {datetime(2025, 6, 11, 8, 0, 0, 1, tzinfo=UTC), NOW} < times


async def test_every_name_is_an_entity_with_its_type(driver: DriverOfKinds, told: list[Fact]) -> None:
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
    driver: DriverOfKinds, told: list[Fact]
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


async def test_the_graph_is_walked_from_node_to_edges_to_node(driver: DriverOfKinds, told: list[Fact]) -> None:
    wan_uuid = (await EntityNode.get_by_names(driver, ["Wan 2.1"], ["us"]))[0].uuid
    mit_uuid = (await EntityNode.get_by_names(driver, ["MIT"], ["us"]))[0].uuid
    edges = await EntityEdge.get_by_node_uuid(driver, wan_uuid)
    assert {it.uuid for it in edges} == {str(fact.id) for fact in told if fact.subject == "Wan 2.1"}
    between = {it.uuid for it in await EntityEdge.get_between_nodes(driver, wan_uuid, mit_uuid)}
    assert between == {it.uuid for it in edges if it.target_node_uuid == mit_uuid} != set()
    assert await EntityEdge.get_between_nodes(driver, mit_uuid, wan_uuid) == []
    assert {it.uuid for it in await EntityEdge.get_by_node_uuid(driver, mit_uuid)} == between


async def test_what_a_store_records_an_open_driver_sees_at_once(driver: DriverOfKinds, ours: GraphStore) -> None:
    assert await EntityNode.get_by_group_ids(driver, ["us"]) == []
    await ours.record(CLAIMS[:1], now=NOW)
    assert len(await EntityNode.get_by_group_ids(driver, ["us"])) == 2


# Beliefs follow from claims: clients cannot bend them


async def test_a_belief_saved_back_as_it_was_read_changes_nothing(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
) -> None:
    for it in await EntityEdge.get_by_group_ids(driver, ["us"]):
        await it.save(driver)
    for person in await EntityNode.get_by_group_ids(driver, ["us"]):
        await person.save(driver)
    for document in await EpisodicNode.get_by_group_ids(driver, ["us"]):
        await document.save(driver)
    assert await ours.history(Pattern()) == told
    assert [hit.episode for hit in await ours.search("图像编辑", EVER, 9) if hit.episode] != []
    assert [hit.fact for hit in await ours.search("Apache", EVER, 9) if hit.fact] != []
    await ours.record([*CLAIMS, OTHERS], [DOCUMENT], now=LATER)
    assert await ours.history(Pattern()) == told


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
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact], change: dict[str, Any]
) -> None:
    belief = await EntityEdge.get_by_uuid(driver, str(told[0].id))
    with pytest.raises(BadInput, match="is a belief"):
        await belief.model_copy(update=change).save(driver)
    assert await ours.history(Pattern()) == told


async def test_a_belief_takes_a_vector_and_further_episodes(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
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
    assert await ours.history(Pattern()) == told


async def test_what_beliefs_stand_on_is_neither_deleted_nor_renamed_nor_rewritten(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
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
    assert await ours.history(Pattern()) == told
    assert await EpisodicNode.get_by_uuids(driver, [document.uuid]) == [document]


async def test_a_client_may_summarise_an_entity_and_add_edges_to_a_document(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
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
    await ours.record(CLAIMS, [DOCUMENT], now=LATER)
    assert await ours.history(Pattern()) == told
