"""Whether a search looks for every vector where it is: the heap of its group, or a slot of a block that has it."""

import json
import sqlite3
import struct
from collections.abc import Iterator

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.remedies import RESTORE

_KINDS = ("edge", "entity", "community")
# A vector is float32, or a tag byte and float64.
_CUT = (
    "length(v.vector) = 0 OR"
    " (length(v.vector) % 4 <> 0 AND (length(v.vector) % 8 <> 1 OR substr(v.vector, 1, 1) <> x'08'))"
)
_WRONG = {
    "is cut short": f"SELECT v.id FROM KIND_vector v WHERE {_CUT}",
    "is in no index": "SELECT v.id FROM KIND_vector v WHERE NOT EXISTS (SELECT 1 FROM KIND_code c WHERE c.id = v.id)",
    "is in the heap of another group": (
        "SELECT c.id FROM KIND_code c JOIN KIND r ON r.id = c.id JOIN vector_index i ON i.id = c.heap"
        " WHERE i.body IS NOT NULL OR i.kind <> 'KIND' OR i.group_id <> r.group_id"
    ),
    "is in an index of another group": (
        "SELECT c.id FROM KIND_code c JOIN KIND r ON r.id = c.id JOIN KIND_block b ON b.id = c.block"
        " JOIN vector_index i ON i.id = b.index_id WHERE i.kind <> 'KIND' OR i.group_id <> r.group_id"
    ),
}


def misplaced(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """Vectors that are cut short, or that a search would not find or would find for another."""
    for kind in _KINDS:
        errand.reached(f"vectors of {kind}", 0, 1)
        for wrong, query in _WRONG.items():
            for (row,) in connection.execute(query.replace("KIND", kind)):
                yield _finding(kind, row, wrong)
        yield from _blocks(connection, kind, errand)


def _blocks(connection: sqlite3.Connection, kind: str, errand: Errand) -> Iterator[Finding]:
    total = connection.execute(f"SELECT count(*) FROM {kind}_code WHERE block IS NOT NULL").fetchone()[0]
    found = 0
    for block, packed in connection.execute(f"SELECT id, ids FROM {kind}_block"):
        errand.reached(f"vectors of {kind}", found, total)
        ids = struct.unpack(f"<{len(packed) // 8}q", packed[: len(packed) // 8 * 8])
        held = {row: slot for slot, row in enumerate(ids) if row}
        query = f"SELECT id, block, slot FROM {kind}_code WHERE id IN (SELECT value FROM json_each(?))"
        placed = {row[0]: (row[1], row[2]) for row in connection.execute(query, (json.dumps(list(held)),))}
        for row, slot in held.items():
            if placed.get(row) == (block, slot):
                found += 1
            else:
                yield _finding(kind, row, f"is also in slot {slot} of block {block}, where none should be")
    if found < total:
        yield _finding(kind, f"of {total - found} rows", "is in no slot")


def _finding(kind: str, row: object, wrong: str) -> Finding:
    where, what = f"{kind}_vector {row}", f"The vector {row} of {kind} {wrong}"
    return Finding(kind="vector", where=where, what=what, remedy=RESTORE)
