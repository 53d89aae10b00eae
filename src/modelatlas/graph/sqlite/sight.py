"""What an as-of sees, as SQL: every read filters by both times before it ranks or limits."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from modelatlas.graph.facts import Claim, Episode, Fact, Pattern
from modelatlas.graph.graphiti_rows import entity_id, episode_of_row, fact_of_row, ticks
from modelatlas.graph.periods import AsOf, Span
from modelatlas.graph.reading import answer, in_sight
from modelatlas.graph.text import name_key, query_words

_FACT = (
    "SELECT e.uuid, e.name, e.fact, e.episodes, e.attributes, s.name AS subject"
    " FROM edge e JOIN entity s ON s.uuid = e.source_node_uuid"
)
# Graphiti's clients may keep edges and episodes of their own here: those follow from no claim and are no facts.
_OURS = "e.line IS NOT NULL"
_OUR_DOCUMENT = "d.attributes ->> '$.source.id' IS NOT NULL"


def recall(connection: sqlite3.Connection, tenant: str, about: Pattern, as_of: AsOf) -> list[Fact]:
    """The facts of a pattern that may hold at the as-of, in no particular order."""
    where, values = ["e.group_id = ?", _OURS], [tenant]
    if about.subject is not None:
        where.append("e.source_node_uuid = ?")
        values.append(entity_id(tenant, about.subject, literal=False))
    if about.predicate is not None:
        where.append("e.name = ?")
        values.append(about.predicate)
    if about.object is not None:
        where.append("e.attributes ->> '$.object' = ?")
        values.append(about.object)
    if about.source is not None:
        where.append("e.attributes ->> '$.source.id' = ?")
        values.append(about.source)
    sight, instants = _in_sight(as_of)
    rows = connection.execute(f"{_FACT} WHERE {' AND '.join(where)} AND {sight}", (*values, *instants))
    return [fact_of_row(row) for row in rows]


def search_facts(connection: sqlite3.Connection, tenant: str, query: str, as_of: AsOf, limit: int) -> list[Fact]:
    """The facts in sight that have words of the query, best first, each as `recall` returns it."""
    reach = 3 * limit
    while len(found := _matching(connection, tenant, query, as_of, reach)) == reach:
        if len(in_sight(found, as_of)) >= limit:
            break
        reach *= 4  # several beliefs in sight can be one fact, and filled the list
    seen = {fact.id: fact for fact in in_sight(found, as_of)}
    if isinstance(as_of.valid, Span) or isinstance(as_of.believed, Span):
        return [seen[fact.id] for fact in found][:limit]
    first: dict[tuple[str, ...], Fact] = {}
    for fact in found:
        first.setdefault(answer(fact), fact)
    return [_surest(connection, tenant, fact, as_of) for fact in islice(first.values(), limit)]


def _surest(connection: sqlite3.Connection, tenant: str, fact: Fact, as_of: AsOf) -> Fact:
    """The fact by the surest belief in sight with its answer, whatever words that one has."""
    about = Pattern(subject=fact.subject, predicate=fact.predicate, object=fact.object, source=fact.source.id)
    beside = in_sight(recall(connection, tenant, about, as_of), as_of)
    return next(it for it in beside if answer(it) == answer(fact))


def _matching(connection: sqlite3.Connection, tenant: str, query: str, as_of: AsOf, limit: int) -> list[Fact]:
    sight, instants = _in_sight(as_of)
    rows = connection.execute(
        "SELECT e.uuid, e.name, e.fact, e.episodes, e.attributes, s.name AS subject, bm25(edge_words) AS rank"
        " FROM edge_words JOIN edge e ON e.id = edge_words.rowid JOIN entity s ON s.uuid = e.source_node_uuid"
        f" WHERE edge_words MATCH ? AND e.group_id = ? AND {_OURS} AND {sight} ORDER BY rank, e.uuid LIMIT ?",
        (query, tenant, *instants, limit),
    )
    return [fact_of_row(row) for row in rows]


def search_episodes(connection: sqlite3.Connection, tenant: str, query: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The episodes said by then that have words of the query, best first."""
    said, instants = _said(as_of)
    rows = connection.execute(
        "SELECT d.*, bm25(episode_words) AS rank FROM episode_words JOIN episode d ON d.id = episode_words.rowid"
        f" WHERE episode_words MATCH ? AND d.group_id = ? AND {_OUR_DOCUMENT} AND {said}"
        " ORDER BY rank, d.uuid LIMIT ?",
        (query, tenant, *instants, limit),
    )
    return [episode_of_row(row) for row in rows]


