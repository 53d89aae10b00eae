"""Graphiti's nodes and edges as rows of a modelatlas file: saved, read and deleted alike for every kind."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphiti_core.errors import NodeNotFoundError

from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, NODES, RELATES_TO, Kind, Vector
from modelatlas.graph.graphiti.protection import check, check_group
from modelatlas.graph.graphiti.rows import Groups
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti.columns import model, values
from modelatlas.graph.sqlite.graphiti.protection import check_deleted, document_of, saved_as_ours
from modelatlas.graph.sqlite.graphiti.transaction import write

GIVEN = "(SELECT value FROM json_each(?))"


class SqliteRows:
    """The Rows of a modelatlas file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, kind: Kind, given: Sequence[Any], tx: object = None) -> None:
        """Create or replace nodes or edges, all or none, and what a search finds them by."""
        await write(self._database, lambda db: save(db, kind, given), tx)

    async def delete(self, kinds: Iterable[Kind], uuids: Sequence[str], group_id: str | None, tx: object) -> None:
        """Take out rows, with every edge at a node."""

        def work(connection: sqlite3.Connection) -> None:
            for kind in kinds:
                _delete(connection, kind, by_uuids(connection, kind, uuids, group_id))

        await write(self._database, work, tx)

    async def delete_groups(self, kinds: Iterable[Kind], group_ids: Groups, tx: object = None) -> None:
        """Take out all rows of these groups."""

        def work(connection: sqlite3.Connection) -> None:
            chosen = groups(connection) if group_ids is None else group_ids
            for kind in kinds:
                _delete(connection, kind, by_groups(connection, kind, chosen))

        await write(self._database, work, tx)

    async def by_uuids(self, kind: Kind, uuids: Sequence[str], group_id: str | None = None) -> list[Any]:
        """Those with these ids, in the order of their ids."""
        return await self._database.read(lambda db: models(db, kind, by_uuids(db, kind, uuids, group_id)))

    async def by_groups(self, kind: Kind, group_ids: Sequence[str], limit: int | None, before: str | None) -> list[Any]:
        """A page of these groups, the greatest id first."""
        return await self._database.read(lambda db: models(db, kind, by_groups(db, kind, group_ids, limit, before)))

    async def vectors_of(self, kind: Kind, uuids: Sequence[str]) -> dict[str, list[float]]:
        """The vectors of those that have one, by uuid."""
        vector = kind.vector
        assert vector is not None
        return await self._database.read(lambda db: vectors.of_uuids(db, vector.kind, uuids))


def given(values: Iterable[object]) -> str:
    """The value for a GIVEN of a query: any number of them, whatever SQLite's limit of variables."""
    return json.dumps(list(values))


def save(connection: sqlite3.Connection, kind: Kind, given: Iterable[Any]) -> None:
    """Create or replace nodes or edges."""
    for it in given:
        check(kind, it)
        row = _held(connection, kind, it)
        if row is not None and saved_as_ours(connection, kind, row, it):
            continue
        if kind.ends is not None:
            _check_ends(connection, kind.ends, it)
        written = values(kind, it, row is not None)
        if row is None:
            rowid: int = connection.execute(_insert(kind.name, written), tuple(written.values())).fetchone()[0]
        else:
            rowid = row["id"]
            assignments = ", ".join(f"{name} = ?" for name in written)
            connection.execute(f"UPDATE {kind.name} SET {assignments} WHERE id = ?", (*written.values(), rowid))
        if kind.words is not None:
            found_by = f"INSERT OR REPLACE INTO {kind.words.kind}_words (rowid, words) VALUES (?, ?)"
            connection.execute(found_by, (rowid, kind.words.of(it)))
        if kind.vector is not None:
            _keep_vector(connection, kind.vector, rowid, it, row)


def by_uuids(
    connection: sqlite3.Connection, kind: Kind, uuids: Iterable[str], group_id: str | None = None
) -> list[sqlite3.Row]:
    """The rows with these ids, in the order of their ids."""
    within, group = ("", ()) if group_id is None else (" AND group_id = ?", (group_id,))
    query = f"SELECT * FROM {kind.name} WHERE uuid IN {GIVEN}{within} ORDER BY uuid"
    return connection.execute(query, (given(uuids), *group)).fetchall()


def by_ids(connection: sqlite3.Connection, kind: Kind, ids: Sequence[int]) -> list[sqlite3.Row]:
    """The rows of these places in the table, in the order in which they are given."""
    rows = connection.execute(f"SELECT * FROM {kind.name} WHERE id IN {GIVEN}", (given(ids),))
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
    query = f"SELECT * FROM {kind.name} WHERE group_id IN {GIVEN}{after} ORDER BY uuid DESC LIMIT ?"
    size = -1 if limit is None else max(limit, 0)
    return connection.execute(query, (given(group_ids), *cursor, size)).fetchall()


def at_nodes(connection: sqlite3.Connection, uuids: Sequence[str]) -> list[sqlite3.Row]:
    """The relations that start or end at the nodes, in the order they were written."""
    chosen = given(uuids)
    return connection.execute(
        f"SELECT * FROM edge WHERE source_node_uuid IN {GIVEN} OR target_node_uuid IN {GIVEN} ORDER BY id",
        (chosen, chosen),
    ).fetchall()


def groups(connection: sqlite3.Connection) -> list[str]:
    """Every group that has a node."""
    query = " UNION ".join(f"SELECT group_id FROM {kind.name}" for kind in NODES)
    return [row["group_id"] for row in connection.execute(f"{query} ORDER BY group_id")]


def models(connection: sqlite3.Connection, kind: Kind, rows: Sequence[sqlite3.Row]) -> list[Any]:
    """The nodes or edges of rows, in their order, without vectors: clients load those when they want them."""
    found = [model(kind, row) for row in rows]
    return [document_of(connection, *it) for it in zip(rows, found, strict=True)] if kind is EPISODE else found


def _held(connection: sqlite3.Connection, kind: Kind, it: Any) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(f"SELECT * FROM {kind.name} WHERE uuid = ?", (it.uuid,)).fetchone()
    if row is not None:
        check_group(row["group_id"], it)
    return row


def _check_ends(connection: sqlite3.Connection, ends: tuple[tuple[str, ...], tuple[str, ...]], it: Any) -> None:
    for uuid, tables in zip((it.source_node_uuid, it.target_node_uuid), ends, strict=True):
        query = " UNION ALL ".join(f"SELECT 1 FROM {table} WHERE uuid = ? AND group_id = ?" for table in tables)
        if connection.execute(query, (uuid, it.group_id) * len(tables)).fetchone() is None:
            raise NodeNotFoundError(uuid)


def _insert(table: str, values: Mapping[str, Any]) -> str:
    return f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))}) RETURNING id"


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
    connection.executemany(f"DELETE FROM {kind.name} WHERE id = ?", [(row["id"],) for row in gone])
