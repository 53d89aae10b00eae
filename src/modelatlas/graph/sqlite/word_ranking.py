"""Ranking by words (BM25, as SQLite's FTS5 has it), time first, in bounded time however common the words are.

A row costs about a microsecond to filter and to score. Where the words of a query have no more than LEADING
matches together, all in sight that have one are scored: the plain ranking. Above that the rarest words that
together stay under LEADING lead: rows in sight with one of them are scored, by all words. Where those are fewer than
asked for, or every word is common, the NEWEST rows in sight that have all of the common words (of up to TOGETHER)
are scored too, then, where that is still too few, the NEWEST that have any word. A row's score is the same in all
cases, and fewer rows than asked for are found only where no more are in sight.

What is newest is told by row number, from the last row in sight on: bisection finds it, so that an as-of long ago
does not read through all that was recorded since. Each common word costs some 20 nanoseconds a match beside, for
FTS5 counts them all to know how rare it is.
"""

import sqlite3
from typing import Literal

from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.text import query_words

Kind = Literal["edge", "episode", "entity", "community"]

LEADING = 2_000  # 3 ms to filter and score
NEWEST = 1_500
TOGETHER = 4
_STRIDE = 512


def ranked(connection: sqlite3.Connection, kind: Kind, text: str, sieve: Sieve, limit: int) -> list[int]:
    """The rows of a kind that pass the sieve and have words of the text, best first; `id` of each."""
    return [row for row, _ in scored(connection, kind, text, sieve, limit)]


def scored(connection: sqlite3.Connection, kind: Kind, text: str, sieve: Sieve, limit: int) -> list[tuple[int, float]]:
    """The same with their scores, which are above zero, the greatest first; of equal ones the first row is first."""
    matches = _matches(connection, kind, text) if limit > 0 else {}
    if not matches:
        return []
    if sum(matches.values()) <= LEADING:
        found = _scores(connection, kind, " OR ".join(matches), sieve)
    else:
        found = _bounded(connection, kind, matches, sieve, limit)
    best = sorted(found)
    best.sort(key=found.__getitem__, reverse=True)
    return [(row, found[row]) for row in best[:limit]]


def match_expression(text: str) -> str | None:
    """Any of the text's words, as an FTS5 expression; None when it has none."""
    return " OR ".join(_terms(text)) or None


def _terms(text: str) -> list[str]:
    """The words as FTS5 strings; a single Chinese character stands for the words that begin with it."""
    return [f'"{word}"*' if len(word) == 1 and word >= "\u3400" else f'"{word}"' for word in query_words(text)]


def _matches(connection: sqlite3.Connection, kind: Kind, text: str) -> dict[str, int]:
    """The words that any row has, and how many rows, counted no further than what is too many to lead."""
    count = f"SELECT count(*) FROM (SELECT 1 FROM {kind}_words WHERE {kind}_words MATCH ? LIMIT {LEADING + 1})"
    counted = {term: connection.execute(count, (term,)).fetchone()[0] for term in _terms(text)}
    return {term: rows for term, rows in counted.items() if rows}


def _bounded(
    connection: sqlite3.Connection, kind: Kind, matches: dict[str, int], sieve: Sieve, limit: int
) -> dict[int, float]:
    leading, common = _parted(matches)
    few, many, every = (" OR ".join(terms) for terms in (leading, common, matches))
    found: dict[int, float] = {}
    if leading:
        found = _scores(connection, kind, few, sieve)
        found |= _scores(connection, kind, f"({few}) AND ({many})", sieve)
    if len(found) >= limit:
        return found
    last = _last_in_sight(connection, kind, sieve)
    newest = f"ORDER BY w.rowid DESC LIMIT {max(NEWEST, limit)}"
    if 1 < len(common) <= TOGETHER:
        found = _scores(connection, kind, " AND ".join(common), sieve, f"AND w.rowid < {last} {newest}") | found
    for side in ("<", ">="):
        if len(found) < limit:
            found |= _scores(connection, kind, every, sieve, f"AND w.rowid {side} {last} {newest}")
    return found


def _parted(matches: dict[str, int]) -> tuple[list[str], list[str]]:
    """The rarest words that together have no more than LEADING matches, and the others."""
    terms = sorted(matches, key=lambda term: (matches[term], term))
    total = leading = 0
    for term in terms:
        total += matches[term]
        leading += total <= LEADING
    return terms[:leading], terms[leading:]


def _scores(
    connection: sqlite3.Connection, kind: Kind, expression: str, sieve: Sieve, which: str = ""
) -> dict[int, float]:
    rows = connection.execute(
        f"SELECT r.id, -bm25({kind}_words) FROM {kind}_words w CROSS JOIN {kind} r {sieve.index} ON r.id = w.rowid"
        f" WHERE {kind}_words MATCH ? AND ({sieve.where}) {which}",
        (expression, *sieve.values),
    )
    return {row[0]: row[1] for row in rows}


def _last_in_sight(connection: sqlite3.Connection, kind: Kind, sieve: Sieve) -> int:
    """About the row after the last one in sight, if rows are about in the order of their times."""
    seen = f"SELECT 1 FROM {kind} r {sieve.index} WHERE r.id >= ? AND r.id < ? AND ({sieve.where}) LIMIT 1"

    def any_in_sight(first: int) -> bool:
        return connection.execute(seen, (first, first + _STRIDE, *sieve.values)).fetchone() is not None

    low = 0
    high: int = 1 + connection.execute(f"SELECT coalesce(max(id), 0) FROM {kind}").fetchone()[0]
    if any_in_sight(high - _STRIDE):
        return high
    while high - low > _STRIDE:
        middle = (low + high) // 2
        if any_in_sight(middle):
            low = middle
        else:
            high = middle
    return high + _STRIDE
