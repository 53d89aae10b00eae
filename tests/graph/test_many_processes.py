"""Several processes on one file, and processes that are killed while they write."""

import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import drained, started
from stored_rows import wrong_with
from utterances import LATER, as_of, on, said
from writers import (
    NOW,
    OWN,
    SHARED,
    batch,
    read_until_told,
    small_batch,
    write_batches,
    write_claims,
    write_small_batches,
)

from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import ALL
from modelatlas.graph.sqlite.database import Database

pytest_plugins = ("forked",)

KILLS, BATCHES = 100, 60
WRITERS, EACH = 8, 1000
AT_END = as_of(LATER)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "atlas.sqlite"


async def number_of_batches(store: GraphitiStore) -> int:
    """How many batches there are, once each was found to be there as a whole."""
    facts = await store.recall(Pattern(), AT_END)
    tasks = Counter(fact.object for fact in facts if fact.predicate == "task")
    licences = [fact.object for fact in facts if fact.predicate == "licence_code"]
    assert tasks == {f"batch {number}": OWN for number in range(len(tasks))}
    assert licences == ([f"v{len(tasks) - 1}"] * SHARED if tasks else [])
    return len(tasks)


async def test_a_reader_sees_each_batch_whole_or_not_at_all(processes: ForkServerContext, path: Path) -> None:
    store = GraphitiStore(path, "us")
    process, acknowledged = started(processes, write_batches, path, range(BATCHES))
    done = 0
    while done < BATCHES:
        while done < BATCHES and acknowledged.poll():
            done = acknowledged.recv() + 1
        assert await number_of_batches(store) >= done
        assert (await store.counts())["claims"] % (OWN + SHARED) == 0
    process.join()
    assert process.exitcode == 0
    assert await number_of_batches(store) == BATCHES
    await store.close()


async def test_what_was_acknowledged_outlives_any_kill(processes: ForkServerContext, path: Path) -> None:
    chance = random.Random(20250611)
    written = 0
    for _ in range(KILLS):
        process, acknowledged = started(processes, write_batches, path, range(written, 10**6))
        promised = written
        for _ in range(chance.randrange(3)):
            promised = acknowledged.recv() + 1
        process.join(chance.uniform(0, 0.02))
        process.kill()
        promised = max(drained(acknowledged), default=promised - 1) + 1
        process.join()
        acknowledged.close()
        assert process.exitcode == -9
        store = GraphitiStore(path, "us")
        written = await number_of_batches(store)
        assert promised <= written <= promised + 1
        await store.close()
    store = GraphitiStore(path, "us")
    expected = MemoryStore("us")
    for number in range(written):
        await expected.record(batch(number), now=NOW)
    assert await store.history(Pattern()) == await expected.history(Pattern())
    assert await store.counts() == await expected.counts()
    await store.close()
    assert await wrong_with(path) == []


async def test_eight_writers_at_once_leave_what_one_would(processes: ForkServerContext, path: Path) -> None:
    chance = random.Random(8)
    claims = [
        said(
            chance.choice("abc"),
            f"2024-{chance.randrange(1, 13):02}-01",
            chance.choice([None, "2026-01-01"]),
            predicate=chance.choice(["licence_code", "task"]),
            recorded_at=f"2025-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            kind=chance.choice(["assert", "assert", "retract"]),
        )
        for _ in range(120)
    ]
    start = processes.Barrier(8)
    lines = [claim.canonical for claim in claims]
    every = [processes.Process(target=write_claims, args=(path, lines[n::8], start)) for n in range(8)]
    for process in every:
        process.start()
    for process in every:
        process.join()
    assert [process.exitcode for process in every] == [0] * 8
    serial = MemoryStore("us")
    await serial.record(claims, now=NOW)
    store = GraphitiStore(path, "us")
    assert await store.history(Pattern()) == await serial.history(Pattern())
    assert await store.recall(Pattern(), as_of(ALL, on("2025-07-01").isoformat())) == await serial.recall(
        Pattern(), as_of(ALL, "2025-07-01")
    )
    assert await store.counts() == await serial.counts()
    await store.close()


async def test_eight_writers_of_a_thousand_batches_leave_what_one_would_and_readers_go_on(
    processes: ForkServerContext, path: Path
) -> None:
    start, stop = processes.Barrier(WRITERS + 1), processes.Event()
    reader, counted = started(processes, read_until_told, path, stop)
    every = [
        processes.Process(target=write_small_batches, args=(path, writer, EACH, start)) for writer in range(WRITERS)
    ]
    for process in every:
        process.start()
    start.wait()
    one = MemoryStore("us")
    for number in range(EACH):
        for writer in range(WRITERS):
            await one.record(small_batch(writer, number), now=NOW)
    seen = []
    for process in every:
        while process.is_alive():
            process.join(0.05)
            while counted.poll():
                seen.append(counted.recv())
    stop.set()
    seen += drained(counted)
    reader.join()
    assert [process.exitcode for process in (reader, *every)] == [0] * (WRITERS + 1)
    assert all(before == after for before, after in seen), "a long read saw more than one moment"
    claims = [before[0] for before, _ in seen]
    assert claims == sorted(claims)
    assert len(set(claims)) > 10, "no reader read while others wrote"
    assert all(count % 3 == 0 for count in claims), "a batch was seen in part"
    store = GraphitiStore(path, "us")
    assert await store.history(Pattern()) == await one.history(Pattern())
    assert await store.counts() == await one.counts()
    assert (await store.counts())["claims"] == 3 * WRITERS * EACH
    await store.close()
    assert await wrong_with(path) == []


async def test_a_write_that_waited_too_long_says_who_is_in_its_way(path: Path) -> None:
    database = Database(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        await database.write(lambda db: db.execute("PRAGMA busy_timeout = 50"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"Another process has held the atlas file.*try again"):
            await database.write(lambda db: db.execute("DELETE FROM claim"))
    await database.write(lambda db: db.execute("DELETE FROM claim"))
    await database.close()


def test_the_graph_is_light_to_import() -> None:
    script = "import writers; print(writers.heavy_modules())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
