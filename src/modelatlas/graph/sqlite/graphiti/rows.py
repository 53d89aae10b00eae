"""Graphiti's nodes and edges as rows: saved, read and deleted alike for every kind.

A uuid is one row of one group: a save of the same uuid replaces it, in another group it is refused, and where a
call carries a group, rows of others are neither read nor deleted.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from graphiti_core.errors import NodeNotFoundError

from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.sqlite.graphiti.columns import check_text
from modelatlas.graph.sqlite.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind, Vector, Words
from modelatlas.graph.sqlite.graphiti.protection import check_deleted, document_of, saved_as_ours
from modelatlas.graph.text import words

GIVEN = "(SELECT value FROM json_each(?))"


def given(values: Iterable[object]) -> str:
    """The value for a GIVEN of a query: any number of them, whatever SQLite's limit of variables."""
    return json.dumps(list(values))


def save(connection: sqlite3.Connection, kind: Kind, given: Iterable[Any]) -> None:
    """Create or replace nodes or edges, and what a search finds them by.

    Raises NodeNotFoundError where an end of an edge is not in its group, BadInput for an empty group, a uuid of
    another group, text that no file can hold, and for a change of what follows from the log of claims.
    """
    for it in given:
        _check(kind, it)
        row = _held(connection, kind, it)
        if row is not None and saved_as_ours(connection, kind, row, it):
            continue
        if kind.ends is not None:
            _check_ends(connection, kind.ends, it)
        values = _values(kind, it, row)
        if row is None:
            rowid: int = connection.execute(_insert(kind.table, values), tuple(values.values())).fetchone()[0]
        else:
            rowid = row["id"]
            assignments = ", ".join(f"{name} = ?" for name in values)
            connection.execute(f"UPDATE {kind.table} SET {assignments} WHERE id = ?", (*values.values(), rowid))
        if kind.words is not None:
            _index(connection, kind.words, rowid, it)
        if kind.vector is not None:
            _keep_vector(connection, kind.vector, rowid, it, row)


def by_uuids(
    connection: sqlite3.Connection, kind: Kind, uuids: Iterable[str], group_id: str | None = None
) -> list[sqlite3.Row]:
    """The rows with these ids, in the order of their ids."""
    within, group = ("", ()) if group_id is None else (" AND group_id = ?", (group_id,))
    query = f"SELECT * FROM {kind.table} WHERE uuid IN {GIVEN}{within} ORDER BY uuid"
    return connection.execute(query, (given(uuids), *group)).fetchall()


def by_ids(connection: sqlite3.Connection, kind: Kind, ids: Sequence[int]) -> list[sqlite3.Row]:
    """The rows of these places in the table, in the order in which they are given."""
    rows = connection.execute(f"SELECT * FROM {kind.table} WHERE id IN {GIVEN}", (given(ids),))
    found = {row["id"]: row for row in rows}
    return [found[rowid] for rowid in ids if rowid in found]


def by_groups(
    connection: sqlite3.Connection,
    kind: Kind,
    group_ids: Sequence[str],
    limit: int | None = None,
    before: str | None = None,
) -> list[sqlite3.Row]:
    """A page of the rows of these groups, the greatest id first; `before` is the last id already read."""
    after, cursor = (" AND uuid < ?", (before,)) if before else ("", ())
    query = f"SELECT * FROM {kind.table} WHERE group_id IN {GIVEN}{after} ORDER BY uuid DESC LIMIT ?"
    size = -1 if limit is None else max(limit, 0)
    return connection.execute(query, (given(group_ids), *cursor, size)).fetchall()


def at_nodes(connection: sqlite3.Connection, uuids: Sequence[str]) -> list[sqlite3.Row]:
    """The relations that start or end at the nodes, in the order they were written."""
    chosen = given(uuids)
    return connection.execute(
        f"SELECT * FROM edge WHERE source_node_uuid IN {GIVEN} OR target_node_uuid IN {GIVEN} ORDER BY id",
        (chosen, chosen),
    ).fetchall()


