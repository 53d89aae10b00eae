"""What the processes of the tests do; imported once, in the process that they are forked from."""

import asyncio
import concurrent.futures.thread  # noqa: F401 - who becomes nobody may not be able to import it any more
import itertools
import os
import random
import resource
import sqlite3
import sys
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from modelatlas.graph.dates import moment
from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Claim, Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.restoration import restore
from modelatlas.graph.sqlite.care.soundness import check
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near import training
from modelatlas.graph.sqlite.near.placing import place
from modelatlas.graph.text import words
from modelatlas.graph.vocabulary import predicates, words_for

OWN, SHARED = 15, 3
NOBODY = 65534
NOW = moment("2030-01-01").latest

# Read before the fork, so that a writer is killed while it writes and not while it reads a dictionary.
words(f"warm 图像编辑 {words_for('task', 'editing')} {len(predicates())}")


def batch(number: int) -> list[Claim]:
    """What batch `number` says: a task of each of its own models, and its number as the licence of the shared ones."""
    recorded = f"2025-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"

    def said(subject: str, predicate: str, object: str) -> Claim:
        return Claim(
            subject=subject,
            predicate=predicate,
            object=object,
            valid_from="2024-01-01",
            recorded_at=recorded,
            source=Source(id="page"),
        )

    own = [said(f"model {number}.{place}", "task", f"batch {number}") for place in range(OWN)]
    return [*own, *(said(f"shared {place}", "licence_code", f"v{number}") for place in range(SHARED))]


def write_batches(path: Path, numbers: Sequence[int], acknowledged: Connection) -> None:
    """Record batch after batch, and send the number of each once it is recorded."""

    async def run() -> None:
        store = GraphitiStore(path, "us")
        for number in numbers:
            await store.record(batch(number), now=NOW)
            acknowledged.send(number)
        await store.close()

    asyncio.run(run())


def write_claims(path: Path, lines: Sequence[str], start: Barrier) -> None:
    """Open the file when all others do, and record the claims one by one."""

    async def run() -> None:
        start.wait()
        store = GraphitiStore(path, "us")
        for line in lines:
            await store.record([Claim.model_validate_json(line)], now=NOW)
        await store.close()

    asyncio.run(run())


def small_batch(writer: int, number: int) -> list[Claim]:
    """Three claims of a writer: one of its own, and two on which other writers have a say."""
    recorded = f"2025-02-{number // 1440 + 1:02}T{number // 60 % 24:02}:{number % 60:02}:{writer:02}Z"

    def said(subject: str, predicate: str, object: str) -> Claim:
        source = Source(id="page")
        return Claim(subject=subject, predicate=predicate, object=object, recorded_at=recorded, source=source)

    return [
        said(f"model {writer}.{number}", "task", f"task {number % 7}"),
        said(f"shared {number}", "licence_code", f"v{writer}.{number}"),
        said(f"shared {number}", "task", f"task {number % 5}"),
    ]


def write_small_batches(path: Path, writer: int, count: int, start: Barrier) -> None:
    """Open the file when all others do, and record this writer's batches one by one."""

    async def run() -> None:
        start.wait()
        store = GraphitiStore(path, "us")
        for number in range(count):
            await store.record(small_batch(writer, number), now=NOW)
        await store.close()

    asyncio.run(run())


def read_until_told(path: Path, stop: Event, counted: Connection) -> None:
    """Read the file again and again, and send what each read saw: how many claims and tasks, twice in one read."""

    def seen(connection: sqlite3.Connection) -> tuple[int, int]:
        claims = connection.execute("SELECT count(*) FROM claim").fetchone()[0]
        tasks = connection.execute("SELECT count(*) FROM edge WHERE name = 'task' AND line IS NOT NULL").fetchone()[0]
        return claims, tasks

    def twice(connection: sqlite3.Connection) -> tuple[tuple[int, int], tuple[int, int]]:
        first = seen(connection)
        time.sleep(0.01)
        return first, seen(connection)

    async def run() -> None:
        database = Database(path)
        while not stop.is_set():
            counted.send(await database.read(twice))
        await database.close()

    asyncio.run(run())


