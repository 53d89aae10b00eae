"""driver.transaction(): every writing call of the namespaces, kept on a clean exit and undone on an exception."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from driver_kinds import Ability
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.driver.query_executor import Transaction
from town import community, entity, fact, followed_by, member, mention, part_of, saga, talk, uuids

pytest_plugins = ("graph_drivers",)

KINDS = ["nodes.entity", "nodes.episode", "nodes.community", "nodes.saga"]
KINDS += ["edges.entity", "edges.episodic", "edges.community", "edges.has_episode", "edges.next_episode"]


def namespace(graphiti: Graphiti, kind: str) -> Any:
    side, name = kind.split(".")
    return getattr(getattr(graphiti, side), name)


async def made(driver: GraphDriver, group: str, kind: str) -> list[Any]:
    """Three nodes or edges that are not saved, at nodes that are; the greatest id first."""
    ann, bob, first, second = entity("Ann", group), entity("Bob", group), talk("first", group), talk("second", group)
    whole, story = community("whole", group), saga("story", group)
    if kind.startswith("edges"):
        for node in (ann, bob, first, second, whole, story):
            await node.save(driver)
    make: Callable[[], Any] = {
        "nodes.entity": lambda: entity("Eve", group),
        "nodes.episode": lambda: talk("talk", group),
        "nodes.community": lambda: community("whole", group),
        "nodes.saga": lambda: saga("story", group),
        "edges.entity": lambda: fact(ann, "KNOWS", bob, "zebra"),
        "edges.episodic": lambda: mention(first, ann),
        "edges.community": lambda: member(whole, ann),
        "edges.has_episode": lambda: part_of(story, first),
        "edges.next_episode": lambda: followed_by(first, second),
    }[kind]
    return sorted((make() for _ in range(3)), key=lambda it: str(it.uuid), reverse=True)


class Undone(Exception):
    """What ends a transaction of these tests."""


async def undo(driver: GraphDriver, work: Callable[[Transaction], Awaitable[None]]) -> None:
    """Do the work in a transaction that an exception ends."""

    async def failing() -> None:
        async with driver.transaction() as tx:
            await work(tx)
            raise Undone

    with pytest.raises(Undone):
        await failing()


async def save_and_delete(calls: Any, kind: str, items: list[Any], tx: Transaction) -> None:
    """Delete the first, which is there, and save the others; the second by itself."""
    await calls.save(items[1], tx=tx)
    if kind == "edges.community":
        await calls.save(items[2], tx=tx)
    else:
        await calls.save_bulk(items[2:], tx=tx)
    await calls.delete(items[0], tx=tx)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_clean_exit_keeps_everything(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None], kind: str
) -> None:
    if kind == "nodes.saga":
        needs(Ability.SAGAS_BY_NAMESPACE)
    items, calls = await made(driver, group, kind), namespace(graphiti, kind)
    await calls.save(items[0])
    async with driver.transaction() as tx:
        await save_and_delete(calls, kind, items, tx)
    assert uuids(await calls.get_by_group_ids([group])) == uuids(items[1:])


@pytest.mark.parametrize("kind", KINDS)
async def test_an_exception_undoes_everything(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None], kind: str
) -> None:
    if kind == "nodes.saga":
        needs(Ability.SAGAS_BY_NAMESPACE)
    items, calls = await made(driver, group, kind), namespace(graphiti, kind)
    await calls.save(items[0])
    await undo(driver, lambda tx: save_and_delete(calls, kind, items, tx))
    assert uuids(await calls.get_by_group_ids([group])) == [items[0].uuid]


@pytest.mark.parametrize("kind", KINDS)
async def test_many_are_deleted_within_a_transaction_or_not_at_all(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None], kind: str
) -> None:
    if kind.startswith("nodes"):
        needs(Ability.DELETE_MANY)
    items, calls = await made(driver, group, kind), namespace(graphiti, kind)
    for item in items:
        await calls.save(item)
    await undo(driver, lambda tx: calls.delete_by_uuids(uuids(items[:2]), tx=tx))
    assert uuids(await calls.get_by_group_ids([group])) == uuids(items)
    async with driver.transaction() as tx:
        await calls.delete_by_uuids(uuids(items[:2]), tx=tx)
    assert uuids(await calls.get_by_group_ids([group])) == uuids(items[2:])


async def test_a_group_is_deleted_within_a_transaction_or_not_at_all(
    graphiti: Graphiti, driver: GraphDriver, group: str, needs: Callable[[Ability], None]
) -> None:
    needs(Ability.DELETE_MANY)
    for kind in KINDS[:4]:
        for item in await made(driver, group, kind):
            await namespace(graphiti, kind).save(item)

    async def delete(tx: Transaction) -> None:
        for kind in KINDS[:4]:
            await namespace(graphiti, kind).delete_by_group_id(group, tx=tx)

    await undo(driver, delete)
    for kind in KINDS[:4]:
        assert len(await namespace(graphiti, kind).get_by_group_ids([group])) == 3
    async with driver.transaction() as tx:
        await delete(tx)
    for kind in KINDS[:4]:
        assert await namespace(graphiti, kind).get_by_group_ids([group]) == []


async def test_nodes_and_edges_of_one_transaction_stand_or_fall_together(
    graphiti: Graphiti, driver: GraphDriver, group: str
) -> None:
    ann, bob, chat = entity("Ann", group), entity("Bob", group), talk("talk", group)
    edge = fact(ann, "KNOWS", bob, "zebra")

    async def save(tx: Transaction) -> None:
        await graphiti.nodes.entity.save_bulk([ann, bob], tx=tx)
        await graphiti.nodes.episode.save(chat, tx=tx)
        await graphiti.edges.entity.save(edge, tx=tx)
        await graphiti.edges.episodic.save(mention(chat, ann), tx=tx)

    await undo(driver, save)
    assert await graphiti.nodes.entity.get_by_group_ids([group]) == []
    assert await graphiti.nodes.episode.get_by_group_ids([group]) == []
    assert await graphiti.search("zebra", group_ids=[group]) == []
    async with driver.transaction() as tx:
        await save(tx)
    assert uuids(await graphiti.search("zebra", group_ids=[group])) == [edge.uuid]
    assert uuids(await graphiti.nodes.episode.get_by_entity_node_uuid(ann.uuid)) == [chat.uuid]


async def test_nobody_else_sees_a_transaction_before_its_end(
    graphiti: Graphiti, driver: GraphDriver, group: str
) -> None:
    async with driver.transaction() as tx:
        await graphiti.nodes.entity.save(entity("Ann", group), tx=tx)
        assert await graphiti.nodes.entity.get_by_group_ids([group]) == []
    assert len(await graphiti.nodes.entity.get_by_group_ids([group])) == 1


async def test_a_transaction_after_a_failed_one_works(graphiti: Graphiti, driver: GraphDriver, group: str) -> None:
    for _ in range(2):
        await undo(driver, lambda tx: asyncio.sleep(0))
    async with driver.transaction() as tx:
        await graphiti.nodes.entity.save(entity("Ann", group), tx=tx)
    await graphiti.nodes.entity.save(entity("Bob", group))
    assert len(await graphiti.nodes.entity.get_by_group_ids([group])) == 2