def turns(connection: sqlite3.Connection, tenant: str, session: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The last turns of a conversation, oldest first."""
    said, instants = _said(as_of)
    rows = connection.execute(
        "SELECT * FROM episode d WHERE d.group_id = ? AND d.attributes ->> '$.session' = ?"
        f" AND {said} ORDER BY d.valid_at DESC, d.id DESC LIMIT ?",
        (tenant, session, *instants, max(limit, 0)),
    )
    return [episode_of_row(row) for row in rows][::-1]


def match_expression(text: str) -> str | None:
    """Any of the query's words, as an FTS5 expression; None when it has none."""
    found = query_words(text)
    one_character = {word for word in found if len(word) == 1 and word >= "\u3400"}
    return " OR ".join(f'"{word}"*' if word in one_character else f'"{word}"' for word in found) or None


def names(connection: sqlite3.Connection, tenant: str, within: str | None) -> dict[str, str]:
    """Every name → the subject it names; with a text, only the names that stand in it."""
    stands, key = (
        ("", ())
        if within is None
        else (" AND instr(?, n.name_key) > 0", (name_key(within).encode(errors="replace").decode(),))
    )
    given = connection.execute(
        "SELECT n.name AS name, s.name AS subject FROM edge e JOIN entity n ON n.uuid = e.target_node_uuid"
        f" JOIN entity s ON s.uuid = e.source_node_uuid WHERE e.group_id = ? AND {_OURS}"
        f" AND e.name = 'name'{stands} ORDER BY s.name DESC",
        (tenant, *key),
    )
    found = {row["name"]: row["subject"] for row in given}
    own = connection.execute(
        f"SELECT n.name FROM entity n WHERE n.group_id = ?{stands}"
        " AND EXISTS (SELECT 1 FROM edge e WHERE e.group_id = n.group_id AND e.source_node_uuid = n.uuid"
        f" AND {_OURS})",
        (tenant, *key),
    )
    return found | {row["name"]: row["name"] for row in own}


def claims_after(connection: sqlite3.Connection, tenant: str, last: int, limit: int) -> list[tuple[int, Claim, int]]:
    """The next claims of the log: place, claim, when it was ingested."""
    rows = connection.execute(
        "SELECT id, body, ingested_at FROM claim WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?", (tenant, last, limit)
    )
    return [(row["id"], Claim.model_validate_json(row["body"]), row["ingested_at"]) for row in rows]


def counts(connection: sqlite3.Connection, tenant: str) -> dict[str, int]:
    """How many of each kind of row there are."""
    tables = {
        "claims": "claim WHERE tenant",
        "facts": f"edge e WHERE {_OURS} AND group_id",
        "entities": "entity WHERE group_id",
        "episodes": "episode WHERE group_id",
        "tombstones": "tombstone WHERE tenant",
    }
    return {
        name: connection.execute(f"SELECT count(*) FROM {table} = ?", (tenant,)).fetchone()[0]
        for name, table in tables.items()
    }


def _in_sight(as_of: AsOf) -> tuple[str, list[int]]:
    where, instants = [], []
    for test, count in (
        *_axis("e.valid_at", "e.invalid_at", as_of.valid),
        *_axis("e.created_at", "e.expired_at", as_of.believed),
    ):
        where.append(test)
        instants.append(count)
    return " AND ".join(where) or "1", instants


def _axis(start: str, end: str, axis: datetime | Span) -> Iterator[tuple[str, int]]:
    if isinstance(axis, datetime):
        yield f"({start} IS NULL OR {start} <= ?)", ticks(axis)
        yield f"({end} IS NULL OR {end} > ?)", ticks(axis)
        return
    if axis.end is not None:
        yield f"({start} IS NULL OR {start} < ?)", ticks(axis.end)
    if axis.start is not None:
        yield f"({end} IS NULL OR {end} > ?)", ticks(axis.start)


def _said(as_of: AsOf) -> tuple[str, list[int]]:
    where, instants = ["1"], []
    for axis in (as_of.valid, as_of.believed):
        if isinstance(axis, datetime):
            where.append("d.valid_at <= ?")
            instants.append(ticks(axis))
        elif axis.end is not None:
            where.append("d.valid_at < ?")
            instants.append(ticks(axis.end))
    return " AND ".join(where), instants
