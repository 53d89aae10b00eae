"""What an as-of sees, as SQL: every read filters by both times before it ranks or limits."""

import json
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime

from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import entity_id, episode_of_row, fact_of_row, line_key, ticks
from modelatlas.graph.periods import AsOf, Span
from modelatlas.graph.reading import answer, in_sight
from modelatlas.graph.search import NEAR_ENOUGH, fused, in_context
from modelatlas.graph.sqlite.sieve import EDGE_SIGHT, EPISODE_SIGHT, Sieve
from modelatlas.graph.sqlite.word_ranking import ranked, scored
from modelatlas.graph.text import name_key

_FACT = (
    "SELECT r.id, r.uuid, r.name, r.fact, r.episodes, r.attributes, s.name AS subject"
    " FROM edge r JOIN entity s ON s.uuid = r.source_node_uuid"
)
_GIVEN = "r.id IN (SELECT value FROM json_each(?))"
# Graphiti's clients may keep edges and episodes of their own here: those follow from no claim and are no facts.
_OURS = "r.line IS NOT NULL"
_OUR_DOCUMENT = "r.attributes ->> '$.source.id' IS NOT NULL"
_TURN_BEFORE = (
    "SELECT b.id FROM episode b WHERE b.group_id = r.group_id"
    " AND b.attributes ->> '$.session' = r.attributes ->> '$.session'"
    " AND (b.valid_at, b.uuid) < (r.valid_at, r.uuid) ORDER BY b.valid_at DESC, b.uuid DESC LIMIT 1"
)


def recall(connection: sqlite3.Connection, tenant: str, about: Pattern, as_of: AsOf) -> list[Fact]:
    """The facts of a pattern that may hold at the as-of, in no particular order."""
    where, values = ["r.group_id = ?", _OURS], [tenant]
    if about.subject is not None:
        where.append("r.source_node_uuid = ?")
        values.append(entity_id(tenant, about.subject, literal=False))
    if about.predicate is not None:
        where.append("r.name = ?")
        values.append(about.predicate)
    if about.object is not None:
        where.append("r.attributes ->> '$.object' = ?")
        values.append(about.object)
    if about.source is not None:
        where.append("r.attributes ->> '$.source.id' = ?")
        values.append(about.source)
    sight, instants = _in_sight(as_of)
    rows = connection.execute(f"{_FACT} WHERE {' AND '.join(where)} AND {sight}", (*values, *instants))
    return [fact_of_row(row) for row in rows]


def search(
    connection: sqlite3.Connection, tenant: str, query: str, vector: Sequence[float] | None, as_of: AsOf, limit: int
) -> list[Hit]:
    """Facts and episodes in sight that have words of the query or, with its vector, are near it; best first."""
    sight, instants = _in_sight(as_of)
    sieve = Sieve(f"r.group_id = ? AND {_OURS} AND {sight}", (tenant, *instants), EDGE_SIGHT)
    once: Callable[[Fact], Hashable] = answer if _at_an_instant(as_of) else _id
    built: dict[int, Fact] = {}
    lists = [_found(connection, lambda reach: ranked(connection, "edge", query, sieve, reach), once, limit, built)]
    if vector is not None:
        near = _found(connection, lambda reach: _near(connection, tenant, vector, sieve, reach), once, limit, built)
        lists.append(near)
    episodes = search_episodes(connection, tenant, query, as_of, limit)
    told: dict[Hashable, Episode] = {episode.id: episode for episode in episodes}
    facts = {once(fact): fact for found in reversed(lists) for fact in reversed(found)}
    rankings: list[list[Hashable]] = [[once(fact) for fact in found] for found in lists]
    rankings.append(list(told))
    return [
        Hit(score=score, fact=_surest(connection, sieve, tenant, facts[key], as_of), episode=None)
        if key in facts
        else Hit(score=score, fact=None, episode=told[key])
        for key, score in fused(rankings, limit)
    ]


