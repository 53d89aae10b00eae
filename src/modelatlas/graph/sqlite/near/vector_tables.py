"""The tables that say where a search looks for a vector.

A vector's row of `*_code` puts it in the heap of its group, which is searched as it is, or in a slot of a block: a
page of short codes of vectors near each other (see cells.py). A slot is cleared in the transaction that takes its
vector away, whatever program does it.
"""

from typing import Literal

Kind = Literal["edge", "entity", "community"]

_INDICES = """
CREATE TABLE vector_index (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, group_id TEXT NOT NULL,
  dimensions INTEGER, trained_on INTEGER, token BLOB, body BLOB
) STRICT;
CREATE UNIQUE INDEX vector_heap ON vector_index (kind, group_id) WHERE body IS NULL;
CREATE INDEX vector_index_group ON vector_index (kind, group_id);
"""

_CODES = """
CREATE TABLE KIND_block (
  id INTEGER PRIMARY KEY, index_id INTEGER NOT NULL REFERENCES vector_index (id), cell INTEGER NOT NULL,
  ids BLOB NOT NULL, codes BLOB NOT NULL
) STRICT;
CREATE INDEX KIND_cell ON KIND_block (index_id, cell);
CREATE TABLE KIND_code (
  id INTEGER PRIMARY KEY REFERENCES KIND_vector (id) ON DELETE CASCADE,
  heap INTEGER REFERENCES vector_index (id), block INTEGER, slot INTEGER, CHECK ((heap IS NULL) = (block IS NOT NULL))
) STRICT;
CREATE INDEX KIND_heap ON KIND_code (heap) WHERE heap IS NOT NULL;
INSERT INTO vector_index (kind, group_id) SELECT DISTINCT 'KIND', group_id FROM KIND_vector JOIN KIND USING (id);
INSERT INTO KIND_code (id, heap) SELECT v.id, i.id
  FROM KIND_vector v JOIN KIND r USING (id) JOIN vector_index i ON i.kind = 'KIND' AND i.group_id = r.group_id;
"""

_CLEARING = """
CREATE TRIGGER KIND_code_EVENT WHEN old.block IS NOT NULL BEGIN
  UPDATE KIND_block SET
    ids = CAST(substr(ids, 1, 8 * old.slot) || zeroblob(8) || substr(ids, 8 * old.slot + 9) AS BLOB),
    codes = CAST(
      substr(codes, 1, length(codes) * 8 / length(ids) * old.slot)
      || zeroblob(length(codes) * 8 / length(ids))
      || substr(codes, length(codes) * 8 / length(ids) * (old.slot + 1) + 1) AS BLOB)
    WHERE id = old.block;
  DELETE FROM KIND_block WHERE id = old.block AND ids = zeroblob(length(ids));
END;
"""

_EVENTS = ("gone AFTER DELETE ON KIND_code", "moved AFTER UPDATE OF block ON KIND_code")
_TABLES = _CODES + "".join(_CLEARING.replace("EVENT", event) for event in _EVENTS)

VECTOR_TABLES = _INDICES + "".join(_TABLES.replace("KIND", kind) for kind in ("edge", "entity", "community"))
