"""The vectors of edges, entities and communities: kept, taken away, and read.

Each has a row in its kind's `*_code` table, which says where a search looks for it.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from itertools import islice

from modelatlas.graph.sqlite.near.vector_tables import Kind
from modelatlas.graph.sqlite.packing import dimensions, unpack

_BATCH = 4000
_GIVEN = "(SELECT value FROM json_each(?))"


def put(connection: sqlite3.Connection, kind: Kind, vectors: Iterable[tuple[int, bytes | None]]) -> None:
    """Give each row its vector, or take it away where it is None."""
    given = iter(vectors)
    while batch := dict(islice(given, _BATCH)):
        gone = [(rowid,) for rowid, blob in batch.items() if blob is None]
        connection.executemany(f"DELETE FROM {kind}_vector WHERE id = ?", gone)
        kept = {rowid: blob for rowid, blob in batch.items() if blob is not None}
        connection.executemany(
            f"INSERT INTO {kind}_vector (id, vector) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET vector = excluded.vector",
            kept.items(),
        )
        _place(connection, kind, kept)


def get(connection: sqlite3.Connection, kind: Kind, ids: Iterable[int]) -> dict[int, bytes]:
    """The packed vectors of the rows that have one."""
    query = f"SELECT id, vector FROM {kind}_vector WHERE id IN {_GIVEN}"
    return {row["id"]: row["vector"] for row in connection.execute(query, (json.dumps(list(ids)),))}


def of_uuids(connection: sqlite3.Connection, kind: Kind, uuids: Iterable[str]) -> dict[str, list[float]]:
    """The vectors of the rows that have one, by uuid."""
    query = f"SELECT r.uuid, v.vector FROM {kind} r JOIN {kind}_vector v ON v.id = r.id WHERE r.uuid IN {_GIVEN}"
    return {row["uuid"]: unpack(row["vector"]) for row in connection.execute(query, (json.dumps(list(uuids)),))}


def _place(connection: sqlite3.Connection, kind: Kind, kept: Mapping[int, bytes]) -> None:
    """Say where a search looks for each: in its group's index for such vectors, or in its heap until there is one."""
    ids = json.dumps(list(kept))
    connection.execute(f"DELETE FROM {kind}_code WHERE id IN {_GIVEN}", (ids,))
    by_group: dict[str, list[int]] = {}
    for row in connection.execute(f"SELECT id, group_id FROM {kind} WHERE id IN {_GIVEN}", (ids,)):
        by_group.setdefault(row["group_id"], []).append(row["id"])
    for group, rows in by_group.items():
        indices = _indices(connection, kind, group)
        by_index: dict[int, list[int]] = {}
        for row in rows:
            by_index.setdefault(indices.get(dimensions(kept[row]), indices[None]), []).append(row)
        heap = by_index.pop(indices[None], [])
        connection.executemany(
            f"INSERT INTO {kind}_code (id, heap) VALUES (?, ?)", [(row, indices[None]) for row in heap]
        )
        if by_index:
            from modelatlas.graph.sqlite.near.blocks import fill, load  # numpy is loaded where an index is

            for index, members in by_index.items():
                fill(connection, kind, load(connection, index), {row: kept[row] for row in members})


def _indices(connection: sqlite3.Connection, kind: Kind, group: str) -> dict[int | None, int]:
    """The newest index of the group for each number of dimensions; its heap under None."""
    query = "SELECT dimensions, id FROM vector_index WHERE kind = ? AND group_id = ? ORDER BY id"
    found = {row["dimensions"]: row["id"] for row in connection.execute(query, (kind, group))}
    if None not in found:
        new = "INSERT INTO vector_index (kind, group_id) VALUES (?, ?) RETURNING id"
        found[None] = connection.execute(new, (kind, group)).fetchone()["id"]
    return found
