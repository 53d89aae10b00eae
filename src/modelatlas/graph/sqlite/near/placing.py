"""Brings the indices of vectors up to date: trains those that are due, and moves vectors into their cells.

A vector has one place at any time, the heap, an older index or the newest, and a search looks into all of them. So
vectors move some thousands a transaction while others search and write, and after a kill the next call goes on.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

import numpy as np

from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near import training
from modelatlas.graph.sqlite.near.blocks import Ids, keep, load, settle, unnamed
from modelatlas.graph.sqlite.near.cells import Cells
from modelatlas.graph.sqlite.near.similarity import Floats, unit
from modelatlas.graph.sqlite.near.vector_tables import Kind
from modelatlas.graph.sqlite.packing import dimensions

_GIVEN = "(SELECT value FROM json_each(?))"
_READ, _MOVED = 4096, 10_000  # vectors a transaction


@dataclass(frozen=True, slots=True)
class Placed:
    """How many indices were trained, and how many vectors moved into the cells of one."""

    trained: int
    moved: int


@dataclass(frozen=True, slots=True)
class _Share:
    """The vectors of one kind, group and number of dimensions: their heap, and their indices, oldest first."""

    kind: Kind
    group: str
    dimensions: int
    heap: int
    waiting: int
    indices: tuple[int, ...]
    trained_on: int


async def place(database: Database) -> Placed:
    """Train an index for every group that is large or has outgrown its own, and leave nothing that has one in a heap.

    Training needs faiss; without it a group that has no index is searched exactly.
    """
    trained = moved = 0
    for share in await database.read(_shares):
        if find_spec("faiss") is not None and await _train(database, share):
            trained += 1
        moved += await _move(database, share)
    return Placed(trained, moved)


async def _train(database: Database, share: _Share) -> bool:
    """Write down a new index where one is due and no other process was faster."""
    total = share.waiting + await database.read(lambda db: _settled(db, share))
    if not training.due(total, share.trained_on):
        return False
    members = await database.read(lambda db: _members(db, share, (share.heap, *share.indices)))
    sample = training.sample(members)
    turn = training.turn(share.dimensions)
    rows = np.empty((len(sample), share.dimensions), np.float32)
    count = 0
    for part in _parts(sample, _READ):
        read = (await database.read(partial(_rows, share=share, ids=part)))[1]
        rows[count : count + len(read)] = read @ turn
        count += len(read)
    if not count:
        return False
    body = np.concatenate([turn, await asyncio.to_thread(training.centroids, rows[:count], total)])

    def work(db: sqlite3.Connection) -> bool:
        first = _indices(db, share) == share.indices
        if first:
            keep(db, share.kind, share.group, body, total)
        return first

    return await database.write(work)


async def _move(database: Database, share: _Share) -> int:
    """Move what is in the heap and in older indices into the newest; how many vectors did."""
    indices = await database.read(lambda db: _indices(db, share))
    if not (len(indices) > 1 or (indices and share.waiting)):
        return 0
    *older, newest = indices
    sources = (share.heap, *older)
    cells = await database.read(lambda db: load(db, newest))
    members = await database.read(lambda db: _members(db, share, sources))
    near = np.full(len(members), -1, np.int64)
    for part in _parts(np.arange(len(members)), _READ):
        found, rows = await database.read(partial(_rows, share=share, ids=members[part]))
        near[np.searchsorted(members, found)] = await asyncio.to_thread(cells.nearest, rows @ cells.turn)
    order = np.argsort(near, kind="stable")
    moved = 0
    for part in _parts(order[near[order] >= 0], _MOVED):
        chosen = dict(zip(members[part].tolist(), near[part].tolist(), strict=True))
        moved += await database.write(partial(_settle, share=share, sources=sources, cells=cells, chosen=chosen))
    await database.write(lambda db: _drop(db, share.kind, older))
    return moved


def _shares(connection: sqlite3.Connection) -> list[_Share]:
    """What there is to look after: groups that have an index, or so many vectors that one is due."""
    found = []
    query = "SELECT kind, group_id, id FROM vector_index WHERE body IS NULL ORDER BY id"
    for kind, group, heap in unnamed(connection).execute(query).fetchall():
        query = (
            "SELECT dimensions, id, trained_on FROM vector_index WHERE kind = ? AND group_id = ? AND body IS NOT NULL"
        )
        trained = unnamed(connection).execute(f"{query} ORDER BY id", (kind, group)).fetchall()
        count = connection.execute(f"SELECT count(*) FROM {kind}_code WHERE heap = ?", (heap,)).fetchone()[0]
        if not trained and not training.due(count, 0):
            continue
        query = f"SELECT length(v.vector), count(*) FROM {kind}_code c JOIN {kind}_vector v USING (id) WHERE c.heap = ?"
        waiting: Counter[int] = Counter()
        for length, many in connection.execute(f"{query} GROUP BY 1", (heap,)):
            waiting[length // 8 if length % 4 else length // 4] += many
        for size in sorted({row[0] for row in trained} | waiting.keys()):
            mine = [row for row in trained if row[0] == size]
            indices, trained_on = tuple(row[1] for row in mine), mine[-1][2] if mine else 0
            found.append(_Share(kind, group, size, heap, waiting[size], indices, trained_on))
    return found


def _indices(connection: sqlite3.Connection, share: _Share) -> tuple[int, ...]:
    query = "SELECT id FROM vector_index WHERE kind = ? AND group_id = ? AND dimensions = ? ORDER BY id"
    rows = connection.execute(query, (share.kind, share.group, share.dimensions))
    return tuple(row["id"] for row in rows)


def _settled(connection: sqlite3.Connection, share: _Share) -> int:
    """How many slots there are in the indices."""
    query = f"SELECT coalesce(sum(length(ids) / 8), 0) FROM {share.kind}_block WHERE index_id IN {_GIVEN}"
    count: int = connection.execute(query, (json.dumps(share.indices),)).fetchone()[0]
    return count


def _members(connection: sqlite3.Connection, share: _Share, sources: Sequence[int]) -> Ids:
    """The ids in these heaps and indices, in ascending order."""
    given = json.dumps(sources)
    query = f"SELECT id FROM {share.kind}_code WHERE heap IN {_GIVEN}"
    heap = [row[0] for row in unnamed(connection).execute(query, (given,))]
    query = f"SELECT ids FROM {share.kind}_block WHERE index_id IN {_GIVEN}"
    blocks = b"".join(row[0] for row in unnamed(connection).execute(query, (given,)))
    ids = np.concatenate([np.array(heap, np.int64), np.frombuffer(blocks, "<i8")])
    return np.unique(ids[ids != 0])


def _rows(connection: sqlite3.Connection, share: _Share, ids: Ids) -> tuple[Ids, Floats]:
    """Those of the ids that have a vector of these dimensions, in ascending order, with their unit vectors."""
    query = f"SELECT id, vector FROM {share.kind}_vector WHERE id IN {_GIVEN} ORDER BY id"
    read = unnamed(connection).execute(query, (json.dumps(ids.tolist()),))
    alike = [row for row in read if dimensions(row[1]) == share.dimensions]
    rows = unit([row[1] for row in alike]) if alike else np.empty((0, share.dimensions))
    return np.array([row[0] for row in alike], np.int64), rows.astype(np.float32)


def _settle(
    connection: sqlite3.Connection, share: _Share, sources: Sequence[int], cells: Cells, chosen: Mapping[int, int]
) -> int:
    """Move those that are still in one of the sources into their cells; how many are."""
    given, kind = json.dumps(sources), share.kind
    query = (
        f"SELECT c.id FROM json_each(?) j CROSS JOIN {kind}_code c ON c.id = j.value"
        f" LEFT JOIN {kind}_block b ON b.id = c.block WHERE c.heap IN {_GIVEN} OR b.index_id IN {_GIVEN}"
    )
    still = [row[0] for row in unnamed(connection).execute(query, (json.dumps(list(chosen)), given, given))]
    ids, rows = _rows(connection, share, np.array(still, np.int64))
    settle(connection, kind, cells, ids, rows @ cells.turn, np.array([chosen[it] for it in ids.tolist()], np.int64))
    return len(ids)


def _drop(connection: sqlite3.Connection, kind: Kind, older: Sequence[int]) -> None:
    """Take out those of the indices that are empty by now."""
    unused = f"NOT EXISTS (SELECT 1 FROM {kind}_block b WHERE b.index_id = vector_index.id)"
    connection.execute(f"DELETE FROM vector_index WHERE id IN {_GIVEN} AND {unused}", (json.dumps(older),))


def _parts(ids: Ids, size: int) -> Iterator[Ids]:
    for first in range(0, len(ids), size):
        yield ids[first : first + size]
