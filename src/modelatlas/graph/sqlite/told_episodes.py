"""The episodes that claims rest on: a stub while only its source is known, then its text."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from modelatlas.graph.facts import Claim, Episode
from modelatlas.graph.graphiti_rows import episode_row, episode_words, stub_of, ticks
from modelatlas.graph.sqlite.standing import rows_of

_COLUMNS = "uuid, group_id, name, source, source_description, content, attributes, valid_at, created_at"


def stub(connection: sqlite3.Connection, tenant: str, claims: Iterable[Claim], now: datetime) -> None:
    """Write an episode for every source revision that came without its text."""
    told_by = {claim.source.episode(tenant): claim for claim in claims}
    by_uuid = {str(uuid): claim for uuid, claim in told_by.items()}
    known = {row["uuid"] for row in rows_of(connection, "SELECT uuid FROM episode WHERE uuid IN ({})", by_uuid)}
    rows = [
        episode_row(tenant, stub_of(claim, claim.recorded(now).latest), True, ticks(now))
        for uuid, claim in by_uuid.items()
        if uuid not in known
    ]
    connection.executemany(f"INSERT INTO episode ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def tell(connection: sqlite3.Connection, tenant: str, episode: Episode, now: datetime) -> int:
    """Write an episode with its text, unless it has one or is forgotten; how many were written."""
    row = episode_row(tenant, episode, False, ticks(now))
    if connection.execute("SELECT 1 FROM forgotten WHERE tenant = ? AND uuid = ?", (tenant, row[0])).fetchone():
        return 0
    held = connection.execute("SELECT id, attributes FROM episode WHERE uuid = ?", row[:1]).fetchone()
    if held is not None and not json.loads(held["attributes"])["stub"]:
        return 0
    rowid = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM episode").fetchone()[0]
    places = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    if held is None:
        connection.execute(f"INSERT INTO episode (id, {_COLUMNS}) VALUES {places}", (rowid, *row))
    else:
        # Not replaced by another row: edges of Graphiti's clients that refer to it would go with it.
        query = f"UPDATE episode SET (id, {_COLUMNS}) = {places} WHERE id = ?"
        connection.execute(query, (rowid, *row, held["id"]))
    connection.execute("INSERT INTO episode_words (rowid, words) VALUES (?, ?)", (rowid, episode_words(episode)))
    return 1


def erase(connection: sqlite3.Connection, tenant: str, uuids: Iterable[str]) -> int:
    """Erase episodes, which stay forgotten; how many there were."""
    gone = 0
    for uuid in uuids:
        if connection.execute("DELETE FROM episode WHERE uuid = ?", (uuid,)).rowcount:
            connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (tenant, uuid))
            gone += 1
    return gone
