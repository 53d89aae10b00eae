"""The nearest vectors in sight, where a group is large enough for an index."""

import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from shutil import copyfile

import numpy as np
import pytest
from vector_rows import add, by, clustered, fill, misplaced, place_all, recall, scores, waiting

from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.nearest import nearest
from modelatlas.graph.sqlite.near.placing import Placed, place
from modelatlas.graph.sqlite.near.training import FEW
from modelatlas.graph.sqlite.packing import pack
from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.sqlite.vectors import get, put

COUNT = 7000
VECTORS = dict(enumerate(clustered(COUNT, 1).tolist(), start=1))
QUERIES = clustered(40, 2).tolist()


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with an index, closed."""
    path = tmp_path_factory.mktemp("placed") / "atlas.sqlite"
    fill(path, VECTORS)
    place_all(path)
    return path


@pytest.fixture
async def database(placed: Path, tmp_path: Path) -> AsyncIterator[Database]:
    copyfile(placed, tmp_path / "atlas.sqlite")
    opened = Database(tmp_path / "atlas.sqlite")
    yield opened
    await opened.close()


async def found(
    database: Database, query: list[float], sieve: Sieve, limit: int = 10, least: float = 0.0
) -> dict[int, float]:
    return dict(await database.read(lambda db: nearest(db, "edge", query, sieve, limit, least, ["us"])))


@pytest.mark.parametrize("instant", [COUNT, COUNT // 2, COUNT // 8, 300, 12, 3])
async def test_what_is_found_is_in_sight_and_exact_and_nearly_all_of_the_best(database: Database, instant: int) -> None:
    assert await database.read(waiting) == 0
    parts = []
    for query in QUERIES:
        expected = {it: score for it, score in scores(VECTORS, query).items() if it <= instant}
        got = await found(database, query, by(instant))
        assert len(got) == min(10, len(expected))
        assert got == pytest.approx({it: expected[it] for it in got}, abs=1e-9)
        parts.append(recall(list(got.items()), expected, 10))
    assert np.mean(parts) >= 0.95


@pytest.mark.parametrize("least", [0.6, 0.75, 0.9, 0.99])
async def test_as_many_are_found_as_have_the_score(database: Database, least: float) -> None:
    for query in QUERIES:
        enough = {it: score for it, score in scores(VECTORS, query).items() if score >= least}
        got = await found(database, query, by(COUNT), 50, least)
        assert len(got) == min(50, len(enough))
        assert got.keys() <= enough.keys()


async def test_more_than_there_are_finds_all(database: Database) -> None:
    got = await found(database, QUERIES[0], by(COUNT), 2 * COUNT)
    assert got.keys() == VECTORS.keys()


async def test_what_was_just_written_is_found_and_in_the_index(database: Database) -> None:
    new = {COUNT + number: query for number, query in enumerate(QUERIES, start=1)}
    await database.write(lambda db: add(db, new))
    for it, query in new.items():
        assert next(iter(await found(database, query, by(it)))) == it
        assert it not in await found(database, query, by(it - 1))
    assert await database.read(waiting) == 0
    assert await database.read(misplaced) == []


async def test_a_changed_vector_is_found_where_it_is_now(database: Database) -> None:
    for number, query in enumerate(QUERIES, start=1):
        await database.write(partial(put, kind="edge", vectors=[(number, pack(query))]))
        assert (await found(database, query, by(COUNT)))[number] == pytest.approx(1)
        await database.write(partial(put, kind="edge", vectors=[(number, pack([-value for value in query]))]))
        assert number not in await found(database, query, by(COUNT))
    assert await database.read(misplaced) == []


async def test_what_is_deleted_leaves_nothing_in_the_index(database: Database) -> None:
    gone = list(range(1, COUNT, 3))
    await database.write(lambda db: db.executemany("DELETE FROM edge WHERE id = ?", [(it,) for it in gone]))
    for query in QUERIES:
        assert not (await found(database, query, by(COUNT), 100)).keys() & set(gone)
    assert await database.read(misplaced) == []
    for ids, codes in await database.read(lambda db: db.execute("SELECT ids, codes FROM edge_block").fetchall()):
        held = np.frombuffer(ids, "<i8") != 0
        assert not np.frombuffer(codes, np.uint8).reshape(len(held), -1)[~held].any()
    await database.write(lambda db: db.execute("DELETE FROM edge"))
    assert await database.read(lambda db: db.execute("SELECT count(*) FROM edge_block").fetchone()[0]) == 0


async def test_placing_again_changes_nothing(database: Database) -> None:
    assert await place(database) == Placed(trained=0, moved=0)


async def test_an_outgrown_index_gives_way_to_a_larger_one(tmp_path: Path) -> None:
    count = 4 * FEW + 1
    every = dict(enumerate(clustered(count, 3).tolist(), start=1))
    fill(tmp_path / "atlas.sqlite", {it: every[it] for it in range(1, FEW + 1)})
    database = Database(tmp_path / "atlas.sqlite")
    assert await place(database) == Placed(trained=1, moved=FEW)
    await database.write(lambda db: add(db, {it: every[it] for it in range(FEW + 1, count)}))
    assert await place(database) == Placed(trained=0, moved=0)
    await database.write(lambda db: add(db, {count: every[count]}))
    assert await place(database) == Placed(trained=1, moved=count)
    assert await database.read(misplaced) == []
    query = "SELECT trained_on FROM vector_index WHERE body IS NOT NULL"
    assert await database.read(lambda db: [row[0] for row in db.execute(query)]) == [count]
    parts = [recall(list((await found(database, it, by(count))).items()), scores(every, it), 10) for it in QUERIES]
    assert np.mean(parts) >= 0.95
    await database.close()


async def test_vectors_of_other_dimensions_and_of_small_groups_stay_exact(database: Database) -> None:
    await database.write(lambda db: add(db, {COUNT + 1: [1.0, 0.0]}))
    await database.write(lambda db: add(db, {COUNT + 2: QUERIES[0]}, "them"))
    await place(database)
    assert await database.read(waiting) == 2
    assert await found(database, [1.0, 0.0], by(10**6)) == {COUNT + 1: 1.0}
    theirs = await database.read(lambda db: nearest(db, "edge", QUERIES[0], by(10**6, "them"), 5, 0.0, ["them"]))
    assert dict(theirs) == pytest.approx({COUNT + 2: 1})
    both = await database.read(lambda db: nearest(db, "edge", QUERIES[0], Sieve("1", ()), 5))
    assert [it for it, _ in both][:1] == [COUNT + 2]
    assert len(both) == 5


async def test_a_group_of_two_models_gets_an_index_for_each(database: Database) -> None:
    short = {COUNT + it: vector[:32] for it, vector in VECTORS.items()}
    await database.write(lambda db: add(db, short))
    assert await place(database) == Placed(trained=1, moved=COUNT)
    parts = []
    for query in QUERIES:
        got = await found(database, query[:32], by(10**6))
        parts.append(recall(list(got.items()), scores(short, query[:32]), 10))
    assert np.mean(parts) >= 0.95
    assert (await found(database, QUERIES[0], by(10**6))).keys() <= VECTORS.keys()


async def test_below_the_size_nothing_is_trained(tmp_path: Path) -> None:
    fill(tmp_path / "atlas.sqlite", dict(list(VECTORS.items())[: FEW - 1]))
    database = Database(tmp_path / "atlas.sqlite")
    assert await place(database) == Placed(trained=0, moved=0)
    await database.write(lambda db: add(db, {FEW: VECTORS[FEW]}))
    assert await place(database) == Placed(trained=1, moved=FEW)
    await database.close()


@pytest.fixture
def no_faiss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no faiss."""
    monkeypatch.setitem(sys.modules, "faiss", None)


