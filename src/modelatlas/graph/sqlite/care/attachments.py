"""Whether what hangs on the rows is theirs: episodes' ids, search words, and the ends of clients' edges."""

import sqlite3
from collections.abc import Callable, Iterator

from modelatlas.graph.care.attachments import of_community, of_edge, of_entity, of_episode, unreadable
from modelatlas.graph.care.findings import Finding
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.remedies import AGAIN, RESTORE

Row = sqlite3.Row

_OFTEN = 1000  # rows between two reports
_WORDED = ("edge", "episode", "entity", "community")


def attachments(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """What is wrong with episodes, entities, communities, the clients' edges, and what a search finds them by."""
    query = "SELECT r.*, w.words FROM {0} r LEFT JOIN {0}_words w ON w.rowid = r.id"
    for kind, look in (("episode", of_episode), ("entity", of_entity), ("community", of_community)):
        yield from _each(connection, errand, kind, query.format(kind), look)
    edges = (
        "SELECT r.*, w.words, s.group_id AS source_group, t.group_id AS target_group FROM edge r"
        " LEFT JOIN edge_words w ON w.rowid = r.id LEFT JOIN entity s ON s.uuid = r.source_node_uuid"
        " LEFT JOIN entity t ON t.uuid = r.target_node_uuid WHERE r.line IS NULL"
    )
    yield from _each(connection, errand, "edge", edges, of_edge)
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
    connection: sqlite3.Connection, errand: Errand, kind: str, query: str, look: Callable[[Row, str], Iterator[Finding]]
) -> Iterator[Finding]:
    total = connection.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]
    for number, row in enumerate(connection.execute(query)):
        if number % _OFTEN == 0:
            errand.reached(f"rows of {kind}", number, total)
        try:
            yield from look(row, AGAIN)
        except (ValueError, TypeError, LookupError, AtlasError, OverflowError):
            yield unreadable(kind, row["uuid"], RESTORE)
