"""Searching by words and by meaning, time first: what is not in sight is neither ranked nor counted.

The full-text index filters by tenant and day, the query then by the exact times; the vector index of the newest
servers filters by the exact times itself. Where a filter comes after the index (that of the day, and every one of
a vector index of 5.26), more are asked for until enough in sight are in hand or the index has no more.
"""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from typing import Any

from modelatlas.graph.facts import Episode, Fact, Hit
from modelatlas.graph.graphiti_rows import fact_of_row, line_key
from modelatlas.graph.neo4j import sieve
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.layout import fact_row
from modelatlas.graph.neo4j.schema import RELATION_VECTOR, RELATION_WORDS, Ability
from modelatlas.graph.neo4j.server import Transaction
from modelatlas.graph.neo4j.sieve import Sieve
from modelatlas.graph.neo4j.sight import EPISODE, FACT, OURS, of_lines, told
from modelatlas.graph.periods import AsOf
from modelatlas.graph.reading import answer, in_sight
from modelatlas.graph.search import NEAR_ENOUGH, fused, in_context
from modelatlas.graph.text import query_words

Row = dict[str, Any]
Found = tuple[list[Row], bool]  # rows in sight, best first, and whether the index has no more

_MOST_WORDS = 512  # of a query; Lucene takes no more than 1,024 clauses
_WIDER = 8
_BEAM = 300  # neighbours that the vector index looks for at least: its nearest ten are then nearly always the true ones


async def search(
    tx: Transaction,
    ability: Ability,
    tenant: str,
    query: str,
    vector: Sequence[float] | None,
    as_of: AsOf,
    limit: int,
) -> list[Hit]:
    """Facts and episodes in sight that have words of the query or, with its vector, are near it; best first."""
    seen = sieve.of_beliefs(tenant, as_of)
    once: Callable[[Fact], Hashable] = answer if _at_an_instant(as_of) else _id
    built: dict[str, Fact] = {}
    lists = []
    expression = lucene(query, seen)
    if expression is not None:
        lists.append(await _facts(lambda reach: _by_words(tx, expression, seen, reach), once, limit, built))
    if vector is not None and any(vector):  # one of zeros is near to nothing
        given = list(map(float, vector))
        near = _filtered if ability.filters else _filtering
        lists.append(await _facts(lambda reach: near(tx, given, seen, reach), once, limit, built))
    episodes = await search_episodes(tx, tenant, query, as_of, limit)
    by_id: dict[Hashable, Episode] = {episode.id: episode for episode in episodes}
    facts = {once(fact): fact for found in reversed(lists) for fact in reversed(found)}
    rankings: list[list[Hashable]] = [[once(fact) for fact in found] for found in lists]
    best = fused([*rankings, list(by_id)], limit)
    surest = await _surest(tx, tenant, seen, [facts[key] for key, _ in best if key in facts], as_of)
    return [
        Hit(score=score, fact=surest[key], episode=None)
        if key in facts
        else Hit(score=score, fact=None, episode=by_id[key])
        for key, score in best
    ]


