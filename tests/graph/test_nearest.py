"""The nearest vectors in sight, where all are compared."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_rows import add, by, clustered, scores

from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.nearest import nearest
from modelatlas.graph.sqlite.packing import pack
from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.sqlite.vectors import put

COORDINATES = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e300, 1e300), st.floats(-(2.0**-100), 2.0**-100))
VECTORS = st.one_of(st.lists(COORDINATES, min_size=3, max_size=3), st.lists(COORDINATES, min_size=2, max_size=2))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "atlas.sqlite")
    yield opened
    await opened.close()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(VECTORS, max_size=12), VECTORS, st.integers(0, 14), st.integers(0, 12), st.sampled_from([0.0, 0.5, 0.9])
)
def test_it_finds_what_comparing_each_in_sight_finds(
    vectors: list[list[float]], query: list[float], instant: int, limit: int, least: float
) -> None:
    given_ = dict(enumerate(vectors, start=1))

    async def run() -> list[tuple[int, float]]:
        with TemporaryDirectory() as folder:
            database = Database(Path(folder) / "atlas.sqlite")
            await database.write(lambda db: add(db, given_))
            found = await database.read(lambda db: nearest(db, "edge", query, by(instant), limit, least, ["us"]))
            await database.close()
        return found

    found = asyncio.run(run())
    sizes = {it: max(map(abs, vector), default=0) or 1 for it, vector in given_.items()}
    unit = {it: [value / sizes[it] for value in vector] for it, vector in given_.items() if it <= instant}
    size = max(map(abs, query)) or 1
    expected = scores(unit, [value / size for value in query])
    clear = [score for score in expected.values() if score >= least + 1e-9]
    allowed = [score for score in expected.values() if score >= least - 1e-9]
    assert min(limit, len(clear)) <= len(found) <= min(limit, len(allowed))
    assert [score for _, score in found] == pytest.approx(sorted(allowed, reverse=True)[: len(found)], abs=1e-12)
    assert [expected[it] for it, _ in found] == pytest.approx([score for _, score in found], abs=1e-12)
    assert found == sorted(found, key=lambda it: (-it[1], it[0]))


async def test_equal_scores_are_told_apart_by_id_alone(database: Database) -> None:
    every = [1.0, 2.0, 3.0]
    await database.write(lambda db: add(db, {it: [it * value for value in every] for it in range(1, 2000)}))
    found = await database.read(lambda db: nearest(db, "edge", every, by(5000), 5))
    assert [it for it, _ in found] == [1, 2, 3, 4, 5]


async def test_neither_zero_vectors_nor_those_of_other_dimensions_are_found(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [0.0, 0.0], 2: [1.0], 3: [1.0, 0.0, 0.0], 4: [-1.0, 0.0]}))
    assert await database.read(lambda db: nearest(db, "edge", [1.0, 0.0], by(9), 9)) == [(4, 0.0)]
    assert await database.read(lambda db: nearest(db, "edge", [0.0, 0.0], by(9), 9)) == []


async def test_thousands_of_nearer_rows_out_of_sight_do_not_hide_one_in_sight(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [0.0, 1.0]} | {it: [1.0, it / 1e6] for it in range(2, 2500)}))
    assert await database.read(lambda db: nearest(db, "edge", [1.0, 0.0], by(1), 3)) == [(1, 0.5)]


async def test_only_the_groups_asked_for_are_searched(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [1.0, 0.0]}, "us"))
    await database.write(lambda db: add(db, {2: [1.0, 0.0]}, "them"))
    anything = Sieve("1", ())

    async def found(groups: list[str] | None) -> list[int]:
        return [it for it, _ in await database.read(lambda db: nearest(db, "edge", [1.0, 0.0], anything, 9, 0, groups))]

    assert await found(["them"]) == [2]
    assert await found(["us", "them"]) == [1, 2]
    assert await found([]) == []
    assert await found(None) == [1, 2]


async def test_a_search_of_all_is_the_same_in_many_parts(database: Database) -> None:
    vectors = dict(enumerate(clustered(2500, 1).tolist(), start=1))
    await database.write(lambda db: add(db, vectors))
    query = clustered(1, 2)[0].tolist()
    found = await database.read(lambda db: nearest(db, "edge", query, by(2200), 2000))
    expected = {it: score for it, score in scores(vectors, query).items() if it <= 2200}
    assert [it for it, _ in found] == sorted(expected, key=lambda it: -expected[it])[:2000]


async def test_entities_and_communities_are_found_as_edges_are(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [1.0]}))
    await database.write(lambda db: put(db, "entity", [(1, pack([3.0, 4.0]))]))
    sieve = Sieve("r.group_id = ?", ("us",))
    assert await database.read(lambda db: nearest(db, "entity", [3.0, 4.0], sieve, 5)) == [(1, 1.0)]
    assert await database.read(lambda db: nearest(db, "community", [3.0, 4.0], sieve, 5)) == []


async def test_a_query_that_is_no_vector_is_refused(database: Database) -> None:
    with pytest.raises(BadInput):
        await database.read(lambda db: nearest(db, "edge", [float("nan")], by(1), 5))
