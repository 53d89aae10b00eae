"""The blocks of codes in the file: how a trained index is read, filled and probed."""

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.near.cells import Cells, Estimate
from modelatlas.graph.sqlite.near.similarity import Floats, unit
from modelatlas.graph.sqlite.near.vector_tables import Kind

Ids = NDArray[np.int64]

_KEPT = 16
# What was trained never changes under its token, in whatever file it stands.
_trained: OrderedDict[bytes, Floats] = OrderedDict()


def keep(connection: sqlite3.Connection, kind: Kind, group: str, body: Floats, trained_on: int) -> int:
    """Write down a trained index: the rows of its turn, then its centroids; its id."""
    query = (
        "INSERT INTO vector_index (kind, group_id, dimensions, trained_on, token, body)"
        " VALUES (?, ?, ?, ?, randomblob(16), ?) RETURNING id"
    )
    values = (kind, group, body.shape[1], trained_on, body.astype("<f4").tobytes())
    index: int = connection.execute(query, values).fetchone()["id"]
    return index


def load(connection: sqlite3.Connection, index: int) -> Cells:
    """A trained index of the file; what was read lately is not read again."""
    query = "SELECT token, dimensions FROM vector_index WHERE id = ?"
    token, dimensions = connection.execute(query, (index,)).fetchone()
    rows = _trained.get(token)
    if rows is None:
        body = connection.execute("SELECT body FROM vector_index WHERE id = ?", (index,)).fetchone()["body"]
        rows = _trained[token] = np.frombuffer(body, "<f4").reshape(-1, dimensions)
        while len(_trained) > _KEPT:
            _trained.popitem(last=False)
    return Cells(index, rows[:dimensions], rows[dimensions:])


def fill(connection: sqlite3.Connection, kind: Kind, cells: Cells, vectors: Mapping[int, bytes]) -> None:
    """Give vectors of the index's dimensions their codes in its blocks, and take away those they had."""
    rows = unit(list(vectors.values())).astype(np.float32) @ cells.turn
    settle(connection, kind, cells, np.array(list(vectors), np.int64), rows, cells.nearest(rows))


def settle(connection: sqlite3.Connection, kind: Kind, cells: Cells, ids: Ids, rows: Floats, near: Ids) -> None:
    """The same for turned unit vectors whose cells are known."""
    by_cell: dict[int, list[tuple[bytes, bytes]]] = {}
    for place, cell, code in zip(ids.tolist(), near.tolist(), cells.codes(rows, near), strict=True):
        by_cell.setdefault(cell, []).append((place.to_bytes(8, "little", signed=True), code))
    moved: list[tuple[int, int, int]] = []
    for cell in sorted(by_cell):
        moved += _append(connection, kind, cells, cell, by_cell[cell])
    connection.executemany(
        f"INSERT INTO {kind}_code (id, block, slot) VALUES (?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET heap = NULL, block = excluded.block, slot = excluded.slot",
        moved,
    )


def probe(connection: sqlite3.Connection, kind: Kind, estimate: Estimate, chosen: Ids) -> tuple[Ids, Floats]:
    """What the chosen cells hold: ids, and the cosines that their codes estimate."""
    blocks = (
        unnamed(connection)
        .execute(
            f"SELECT cell, ids, codes FROM {kind}_block"
            " WHERE index_id = ? AND cell IN (SELECT value FROM json_each(?))",
            (estimate.cells.id, json.dumps(chosen.tolist())),
        )
        .fetchall()
    )
    ids = np.frombuffer(b"".join(block[1] for block in blocks), "<i8")
    cells = np.repeat(np.array([block[0] for block in blocks], np.int64), [len(block[1]) // 8 for block in blocks])
    cosines = estimate.cosines(cells, b"".join(block[2] for block in blocks))
    held = ids != 0
    return ids[held], cosines[held]


def _append(
    connection: sqlite3.Connection, kind: Kind, cells: Cells, cell: int, new: Sequence[tuple[bytes, bytes]]
) -> list[tuple[int, int, int]]:
    """Put the codes into the cell's last block and further ones; the id, block and slot of each."""
    slots, moved, done = cells.slots, [], 0
    query = f"SELECT id, ids, codes FROM {kind}_block WHERE index_id = ? AND cell = ? ORDER BY id DESC LIMIT 1"
    last = unnamed(connection).execute(query, (cells.id, cell)).fetchone()
    block, ids, codes = last if last is not None and len(last[1]) < 8 * slots else (None, b"", b"")
    while done < len(new):
        used = len(ids) // 8
        part = new[done : done + slots - used]
        ids, codes = ids + b"".join([place for place, _ in part]), codes + b"".join([code for _, code in part])
        if block is None:
            query = f"INSERT INTO {kind}_block (index_id, cell, ids, codes) VALUES (?, ?, ?, ?)"
            block = connection.execute(query, (cells.id, cell, ids, codes)).lastrowid
            assert block is not None
        else:
            connection.execute(f"UPDATE {kind}_block SET ids = ?, codes = ? WHERE id = ?", (ids, codes, block))
        moved += [
            (int.from_bytes(place, "little", signed=True), block, slot) for slot, (place, _) in enumerate(part, used)
        ]
        block, ids, codes, done = None, b"", b"", done + len(part)
    return moved


def unnamed(connection: sqlite3.Connection) -> sqlite3.Cursor:
    """A cursor whose rows are plain tuples."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor
