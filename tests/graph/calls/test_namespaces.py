"""graphiti.nodes and graphiti.edges: every call of every namespace."""

from collections.abc import Callable
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.errors import EdgeNotFoundError, NodeNotFoundError
from scripted import vector
from town import (
    DAY,
    NOW,
    community,
    entity,
    fact,
    followed_by,
    member,
    mention,
    part_of,
    saga,
    settle,
    talk,
    uuids,
)

pytest_plugins = ("graph_drivers",)

NODES: dict[str, Callable[[str, str], Any]] = {
    "entity": entity,
    "episode": talk,
    "community": community,
    "saga": saga,
}
EDGES = ["entity", "episodic", "community", "has_episode", "next_episode"]
NO_VECTOR = {"name_embedding", "fact_embedding"}


async def ends(driver: GraphDriver, group: str) -> dict[str, Any]:
    """A saved node of each kind, by its name; two entities and two episodes."""
    nodes: list[Any] = [entity("ann", group), entity("bob", group), talk("first", group), talk("second", group)]
    nodes += [community("whole", group), saga("story", group)]
    for node in nodes:
        await node.save(driver)
    return {node.name: node for node in nodes}


def edges_of(name: str, at: dict[str, Any]) -> list[Any]:
    """Three edges of the namespace between the given nodes, the greatest id first."""
    make: Callable[[], Any] = {
        "entity": lambda: fact(at["ann"], "KNOWS", at["bob"], "Ann knows Bob", valid_at=NOW, expired_at=NOW + DAY),
        "episodic": lambda: mention(at["first"], at["ann"]),
        "community": lambda: member(at["whole"], at["ann"]),
        "has_episode": lambda: part_of(at["story"], at["first"]),
        "next_episode": lambda: followed_by(at["first"], at["second"]),
    }[name]
    return sorted((make() for _ in range(3)), key=lambda it: str(it.uuid), reverse=True)


@pytest.mark.parametrize("name", NODES)
async def test_nodes_are_saved_read_and_deleted(
    graphiti: Graphiti, group: str, other: str, needs: Callable[[Ability], None], name: str
) -> None:
    if name == "saga":
        needs(Ability.SAGAS_BY_NAMESPACE)
    namespace = getattr(graphiti.nodes, name)
    nodes = sorted((NODES[name](str(i), group) for i in range(3)), key=lambda it: str(it.uuid), reverse=True)
    assert await namespace.save(nodes[0]) is nodes[0]
    await namespace.save_bulk(nodes[1:])
    await namespace.save(NODES[name]("theirs", other))
    back = await namespace.get_by_uuid(nodes[0].uuid)
    assert back.model_dump(exclude=NO_VECTOR) == nodes[0].model_dump(exclude=NO_VECTOR)
    assert set(uuids(await namespace.get_by_uuids([nodes[1].uuid, "nobody", nodes[2].uuid]))) == set(uuids(nodes[1:]))
    assert uuids(await namespace.get_by_group_ids([group])) == uuids(nodes)
    assert uuids(await namespace.get_by_group_ids([group], limit=2)) == uuids(nodes[:2])
    assert uuids(await namespace.get_by_group_ids([group], 2, nodes[1].uuid)) == [nodes[2].uuid]
    with pytest.raises(NodeNotFoundError):
        await namespace.get_by_uuid("nobody")
    await namespace.delete(nodes[0])
    assert uuids(await namespace.get_by_group_ids([group])) == uuids(nodes[1:])


@pytest.mark.parametrize("name", NODES)
async def test_nodes_are_deleted_by_ids_and_by_group(
    graphiti: Graphiti, group: str, other: str, needs: Callable[[Ability], None], name: str
) -> None:
    needs(Ability.DELETE_MANY)
    namespace = getattr(graphiti.nodes, name)
    nodes = [NODES[name](str(i), group) for i in range(3)]
    await namespace.save_bulk([*nodes, NODES[name]("theirs", other)])
    await namespace.delete_by_uuids([nodes[0].uuid, nodes[1].uuid, "nobody"], batch_size=1)
    assert uuids(await namespace.get_by_group_ids([group])) == [nodes[2].uuid]
    await namespace.delete_by_group_id(group, batch_size=1)
    assert await namespace.get_by_group_ids([group]) == []
    assert [it.name for it in await namespace.get_by_group_ids([other])] == ["theirs"]