def delete(
    connection: sqlite3.Connection, kinds: Iterable[Kind], uuids: Sequence[str], group_id: str | None = None
) -> None:
    """Take out rows, with every edge at a node. Raises BadInput for what follows from the log of claims."""
    for kind in kinds:
        _delete(connection, kind, by_uuids(connection, kind, uuids, group_id))


def delete_groups(connection: sqlite3.Connection, kinds: Iterable[Kind], group_ids: Sequence[str]) -> None:
    """Take out all rows of these groups. Raises BadInput for what follows from the log of claims."""
    for kind in kinds:
        _delete(connection, kind, by_groups(connection, kind, group_ids))


def models(connection: sqlite3.Connection, kind: Kind, rows: Sequence[sqlite3.Row]) -> list[Any]:
    """The nodes or edges of rows, in their order, without vectors: clients load those when they want them."""
    found = [kind.read(row) for row in rows]
    return [document_of(connection, *it) for it in zip(rows, found, strict=True)] if kind is EPISODE else found


def _check(kind: Kind, it: Any) -> None:
    where = f"The {kind.table} {it.uuid}"
    if not it.group_id:
        raise BadInput(f"{where} has an empty group_id; name its group, an empty one would be everybody's.")
    vector = {kind.vector.field} if kind.vector else set()
    check_text(it.model_dump(exclude=vector), where)


def _held(connection: sqlite3.Connection, kind: Kind, it: Any) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(f"SELECT * FROM {kind.table} WHERE uuid = ?", (it.uuid,)).fetchone()
    if row is not None and row["group_id"] != it.group_id:
        raise BadInput(f"The uuid {it.uuid} is taken in another group than {it.group_id!r}; give a new one.")
    return row


def _check_ends(connection: sqlite3.Connection, ends: tuple[tuple[str, ...], tuple[str, ...]], it: Any) -> None:
    for uuid, tables in zip((it.source_node_uuid, it.target_node_uuid), ends, strict=True):
        query = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE uuid = ? AND group_id = ?" for table in tables)
        if connection.execute(query, (uuid, it.group_id) * len(tables)).fetchone() is None:
            raise NodeNotFoundError(uuid)


def _values(kind: Kind, it: Any, row: sqlite3.Row | None) -> dict[str, Any]:
    kept = set(kind.columns)
    if row is not None and kind.keeps_what_is_not_given:
        kept &= it.model_fields_set
    values = {name: column.write(getattr(it, name)) for name, column in kind.columns.items() if name in kept}
    return values | {name: follow(it) for name, follow in kind.derived.items()}


def _insert(table: str, values: dict[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) RETURNING id"


def _index(connection: sqlite3.Connection, found_by: Words, rowid: int, it: Any) -> None:
    text = " ".join(words(" \n ".join(getattr(it, name) for name in found_by.fields)))
    connection.execute(f"INSERT OR REPLACE INTO {found_by.kind}_words (rowid, words) VALUES (?, ?)", (rowid, text))


def _keep_vector(connection: sqlite3.Connection, vector: Vector, rowid: int, it: Any, row: sqlite3.Row | None) -> None:
    """A node comes back from a read without its vector: saved again with the same text it keeps the one it has."""
    given = getattr(it, vector.field)
    if given is not None:
        vectors.put(connection, vector.kind, [(rowid, packing.pack(given))])
    elif row is not None and row[vector.text] != getattr(it, vector.text):
        vectors.put(connection, vector.kind, [(rowid, None)])


def _delete(connection: sqlite3.Connection, kind: Kind, gone: Sequence[sqlite3.Row]) -> None:
    if kind is ENTITY:
        _delete(connection, RELATES_TO, at_nodes(connection, [row["uuid"] for row in gone]))
    check_deleted(kind, gone)
    connection.executemany(f"DELETE FROM {kind.table} WHERE id = ?", [(row["id"],) for row in gone])
