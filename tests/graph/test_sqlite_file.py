"""The file itself: what is opened, what is refused, and what a connection keeps when things go wrong."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from utterances import LATER, answers, on, said

from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite import schema
from modelatlas.graph.sqlite.database import Database

TOMBSTONE = "INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES ('us', 0, 0, 0, 0)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "atlas.sqlite"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    opened = Database(path)
    yield opened
    await opened.close()


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as any SQLite program sees it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def tombstones(connection: sqlite3.Connection) -> int:
    count: int = connection.execute("SELECT count(*) FROM tombstone").fetchone()[0]
    return count


async def test_what_was_recorded_is_there_when_the_file_is_opened_again(path: Path) -> None:
    first = GraphitiStore(path, "us")
    await first.record([said("MIT")], now=on(LATER))
    await first.close()
    second = GraphitiStore(path, "us")
    assert answers(await second.recall(Pattern(), EVER)) == ["MIT"]
    await second.close()
    assert [file.name for file in path.parent.iterdir()] == ["atlas.sqlite"]


async def test_the_folders_above_a_new_file_are_made(tmp_path: Path) -> None:
    store = GraphitiStore(tmp_path / "a" / "b" / "atlas.sqlite", "us")
    assert (await store.counts())["claims"] == 0
    await store.close()


def test_a_file_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with plain(path) as foreign:
        foreign.execute("CREATE TABLE bookmarks (url TEXT)")
        foreign.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        Database(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_file_of_a_newer_program_is_refused_and_left_as_it_is(path: Path) -> None:
    newer = len(schema.MIGRATIONS) + 1
    with plain(path) as connection:
        connection.execute("CREATE TABLE of_tomorrow (x)")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newer}")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"newer modelatlas \(schema {newer}.*upgrade"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"# a text file\n" * 100, b"\x00" * 4096, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot be opened as a modelatlas file"):
        Database(path)
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_modelatlas_file(path: Path) -> None:
    path.touch()
    asyncio.run(Database(path).close())
    with plain(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
        assert connection.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION_ID,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        Database(tmp_path)


@pytest.mark.parametrize("place", ["file/atlas.sqlite", "file/folder/atlas.sqlite"])
def test_a_place_below_a_file_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened as a modelatlas file"):
        Database(tmp_path / place)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that nobody may write to")
@pytest.mark.parametrize("place", ["/proc/atlas.sqlite", "/proc/folder/atlas.sqlite"])
def test_a_place_that_cannot_be_written_is_refused(place: str) -> None:
    with pytest.raises(StoreError, match=f"{place} cannot be opened as a modelatlas file"):
        Database(Path(place))


def test_a_migration_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(Database(path).close())
    with plain(path) as connection:
        connection.execute(TOMBSTONE)
    known = schema.MIGRATIONS
    breaking = "CREATE TABLE halfway (x); UPDATE tombstone SET tenant = 'x'; CREATE TABLE halfway (x);"
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, "CREATE TABLE first (x);", breaking))
    with pytest.raises(StoreError, match="halfway"):
        Database(path)
    with plain(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(known),)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        assert not names & {"first", "halfway"}
        assert connection.execute("SELECT tenant FROM tombstone").fetchall() == [("us",)]
    monkeypatch.setattr(schema, "MIGRATIONS", (*known, "CREATE TABLE first (x);"))
    asyncio.run(Database(path).close())
    with plain(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(known) + 1,)
        assert connection.execute("SELECT count(*) FROM first").fetchone() == (0,)


def test_a_first_migration_that_fails_leaves_an_empty_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (f"{known[0]}\nCREATE TABLE edge (x);",))
    with pytest.raises(StoreError, match="edge"):
        Database(path)
    monkeypatch.setattr(schema, "MIGRATIONS", known)
    asyncio.run(Database(path).close())


async def test_a_write_that_fails_leaves_nothing_behind(database: Database) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute(TOMBSTONE)
        raise LookupError("our own bug")

    with pytest.raises(LookupError, match="our own bug"):
        await database.write(work)
    assert await database.read(tombstones) == 0
    await database.write(lambda connection: connection.execute(TOMBSTONE))
    assert await database.read(tombstones) == 1


async def test_what_the_database_cannot_do_is_a_store_error(database: Database) -> None:
    with pytest.raises(StoreError, match="no such table: missing"):
        await database.read(lambda connection: connection.execute("SELECT * FROM missing"))


async def test_a_read_sees_one_snapshot_while_another_writes(database: Database) -> None:
    reading, written = threading.Event(), threading.Event()

    def work(connection: sqlite3.Connection) -> tuple[int, int]:
        before = tombstones(connection)
        reading.set()
        assert written.wait(60)
        return before, tombstones(connection)

    both = asyncio.create_task(database.read(work))
    await asyncio.to_thread(reading.wait, 60)
    await database.write(lambda connection: connection.execute(TOMBSTONE))
    written.set()
    assert await both == (0, 0)
    assert await database.read(tombstones) == 1


@pytest.mark.parametrize("kind", ["read", "write"])
async def test_a_caller_that_is_cancelled_does_not_disturb_the_next(database: Database, kind: str) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: sqlite3.Connection) -> None:
        if kind == "write":
            connection.execute(TOMBSTONE)
        begun.set()
        assert go_on.wait(60)

    do = database.write if kind == "write" else database.read
    cancelled = asyncio.create_task(do(slow))
    await asyncio.to_thread(begun.wait, 60)
    cancelled.cancel()
    if kind == "read":
        go_on.set()  # a read is waited for: SQLite interrupts it, this one says itself when it ends
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    following = asyncio.create_task(do(tombstones))
    closing_then = asyncio.create_task(database.close())
    asyncio.get_running_loop().call_soon(go_on.set)
    assert await following == (1 if kind == "write" else 0)
    await closing_then


async def test_a_closed_store_says_so_and_closes_again_without_complaint(path: Path) -> None:
    store = GraphitiStore(path, "us")
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.recall(Pattern(), EVER)
    with pytest.raises(StoreError, match="closed"):
        await store.record([said("MIT")], now=on(LATER))


async def test_many_tasks_may_use_one_store_at_once(path: Path) -> None:
    store = GraphitiStore(path, "us")
    await asyncio.gather(
        *(store.record([said(f"task {number}", predicate="task")], now=on(LATER)) for number in range(30)),
        *(store.recall(Pattern(), EVER) for _ in range(30)),
        *(store.search("task", EVER, 3) for _ in range(10)),
    )
    assert len(await store.recall(Pattern(), EVER)) == 30
    await store.close()


async def test_the_log_is_written_to_disk_before_it_is_acknowledged(database: Database) -> None:
    def settings(connection: sqlite3.Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        return {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    assert await database.write(settings) == expected
