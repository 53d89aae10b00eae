"""Graphiti's values as columns of a modelatlas file, and the reads that all its kinds of row share."""

import json
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.utils.datetime_utils import ensure_utc

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_rows import ticks

GIVEN = "(SELECT value FROM json_each(?))"


def checked(kind: str, uuid: str, group_id: str, values: object) -> None:
    """Raises BadInput for an empty group, and for text that no file can hold exactly."""
    if not group_id:
        raise BadInput(f"The {kind} {uuid} has an empty group_id; name its group, an empty one would be everybody's.")
    _check_text(values, f"The {kind} {uuid}")


def count(instant: datetime) -> int:
    """Microseconds since 1970; a time without an offset is UTC, as Graphiti has it."""
    utc = ensure_utc(instant)
    assert utc is not None
    return ticks(utc)


def count_of(instant: datetime | None) -> int | None:
    """`count`, where there is a time."""
    return None if instant is None else count(instant)


def json_text(value: object) -> str:
    """A value as JSON, its times as ISO texts. Raises BadInput for what JSON cannot say."""
    try:
        return json.dumps(value, default=_time_text, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"Attributes must be JSON values: {error}.") from error


def blob(vector: Sequence[float] | None) -> bytes | None:
    """A vector as little-endian float32."""
    return None if vector is None else struct.pack(f"<{len(vector)}f", *vector)


def vector(packed: bytes) -> list[float]:
    """The vector of a blob."""
    return list(struct.unpack(f"<{len(packed) // 4}f", packed))


def by_uuids(
    connection: sqlite3.Connection, table: str, uuids: Iterable[str], group_id: str | None = None
) -> list[sqlite3.Row]:
    """The rows with these ids, in the order of their ids; where a group is given, none of another."""
    within, group = ("", ()) if group_id is None else (" AND group_id = ?", (group_id,))
    query = f"SELECT * FROM {table} WHERE uuid IN {GIVEN}{within} ORDER BY uuid"
    return connection.execute(query, (json.dumps(list(uuids)), *group)).fetchall()


def by_groups(
    connection: sqlite3.Connection,
    table: str,
    group_ids: Sequence[str],
    limit: int | None = None,
    before: str | None = None,
) -> list[sqlite3.Row]:
    """A page of the rows of these groups, the greatest id first; `before` is the last id already read."""
    after, cursor = (" AND uuid < ?", (before,)) if before else ("", ())
    query = f"SELECT * FROM {table} WHERE group_id IN {GIVEN}{after} ORDER BY uuid DESC LIMIT ?"
    size = -1 if limit is None else max(limit, 0)
    return connection.execute(query, (json.dumps(list(group_ids)), *cursor, size)).fetchall()


def held(connection: sqlite3.Connection, table: str, uuid: str, group_id: str) -> sqlite3.Row | None:
    """The row that a save would replace. Raises BadInput where another group has it."""
    row: sqlite3.Row | None = connection.execute(f"SELECT * FROM {table} WHERE uuid = ?", (uuid,)).fetchone()
    if row is not None and row["group_id"] != group_id:
        raise BadInput(f"The uuid {uuid} is taken in another group than {group_id!r}; give a new one.")
    return row


def embeddings(connection: sqlite3.Connection, table: str, column: str, uuids: Iterable[str]) -> dict[str, Any]:
    """The vector of each row there is; None where it has none."""
    query = f"SELECT uuid, {column} FROM {table} WHERE uuid IN {GIVEN}"
    rows = connection.execute(query, (json.dumps(list(uuids)),))
    return {row["uuid"]: None if row[column] is None else vector(row[column]) for row in rows}


def _time_text(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is not one")
    utc = ensure_utc(value)
    assert utc is not None
    return utc.isoformat()


def _check_text(value: object, where: str) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise BadInput(f"{where} has a NUL character, which no text on record may have.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"{where} has half of a surrogate pair, which is not a character.") from error
    elif isinstance(value, dict):
        for key, part in value.items():
            _check_text(key, where)
            _check_text(part, where)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            _check_text(part, where)
