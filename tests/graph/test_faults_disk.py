"""A disk that is full, a file that may only be read: nothing acknowledged is lost, the error says what to do."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import drained, started
from stored_rows import rows, wrong_with
from utterances import LATER, on, said
from writers import back_up_within, open_as_nobody, write_as_nobody, write_until_refused, write_within

from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.care.restoration import restore

pytest_plugins = ("forked",)

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
OTHERS_MAY_NOT_WRITE = 0o755 if ROOT else 0o555  # root's process becomes another user, anybody else stays the owner
FULL = re.compile(
    r"The disk (is full|did not do what the atlas file needs) .*all that was on record before is still there\."
)


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = Path(tempfile.mkdtemp())
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("only root can make a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that every user may read."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def many(count: int) -> list[Claim]:
    return [said("MIT", subject=f"model {number}") for number in range(count)]


async def claims_in(path: Path) -> int:
    store = GraphitiStore(path, "us")
    found = (await store.counts())["claims"]
    await store.close()
    return found


async def write_one_more(path: Path) -> None:
    before = await claims_in(path)
    store = GraphitiStore(path, "us")
    await store.record([said("one more", predicate="task")], now=on(LATER))
    await store.close()
    assert await claims_in(path) == before + 1


@pytest.mark.parametrize("kilobytes", [800, 1500, 3000])
async def test_a_file_that_may_grow_no_more_loses_nothing_acknowledged(
    processes: ForkServerContext, tmp_path: Path, kilobytes: int
) -> None:
    path = tmp_path / "atlas.sqlite"
    process, told = started(processes, write_within, kilobytes * 1024, path)
    *acknowledged, refused = drained(told)
    process.join()
    assert process.exitcode == 0
    assert FULL.fullmatch(refused)
    assert len(acknowledged) > 2
    assert await claims_in(path) == 18 * len(acknowledged)
    assert await wrong_with(path) == []
    await write_one_more(path)


async def test_a_full_disk_loses_nothing_acknowledged(processes: ForkServerContext, small_disk: Path) -> None:
    path = small_disk / "atlas.sqlite"
    process, told = started(processes, write_until_refused, path)
    *acknowledged, refused = drained(told)
    process.join()
    assert "The disk is full" in refused
    assert FULL.fullmatch(refused)
    assert len(acknowledged) > 3
    copy = Path(tempfile.mkdtemp()) / "atlas.sqlite"
    for file in small_disk.iterdir():
        shutil.copy(file, copy.parent)
    assert await claims_in(copy) == 18 * len(acknowledged)
    assert await wrong_with(copy) == []
    await write_one_more(copy)
    shutil.rmtree(copy.parent)


async def test_a_backup_that_has_no_room_is_not_there(small_disk: Path, tmp_path: Path) -> None:
    path, target = tmp_path / "atlas.sqlite", small_disk / "backup.sqlite"
    store = GraphitiStore(path, "us")
    await store.record(many(2500), now=on(LATER))
    with pytest.raises(StoreError, match="disk is full"):
        await back_up(path, target)
    assert list(small_disk.iterdir()) == []
    await store.close()
    assert await wrong_with(path) == []


async def test_a_restore_that_has_no_room_changes_nothing(small_disk: Path, tmp_path: Path) -> None:
    path, other, backup = small_disk / "atlas.sqlite", tmp_path / "other.sqlite", tmp_path / "backup.sqlite"
    for where, count in ((path, 10), (other, 1500)):
        store = GraphitiStore(where, "us")
        await store.record(many(count), now=on(LATER))
        await store.close()
    await back_up(other, backup)
    before = rows(path)
    with pytest.raises(StoreError, match="disk is full"):
        await restore(path, backup, None)
    assert rows(path) == before
    assert [file.name for file in small_disk.iterdir() if file.name.startswith(".")] == []
    assert await wrong_with(path) == []


async def test_a_backup_that_may_grow_no_more_is_not_there(processes: ForkServerContext, tmp_path: Path) -> None:
    path = tmp_path / "atlas.sqlite"
    store = GraphitiStore(path, "us")
    await store.record(many(300), now=on(LATER))
    await store.close()
    process, told = started(processes, back_up_within, 200 * 1024, path, tmp_path / "backup.sqlite")
    (refused,) = drained(told)
    process.join()
    assert FULL.fullmatch(refused)
    assert [file.name for file in tmp_path.iterdir()] == ["atlas.sqlite"]


@pytest.mark.parametrize("folder_mode", [0o777, OTHERS_MAY_NOT_WRITE])
def test_a_file_that_may_only_be_read_says_so_and_stays_as_it_is(
    processes: ForkServerContext, anybodys: Path, folder_mode: int
) -> None:
    path = anybodys / "atlas.sqlite"

    async def made() -> GraphitiStore:
        store = GraphitiStore(path, "us")
        await store.record([said("MIT")], now=on(LATER))
        return store

    store = asyncio.run(made())
    path.chmod(0o444)
    for beside in ("-wal", "-shm"):
        path.with_name(f"{path.name}{beside}").chmod(0o666)
    anybodys.chmod(folder_mode)
    before = rows(path)
    process, told = started(processes, write_as_nobody, path)
    found, refused = drained(told)
    process.join()
    assert found == ["MIT"]
    assert "may only be read here" in refused
    assert "--db" in refused
    anybodys.chmod(0o755)
    path.chmod(0o644)
    assert rows(path) == before
    asyncio.run(store.close())
    assert asyncio.run(wrong_with(path)) == []


def test_a_file_in_a_folder_that_may_not_be_written_says_so(processes: ForkServerContext, anybodys: Path) -> None:
    path = anybodys / "atlas.sqlite"
    asyncio.run(GraphitiStore(path, "us").close())
    anybodys.chmod(OTHERS_MAY_NOT_WRITE)
    process, told = started(processes, open_as_nobody, path)
    (refused,) = drained(told)
    process.join()
    anybodys.chmod(0o755)
    assert refused.startswith(f"{path} cannot be opened as a modelatlas file: ")
