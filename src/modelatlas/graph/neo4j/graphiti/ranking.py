"""What is in sight of what an index ranks: it ranks all groups together, so it is asked for more and more."""

from collections.abc import Mapping
from typing import Any

from modelatlas.graph.graphiti.kinds import Kind
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.graphiti.filters import Sieve
from modelatlas.graph.neo4j.graphiti.patterns import row
from modelatlas.graph.neo4j.server import Transaction

_INDEXES = {"entity": "entity", "episode": "episode", "community": "community", "edge": "relation"}
_WIDER = 8


async def by_words(tx: Transaction, kind: Kind, expression: str, seen: Sieve, limit: int) -> list[Mapping[str, Any]]:
    """The rows in sight that match, best first; so many where there are."""
    called = f"fulltext.{_query(kind)}('{_INDEXES[kind.name]}_words', $expression, {{limit: $reach}})"
    reach = max(4 * limit, 100)
    while True:
        size = -1 if seen.left else limit
        query = _in_sight(kind, called, seen, row(kind), size)
        [found] = await ask(tx, query, expression=expression, reach=reach, size=size, **seen.values)
        rows = [it for it in found["rows"] if seen.lets_through(kind, it)]
        if found["total"] < reach or len(rows) >= limit:
            return rows[:limit]
        reach *= _WIDER


async def by_vector(tx: Transaction, kind: Kind, vector: list[float], seen: Sieve, reach: int) -> list[dict[str, Any]]:
    """Those in sight among so many nearest by the index, each with its uuid, vector and score."""
    assert kind.vector is not None
    called = f"vector.{_query(kind)}('{_INDEXES[kind.name]}_vector', $reach, $vector)"
    returned = f"{{uuid: n.uuid, vector: n.{kind.vector.field}, score: score}}"
    query = _in_sight(kind, called, seen, returned, -1)
    [found] = await ask(tx, query, vector=vector, reach=reach, **seen.values)
    rows: list[dict[str, Any]] = found["rows"]
    return rows


def _query(kind: Kind) -> str:
    return "queryNodes" if kind.ends is None else "queryRelationships"


def _in_sight(kind: Kind, called: str, seen: Sieve, returned: str, size: int) -> str:
    """The query for the hits of an index, how many in all and those in sight."""
    of = "node" if kind.ends is None else "relationship"
    limited = "" if size < 0 else " LIMIT $size"
    return (
        f"CALL db.index.{called} YIELD {of} AS n, score WITH collect([n, score]) AS hits"
        f" CALL (hits) {{ UNWIND hits AS hit WITH hit[0] AS n, hit[1] AS score WHERE {seen.where}"
        f" WITH n, score ORDER BY score DESC, n.uuid{limited} RETURN collect({returned}) AS rows }}"
        " RETURN size(hits) AS total, rows"
    )
