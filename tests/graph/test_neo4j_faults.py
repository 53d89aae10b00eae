"""A Neo4j server that is killed, goes away, breaks off at a commit or has no room: nothing is lost, nothing doubled."""

import asyncio
import itertools
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from meanings import Meanings
from served import QUICK, came_to_the_same, open_on
from severing import Severing, Tear, severing
from utterances import LATER, as_of, said, told
from writers import NOW, OWN, SHARED, batch

from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import Recorded
from servers.neo4j_server import Neo4jServer, RunningNeo4j

KILLS = 10
WHOLE = Recorded(new=OWN + SHARED, known=0, forgotten=0, episodes=0)
LINES = pytest.mark.parametrize("line", ["neo4j_lts", "neo4j_newest"])


@pytest.fixture
async def emptied(line: str, request: pytest.FixtureRequest) -> RunningNeo4j:
    """The shared server of a line, with nothing in it."""
    server: RunningNeo4j = request.getfixturevalue(line)
    await server.wiped()
    return server


async def test_a_server_killed_again_and_again_loses_nothing_doubles_nothing_and_answers_right(
    start_neo4j: Callable[..., Neo4jServer],
) -> None:
    chance, server = random.Random(17), start_neo4j(QUICK)
    store, reader = open_on(server, embedder=Meanings()), open_on(server, tenant="settled")
    await reader.record(batch(0), now=NOW)
    asked = ("batch 0 shared licence", as_of(LATER), 100)
    right = {hit.fact.id for hit in await reader.search(*asked) if hit.fact}
    assert len(right) == OWN + SHARED
    recorded: list[Recorded] = []
    searched, over, more = 0, asyncio.Event(), asyncio.Event()

    async def write() -> None:
        for number in itertools.takewhile(lambda _: not over.is_set(), itertools.count()):
            recorded.append(await store.record(batch(number), now=NOW))
            more.set()

    async def read() -> None:
        nonlocal searched
        while not over.is_set():
            assert {hit.fact.id for hit in await reader.search(*asked) if hit.fact} == right
            searched += 1
            more.set()

    async def kill() -> None:
        for _ in range(KILLS):
            wanted = len(recorded) + chance.randrange(1, 4), searched + 1
            while len(recorded) < wanted[0] or searched < wanted[1]:
                more.clear()
                await more.wait()
            await asyncio.sleep(chance.uniform(0, 0.1))
            server.kill()
            await asyncio.to_thread(server.start)
        over.set()

    async with asyncio.TaskGroup() as tasks:
        for part in (write(), read(), kill()):
            tasks.create_task(part)
    assert recorded == [WHOLE] * len(recorded)
    serial = MemoryStore("us", Meanings())
    for number in range(len(recorded)):
        await serial.record(batch(number), now=NOW)
    await came_to_the_same(store, serial, server)
    (bare,) = server.asked(
        "MATCH ()-[r:RELATES_TO {group_id: 'us'}]->() WHERE r.fact_embedding IS NULL RETURN count(*) AS facts"
    )
    assert bare == {"facts": 0}
    await store.close()
    await reader.close()


@LINES
@pytest.mark.parametrize(
    "tears",
    [
        ["before the server has it"],
        ["after the server did it"],
        ["after the server did it"] * 2,
        ["before the server has it", "after the server did it", "before the server has it"] * 2,
    ],
    ids=["lost", "done", "done, done again", "six times"],
)
@pytest.mark.service
async def test_a_commit_whose_answer_is_lost_takes_place_once_and_is_told_right(
    emptied: RunningNeo4j, tears: list[Tear]
) -> None:
    episode, changed = told("Wan runs under MIT.", "2025-01-02"), said("GPL", recorded_at="2025-01-03")
    serial = MemoryStore("us")
    async with severing(emptied.uri) as stretch:
        store = open_on(emptied, stretch.uri, embedder=Meanings())
        await store.counts()
        for claims, episodes in (
            (batch(0), []),
            ([said("MIT"), *batch(0)], [episode]),
            ([changed], []),
            ([], [episode]),
        ):
            stretch.tears = [*tears]
            expected = await serial.record(claims, episodes, now=NOW)
            assert await store.record(claims, episodes, now=NOW) == expected
            assert stretch.tears == []
        await came_to_the_same(store, serial, emptied)
        await store.close()


@pytest.mark.service
async def test_what_a_forget_erased_is_told_right_when_its_commit_was_not_heard(neo4j_newest: RunningNeo4j) -> None:
    await neo4j_newest.wiped()
    serial, wan = MemoryStore("us"), Pattern(subject="Wan")
    async with severing(neo4j_newest.uri) as stretch:
        store = open_on(neo4j_newest, stretch.uri)
        for each in (store, serial):
            await each.record([said("MIT"), *batch(0)], [told("Wan runs under MIT.", "2025-01-02")], now=NOW)
        stretch.tears = ["after the server did it"]
        forgotten = await store.forget(wan, now=NOW), await serial.forget(wan, now=NOW)
        await came_to_the_same(store, serial, neo4j_newest)
        await store.close()
    assert forgotten[0] == forgotten[1]


