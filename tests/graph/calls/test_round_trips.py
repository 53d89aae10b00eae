"""Every kind of node and edge comes back exactly as it was saved."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.edges import (
    CommunityEdge,
    Edge,
    EntityEdge,
    HasEpisodeEdge,
    NextEpisodeEdge,
)
from graphiti_core.errors import NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, SagaNode
from town import DAY, NOW, community, entity, fact, followed_by, member, mention, part_of, saga, talk

from modelatlas.graph.errors import BadInput

pytest_plugins = ("graph_drivers",)

TEXT = '图像编辑“模型” 🎬👩‍👧 O\'Neil said "hi"\\n\n\t\r\n; DROP TABLE edge; -- $x {{y}} \u202e'
LATER = NOW + DAY
ABROAD = datetime(2026, 3, 1, 8, 0, 0, 7, tzinfo=timezone(timedelta(hours=8)))
ATTRIBUTES = {"颜色": "红🎬", "size": 2, "share": 0.1, "known": True, "since": "2026-03-01T12:30:15.123456+00:00"}
NESTED = {"deep": [{"好": [1, 2.5, None, False, {"x": []}]}, "y"], "none": None, "big": 2**60, "uuid": "its own"}
SINGLES = [0.5, -1.25, 0.0, 2.0**-20]
DOUBLES = [0.1, 1 / 3, -2.718281828459045, 1.0 + 2.0**-52]
EXTREMES = [1e-300, 5e-324, -1.7976931348623157e308, -0.0]
NO_VECTOR = {"name_embedding", "fact_embedding"}


async def pair(driver: GraphDriver, group: str) -> tuple[EntityNode, EntityNode]:
    """Two saved entities."""
    ann, bob = entity("Ann", group), entity("Bob", group)
    await ann.save(driver)
    await bob.save(driver)
    return ann, bob


async def test_an_entity(driver: GraphDriver, group: str) -> None:
    it = entity(TEXT, group, "Person", "City_1", summary=TEXT, attributes=dict(ATTRIBUTES))
    await it.save(driver)
    back = await EntityNode.get_by_uuid(driver, it.uuid)
    assert back.model_dump(exclude={"labels", *NO_VECTOR}) == it.model_dump(exclude={"labels", *NO_VECTOR})
    assert sorted(back.labels) == ["City_1", "Entity", "Person"]
    assert back.created_at.utcoffset() == timedelta(0)


async def test_a_fact(driver: GraphDriver, group: str) -> None:
    ann, bob = await pair(driver, group)
    times = {"valid_at": ABROAD, "invalid_at": LATER, "expired_at": LATER + DAY, "reference_time": NOW}
    it = fact(ann, TEXT, bob, TEXT, episodes=["one", "二"], **times)
    await it.save(driver)
    back = await EntityEdge.get_by_uuid(driver, it.uuid)
    assert back.model_dump(exclude={"attributes", *NO_VECTOR}) == it.model_dump(exclude={"attributes", *NO_VECTOR})
    for time in (back.created_at, back.valid_at, back.invalid_at, back.expired_at, back.reference_time):
        assert time is not None
        assert time.tzinfo is not None


async def test_a_fact_without_times(driver: GraphDriver, group: str) -> None:
    ann, bob = await pair(driver, group)
    it = fact(ann, "KNOWS", bob, "Ann knows Bob", episodes=[])
    await it.save(driver)
    back = await EntityEdge.get_by_uuid(driver, it.uuid)
    assert (back.valid_at, back.invalid_at, back.expired_at, back.reference_time) == (None, None, None, None)
    assert back.episodes == []


@pytest.mark.parametrize("source", EpisodeType)
async def test_an_episode(driver: GraphDriver, group: str, source: EpisodeType) -> None:
    times = {"valid_at": ABROAD, "created_at": LATER}
    it = talk(TEXT, group, TEXT, source=source, source_description=TEXT, entity_edges=["one", "二"], **times)
    await it.save(driver)
    assert (await EpisodicNode.get_by_uuid(driver, it.uuid)).model_dump() == it.model_dump()


async def test_an_episode_keeps_its_metadata(driver: GraphDriver, group: str, needs: Callable[[Ability], None]) -> None:
    needs(Ability.WHOLE_EPISODES)
    it = talk("talk", group, episode_metadata=NESTED)
    await it.save(driver)
    assert (await EpisodicNode.get_by_uuid(driver, it.uuid)).episode_metadata == NESTED


async def test_a_community(driver: GraphDriver, group: str) -> None:
    it = community(TEXT, group, summary=TEXT, name_embedding=SINGLES)
    await it.save(driver)
    assert (await CommunityNode.get_by_uuid(driver, it.uuid)).model_dump() == it.model_dump()


async def test_a_saga(driver: GraphDriver, group: str) -> None:
    watermarks = {"last_summarized_at": LATER, "last_summarized_episode_valid_at": ABROAD}
    it = saga(TEXT, group, summary=TEXT, first_episode_uuid="one", last_episode_uuid="二", **watermarks)
    await it.save(driver)
    assert (await SagaNode.get_by_uuid(driver, it.uuid)).model_dump() == it.model_dump()
    bare = saga("bare", group)
    await bare.save(driver)
    assert (await SagaNode.get_by_uuid(driver, bare.uuid)).model_dump() == bare.model_dump()


async def test_the_edges_between_episodes_entities_communities_and_sagas(driver: GraphDriver, group: str) -> None:
    ann, _ = await pair(driver, group)
    first, second = talk("first", group), talk("second", group)
    whole, story = community("whole", group), saga("story", group)
    for node in (first, second, whole, story):
        await node.save(driver)
    edges = (mention(first, ann), member(whole, ann), part_of(story, first), followed_by(first, second))
    for it in edges:
        abroad = it.model_copy(update={"created_at": ABROAD})
        await abroad.save(driver)
        back = await type(it).get_by_uuid(driver, it.uuid)
        assert back.model_dump() == abroad.model_dump()


async def test_attributes_of_any_json(driver: GraphDriver, group: str, needs: Callable[[Ability], None]) -> None:
    needs(Ability.WHOLE_ATTRIBUTES)
    ann, bob = await pair(driver, group)
    node = entity("Eve", group, attributes=NESTED | ATTRIBUTES)
    await node.save(driver)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob", attributes=NESTED | ATTRIBUTES)
    await edge.save(driver)
    assert (await EntityNode.get_by_uuid(driver, node.uuid)).attributes == NESTED | ATTRIBUTES
    assert (await EntityEdge.get_by_uuid(driver, edge.uuid)).attributes == NESTED | ATTRIBUTES
    bare = fact(ann, "KNOWS", bob, "Ann knows Bob")
    await bare.save(driver)
    assert (await EntityEdge.get_by_uuid(driver, bare.uuid)).attributes == {}


@pytest.mark.parametrize("vector", [SINGLES, DOUBLES, EXTREMES], ids=["singles", "doubles", "extremes"])
async def test_vectors_to_the_last_bit(
    driver: GraphDriver, group: str, needs: Callable[[Ability], None], vector: list[float]
) -> None:
    if vector is not SINGLES:
        needs(Ability.WHOLE_VECTORS)
    ann, bob = await pair(driver, group)
    node = entity("Eve", group, name_embedding=vector)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob", fact_embedding=vector)
    whole = community("whole", group, name_embedding=vector)
    for it in (node, edge, whole):
        await it.save(driver)
    node_back = await EntityNode.get_by_uuid(driver, node.uuid)
    assert node_back.name_embedding is None
    await node_back.load_name_embedding(driver)
    edge_back = await EntityEdge.get_by_uuid(driver, edge.uuid)
    assert edge_back.fact_embedding is None
    await edge_back.load_fact_embedding(driver)
    whole_back = await CommunityNode.get_by_uuid(driver, whole.uuid)
    await whole_back.load_name_embedding(driver)
    for back in (node_back.name_embedding, edge_back.fact_embedding, whole_back.name_embedding):
        assert back is not None
        assert [number.hex() for number in back] == [number.hex() for number in vector]


async def test_what_has_no_vector_is_saved_without_one(
    driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.WHOLE_VECTORS)
    ann, bob = await pair(driver, group)
    node = entity("Eve", group, name_embedding=None)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob", fact_embedding=None)
    whole = community("whole", group, name_embedding=None)
    for it in (node, edge, whole):
        await it.save(driver)
    await node.load_name_embedding(driver)
    await edge.load_fact_embedding(driver)
    await whole.load_name_embedding(driver)
    assert (node.name_embedding, edge.fact_embedding, whole.name_embedding) == (None, None, None)


async def test_what_is_saved_twice_is_there_once_as_it_was_last(driver: GraphDriver, group: str) -> None:
    ann, bob = await pair(driver, group)
    first, second = talk("first", group), talk("second", group)
    whole, story = community("whole", group), saga("story", group)
    edge = fact(ann, "KNOWS", bob, "Ann knows Bob")
    links: list[Any] = [mention(first, ann), member(whole, ann), part_of(story, first), followed_by(first, second)]
    everything: list[Any] = [first, second, whole, story, edge, *links]
    for it in (*everything, *everything):
        await it.save(driver)
    for changed in (
        ann.model_copy(update={"summary": "new"}),
        first.model_copy(update={"content": "new"}),
        whole.model_copy(update={"summary": "new"}),
        story.model_copy(update={"summary": "new"}),
        edge.model_copy(update={"fact": "new"}),
    ):
        await changed.save(driver)
    entities = {it.name: it.summary for it in await EntityNode.get_by_group_ids(driver, [group])}
    assert entities == {"Ann": "new", "Bob": ""}
    episodes = {it.name: it.content for it in await EpisodicNode.get_by_group_ids(driver, [group])}
    assert episodes == {"first": "new", "second": "Ann: hello"}
    assert [it.summary for it in await CommunityNode.get_by_group_ids(driver, [group])] == ["new"]
    assert [it.summary for it in await SagaNode.get_by_group_ids(driver, [group])] == ["new"]
    assert [it.fact for it in await EntityEdge.get_by_group_ids(driver, [group])] == ["new"]
    for link in links:
        assert [it.uuid for it in await type(link).get_by_group_ids(driver, [group])] == [link.uuid]


async def test_an_edge_saved_between_other_nodes_moves(
    driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.ONE_ROW_A_UUID)
    ann, bob = await pair(driver, group)
    edge = fact(ann, "KNOWS", bob, "one knows the other")
    await edge.save(driver)
    await fact(bob, "KNOWS", ann, "one knows the other", uuid=edge.uuid).save(driver)
    found = await EntityEdge.get_by_group_ids(driver, [group])
    assert [(it.source_node_uuid, it.target_node_uuid) for it in found] == [(bob.uuid, ann.uuid)]


async def test_text_with_a_nul_is_refused(driver: GraphDriver, group: str, needs: Callable[[Ability], None]) -> None:
    needs(Ability.REFUSES_NUL)
    ann, bob = await pair(driver, group)
    bad = "a\x00b"
    for it in (
        entity(bad, group),
        fact(ann, "KNOWS", bob, bad),
        talk("talk", group, bad),
        community(bad, group),
        saga(bad, group),
        entity("Eve", group, attributes={"deep": [{bad: 1}]}),
    ):
        with pytest.raises(BadInput, match="NUL"):
            await it.save(driver)
    assert len(await EntityNode.get_by_group_ids(driver, [group])) == 2


async def test_an_edge_to_what_is_not_there_is_refused(
    driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.MISSING_ENDPOINTS)
    ann, _ = await pair(driver, group)
    here, gone = talk("here", group), talk("gone", group)
    nobody, whole, story = entity("Nobody", group), community("whole", group), saga("story", group)
    for node in (here, whole, story):
        await node.save(driver)
    edges: list[tuple[Edge, str]] = [
        (fact(ann, "KNOWS", nobody, "Ann knows nobody"), nobody.uuid),
        (fact(nobody, "KNOWS", ann, "Nobody knows Ann"), nobody.uuid),
        (mention(here, nobody), nobody.uuid),
        (mention(gone, ann), gone.uuid),
        (member(whole, nobody), nobody.uuid),
        (part_of(story, gone), gone.uuid),
        (followed_by(here, gone), gone.uuid),
    ]
    for edge, missing in edges:
        with pytest.raises(NodeNotFoundError, match=missing):
            await edge.save(driver)
    for kind in (CommunityEdge, HasEpisodeEdge, NextEpisodeEdge):
        assert await kind.get_by_group_ids(driver, [group]) == []


async def test_an_edge_to_what_is_not_there_is_not_saved(driver: GraphDriver, group: str) -> None:
    ann, _ = await pair(driver, group)
    edge = fact(ann, "KNOWS", entity("Nobody", group), "Ann knows nobody")
    try:
        await edge.save(driver)
    except NodeNotFoundError:
        pass
    assert await EntityEdge.get_by_uuids(driver, [edge.uuid]) == []
