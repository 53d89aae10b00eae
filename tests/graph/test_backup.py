"""Backups: one plain file, one moment, whole or not there."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import started
from stopping import stopped_at
from stored_rows import rows, wrong_with
from utterances import LATER, on, said
from writers import OWN, SHARED, write_batches

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite.care.backup import back_up

pytest_plugins = ("forked", "furnished")


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_backup_is_one_plain_file_with_everything_in_it(furnished: Path) -> None:
    target = furnished.parent / "backup.sqlite"
    size = await back_up(furnished, target)
    assert names(furnished.parent) == ["atlas.sqlite", "backup.sqlite"]
    assert size == target.stat().st_size
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert rows(target) == rows(furnished)
    assert await wrong_with(target) == []


async def test_backups_while_others_write_are_each_one_moment(processes: ForkServerContext, tmp_path: Path) -> None:
    path, taken = tmp_path / "atlas.sqlite", list[tuple[int, Path]]()
    writer, acknowledged = started(processes, write_batches, path, range(80))
    promised = acknowledged.recv() + 1
    while writer.is_alive():
        taken.append((promised, tmp_path / f"{len(taken)}.sqlite"))
        await back_up(path, taken[-1][1])
        with suppress(EOFError):
            while acknowledged.poll():
                promised = acknowledged.recv() + 1
    writer.join()
    counted = []
    for promised, backup in taken:
        store = GraphitiStore(backup, "us")
        counted.append((await store.counts())["claims"])
        await store.close()
        assert counted[-1] >= promised * (OWN + SHARED)
        assert await wrong_with(backup) == []
    assert all(count % (OWN + SHARED) == 0 for count in counted)
    assert counted == sorted(counted)
    assert len(set(counted)) > 2, "no backup was made while others wrote"


async def test_a_backup_has_what_was_acknowledged_before_it_began(tmp_path: Path) -> None:
    path = tmp_path / "atlas.sqlite"
    store = GraphitiStore(path, "us")
    for number in range(3):
        await store.record([said(f"v{number}", predicate="task")], now=on(LATER))
        await back_up(path, tmp_path / f"{number}.sqlite")
    await store.close()
    for number in range(3):
        copy = GraphitiStore(tmp_path / f"{number}.sqlite", "us")
        assert len(await copy.recall(Pattern(), EVER)) == number + 1
        await copy.close()


async def test_a_name_that_is_taken_is_overwritten_only_when_told_to(furnished: Path) -> None:
    target = furnished.parent / "backup.sqlite"
    target.write_text("an older one")
    with pytest.raises(BadInput, match=r"is there already.*--force"):
        await back_up(furnished, target)
    assert target.read_text() == "an older one"
    await back_up(furnished, target, overwrite=True)
    assert rows(target) == rows(furnished)


@pytest.mark.parametrize(
    ("target", "told"),
    [("atlas.sqlite", "the atlas itself"), (".", "is a folder"), ("nowhere/backup.sqlite", "no folder")],
)
async def test_a_place_where_no_backup_can_go_is_refused(furnished: Path, target: str, told: str) -> None:
    before = rows(furnished)
    with pytest.raises(BadInput, match=told):
        await back_up(furnished, furnished.parent / target, overwrite=True)
    assert rows(furnished) == before


async def test_an_atlas_in_use_is_not_overwritten_by_a_backup(furnished: Path, tmp_path: Path) -> None:
    other = GraphitiStore(tmp_path / "other.sqlite", "us")
    with pytest.raises(BadInput, match=r"in use.*restore"):
        await back_up(furnished, tmp_path / "other.sqlite", overwrite=True)
    await other.close()


async def test_there_is_no_backup_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no atlas at"):
        await back_up(tmp_path / "atlas.sqlite", tmp_path / "backup.sqlite")
    (tmp_path / "atlas.sqlite").touch()
    with pytest.raises(BadInput, match="nothing in it"):
        await back_up(tmp_path / "atlas.sqlite", tmp_path / "backup.sqlite")
    assert names(tmp_path) == ["atlas.sqlite"]


@pytest.mark.parametrize("part", ["copy", "pages", "full text"])
async def test_a_backup_that_is_cancelled_leaves_nothing(furnished: Path, part: str) -> None:
    target = furnished.parent / "backup.sqlite"
    await stopped_at(part, lambda progress: asyncio.ensure_future(back_up(furnished, target, progress=progress)))
    assert names(furnished.parent) == ["atlas.sqlite"]


async def test_a_damaged_atlas_gives_no_backup(furnished: Path) -> None:
    with closing(sqlite3.connect(furnished)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'claim'").fetchone()[0]
    with furnished.open("r+b") as file:
        file.seek((root - 1) * 4096)
        file.write(b"\x77" * 4096)
    with pytest.raises(StoreError, match=r"damaged.*no backup.*modelatlas check"):
        await back_up(furnished, furnished.parent / "backup.sqlite")
    assert names(furnished.parent) == ["atlas.sqlite"]