@LINES
@pytest.mark.service
async def test_a_server_that_stays_away_is_waited_for_and_then_named(emptied: RunningNeo4j) -> None:
    async with severing(emptied.uri) as stretch:
        store = open_on(emptied, stretch.uri, patience=0.5)
        await store.record([said("MIT")], now=NOW)
        away = rf"^{stretch.uri} does not answer as a Neo4j server \(Connection refused\): start it, or name another"
        await stretch.close()
        for refused in (store.record([said("GPL")], now=NOW), store.search("MIT", as_of(LATER), 10)):
            with pytest.raises(StoreError, match=away):
                await refused
        await stretch.open()
        assert [hit.fact.object for hit in await store.search("MIT", as_of(LATER), 10) if hit.fact] == ["MIT"]
        assert (await store.record([said("GPL")], now=NOW)).new == 1
        await store.close()


@pytest.mark.service
async def test_a_write_that_broke_off_at_its_commit_and_found_no_server_again_says_what_is_not_known(
    neo4j_newest: RunningNeo4j,
) -> None:
    await neo4j_newest.wiped()
    async with severing(neo4j_newest.uri) as stretch:
        store = open_on(neo4j_newest, stretch.uri)
        await store.counts()
        store._server._patience = 0
        stretch.tears = ["after the server did it"]
        with pytest.raises(StoreError, match="whether it did is not known: do this again once it answers; nothing is"):
            await store.record([said("MIT")], now=NOW)
        assert await store.record([said("MIT")], now=NOW) == Recorded(new=0, known=1, forgotten=0, episodes=0)
        await store.close()


async def stop_after(stretch: Severing, answers: int, store: Neo4jStore, work: Any) -> bool:
    """Cancel the work when the server has given so many answers; whether it was done before that."""
    stretch.answers = answers
    stretch.stalled.clear()
    task, stalled = asyncio.create_task(work), asyncio.create_task(stretch.stalled.wait())
    done, _ = await asyncio.wait({task, stalled}, return_when=asyncio.FIRST_COMPLETED)
    stretch.answers = None
    if task in done:
        stalled.cancel()
        await task
        return True
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return False


async def transactions_end(server: RunningNeo4j) -> None:
    """Wait until the server has no transaction but the one that asks."""
    while len(await asyncio.to_thread(server.asked, "SHOW TRANSACTIONS YIELD transactionId")) > 1:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # the server tells nobody when one ends


@LINES
@pytest.mark.service
async def test_work_that_is_cancelled_leaves_no_transaction_and_nothing_written(emptied: RunningNeo4j) -> None:
    async with severing(emptied.uri) as stretch:
        store = open_on(emptied, stretch.uri)
        nothing = await store.counts()
        for answers in itertools.count():
            done = await stop_after(stretch, answers, store, store.record(batch(0), now=NOW))
            await transactions_end(emptied)
            kept = await store.counts()
            assert kept == nothing or kept["claims"] == OWN + SHARED
            if done or kept != nothing:  # the last one that is cancelled was committing
                break
        assert answers > 5
        await store.record(batch(0), now=NOW)
        for answers in itertools.count():
            done = await stop_after(stretch, answers, store, store.search("batch", as_of(LATER), 10))
            await transactions_end(emptied)
            if done:
                break
        assert answers > 2
        assert len(await store.recall(Pattern(), EVER)) == OWN + SHARED
        await store.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk on which a server has room, but not for much."""
    folder = Path(tempfile.mkdtemp(prefix="modelatlas-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    folder.rmdir()


def fill(disk: Path) -> Path:
    """Leave no room on a disk; the file that takes it."""
    file = disk / "everything else"
    with file.open("wb", buffering=0) as filling:
        try:
            while True:
                filling.write(bytes(4096))
        except OSError:
            return file


async def test_a_full_disk_is_told_and_nothing_is_half_written(
    start_neo4j: Callable[..., Neo4jServer], small_disk: Path
) -> None:
    server = start_neo4j(QUICK, home=small_disk / "home")
    store, serial = open_on(server, patience=2), MemoryStore("us")
    acknowledged = 0

    async def ingest(end: int) -> None:
        nonlocal acknowledged
        while acknowledged < end:
            await store.record(batch(acknowledged), now=NOW)
            await serial.record(batch(acknowledged), now=NOW)
            acknowledged += 1

    await ingest(5)
    filling = fill(small_disk)
    with pytest.raises(StoreError) as refused:
        await ingest(1000)
    assert str(refused.value).startswith(f"{server.uri} could not write to its disk, and nothing of this was written")
    assert str(refused.value).endswith("see whether the disk is full, make room, and start the server again.")
    filling.unlink()
    server.kill()
    server.start()
    await came_to_the_same(store, serial, server)
    assert await store.record(batch(acknowledged), now=NOW) == WHOLE
    await serial.record(batch(acknowledged), now=NOW)
    await ingest(acknowledged + 5)
    await came_to_the_same(store, serial, server)
    await store.close()
    server.stop()
