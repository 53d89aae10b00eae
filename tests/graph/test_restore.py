"""What an atlas becomes when a backup is restored, and what refuses to be one."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from stopping import stopped_at
from stored_rows import rows, wrong_with
from utterances import LATER, answers, on, said

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite import schema
from modelatlas.graph.sqlite.care import restoration
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.restoration import restore

pytest_plugins = ("furnished",)

Change = Callable[[Path], object]


async def record(path: Path, *licences: str) -> None:
    store = GraphitiStore(path, "us")
    await store.record([said(None, predicate="note", value=licence) for licence in licences], now=on(LATER))
    await store.close()


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_restored_atlas_is_what_it_was_and_what_it_became_is_kept(furnished: Path) -> None:
    backup, keep = furnished.parent / "backup.sqlite", furnished.parent / "kept.sqlite"
    was = rows(furnished)
    await back_up(furnished, backup)
    await record(furnished, "added later")
    became = rows(furnished)
    assert await restore(furnished, backup, keep) == keep
    assert rows(furnished) == was != became
    assert rows(keep) == became
    assert names(furnished.parent) == ["atlas.sqlite", "backup.sqlite", "kept.sqlite"]
    assert await wrong_with(furnished) == []


async def test_who_has_the_file_open_reads_the_old_until_the_new_is_whole(tmp_path: Path) -> None:
    path, backup = tmp_path / "atlas.sqlite", tmp_path / "backup.sqlite"
    store = GraphitiStore(path, "us")
    await store.record([said("old", predicate="task")], now=on(LATER))
    await back_up(path, backup)
    await store.record([said("new", predicate="task")], now=on(LATER))
    seen: list[list[str]] = []
    loop = asyncio.get_running_loop()

    def progress(part: str, done: int, total: int) -> None:
        if part == "restore":
            read = asyncio.run_coroutine_threadsafe(store.recall(Pattern(), EVER), loop)
            seen.append(answers(read.result(60)))

    await restore(path, backup, None, progress=progress)
    assert len(seen) > 10
    assert {tuple(it) for it in seen} == {("new", "old")}
    assert answers(await store.recall(Pattern(), EVER)) == ["old"]
    await store.record([said("newer", predicate="task")], now=on(LATER))
    assert answers(await store.recall(Pattern(), EVER)) == ["newer", "old"]
    await store.close()
    assert await wrong_with(path) == []


async def test_a_write_that_waits_for_a_restore_lands_on_what_was_restored(tmp_path: Path) -> None:
    path, backup = tmp_path / "atlas.sqlite", tmp_path / "backup.sqlite"
    await record(path, "old")
    await back_up(path, backup)
    await record(path, "lost")
    store = GraphitiStore(path, "us")
    writes: list[asyncio.Task[object]] = []
    loop = asyncio.get_running_loop()

    def write() -> None:
        writes.append(asyncio.ensure_future(store.record([said("kept")], now=on(LATER))))

    def progress(part: str, done: int, total: int) -> None:
        if part == "restore" and not writes:
            loop.call_soon_threadsafe(write)

    await restore(path, backup, None, progress=progress)
    await asyncio.gather(*writes)
    assert {fact.object or fact.value for fact in await store.recall(Pattern(), EVER)} == {"old", "kept"}
    await store.close()


@pytest.mark.parametrize("part", ["copy", "restore"])
async def test_a_restore_that_is_cancelled_changes_nothing(furnished: Path, part: str) -> None:
    backup = furnished.parent / "backup.sqlite"
    await back_up(furnished, backup)
    await record(furnished, "added later")
    before = rows(furnished)
    await stopped_at(part, lambda progress: asyncio.ensure_future(restore(furnished, backup, None, progress=progress)))
    assert rows(furnished) == before
    assert names(furnished.parent) == ["atlas.sqlite", "backup.sqlite"]


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        connection.execute("CREATE TABLE of_tomorrow (x)")


def half(path: Path) -> None:
    backup = path.with_name("whole.sqlite")
    asyncio.run(back_up(path.with_name("atlas.sqlite"), backup))
    path.write_bytes(backup.read_bytes()[: backup.stat().st_size // 2])
    backup.unlink()


def without_an_index(path: Path) -> None:
    asyncio.run(back_up(path.with_name("atlas.sqlite"), path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP INDEX edge_line")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (foreign, "another program"),
        (newer, "newer modelatlas"),
        (Path.touch, "nothing in it"),
        (lambda path: path.write_text("# notes" * 100), "no backup"),
        (half, "damaged.*nothing was changed"),
        (without_an_index, "damaged, so nothing was changed.*edge_line"),
        (lambda path: None, "no backup at"),
    ],
)
def test_what_is_no_sound_backup_is_refused_and_nothing_changes(furnished: Path, make: Change, told: str) -> None:
    backup = furnished.parent / "backup.sqlite"
    make(backup)
    given = backup.read_bytes() if backup.exists() else None
    before = rows(furnished)
    with pytest.raises((BadInput, StoreError), match=told):
        asyncio.run(restore(furnished, backup, furnished.parent / "kept.sqlite"))
    assert rows(furnished) == before
    assert (backup.read_bytes() if backup.exists() else None) == given
    assert not (furnished.parent / "kept.sqlite").exists()


@pytest.mark.parametrize("damaged", [b"\x00" * 9000, b"SQLite format 3\x00" + b"\xff" * 9000])
async def test_an_atlas_that_nobody_can_open_is_put_aside_and_restored(furnished: Path, damaged: bytes) -> None:
    backup, keep = furnished.parent / "backup.sqlite", furnished.parent / "kept.sqlite"
    await back_up(furnished, backup)
    was = rows(furnished)
    furnished.write_bytes(damaged)
    furnished.with_name("atlas.sqlite-wal").write_bytes(b"the log of it")
    assert await restore(furnished, backup, keep) == keep
    assert keep.read_bytes() == damaged
    assert keep.with_name("kept.sqlite-wal").read_bytes() == b"the log of it"
    assert rows(furnished) == was
    assert await wrong_with(furnished) == []


async def test_an_atlas_with_a_damaged_page_is_restored(furnished: Path) -> None:
    backup, keep = furnished.parent / "backup.sqlite", furnished.parent / "kept.sqlite"
    await back_up(furnished, backup)
    was = rows(furnished)
    damaged = bytearray(furnished.read_bytes())
    damaged[5 * 4096 : 9 * 4096] = b"\x77" * (4 * 4096)
    furnished.write_bytes(damaged)
    await restore(furnished, backup, keep)
    assert keep.read_bytes()[5 * 4096 : 9 * 4096] == b"\x77" * (4 * 4096)
    assert rows(furnished) == was


async def test_a_backup_is_restored_where_there_is_no_atlas_yet(furnished: Path, tmp_path: Path) -> None:
    backup, path = tmp_path / "backup.sqlite", tmp_path / "new" / "atlas.sqlite"
    await back_up(furnished, backup)
    assert await restore(path, backup, tmp_path / "kept.sqlite") is None
    assert rows(path) == rows(furnished)
    assert not (tmp_path / "kept.sqlite").exists()


async def test_a_backup_with_other_pages_is_restored(furnished: Path) -> None:
    backup = furnished.parent / "backup.sqlite"
    await back_up(furnished, backup)
    with closing(sqlite3.connect(backup, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("VACUUM")
    was = rows(furnished)
    await record(furnished, "added later")
    await restore(furnished, backup, None)
    assert rows(furnished) == was
    assert await wrong_with(furnished) == []


async def test_a_restore_that_cannot_be_the_one_that_writes_gives_up(
    furnished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoration, "BUSY_SECONDS", 0.3)
    backup = furnished.parent / "backup.sqlite"
    await back_up(furnished, backup)
    before = rows(furnished)
    with closing(sqlite3.connect(furnished, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="Another process has been writing"):
            await restore(furnished, backup, None)
    assert rows(furnished) == before


async def test_the_atlas_itself_and_a_taken_name_are_refused(furnished: Path) -> None:
    backup = furnished.parent / "backup.sqlite"
    await back_up(furnished, backup)
    with pytest.raises(BadInput, match="the atlas itself"):
        await restore(furnished, furnished, None)
    with pytest.raises(BadInput, match="is there already"):
        await restore(furnished, backup, backup)
