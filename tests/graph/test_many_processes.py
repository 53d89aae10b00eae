"""Several processes on one file, and processes that are killed while they write."""

import multiprocessing
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from utterances import LATER, as_of, on, said
from writers import NOW, OWN, SHARED, batch, write_batches, write_claims

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import ALL

KILLS, BATCHES = 60, 60
AT_END = as_of(LATER)


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes forked from one that has imported the store and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "writers"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        forkserver.ensure_running()
    return context


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "atlas.sqlite"


def writer(
    context: multiprocessing.context.ForkServerContext, path: Path, numbers: range
) -> tuple[BaseProcess, Connection]:
    """A process that writes batches, and where it acknowledges them."""
    acknowledged, theirs = context.Pipe(duplex=False)
    process = context.Process(target=write_batches, args=(path, numbers, theirs))
    process.start()
    theirs.close()
    return process, acknowledged


def drained(acknowledged: Connection) -> Iterator[int]:
    """All that is acknowledged until the writer ends."""
    with suppress(EOFError):
        while True:
            yield acknowledged.recv()


async def number_of_batches(store: GraphitiStore) -> int:
    """How many batches there are, once each was found to be there as a whole."""
    facts = await store.recall(Pattern(), AT_END)
    tasks = Counter(fact.object for fact in facts if fact.predicate == "task")
    licences = [fact.object for fact in facts if fact.predicate == "licence_code"]
    assert tasks == {f"batch {number}": OWN for number in range(len(tasks))}
    assert licences == ([f"v{len(tasks) - 1}"] * SHARED if tasks else [])
    return len(tasks)


async def test_a_reader_sees_each_batch_whole_or_not_at_all(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
    store = GraphitiStore(path, "us")
    process, acknowledged = writer(processes, path, range(BATCHES))
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


async def test_what_was_acknowledged_outlives_any_kill(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
    chance = random.Random(20250611)
    written = 0
    for _ in range(KILLS):
        process, acknowledged = writer(processes, path, range(written, 10**6))
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
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for index in ("edge_words", "episode_words"):
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")


async def test_eight_writers_at_once_leave_what_one_would(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
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


def test_the_graph_is_light_to_import() -> None:
    script = "import writers; print(writers.heavy_modules())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
