"""Transactions of the driver, and reads beside each other, where callers are cancelled or wait."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest
from graphiti_core.nodes import EntityNode
from graphiti_parts import node

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

pytest_plugins = ("graphiti_file",)


async def names(file_driver: SqliteDriver) -> set[str]:
    return {it.name for it in await EntityNode.get_by_group_ids(file_driver, ["us"])}


async def test_what_a_cancelled_transaction_wrote_is_gone_and_others_go_on(file_driver: SqliteDriver) -> None:
    written = asyncio.Event()

    async def writes_and_waits() -> None:
        async with file_driver.transaction() as tx:
            await file_driver.entity_node_ops.save(file_driver, node("Ann"), tx=tx)
            written.set()
            await asyncio.Event().wait()

    waiting = asyncio.create_task(writes_and_waits())
    await written.wait()
    beside = asyncio.create_task(node("Bob").save(file_driver))
    await asyncio.sleep(0.05)
    assert not beside.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await beside
    assert await names(file_driver) == {"Bob"}


async def test_a_transaction_cancelled_in_the_middle_of_a_write_leaves_nothing(file_driver: SqliteDriver) -> None:
    in_the_middle, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES ('us', 0, 0, 0, 0)"
        )
        in_the_middle.set()
        go_on.wait(10)

    async def writes() -> None:
        async with file_driver.transaction() as tx:
            await tx.write(slow)

    writing = asyncio.create_task(writes())
    await asyncio.to_thread(in_the_middle.wait, 10)
    writing.cancel()
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await file_driver.database.read(lambda db: db.execute("SELECT count(*) FROM tombstone").fetchone()[0]) == 0
    await node("Ann").save(file_driver)
    assert await names(file_driver) == {"Ann"}


async def test_a_write_that_fails_and_is_caught_leaves_the_others_of_its_transaction(file_driver: SqliteDriver) -> None:
    async with file_driver.transaction() as tx:
        await file_driver.entity_node_ops.save(file_driver, node("Ann"), tx=tx)
        with pytest.raises(StoreError):
            await tx.write(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"))
        await file_driver.entity_node_ops.save(file_driver, node("Bob"), tx=tx)
    assert await names(file_driver) == {"Ann", "Bob"}


async def test_a_transaction_holds_nobody_up_before_its_first_write(file_driver: SqliteDriver) -> None:
    async with file_driver.transaction() as tx:
        await asyncio.create_task(node("Bob").save(file_driver))
        await file_driver.entity_node_ops.save(file_driver, node("Ann"), tx=tx)
    assert await names(file_driver) == {"Ann", "Bob"}


async def test_a_transaction_whose_function_raises_is_no_session_write(file_driver: SqliteDriver) -> None:
    async def fails(tx: object, name: str) -> None:
        await file_driver.entity_node_ops.save(file_driver, node(name), tx=tx)
        raise RuntimeError("in the middle")

    async with file_driver.session() as session:
        with pytest.raises(RuntimeError):
            await session.execute_write(fails, "Ann")
    assert await names(file_driver) == set()


async def test_a_long_read_sees_one_snapshot_and_holds_up_neither_reads_nor_writes(file_driver: SqliteDriver) -> None:
    await node("Ann").save(file_driver)
    begun, go_on = threading.Event(), threading.Event()

    def long(connection: sqlite3.Connection) -> tuple[int, int]:
        before = connection.execute("SELECT count(*) FROM entity").fetchone()[0]
        begun.set()
        go_on.wait(10)
        return before, connection.execute("SELECT count(*) FROM entity").fetchone()[0]

    reading = asyncio.create_task(file_driver.database.read(long))
    await asyncio.to_thread(begun.wait, 10)
    await node("Bob").save(file_driver)
    assert await names(file_driver) == {"Ann", "Bob"}
    assert not reading.done()
    go_on.set()
    assert await reading == (1, 1)


async def test_a_cancelled_read_ends_and_the_next_one_is_served(file_driver: SqliteDriver) -> None:
    begun = threading.Event()

    def endless(connection: sqlite3.Connection) -> None:
        begun.set()
        query = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
        connection.execute(query).fetchone()

    reads = [asyncio.create_task(file_driver.database.read(endless)) for _ in range(6)]
    await asyncio.to_thread(begun.wait, 10)
    await asyncio.sleep(0.05)
    for read in reads:
        read.cancel()
    assert {type(it) for it in await asyncio.gather(*reads, return_exceptions=True)} == {asyncio.CancelledError}
    assert await names(file_driver) == set()


async def test_reads_after_closing_are_refused_in_words(atlas_file: Path) -> None:
    file_driver = SqliteDriver(atlas_file)
    await file_driver.close()
    with pytest.raises(StoreError, match=r"was closed; open it again\."):
        await names(file_driver)