def back_up_again_and_again(path: Path, folder: Path, done: Connection) -> None:
    """Make backups, each of another name, and send the name of each once it is made."""

    async def run() -> None:
        for number in itertools.count():
            target = folder / f"{number}.sqlite"
            await back_up(path, target)
            done.send(target.name)

    asyncio.run(run())


def place_again_and_again(path: Path, done: Connection) -> None:
    """Record facts with vectors and bring their index up to date, and send how many there are after each."""
    training.FEW = 100
    training._GROWN = 1

    async def run() -> None:
        database, store = Database(path), GraphitiStore(path, "us")
        for number in itertools.count((await store.counts())["facts"] // (OWN + SHARED)):
            await store.record(batch(number), now=NOW)
            await database.write(give_vectors)
            await place(database)
            done.send((await store.counts())["facts"])

    asyncio.run(run())


def give_vectors(connection: sqlite3.Connection) -> None:
    """Give a vector to every edge that has none."""
    rows = connection.execute("SELECT id FROM edge WHERE id NOT IN (SELECT id FROM edge_vector)").fetchall()
    chance = random.Random(len(rows))
    made = [(row["id"], packing.pack([chance.gauss(0, 1) for _ in range(8)])) for row in rows]
    vectors.put(connection, "edge", made)


def restore_in_turn(path: Path, backups: Sequence[Path], done: Connection) -> None:
    """Restore one backup after the other, and send the number of each once it is restored."""

    async def run() -> None:
        for number in itertools.count():
            await restore(path, backups[number % len(backups)], None)
            done.send(number)

    asyncio.run(run())


def become_a_reader() -> None:
    """Be a user whom the modes of files bind: root is bound by none."""
    if os.geteuid() == 0:
        os.setuid(NOBODY)


def check_as_nobody(path: Path, done: Connection) -> None:
    """Check the file as a user who may only read it and its folder."""
    become_a_reader()
    done.send(asyncio.run(check(path)))


def write_until_refused(path: Path, told: Connection) -> None:
    """Record batch after batch, and send the number of each; in the end, with what words one was refused."""

    async def run() -> None:
        store = GraphitiStore(path, "us")
        try:
            for number in itertools.count():
                await store.record(batch(number), now=NOW)
                told.send(number)
        except StoreError as error:
            told.send(str(error))
        await store.close()

    asyncio.run(run())


def write_within(size: int, path: Path, told: Connection) -> None:
    """The same, with no file growing over that many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    write_until_refused(path, told)


def back_up_within(size: int, path: Path, target: Path, told: Connection) -> None:
    """Make a backup with no file growing over that many bytes, and send with what words it was refused."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        asyncio.run(back_up(path, target))
    except StoreError as error:
        told.send(str(error))


def write_as_nobody(path: Path, told: Connection) -> None:
    """As a user who may only read the file: send what it says, and with what words a claim was refused."""
    become_a_reader()

    async def run() -> None:
        store = GraphitiStore(path, "us")
        told.send([fact.object for fact in await store.recall(Pattern(), EVER)])
        try:
            await store.record(batch(0), now=NOW)
        except StoreError as error:
            told.send(str(error))
        await store.close()

    asyncio.run(run())


def open_as_nobody(path: Path, told: Connection) -> None:
    """As a user who may write nothing: send with what words the file was refused."""
    become_a_reader()
    try:
        Database(path)
    except StoreError as error:
        told.send(str(error))


def open_file(path: Path, done: Connection) -> None:
    """Say so, open the file, and say so again."""
    done.send("opens")
    Database(path)
    done.send("opened")
    time.sleep(60)


def heavy_modules() -> list[str]:
    """Those of the heavy third parties that are imported in this process."""
    return sorted({"graphiti_core", "langgraph", "torch", "neo4j", "openai"} & sys.modules.keys())
