"""The index of vectors while several processes write, and while one that places is killed."""

import json
import multiprocessing
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from multiprocessing import forkserver
from pathlib import Path

import pytest
from vector_rows import add, by, change, clustered, fill, misplaced, place_all, recall, scores, waiting

from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.nearest import nearest
from modelatlas.graph.sqlite.near.placing import place
from modelatlas.graph.sqlite.near.training import FEW
from modelatlas.graph.sqlite.packing import pack
from modelatlas.graph.sqlite.vectors import put

COUNT, KILLS, ROUNDS = 2 * FEW, 12, 8
VECTORS = dict(enumerate(clustered(COUNT, 1).tolist(), start=1))
QUERIES = clustered(10, 2).tolist()


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Processes forked from one that has imported what they run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "vector_rows"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        forkserver.ensure_running()
    return context


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    fill(tmp_path / "atlas.sqlite", VECTORS)
    yield tmp_path / "atlas.sqlite"
    with closing(sqlite3.connect(tmp_path / "atlas.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_a_process_killed_while_it_places_leaves_a_file_that_finds_all(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
    chance = random.Random(20261123)
    for kill in range(KILLS):
        process = processes.Process(target=place_all, args=(path,))
        process.start()
        process.join(chance.uniform(0.02, 1.2))
        process.kill()
        process.join()
        database = Database(path)
        await database.write(partial(add, vectors={COUNT + kill + 1: QUERIES[0]}))
        for query in QUERIES:
            got = await database.read(partial(nearest, kind="edge", query=query, sieve=by(COUNT), limit=10))
            assert len(got) == 10
            assert recall(got, scores(VECTORS, query), 10) >= 0.7
        last = await database.read(lambda db: nearest(db, "edge", QUERIES[0], by(10**6), KILLS))
        assert [it for it, _ in last][: kill + 1] == list(range(COUNT + 1, COUNT + kill + 2))
        assert await database.read(misplaced) == []
        await database.close()
    database = Database(path)
    await place(database)
    assert await database.read(waiting) == 0
    assert await database.read(misplaced) == []
    await database.close()


async def test_what_two_processes_write_in_turn_is_found_by_both(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
    chance = random.Random(20261124)
    database = Database(path)
    held = dict(VECTORS)
    for turn in range(ROUNDS):
        theirs = {
            it: chance.choice([None, clustered(1, it + turn)[0].tolist()]) for it in chance.sample(range(1, COUNT), 50)
        }
        process = processes.Process(target=change, args=(path, json.dumps(theirs)))
        process.start()
        process.join()
        assert process.exitcode == 0
        ours = {
            it: chance.choice([None, clustered(1, it - turn - 1)[0].tolist()])
            for it in chance.sample(range(1, COUNT), 50)
        }
        new = [(it, None if vector is None else pack(vector)) for it, vector in ours.items()]
        await database.write(partial(put, kind="edge", vectors=new))
        held = {it: vector for it, vector in (held | theirs | ours).items() if vector is not None}
        assert await database.read(misplaced) == []
        for query in [vector for vector in (*ours.values(), *theirs.values()) if vector is not None][::10]:
            got = await database.read(partial(nearest, kind="edge", query=query, sieve=by(COUNT), limit=10))
            expected = scores(held, query)
            assert dict(got) == pytest.approx({it: expected[it] for it, _ in got}, abs=1e-9)
            assert got[0][1] == pytest.approx(max(expected.values()), abs=1e-9)
            assert len(got) == 10
    assert await database.read(waiting) == 0
    await database.close()


async def test_two_processes_that_place_at_once_train_one_index(
    processes: multiprocessing.context.ForkServerContext, path: Path
) -> None:
    both = [processes.Process(target=place_all, args=(path,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    database = Database(path)
    assert await database.read(waiting) == 0
    assert await database.read(misplaced) == []
    trained = "SELECT count(*) FROM vector_index WHERE body IS NOT NULL"
    assert await database.read(lambda db: db.execute(trained).fetchone()[0]) == 1
    await database.close()


async def test_a_reader_on_an_older_snapshot_sees_what_stood_then(path: Path) -> None:
    database = Database(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.row_factory = sqlite3.Row
        reader.execute("BEGIN")
        before = nearest(reader, "edge", QUERIES[0], by(COUNT), 10)
        await database.write(lambda db: put(db, "edge", [(it, None) for it, _ in before]))
        await place(database)
        assert nearest(reader, "edge", QUERIES[0], by(COUNT), 10) == before
        reader.execute("COMMIT")
        after = nearest(reader, "edge", QUERIES[0], by(COUNT), 10)
    assert len(after) == 10
    assert not dict(after).keys() & dict(before).keys()
    await database.close()