@pytest.mark.parametrize("name", EDGES)
async def test_edges_are_saved_read_and_deleted(graphiti: Graphiti, driver: GraphDriver, group: str, name: str) -> None:
    namespace, edges = getattr(graphiti.edges, name), edges_of(name, await ends(driver, group))
    assert await namespace.save(edges[0]) is edges[0]
    if name == "community":
        for edge in edges[1:]:
            await namespace.save(edge)
    else:
        await namespace.save_bulk(edges[1:])
    back = await namespace.get_by_uuid(edges[0].uuid)
    unlike = {"attributes", *NO_VECTOR}
    assert back.model_dump(exclude=unlike) == edges[0].model_dump(exclude=unlike)
    found = await namespace.get_by_uuids([edges[1].uuid, "nothing", edges[2].uuid])
    assert set(uuids(found)) == set(uuids(edges[1:]))
    assert uuids(await namespace.get_by_group_ids([group])) == uuids(edges)
    assert uuids(await namespace.get_by_group_ids([group], limit=2)) == uuids(edges[:2])
    assert uuids(await namespace.get_by_group_ids([group], 2, edges[1].uuid)) == [edges[2].uuid]
    with pytest.raises(EdgeNotFoundError):
        await namespace.get_by_uuid("nothing")
    await namespace.delete(edges[0])
    await namespace.delete_by_uuids([edges[1].uuid, "nothing"])
    assert uuids(await namespace.get_by_group_ids([group])) == [edges[2].uuid]


async def test_a_saved_entity_gets_the_vector_of_its_name(graphiti: Graphiti, group: str) -> None:
    node = await graphiti.nodes.entity.save(entity("Ann", group, name_embedding=None))
    node.name_embedding = None
    await graphiti.nodes.entity.load_embeddings(node)
    assert node.name_embedding == pytest.approx(vector("Ann"))
    whole = await graphiti.nodes.community.save(community("whole", group, name_embedding=None))
    whole.name_embedding = None
    await graphiti.nodes.community.load_name_embedding(whole)
    assert whole.name_embedding == pytest.approx(vector("whole"))
    with pytest.raises(NodeNotFoundError):
        await graphiti.nodes.entity.load_embeddings(entity("Nobody", group))
    with pytest.raises(NodeNotFoundError):
        await graphiti.nodes.community.load_name_embedding(community("nobody", group))


async def test_vectors_are_loaded_into_many_at_once(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    town = await settle(driver, group)
    nodes = await graphiti.nodes.entity.get_by_group_ids([group])
    missing = entity("Nobody", group, name_embedding=None)
    await graphiti.nodes.entity.load_embeddings_bulk([*nodes, missing], batch_size=2)
    assert {it.uuid: it.name_embedding for it in nodes} == {
        it.uuid: pytest.approx(it.name_embedding) for it in town.nodes
    }
    assert missing.name_embedding is None
    facts = await graphiti.edges.entity.get_by_group_ids([group])
    await graphiti.edges.entity.load_embeddings_bulk(facts, batch_size=2)
    assert {it.uuid: it.fact_embedding for it in facts} == {
        it.uuid: pytest.approx(it.fact_embedding) for it in town.facts
    }
    one = facts[0].model_copy(update={"fact_embedding": None})
    await graphiti.edges.entity.load_embeddings(one)
    assert one.fact_embedding == facts[0].fact_embedding
    with pytest.raises(EdgeNotFoundError):
        await graphiti.edges.entity.load_embeddings(one.model_copy(update={"uuid": "nothing"}))


async def test_a_fact_keeps_its_reference_time(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.WHOLE_EDGES)
    at = await ends(driver, group)
    one, two = (fact(at["ann"], "KNOWS", at["bob"], "Ann knows Bob", reference_time=NOW) for _ in range(2))
    await graphiti.edges.entity.save(one)
    await graphiti.edges.entity.save_bulk([two])
    found = await graphiti.edges.entity.get_by_uuids([one.uuid, two.uuid])
    assert [it.reference_time for it in found] == [NOW, NOW]


async def test_attributes_cannot_take_the_place_of_fields(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.WHOLE_ATTRIBUTES)
    at = await ends(driver, group)
    attributes = {"uuid": "its own", "name": "its own", "deep": [{"x": None}]}
    node = await graphiti.nodes.entity.save(entity("Eve", group, attributes=attributes))
    edge = await graphiti.edges.entity.save(fact(at["ann"], "KNOWS", at["bob"], "text", attributes=attributes))
    await graphiti.nodes.entity.save_bulk([node])
    await graphiti.edges.entity.save_bulk([edge])
    found = await graphiti.nodes.entity.get_by_uuid(node.uuid)
    assert (found.name, found.attributes) == ("Eve", attributes)
    read = await graphiti.edges.entity.get_by_uuid(edge.uuid)
    assert (read.name, read.attributes) == ("KNOWS", attributes)


async def test_facts_and_episodes_around_nodes(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    town = await settle(driver, group)
    at_ann = await graphiti.edges.entity.get_by_node_uuid(town.ann.uuid)
    assert set(uuids(at_ann)) == {town.ann_in_paris.uuid, town.ann_at_acme.uuid, town.bob_knows_ann.uuid}
    between = await graphiti.edges.entity.get_between_nodes(town.bob.uuid, town.ann.uuid)
    assert uuids(between) == [town.bob_knows_ann.uuid]
    assert await graphiti.edges.entity.get_between_nodes(town.ann.uuid, town.bob.uuid) == []
    about = await graphiti.nodes.episode.get_by_entity_node_uuid(town.paris.uuid)
    assert uuids(about) == [town.morning.uuid]
