"""The vectors nearest to a query among the rows in sight, with exact scores.

Where few rows are in sight, and where the vector index gives too few of them, the server compares all that are;
the best of what either gives are compared once more in double precision.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from modelatlas.graph.graphiti.kinds import Kind
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.graphiti.filters import Sieve
from modelatlas.graph.neo4j.graphiti.patterns import pattern, row
from modelatlas.graph.neo4j.graphiti.ranking import by_vector
from modelatlas.graph.neo4j.server import Transaction
from modelatlas.graph.sqlite.near.similarity import Ranking
from modelatlas.graph.sqlite.packing import pack

FEW = 5_000  # rows whose vectors are all compared, some 10 microseconds each
_REACHES = (10, 100)  # times the limit, of the index
_SPARE = 20  # candidates beside the limit, for the last bits of single precision
_BLUR = 1e-5  # more than single precision takes from a score
_TINY = 1e-44  # zero in single precision


async def nearest(
    tx: Transaction, kind: Kind, query: Sequence[float], seen: Sieve, limit: int, min_score: float
) -> list[str]:
    """The uuids of the rows in sight whose (1 + cosine) / 2 is at least the score, best first; ties by uuid.

    Vectors of other dimensions than the query, zero vectors and those too large for single precision are not found.
    Raises BadInput for a query that is no vector.
    """
    ranking = Ranking(query, limit, min_score)
    if ranking.limit <= 0:
        return []
    found = await _candidates(tx, kind, seen, ranking, min_score - _BLUR)
    alike = sorted((it for it in found if len(it["vector"]) == ranking.dimensions), key=lambda it: str(it["uuid"]))
    ranking.take(range(len(alike)), [pack(it["vector"]) for it in alike])
    return [alike[place]["uuid"] for place, _ in ranking.scores()]


async def _candidates(
    tx: Transaction, kind: Kind, seen: Sieve, ranking: Ranking, least: float
) -> list[Mapping[str, Any]]:
    vector: list[float] = ranking.query.tolist()
    if not seen.left and not await _are_few(tx, kind, seen):
        for times in _REACHES:
            rows = await by_vector(tx, kind, vector, seen, times * ranking.limit)
            near: list[Mapping[str, Any]] = [it for it in rows if it["score"] >= least]
            if len(near) >= ranking.limit:
                return near
    return await _compared(tx, kind, vector, seen, ranking.limit, least)


async def _are_few(tx: Transaction, kind: Kind, seen: Sieve) -> bool:
    assert kind.vector is not None
    query = f"MATCH {pattern(kind)} WHERE {seen.where} AND n.{kind.vector.field} IS NOT NULL WITH n LIMIT {FEW + 1}"
    [found] = await ask(tx, f"{query} RETURN count(n) AS rows", **seen.values)
    return bool(found["rows"] <= FEW)


async def _compared(
    tx: Transaction, kind: Kind, vector: list[float], seen: Sieve, limit: int, least: float
) -> list[Mapping[str, Any]]:
    """The best of all in sight, compared by the server."""
    assert kind.vector is not None
    own = f"n.{kind.vector.field}"
    can = f"size({own}) = $dimensions AND n.incomparable IS NULL AND any(x IN {own} WHERE abs(x) > {_TINY})"
    query = (
        f"MATCH {pattern(kind)} WHERE {seen.where} AND {own} IS NOT NULL"
        f" WITH n, CASE WHEN {can} THEN vector.similarity.cosine({own}, $vector) END AS score WHERE score >= $least"
        " WITH n, score ORDER BY score DESC, n.uuid"
    )
    if seen.left:
        query += f" RETURN n.uuid AS uuid, {own} AS vector, {row(kind)} AS row"
    else:
        query += f" LIMIT $size RETURN n.uuid AS uuid, {own} AS vector"
    values = {"vector": vector, "dimensions": len(vector), "least": least, "size": limit + _SPARE}
    found = await ask(tx, query, **values, **seen.values)
    return [it for it in found if not seen.left or seen.lets_through(kind, it["row"])]
