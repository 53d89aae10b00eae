"""What Graphiti's clients keep of their own in an atlas, beside what follows from claims."""

import asyncio

import pytest
from graphiti_core.edges import CommunityEdge, EntityEdge, EpisodicEdge
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, Node
from graphiti_parts import CLAIMS, LATER, NOW, edge, found, node, saved_pair, talk

from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore

pytest_plugins = ("graphiti_graphs",)


async def test_recording_and_forgetting_leave_the_clients_graph_alone(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
) -> None:
    wan = (await EntityNode.get_by_names(driver, ["Wan 2.1"], ["us"]))[0]
    ann, bob, knows = await saved_pair(driver)
    uses = edge(ann, wan, name="licence_code", fact="Ann uses Wan 2.1", attributes={"object": "MIT"})
    await uses.save(driver)
    await talk(entity_edges=[knows.uuid]).save(driver)
    await ours.record([CLAIMS[0].model_copy(update={"object": "GPL"})], now=LATER)
    await ours.forget(Pattern(subject="Wan 2.1"), now=LATER)
    for it in (knows, uses):
        assert (await EntityEdge.get_by_uuid(driver, it.uuid)).model_dump() == it.model_dump()
    assert len(await EntityNode.get_by_uuids(driver, [ann.uuid, bob.uuid, wan.uuid])) == 3


async def test_what_a_clients_episode_mentions_or_a_community_holds_outlives_our_forgetting(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
) -> None:
    wan, mit = [(await EntityNode.get_by_names(driver, [name], ["us"]))[0] for name in ("Wan 2.1", "MIT")]
    note, whole = talk(), CommunityNode(name="models", group_id="us", created_at=NOW)
    await note.save(driver)
    await whole.save(driver)
    ends = {"group_id": "us", "created_at": NOW}
    mention = EpisodicEdge(source_node_uuid=note.uuid, target_node_uuid=wan.uuid, **ends)
    member = CommunityEdge(source_node_uuid=whole.uuid, target_node_uuid=mit.uuid, **ends)
    await mention.save(driver)
    await member.save(driver)
    await ours.forget(Pattern(subject="Wan 2.1"), now=LATER)
    assert await EntityNode.get_by_uuids(driver, [wan.uuid, mit.uuid]) != []
    assert (await EpisodicEdge.get_by_uuid(driver, mention.uuid)).target_node_uuid == wan.uuid
    assert (await CommunityEdge.get_by_uuid(driver, member.uuid)).target_node_uuid == mit.uuid


async def test_the_clients_edges_and_episodes_are_no_facts_of_ours(
    driver: DriverOfKinds, ours: GraphStore, told: list[Fact]
) -> None:
    before = await ours.names(), (await ours.counts())["facts"]
    ann, bob, _ = await saved_pair(driver)
    await edge(ann, bob, name="name", fact="Ann is named Bob").save(driver)
    await talk(source=EpisodeType.fact_triple, episode_metadata={"source": {"id": "card"}, "session": "s"}).save(driver)
    assert await ours.history(Pattern()) == told
    assert await ours.recall(Pattern(predicate="KNOWS"), EVER) == []
    assert await ours.search("Ann knows Bob hello", EVER, 9) == []
    assert (await ours.names(), (await ours.counts())["facts"]) == before


async def test_a_search_finds_the_clients_edge_by_its_present_words_only(driver: DriverOfKinds) -> None:
    _, _, knows = await saved_pair(driver)
    assert await found(driver, "edge", "Bob") == [knows.uuid]
    knows.fact, knows.name = "Ann 喜欢图像编辑", "LIKES_EDITING"
    await knows.save(driver)
    assert await found(driver, "edge", "Bob") == []
    assert await found(driver, "edge", "编辑") == await found(driver, "edge", "likes") == [knows.uuid]
    await knows.delete(driver)
    assert await found(driver, "edge", "编辑") == []


async def test_a_search_finds_the_clients_episode_by_its_present_words_only(driver: DriverOfKinds) -> None:
    it = talk(content="Ann 喜欢图像编辑")
    await it.save(driver)
    assert await found(driver, "episode", "编辑") == await found(driver, "episode", "talk") == [it.uuid]
    it.content = "nothing"
    await it.save(driver)
    assert await found(driver, "episode", "编辑") == []
    await it.delete(driver)
    assert await found(driver, "episode", "nothing") == []


async def test_deleting_a_node_takes_its_edges_with_it(driver: DriverOfKinds) -> None:
    ann, bob, knows = await saved_pair(driver)
    await edge(bob, bob, fact="Bob knows himself").save(driver)
    await bob.delete(driver)
    assert await EntityEdge.get_by_uuids(driver, [knows.uuid]) == []
    assert await EntityNode.get_by_group_ids(driver, ["us"]) == [ann]
    assert await found(driver, "edge", "knows") == []
    await bob.delete(driver)


async def test_deleting_a_group_takes_everything_of_it_and_of_no_other(driver: DriverOfKinds) -> None:
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


async def test_a_vector_is_loaded_when_asked_for_and_outlives_a_save_without_it(driver: DriverOfKinds) -> None:
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
    assert await EntityNode.get_by_names(driver, ["Anna"], ["us"]) == [again]
    await again.load_name_embedding(driver)
    assert again.name_embedding is None


async def test_bulk_saves_take_the_mappings_that_graphiti_makes(driver: DriverOfKinds) -> None:
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


async def test_a_bulk_save_with_one_bad_edge_saves_none(driver: DriverOfKinds) -> None:
    operations = driver.graph_operations_interface
    assert operations is not None
    ann, bob, _ = await saved_pair(driver)
    good, bad = edge(ann, bob, fact="good"), edge(ann, node("Eve"), fact="bad")
    with pytest.raises(NodeNotFoundError):
        await operations.edge_save_bulk(None, driver, None, [good, bad])
    assert await EntityEdge.get_by_uuids(driver, [good.uuid, bad.uuid]) == []
    assert await found(driver, "edge", "good") == []


async def test_many_saves_at_once_all_arrive(driver: DriverOfKinds) -> None:
    nodes = [node(f"n{number}") for number in range(50)]
    await asyncio.gather(*(it.save(driver) for it in nodes))
    assert set(await EntityNode.get_by_group_ids(driver, ["us"])) == set(nodes)