def search_episodes(connection: sqlite3.Connection, tenant: str, query: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The episodes said by then that have words of the query, best first; turns count in their conversation."""
    said, instants = _said(as_of)
    sieve = Sieve(f"r.group_id = ? AND {said} AND {_OUR_DOCUMENT}", (tenant, *instants), EPISODE_SIGHT)
    scores = dict(scored(connection, "episode", query, sieve, 3 * limit))
    given = (json.dumps(list(scores)),)
    adjacent = connection.execute(f"SELECT ({_TURN_BEFORE}), r.id FROM episode r WHERE {_GIVEN}", given)
    scores = in_context(scores, [(before, turn) for before, turn in adjacent])
    best = sorted(scores, key=lambda row: (-scores[row], row))[:limit]
    rows = connection.execute(f"SELECT * FROM episode r WHERE {_GIVEN}", (json.dumps(best),))
    episodes = {row["id"]: episode_of_row(row) for row in rows}
    return [episodes[row] for row in best]


def _near(connection: sqlite3.Connection, tenant: str, vector: Sequence[float], sieve: Sieve, limit: int) -> list[int]:
    from modelatlas.graph.sqlite.near.nearest import nearest  # numpy is loaded where there are vectors

    return [row for row, _ in nearest(connection, "edge", vector, sieve, limit, NEAR_ENOUGH, [tenant])]


def _found(
    connection: sqlite3.Connection,
    rank: Callable[[int], list[int]],
    once: Callable[[Fact], Hashable],
    limit: int,
    built: dict[int, Fact],
) -> list[Fact]:
    """The facts of the best rows: `limit` different ones and some more, where so many are in sight."""
    reach = 2 * limit
    while True:
        best = rank(reach)
        new = json.dumps([row for row in best if row not in built])
        built |= {row["id"]: fact_of_row(row) for row in connection.execute(f"{_FACT} WHERE {_GIVEN}", (new,))}
        facts = [built[row] for row in best]
        if len(best) < reach or len(set(map(once, facts))) >= limit:
            return facts
        reach *= 4  # several beliefs in sight can be one fact, and filled the list


def _surest(connection: sqlite3.Connection, sieve: Sieve, tenant: str, fact: Fact, as_of: AsOf) -> Fact:
    """The fact as `recall` returns it: at an instant by the surest belief with its answer, whatever words that has."""
    if not _at_an_instant(as_of):
        return in_sight([fact], as_of)[0]
    rows = connection.execute(f"{_FACT} WHERE r.line = ? AND {sieve.where}", (line_key(tenant, fact), *sieve.values))
    return next(it for it in in_sight(map(fact_of_row, rows), as_of) if answer(it) == answer(fact))


def _at_an_instant(as_of: AsOf) -> bool:
    return isinstance(as_of.valid, datetime) and isinstance(as_of.believed, datetime)


def _id(fact: Fact) -> Hashable:
    return fact.id


def turns(connection: sqlite3.Connection, tenant: str, session: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The last turns of a conversation, oldest first."""
    said, instants = _said(as_of)
    rows = connection.execute(
        "SELECT * FROM episode r WHERE r.group_id = ? AND r.attributes ->> '$.session' = ?"
        f" AND {said} ORDER BY r.valid_at DESC, r.id DESC LIMIT ?",
        (tenant, session, *instants, max(limit, 0)),
    )
    return [episode_of_row(row) for row in rows][::-1]


def names(connection: sqlite3.Connection, tenant: str, within: str | None) -> dict[str, str]:
    """Every name → the subject it names; with a text, only the names that stand in it."""
    stands, key = (
        ("", ())
        if within is None
        else (" AND instr(?, n.name_key) > 0", (name_key(within).encode(errors="replace").decode(),))
    )
    given = connection.execute(
        "SELECT n.name AS name, s.name AS subject FROM edge r JOIN entity n ON n.uuid = r.target_node_uuid"
        f" JOIN entity s ON s.uuid = r.source_node_uuid WHERE r.group_id = ? AND {_OURS}"
        f" AND r.name = 'name'{stands} ORDER BY s.name DESC",
        (tenant, *key),
    )
    found = {row["name"]: row["subject"] for row in given}
    own = connection.execute(
        f"SELECT n.name FROM entity n WHERE n.group_id = ?{stands}"
        " AND EXISTS (SELECT 1 FROM edge r WHERE r.group_id = n.group_id AND r.source_node_uuid = n.uuid"
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


def not_on_record(connection: sqlite3.Connection, home: str, claims: Sequence[Claim]) -> list[Claim]:
    """The claims that are not in the log; those without a tenant are `home`'s."""
    given = json.dumps([[claim.tenant or home, claim.id.hex] for claim in claims])
    known = connection.execute(
        "SELECT c.tenant, c.uuid FROM json_each(?) g"
        " JOIN claim c ON c.tenant = g.value ->> 0 AND c.uuid = g.value ->> 1",
        (given,),
    )
    held = {tuple(row) for row in known}
    return [claim for claim in claims if (claim.tenant or home, claim.id.hex) not in held]


def without_vector(connection: sqlite3.Connection, tenant: str, last: int, limit: int) -> dict[int, str]:
    """The texts of the next facts after a row that have no vector, by row."""
    rows = connection.execute(
        f"SELECT r.id, r.fact FROM edge r {EDGE_SIGHT} WHERE r.id > ? AND r.group_id = ? AND {_OURS}"
        " AND NOT EXISTS (SELECT 1 FROM edge_vector v WHERE v.id = r.id) ORDER BY r.id LIMIT ?",
        (last, tenant, limit),
    )
    return {row["id"]: row["fact"] for row in rows}


def texts_of(connection: sqlite3.Connection, rows: Iterable[int]) -> dict[int, str]:
    """The texts of the facts that are still there, by row."""
    found = connection.execute(f"SELECT r.id, r.fact FROM edge r WHERE {_GIVEN}", (json.dumps(list(rows)),))
    return {row["id"]: row["fact"] for row in found}


def counts(connection: sqlite3.Connection, tenant: str) -> dict[str, int]:
    """How many of each kind of row there are."""
    tables = {
        "claims": "claim WHERE tenant",
        "facts": f"edge r WHERE {_OURS} AND group_id",
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
        *_axis("r.valid_at", "r.invalid_at", as_of.valid),
        *_axis("r.created_at", "r.expired_at", as_of.believed),
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
            where.append("r.valid_at <= ?")
            instants.append(ticks(axis))
        elif axis.end is not None:
            where.append("r.valid_at < ?")
            instants.append(ticks(axis.end))
    return " AND ".join(where), instants
