"""Several writers on one Neo4j server: what they leave is what one leaves who tells it all in turn."""

import asyncio
from collections.abc import Awaitable, Callable
from multiprocessing.context import ForkServerContext

import pytest
from children import drained, started
from neo4j_writers import NOW, all_claims, read_until_told, told_by, write_in_my_order
from served import address, came_to_the_same, connection, open_on
from utterances import said

from modelatlas.graph.facts import Claim
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.server import Transaction
from servers.neo4j_server import RunningNeo4j

pytest_plugins = ("forked",)

WRITERS = 8
ROUNDS = 50


@pytest.fixture(params=["neo4j_lts", "neo4j_newest"])
async def server(request: pytest.FixtureRequest) -> RunningNeo4j:
    """The shared server of each line, with nothing in it."""
    found: RunningNeo4j = request.getfixturevalue(request.param)
    await found.wiped()
    return found


def in_turn(claims: list[Claim]) -> Awaitable[MemoryStore]:
    async def told() -> MemoryStore:
        store = MemoryStore("us")
        for claim in claims:
            await store.record([claim], now=NOW)
        return store

    return told()


@pytest.mark.service
async def test_eight_writers_at_once_leave_what_one_would_and_readers_go_on(
    server: RunningNeo4j, processes: ForkServerContext
) -> None:
    start, stop = processes.Barrier(WRITERS), processes.Event()
    reader, seen = started(processes, read_until_told, address(server), stop)
    writers = [started(processes, write_in_my_order, address(server), writer, start) for writer in range(WRITERS)]
    new = [await asyncio.to_thread(list, drained(done)) for _, done in writers]
    stop.set()
    counts = await asyncio.to_thread(list, drained(seen))
    for process in (reader, *(writer for writer, _ in writers)):
        process.join()
        assert process.exitcode == 0
    told = {claim.id: claim for writer in range(WRITERS) for batch in told_by(writer) for claim in batch}
    assert len(told) > 200
    assert sum(map(sum, new)) == len(told), "a claim was told as new twice, or never"
    assert all(len(batches) == len(told_by(writer)) for writer, batches in enumerate(new))
    claims = [before for before, _ in counts]
    assert claims == sorted(claims)
    assert len(set(claims)) > 5, "no reader read while others wrote"
    store = open_on(server)
    await came_to_the_same(store, await in_turn(list(told.values())), server)
    await store.close()


@pytest.mark.service
async def test_two_writers_in_tight_alternation_on_one_key_leave_what_one_would(server: RunningNeo4j) -> None:
    first, second = open_on(server), open_on(server)
    claims = [
        said(
            f"licence {number % 7}",
            f"2024-{number % 12 + 1:02}-01",
            recorded_at=f"2025-01-01T00:{number % 60:02}:{number // 60:02}Z",
        )
        for number in range(2 * ROUNDS)
    ]
    for one, other in zip(claims[:ROUNDS], claims[ROUNDS:], strict=True):
        done = await asyncio.gather(first.record([one], now=NOW), second.record([other], now=NOW))
        assert [recorded.new for recorded in done] == [1, 1]
    await came_to_the_same(first, await in_turn(claims), server)
    await first.close()
    await second.close()


@pytest.mark.service
async def test_two_writers_of_the_same_claims_at_once_share_them(server: RunningNeo4j) -> None:
    stores = [open_on(server) for _ in range(4)]
    claims = all_claims()[:40]
    done = await asyncio.gather(
        *(store.record(claims[:: -1 if number % 2 else 1], now=NOW) for number, store in enumerate(stores))
    )
    assert sum(recorded.new for recorded in done) == len(claims)
    assert sum(recorded.known for recorded in done) == 3 * len(claims)
    await came_to_the_same(stores[0], await in_turn(claims), server)
    for store in stores:
        await store.close()


@pytest.mark.service
async def test_a_deadlock_is_retried_and_no_caller_knows(server: RunningNeo4j) -> None:
    connections = [connection(server, 600) for _ in range(2)]
    tried = 0
    holding = [asyncio.Event(), asyncio.Event()]

    def crossing(own: int) -> Callable[[Transaction], Awaitable[None]]:
        async def work(tx: Transaction) -> None:
            nonlocal tried
            tried += 1
            for number in (own, 1 - own):
                await ask(tx, "MERGE (l:Line {key: $key}) SET l.last = coalesce(l.last, 0) + 1", key=f"{number}")
                holding[own].set()
                await holding[1 - own].wait()

        return work

    await asyncio.gather(*(each.ability() for each in connections))
    await asyncio.gather(*(each.write(crossing(own)) for own, each in enumerate(connections)))
    assert tried > 2, "there was no deadlock"
    assert server.asked("MATCH (l:Line) RETURN l.key AS key, l.last AS last ORDER BY key") == [
        {"key": "0", "last": 2},
        {"key": "1", "last": 2},
    ]
    for each in connections:
        await each.close()


@pytest.mark.service
async def test_eight_who_open_a_new_database_at_once_all_can(server: RunningNeo4j) -> None:
    for what in ("CONSTRAINT", "INDEX"):
        for row in server.asked(
            f"SHOW {what}ES YIELD name, type" if what == "INDEX" else "SHOW CONSTRAINTS YIELD name"
        ):
            if row.get("type") != "LOOKUP":
                server.asked(f"DROP {what} `{row['name']}`")
    stores = [open_on(server) for _ in range(WRITERS)]
    claims = all_claims()[:WRITERS]
    done = await asyncio.gather(*(store.record([claim], now=NOW) for store, claim in zip(stores, claims, strict=True)))
    assert [recorded.new for recorded in done] == [1] * WRITERS
    await came_to_the_same(stores[0], await in_turn(claims), server)
    for store in stores:
        await store.close()
