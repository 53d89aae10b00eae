"""The naive way to read "as of": an append-only table of claims, folded in Python at every read.

It is given what helps it: the dates as numbers in columns, an index on what is asked for, and SQL drops the
claims that were not yet on record or cannot be valid then. At one instant the fold is simple: of the claims
that hold then, a later one that is sure takes the place of those it rules out.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from modelatlas.graph.beliefs import entry, line
from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_rows import ticks

_SCHEMA = """
CREATE TABLE claim (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, predicate TEXT NOT NULL,
  recorded INTEGER NOT NULL, sequence INTEGER NOT NULL, asserts INTEGER NOT NULL,
  start_first INTEGER, start_last INTEGER NOT NULL, end_first INTEGER, end_last INTEGER,
  line TEXT NOT NULL, functional INTEGER NOT NULL, slot TEXT, object TEXT, value TEXT NOT NULL, answer TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX claim_subject ON claim (subject, predicate);
"""
_HOLDING = (
    "SELECT * FROM claim WHERE subject = ? {} AND recorded <= ? AND (start_first IS NULL OR start_first <= ?)"
    " AND (end_last IS NULL OR end_last > ?) ORDER BY recorded, sequence, asserts, uuid"
)


class FoldedLog:
    """One append-only table of claims in a SQLite file, with the settings of the store's own file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for setting in ("journal_mode = WAL", "synchronous = FULL", "cache_size = -65536"):
            self._connection.execute(f"PRAGMA {setting}")
        if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self._connection.executescript(_SCHEMA)

    def record(self, claims: Iterable[Claim], now: datetime) -> None:
        """Append the claims that are not there yet, in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        places = ", ".join("?" * 17)
        columns = "uuid, subject, predicate, recorded, sequence, asserts, start_first, start_last, end_first, end_last"
        self._connection.executemany(
            f"INSERT OR IGNORE INTO claim ({columns}, line, functional, slot, object, value, answer, body)"
            f" VALUES ({places})",
            [_row(claim, now) for claim in claims],
        )
        self._connection.execute("COMMIT")

    def recall(self, subject: str, predicate: str | None, valid: datetime, believed: datetime) -> list[dict[str, Any]]:
        """The statements about a subject that may hold at both instants, as objects of claims.jsonl."""
        also, values = ("", ()) if predicate is None else ("AND predicate = ?", (predicate,))
        instants = ticks(believed), ticks(valid), ticks(valid)
        rows = self._connection.execute(_HOLDING.format(also), (subject, *values, *instants)).fetchall()
        standing: dict[str, list[sqlite3.Row]] = defaultdict(list)
        for row in rows:
            held = standing[row["line"]]
            if _sure(row, ticks(valid)):
                held[:] = [earlier for earlier in held if not _rules_out(row, earlier)]
            if row["asserts"]:
                held.append(row)
        answers = {(key, row["answer"]): row["body"] for key, held in standing.items() for row in held}
        return [json.loads(body) for body in answers.values()]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _sure(row: sqlite3.Row, instant: int) -> bool:
    ends = row["end_last"] is not None
    return row["start_last"] <= instant and not (ends and (row["end_first"] is None or row["end_first"] <= instant))


def _rules_out(later: sqlite3.Row, earlier: sqlite3.Row) -> bool:
    if later["asserts"]:
        return bool(later["functional"] and later["slot"] == earlier["slot"] and later["answer"] != earlier["answer"])
    if later["object"] is not None and later["object"] != earlier["object"]:
        return False
    return bool(later["value"] == "null" or later["value"] == earlier["value"])


def _row(claim: Claim, now: datetime) -> tuple[Any, ...]:
    laid = entry(claim, now)
    recorded = ticks(laid.recorded.latest)
    start = moment(claim.valid_from) if claim.valid_from is not None else None
    end = moment(claim.valid_to) if claim.valid_to is not None else None
    first = ticks(start.earliest) if start and start.earliest else None
    last = ticks(start.latest) if start else recorded if claim.kind == "assert" else -(2**62)
    return (
        claim.id.hex,
        claim.subject,
        claim.predicate,
        recorded,
        claim.sequence,
        claim.kind == "assert",
        first,
        last,
        ticks(end.earliest) if end and end.earliest else None,
        ticks(end.latest) if end else None,
        line(claim),
        laid.functional,
        laid.slot,
        claim.object,
        json.dumps(claim.value),
        json.dumps(laid.answer),
        claim.canonical,
    )
