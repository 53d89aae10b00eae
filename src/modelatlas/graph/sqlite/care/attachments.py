"""Whether what hangs on the rows is theirs: episodes' ids, search words, and the ends of clients' edges."""

import json
import sqlite3
from collections.abc import Callable, Iterator

from modelatlas.graph.errors import AtlasError
from modelatlas.graph.graphiti_rows import episode_of_row, episode_words
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.findings import AGAIN, RESTORE, Finding
from modelatlas.graph.text import name_key, words

Row = sqlite3.Row

_OFTEN = 1000  # rows between two reports
_WORDED = ("edge", "episode", "entity", "community")


def attachments(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """What is wrong with episodes, entities, communities, the clients' edges, and what a search finds them by."""
    query = "SELECT r.*, w.words FROM {0} r LEFT JOIN {0}_words w ON w.rowid = r.id"
    for kind, look in (("episode", _episode), ("entity", _entity), ("community", _summary)):
        yield from _each(connection, errand, kind, query.format(kind), look)
    edges = (
        "SELECT r.*, w.words, s.group_id AS source_group, t.group_id AS target_group FROM edge r"
        " LEFT JOIN edge_words w ON w.rowid = r.id LEFT JOIN entity s ON s.uuid = r.source_node_uuid"
        " LEFT JOIN entity t ON t.uuid = r.target_node_uuid WHERE r.line IS NULL"
    )
    yield from _each(connection, errand, "edge", edges, _edge)
    for kind in _WORDED:
        rows = f"SELECT w.rowid FROM {kind}_words w LEFT JOIN {kind} r ON r.id = w.rowid WHERE r.id IS NULL"
        for (row,) in connection.execute(rows):
            where, what = f"{kind}_words {row}", f"The search words {row} are of no {kind} that is there"
            yield Finding(kind="words", where=where, what=what, remedy=AGAIN)
    members = (
        "SELECT uuid, target_node_uuid FROM member m WHERE NOT EXISTS (SELECT 1 FROM entity"
        " WHERE uuid = m.target_node_uuid) AND NOT EXISTS (SELECT 1 FROM community WHERE uuid = m.target_node_uuid)"
    )
    for uuid, target in connection.execute(members):
        what = f"The member {target} of a community is not there (HAS_MEMBER {uuid})"
        yield Finding(kind="reference", where=uuid, what=what, remedy="delete that edge")


def _each(
    connection: sqlite3.Connection, errand: Errand, kind: str, query: str, look: Callable[[Row], Iterator[Finding]]
) -> Iterator[Finding]:
    total = connection.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]
    for number, row in enumerate(connection.execute(query)):
        if number % _OFTEN == 0:
            errand.reached(f"rows of {kind}", number, total)
        try:
            yield from look(row)
        except (ValueError, TypeError, LookupError, AtlasError, OverflowError):
            what = f"The {kind} {row['uuid']} (row {row['id']}) cannot be read"
            yield Finding(kind="table", where=str(row["uuid"]), what=what, remedy=RESTORE)


def _episode(row: Row) -> Iterator[Finding]:
    kept = json.loads(row["attributes"])
    expected: str | None = _worded(row["name"], row["source_description"], row["content"])
    if "source" in kept:
        episode = episode_of_row(dict(row))
        expected = None if kept["stub"] else episode_words(episode)
        if row["uuid"] != str(episode.source.episode(row["group_id"])):
            what = f"The episode {row['uuid']} has not the id of its source {episode.source.id[:80]!r}"
            yield Finding(kind="episode", where=row["uuid"], what=what, remedy=AGAIN)
    if row["words"] != expected:
        yield _unfound("episode", row)


def _entity(row: Row) -> Iterator[Finding]:
    if row["name_key"] != name_key(row["name"]):
        what = f"The entity {row['uuid']} ({row['name'][:80]!r}) is not found by its name"
        yield Finding(kind="entity", where=row["uuid"], what=what, remedy=AGAIN)
    yield from _summary(row)


def _summary(row: Row) -> Iterator[Finding]:
    if row["words"] != _worded(row["name"], row["summary"]):
        yield _unfound("node", row)


def _edge(row: Row) -> Iterator[Finding]:
    for end in ("source", "target"):
        if row[f"{end}_group"] != row["group_id"]:
            node = row[f"{end}_node_uuid"]
            what = f"The {end} {node} of the edge {row['uuid']} is no entity of its group"
            yield Finding(kind="reference", where=row["uuid"], what=what, remedy="delete the edge")
    if row["words"] != _worded(row["fact"], row["name"]):
        yield _unfound("edge", row)


def _worded(*parts: str) -> str:
    return " ".join(words(" \n ".join(parts)))


def _unfound(kind: str, row: Row) -> Finding:
    what = f"A search does not find the {kind} {row['uuid']} ({row['name'][:80]!r}) by all its words"
    return Finding(kind="words", where=row["uuid"], what=what, remedy=AGAIN)