async def search_episodes(tx: Transaction, tenant: str, query: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The episodes said by then that have words of the query, best first; turns count in their conversation."""
    said = sieve.of_episodes(tenant, as_of)
    expression = lucene(query, said)
    if expression is None:
        return []
    before = (
        "OPTIONAL CALL (e) { MATCH (b:Episodic {group_id: e.group_id, session: e.session})"
        " WHERE b.said < e.said OR (b.said = e.said AND b.uuid < e.uuid)"
        " RETURN b.uuid AS before ORDER BY b.said DESC, b.uuid DESC LIMIT 1 }"
    )
    query = (
        "CALL db.index.fulltext.queryNodes('episode_words', $expression, {limit: $reach}) YIELD node AS e, score"
        f" WITH e, score, {said.where} AS seen {before} RETURN {EPISODE}, score, before, seen"
    )
    rows = await _in_hand(lambda reach: _asked(tx, query, reach, expression=expression, **said.values), 3 * limit)
    scores = {row["uuid"]: row["score"] for row in rows}
    scores = in_context(scores, [(row["before"], row["uuid"]) for row in rows if row["before"] is not None])
    order = {row["uuid"]: number for number, row in enumerate(rows)}
    best = sorted(scores, key=lambda uuid: (-scores[uuid], order[uuid]))[:limit]
    return [told(rows[order[uuid]]) for uuid in best]


def lucene(query: str, seen: Sieve) -> str | None:
    """Any of the query's words, of what the sieve lets through, which counts for nothing in the score."""
    terms = [f"{word}*" if len(word) == 1 and word >= "\u3400" else f'"{word}"' for word in query_words(query)]
    if not terms:
        return None
    return f"+words:({' '.join(terms[:_MOST_WORDS])}) +({' '.join(f'+{clause}' for clause in seen.clauses)})^0"


async def _by_words(tx: Transaction, expression: str, seen: Sieve, reach: int) -> Found:
    query = (
        f"CALL db.index.fulltext.queryRelationships('{RELATION_WORDS}', $expression, {{limit: $reach}})"
        " YIELD relationship AS r, score"
        f" WITH r, score, startNode(r) AS s, {OURS} AND {seen.where} AS seen RETURN {FACT}, score, seen"
    )
    return await _asked(tx, query, reach, expression=expression, **seen.values)


async def _filtered(tx: Transaction, vector: list[float], seen: Sieve, reach: int) -> Found:
    """The nearest that the index itself lets through, of a server that can."""
    query = (
        f"CYPHER 25 MATCH ()-[r:RELATES_TO]->() SEARCH r IN (VECTOR INDEX {RELATION_VECTOR} FOR $vector"
        f" WHERE {seen.where} LIMIT $reach) SCORE AS score"
        f" WITH r, score, startNode(r) AS s, {OURS} AND score >= {NEAR_ENOUGH} AS seen"
    )
    return await _near(tx, query, vector, seen, reach)


async def _filtering(tx: Transaction, vector: list[float], seen: Sieve, reach: int) -> Found:
    """The nearest, and of those the ones in sight."""
    query = (
        f"CALL db.index.vector.queryRelationships('{RELATION_VECTOR}', $reach, $vector)"
        " YIELD relationship AS r, score"
        f" WITH r, score, startNode(r) AS s, {OURS} AND score >= {NEAR_ENOUGH} AND {seen.where} AS seen"
    )
    return await _near(tx, query, vector, seen, reach)


async def _near(tx: Transaction, query: str, vector: list[float], seen: Sieve, wanted: int) -> Found:
    """What an index gives; once that is too far from the query, it has no more that are near.

    The index looks for a beam of neighbours, of which only the wanted ones are read. Of many vectors that are the
    same, it may reach only some, and then nothing else. Where it gives fewer than it is asked for, it is asked for as
    many as there are: then it compares every one.
    """
    best = (
        f"{query} WITH r, s, score, seen ORDER BY score DESC"
        " WITH count(*) AS given, min(score) AS least,"
        " collect(CASE WHEN seen THEN [r, s, score] END)[..$wanted] AS best"
        " UNWIND CASE best WHEN [] THEN [[null, null, null]] ELSE best END AS one"
        " WITH given, least, one[0] AS r, one[1] AS s, one[2] AS score"
        f" RETURN {FACT}, score, r IS NOT NULL AS seen, given, least ORDER BY score DESC"
    )
    asked = {"vector": vector, "wanted": wanted, **seen.values}
    beam = max(wanted, _BEAM)
    rows = await ask(tx, best, reach=beam, **asked)
    if rows[0]["given"] < beam:
        every = (await ask(tx, "MATCH ()-[r:RELATES_TO]->() RETURN count(r) AS count"))[0]["count"]
        if every <= beam:
            return rows, True
        rows = await ask(tx, best, reach=every, **asked)
        return rows, len(rows) < wanted
    return rows, rows[0]["least"] < NEAR_ENOUGH


async def _asked(tx: Transaction, query: str, reach: int, **values: Any) -> Found:
    rows = await ask(tx, query, reach=reach, **values)
    return rows, len(rows) < reach


async def _in_hand(rank: Callable[[int], Awaitable[Found]], wanted: int) -> list[Row]:
    """The best rows in sight, so many where there are."""
    reach = wanted
    while True:
        rows, no_more = await rank(reach)
        seen = [row for row in rows if row["seen"]]
        if no_more or len(seen) >= wanted:
            return seen[:wanted]
        reach *= _WIDER


async def _facts(
    rank: Callable[[int], Awaitable[Found]],
    once: Callable[[Fact], Hashable],
    limit: int,
    built: dict[str, Fact],
) -> list[Fact]:
    """The facts of the best rows: `limit` different ones and some more, where so many are in sight."""
    wanted = 2 * limit
    while True:
        rows = await _in_hand(rank, wanted)
        for row in rows:
            if row["uuid"] not in built:
                built[row["uuid"]] = fact_of_row(fact_row(row))
        facts = [built[row["uuid"]] for row in rows]
        if len(rows) < wanted or len(set(map(once, facts))) >= limit:
            return facts
        wanted *= 4  # several beliefs in sight can be one fact, and filled the list


async def _surest(
    tx: Transaction, tenant: str, seen: Sieve, found: Sequence[Fact], as_of: AsOf
) -> dict[Hashable, Fact]:
    """The facts as `recall` returns them: at an instant by the surest belief with its answer, whatever words it has."""
    if not _at_an_instant(as_of):
        return {fact.id: in_sight([fact], as_of)[0] for fact in found}
    # What another writer has changed since it was found counts as it was found: a read here is of no one moment.
    before: dict[Hashable, Fact] = {answer(fact): in_sight([fact], as_of)[0] for fact in found}
    lines = {line_key(tenant, fact).hex() for fact in found}
    every = in_sight(await of_lines(tx, seen, sorted(lines)), as_of)
    return before | {key: fact for fact in every if (key := answer(fact)) in before}


def _at_an_instant(as_of: AsOf) -> bool:
    return isinstance(as_of.valid, datetime) and isinstance(as_of.believed, datetime)


def _id(fact: Fact) -> Hashable:
    return fact.id
