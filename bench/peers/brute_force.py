"""Stock brute force: every row in sight out of a SQLite table, a cosine for each, sorted.

This is Graphiti's way where the database has no cosine of its own (its Neptune search), on a plain table, with the
as-of filter that its SearchFilters make. Two helps that it does not give itself: vectors are kept as bytes, not as
text, and a second search takes the cosines of a thousand rows at once. Vectors only: there is no search by words.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from heapq import nlargest
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bench.given import Asked, facts, queries
from bench.machine import bytes_on_disk, peak_megabytes
from bench.peers.process import Job, Searched, Written, serve
from bench.peers.searching import within
from bench.timing import Call
from bench.vectors import Vectors, vectors

_LIMIT = 10
_BATCH = 4_000
_AT_ONCE = 1_000
_SCHEMA = """
CREATE TABLE fact (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, target TEXT NOT NULL,
  subject_name TEXT NOT NULL, target_name TEXT NOT NULL, predicate TEXT NOT NULL, text TEXT NOT NULL,
  valid_at INTEGER, invalid_at INTEGER, created_at INTEGER NOT NULL, expired_at INTEGER, embedding BLOB NOT NULL
) STRICT;
"""
_COLUMNS = (
    "uuid, subject, target, subject_name, target_name, predicate, text,"
    " valid_at, invalid_at, created_at, expired_at, embedding"
)
_ALL = "SELECT id, embedding FROM fact"
_IN_SIGHT = (
    f"{_ALL} WHERE (valid_at <= :at OR valid_at IS NULL) AND (invalid_at > :at OR invalid_at IS NULL)"
    " AND created_at <= :at AND (expired_at > :at OR expired_at IS NULL)"
)

Scored = tuple[float, int]
Way = Callable[[sqlite3.Cursor, Vectors], list[Scored]]


async def write(job: Job) -> Written:
    """Keep the facts with their vectors, a transaction for each 4,000."""
    connection = _connected(Path(job.file))
    connection.executescript(_SCHEMA)
    places = ", ".join("?" * len(_COLUMNS.split(",")))
    count, seconds = 0, 0.0
    for batch in facts(Path(job.facts), _BATCH):
        made = vectors([fact.text for fact in batch])
        began = perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO fact ({_COLUMNS}) VALUES ({places})",
            [
                (
                    it.uuid,
                    it.subject,
                    it.target,
                    it.subject_name,
                    it.target_name,
                    it.predicate,
                    it.text,
                    it.valid_at,
                    it.invalid_at,
                    it.created_at,
                    it.expired_at,
                    vector.tobytes(),
                )
                for it, vector in zip(batch, made, strict=True)
            ],
        )
        connection.execute("COMMIT")
        seconds += perf_counter() - began
        count += len(batch)
        if seconds > job.seconds:
            break
    connection.close()
    return Written(count, seconds, peak_megabytes(), bytes_on_disk(Path(job.file)), "no words, no beliefs")


async def search(job: Job) -> Searched:
    """Search row by row as stock does, and in blocks."""
    connection, asked = _connected(Path(job.file)), queries(Path(job.questions))
    past = int(datetime.fromisoformat(job.past).timestamp() * 1_000_000)
    calls: dict[str, Call[Asked]] = {
        "now": _calling(connection, _by_row, _ALL, past),
        "then": _calling(connection, _by_row, _IN_SIGHT, past),
        "in blocks, now": _calling(connection, _in_blocks, _ALL, past),
        "in blocks, then": _calling(connection, _in_blocks, _IN_SIGHT, past),
    }
    found = await within(job.seconds, calls, asked)
    connection.close()
    return replace(found, note="vectors only, no words")


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):
        connection.execute(f"PRAGMA {setting}")
    return connection


def _calling(connection: sqlite3.Connection, way: Way, query: str, past: int) -> Call[Asked]:
    async def call(asked: Asked) -> list[Any]:
        best = way(connection.execute(query, {"at": past}), np.asarray(asked.vector, dtype=np.float32))
        return [connection.execute("SELECT * FROM fact WHERE id = ?", (number,)).fetchone() for _, number in best]

    return call


def _by_row(rows: sqlite3.Cursor, wanted: Vectors) -> list[Scored]:
    """As graphiti_core.search.search_utils does: one cosine a row, then all sorted."""
    found = [(_cosine(wanted, np.frombuffer(embedding, dtype=np.float32)), number) for number, embedding in rows]
    return sorted(found, reverse=True)[:_LIMIT]


def _cosine(one: Vectors, other: Vectors) -> float:
    return float(np.dot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def _in_blocks(rows: sqlite3.Cursor, wanted: Vectors) -> list[Scored]:
    """The cosines of a thousand rows at once; all vectors are of unit length."""
    found: list[Scored] = []
    while block := rows.fetchmany(_AT_ONCE):
        made = np.frombuffer(b"".join(embedding for _, embedding in block), dtype=np.float32)
        scores = made.reshape(len(block), -1) @ wanted
        found += zip(scores.tolist(), (number for number, _ in block), strict=True)
        found = nlargest(_LIMIT, found)
    return found


if __name__ == "__main__":
    serve(write, search)
