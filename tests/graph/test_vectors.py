"""How a vector is packed, kept with its row, and read."""

import struct
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vector_rows import add, misplaced

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.vector_tables import Kind
from modelatlas.graph.sqlite.packing import dimensions, pack, unpack
from modelatlas.graph.sqlite.vectors import get, of_uuids, put

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
SINGLES = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(tmp_path / "atlas.sqlite")
    yield opened
    await opened.close()


@given(st.lists(DOUBLES, min_size=1, max_size=20))
def test_a_vector_comes_back_bit_for_bit(vector: list[float]) -> None:
    layout = f"<{len(vector)}d"
    assert struct.pack(layout, *unpack(pack(vector))) == struct.pack(layout, *vector)
    assert dimensions(pack(vector)) == len(vector)


@given(st.lists(SINGLES, min_size=1, max_size=20))
def test_a_vector_of_float32_takes_four_bytes_a_dimension(vector: list[float]) -> None:
    assert pack(vector) == struct.pack(f"<{len(vector)}f", *vector)


@pytest.mark.parametrize(
    ("vector", "told"),
    [
        ([], "has no values"),
        ([1.0, float("nan")], "no finite number"),
        ([float("-inf")], "no finite number"),
        (["near"], "list of numbers"),
        ([[1.0]], "list of numbers"),
        ([10**400], "list of numbers"),
    ],
)
def test_what_is_no_vector_is_refused(vector: Sequence[float], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        pack(vector)


async def test_a_vector_is_read_by_the_id_and_the_uuid_of_its_row(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [1.0, 0.5], 2: [0.1]}))
    assert await database.read(lambda db: get(db, "edge", [1, 2, 3])) == {1: pack([1.0, 0.5]), 2: pack([0.1])}
    assert await database.read(lambda db: of_uuids(db, "edge", ["2", "3"])) == {"2": [0.1]}


async def test_a_vector_is_replaced_and_taken_away(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [1.0], 2: [2.0]}))
    await database.write(lambda db: put(db, "edge", [(1, pack([3.0, 4.0])), (2, None)]))
    assert await database.read(lambda db: get(db, "edge", [1, 2])) == {1: pack([3.0, 4.0])}
    assert await database.read(misplaced) == []


async def test_the_last_of_two_vectors_for_a_row_is_kept(database: Database) -> None:
    await database.write(lambda db: add(db, {1: [1.0]}))
    await database.write(lambda db: put(db, "edge", [(1, None), (1, pack([2.0])), (1, pack([3.0]))]))
    assert await database.read(lambda db: get(db, "edge", [1])) == {1: pack([3.0])}


@pytest.mark.parametrize("kind", ["edge", "entity", "community"])
async def test_a_vector_goes_with_its_row(database: Database, kind: Kind) -> None:
    await database.write(lambda db: add(db, {1: [1.0]}))
    new = "INSERT INTO community (uuid, group_id, name, labels, summary, created_at) VALUES ('c', 'us', '', '', '', 0)"
    await database.write(lambda db: db.execute(new))
    await database.write(lambda db: put(db, kind, [(1, pack([2.0]))]))
    if kind == "entity":
        await database.write(lambda db: db.execute("DELETE FROM edge"))
    await database.write(lambda db: db.execute(f"DELETE FROM {kind} WHERE id = 1"))
    assert await database.read(lambda db: get(db, kind, [1])) == {}
    left = await database.read(lambda db: db.execute(f"SELECT count(*) FROM {kind}_code").fetchone()[0])
    assert left == 0


async def test_a_vector_of_no_row_is_refused(database: Database) -> None:
    with pytest.raises(StoreError):
        await database.write(lambda db: put(db, "edge", [(7, pack([1.0]))]))
