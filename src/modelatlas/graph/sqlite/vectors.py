"""The vectors of edges, entities and communities: how one is packed, kept and read.

A vector is little-endian float32 where that keeps every value exactly, which is what embedders give; else a tag
byte and float64. Each vector has a row in its kind's `*_code` table, which says where a search looks for it.
"""

import json
import math
import sqlite3
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Literal

from modelatlas.graph.errors import BadInput

Kind = Literal["edge", "entity", "community"]

_WIDE = b"\x08"
_BATCH = 4000
_GIVEN = "(SELECT value FROM json_each(?))"


def pack(vector: Sequence[float]) -> bytes:
    """A vector as bytes, bit for bit. Raises BadInput for an empty one and for values that are no finite numbers."""
    narrow = _narrow(vector)
    if narrow is not None:
        return narrow
    try:
        values = list(map(float, vector))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"A vector is a list of numbers: {error}.") from error
    if not values:
        raise BadInput("A vector has no values; give one value for each dimension of the embedder.")
    if not all(map(math.isfinite, values)):
        raise BadInput("A vector has a value that is no finite number; give the vector as the embedder made it.")
    return _narrow(values) or _WIDE + struct.pack(f"<{len(values)}d", *values)


def unpack(blob: bytes) -> list[float]:
    """The vector of a blob."""
    if len(blob) % 4:
        return list(struct.unpack(f"<{len(blob) // 8}d", blob[1:]))
    return list(struct.unpack(f"<{len(blob) // 4}f", blob))


def dimensions(blob: bytes) -> int:
    """How many values the vector of a blob has."""
    return len(blob) // 8 if len(blob) % 4 else len(blob) // 4


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


def _narrow(values: Sequence[float]) -> bytes | None:
    """The values as float32 where that keeps them exactly."""
    form = f"<{len(values)}f"
    try:
        narrow = bytes(values) if _is_float32(values) else struct.pack(form, *values)  # type: ignore[arg-type]
    except (struct.error, OverflowError, TypeError):
        return None
    kept = struct.unpack(form, narrow)
    same = _is_float32(values) or kept == tuple(values)
    return narrow if kept and same and math.isfinite(sum(kept)) else None


def _is_float32(values: object) -> bool:
    """Whether they are an array of float32 already, as numpy has it."""
    try:
        view = memoryview(values)  # type: ignore[arg-type]
    except TypeError:
        return False
    return view.format == "f" and view.ndim == 1 and sys.byteorder == "little"
