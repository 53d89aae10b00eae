"""Processes killed while they make backups, restore them, and bring an index of vectors up to date."""

import random
import sqlite3
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from children import killed, started
from stored_rows import rows, wrong_with
from utterances import LATER, on, said
from writers import back_up_again_and_again, give_vectors, place_again_and_again, restore_in_turn

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.care.backup import back_up
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.placing import place

pytest_plugins = ("forked", "furnished")

KILLS = 60


async def record_more(path: Path) -> None:
    store = GraphitiStore(path, "us")
    await store.record([said("MIT", subject=f"model {number}") for number in range(300)], now=on(LATER))
    await store.close()


async def test_a_kill_leaves_whole_backups_and_no_half_ones(processes: ForkServerContext, furnished: Path) -> None:
    chance, made = random.Random(60), 0
    before = rows(furnished)
    for number in range(KILLS):
        folder = furnished.parent / f"{number}"
        folder.mkdir()
        process, said = started(processes, back_up_again_and_again, furnished, folder)
        said_before = [said.recv() for _ in range(chance.randrange(2))]
        promised = [*said_before, *killed(process, said, chance.uniform(0, 0.05))]
        found = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
        assert {file.name for file in found} >= set(promised)
        assert len(found) <= len(promised) + 1
        for backup in found:
            with closing(sqlite3.connect(f"{backup.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if found:
            assert rows(found[-1]) == before
            made += 1
    assert rows(furnished) == before
    assert await wrong_with(furnished) == []
    assert made > 5


async def test_a_kill_while_a_backup_is_restored_leaves_the_old_or_the_new(
    processes: ForkServerContext, furnished: Path
) -> None:
    chance = random.Random(61)
    small, large = furnished.parent / "small.sqlite", furnished.parent / "large.sqlite"
    await back_up(furnished, small)
    await record_more(furnished)
    await back_up(furnished, large)
    contents, reached = [rows(small), rows(large)], set()
    for _ in range(KILLS):
        start = 0 if rows(furnished) == contents[0] else 1
        backups = (small, large) if start else (large, small)  # the first one restored is the other one
        process, said = started(processes, restore_in_turn, furnished, backups)
        said_before = [said.recv() for _ in range(chance.randrange(2))]
        done = len([*said_before, *killed(process, said, chance.uniform(0, 0.05))])
        assert await wrong_with(furnished) == []
        now = rows(furnished)
        assert now in (contents[(start + done) % 2], contents[(start + done + 1) % 2])
        reached.add((done, now == contents[(start + done) % 2]))
        for left in furnished.parent.glob(".atlas.sqlite.*"):
            left.unlink()
    assert len({done for done, _ in reached}) > 1, "every kill came at once or none did"


async def test_a_kill_while_an_index_is_built_loses_no_vector(processes: ForkServerContext, tmp_path: Path) -> None:
    chance, indexed = random.Random(62), set()
    for number in range(42):
        path = tmp_path / f"{number // 6}.sqlite"
        process, said = started(processes, place_again_and_again, path)
        said_before = [said.recv() for _ in range(chance.randrange(3))]
        promised = [*said_before, *killed(process, said, chance.uniform(0, 0.2))]
        await GraphitiStore(path, "us").close()
        assert await wrong_with(path) == []
        found = rows(path)
        assert len(found["edge_vector"]) >= max(promised, default=0)
        indexed.add(len(found["vector_index"]))
    assert max(indexed) > 1, "no index was ever built"
    database = Database(path)
    await database.write(give_vectors)
    await place(database)
    assert (await place(database)).moved == 0
    await database.close()
    assert await wrong_with(path) == []


@pytest.mark.parametrize("stop_at", ["-wal", "-shm"])
async def test_what_a_killed_process_leaves_beside_the_file_does_no_harm(furnished: Path, stop_at: str) -> None:
    before = rows(furnished)
    furnished.with_name(f"{furnished.name}{stop_at}").write_bytes(b"\x00" * 32768)
    assert rows(furnished) == before
    assert await wrong_with(furnished) == []
