"""Edges with vectors in a file, what a search of them should find, and whether each stands where its row says."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.placing import place
from modelatlas.graph.sqlite.packing import pack
from modelatlas.graph.sqlite.schema import migrate
from modelatlas.graph.sqlite.sieve import EDGE_SIGHT, Sieve
from modelatlas.graph.sqlite.vectors import put

DIMENSIONS = 96


def clustered(count: int, seed: int) -> NDArray[np.float32]:
    """Vectors as embedders give them: near a few hundred topics, at unit length."""
    random = np.random.default_rng(seed)
    topics = np.random.default_rng(0).normal(size=(300, DIMENSIONS))
    found = topics[random.zipf(1.4, count) % 300] + 0.5 * topics[random.integers(0, 300, count)]
    found += random.normal(scale=0.6, size=found.shape)
    unit: NDArray[np.float32] = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def add(
    connection: sqlite3.Connection,
    vectors: Mapping[int, Sequence[float]],
    group: str = "us",
    valid_at: int | None = None,
) -> None:
    """Write edges with these ids and vectors, valid from their id on where nothing is said."""
    connection.execute(
        "INSERT OR IGNORE INTO entity (uuid, group_id, name, name_key, labels, created_at)"
        " VALUES (?, ?, '', '', '[]', 0)",
        (group, group),
    )
    connection.executemany(
        "INSERT INTO edge (id, uuid, group_id, source_node_uuid, target_node_uuid, name, fact, episodes, valid_at,"
        " created_at) VALUES (?, ?, ?, ?, ?, '', '', '[]', ?, 0)",
        [(it, str(it), group, group, group, it if valid_at is None else valid_at) for it in vectors],
    )
    put(connection, "edge", [(it, pack(vector)) for it, vector in vectors.items()])


def fill(path: Path, vectors: Mapping[int, Sequence[float]]) -> None:
    """Make a file of edges with these vectors and no index."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection, str(path))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        add(connection, vectors)
        connection.execute("COMMIT")


def by(instant: int, group: str = "us") -> Sieve:
    """What is valid by then."""
    return Sieve("r.group_id = ? AND r.valid_at <= ?", (group, instant), EDGE_SIGHT)


def scores(vectors: Mapping[int, Sequence[float]], query: Sequence[float]) -> dict[int, float]:
    """The score of each vector that can be compared with the query."""
    asked = np.array(query, np.float64)
    alike = [it for it, vector in vectors.items() if len(vector) == len(asked)]
    if not alike or not asked.any():
        return {}
    rows = np.array([vectors[it] for it in alike], np.float64)
    some = np.asarray(rows.any(axis=1))
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(asked)
    cosines = (rows @ asked) / np.where(some, lengths, 1)
    return {
        it: (1 + cosine) / 2 for it, cosine, any_ in zip(alike, cosines.tolist(), some.tolist(), strict=True) if any_
    }


def recall(found: Sequence[tuple[int, float]], expected: Mapping[int, float], limit: int) -> float:
    """The part of the best that was found."""
    best = sorted(expected, key=lambda it: -expected[it])[:limit]
    return len({it for it, _ in found} & set(best)) / len(best)


def misplaced(connection: sqlite3.Connection) -> list[int]:
    """The vectors that are not where their row says, and slots that hold what is not there."""
    said = {row[0]: tuple(row)[1:] for row in connection.execute("SELECT id, heap, block, slot FROM edge_code")}
    held = {}
    for block, ids in connection.execute("SELECT id, ids FROM edge_block"):
        for slot, it in enumerate(np.frombuffer(ids, "<i8").tolist()):
            if it:
                held[it, block, slot] = it
    placed = {(it, block, slot) for it, (heap, block, slot) in said.items() if heap is None}
    vectors = {row[0] for row in connection.execute("SELECT id FROM edge_vector")}
    return sorted((vectors ^ said.keys()) | {it for it, _, _ in placed ^ held.keys()})


def waiting(connection: sqlite3.Connection) -> int:
    """How many vectors are in heaps."""
    count: int = connection.execute("SELECT count(*) FROM edge_code WHERE heap IS NOT NULL").fetchone()[0]
    return count


def place_all(path: Path) -> None:
    """What a process does that brings the indices up to date."""

    async def run() -> None:
        database = Database(path)
        await place(database)
        await database.close()

    asyncio.run(run())


def change(path: Path, changes: str) -> None:
    """What a process does that gives vectors to edges, takes them away (null), and brings the indices up to date."""

    async def run() -> None:
        database = Database(path)
        new = [(int(it), None if vector is None else pack(vector)) for it, vector in json.loads(changes).items()]
        await database.write(lambda db: put(db, "edge", new))
        await place(database)
        await database.close()

    asyncio.run(run())