@pytest.mark.usefixtures("no_faiss")
async def test_without_faiss_a_search_compares_all(tmp_path: Path) -> None:
    fill(tmp_path / "atlas.sqlite", VECTORS)
    database = Database(tmp_path / "atlas.sqlite")
    assert await place(database) == Placed(trained=0, moved=0)
    for query in QUERIES[:5]:
        got = await found(database, query, by(COUNT))
        assert recall(list(got.items()), scores(VECTORS, query), 10) == 1
    await database.close()


@pytest.mark.usefixtures("no_faiss")
async def test_without_faiss_an_index_that_is_there_is_used_and_kept(database: Database) -> None:
    await database.write(lambda db: add(db, {COUNT + 1: QUERIES[0]}))
    assert await database.read(waiting) == 0
    assert next(iter(await found(database, QUERIES[0], by(COUNT + 1)))) == COUNT + 1


async def test_an_index_of_many_equal_and_zero_vectors_finds_them(tmp_path: Path) -> None:
    equal = {it: ([0.0] * 8 if it % 10 == 0 else [1.0] * 8) for it in range(1, FEW + 1)}
    fill(tmp_path / "atlas.sqlite", equal)
    database = Database(tmp_path / "atlas.sqlite")
    assert (await place(database)).moved == FEW
    got = await found(database, [2.0] * 8, by(FEW), FEW)
    assert got.keys() == {it for it in equal if it % 10}
    assert await database.read(lambda db: len(get(db, "edge", equal))) == FEW
    await database.close()
