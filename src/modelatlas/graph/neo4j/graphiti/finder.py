"""The Finder of a Neo4j database: what a filter lets through is decided first, then ranked, then limited."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode
from graphiti_core.search.search_filters import SearchFilters

from modelatlas.graph.graphiti.filters import sight, way
from modelatlas.graph.graphiti.kinds import ENTITY, RELATES_TO, Kind
from modelatlas.graph.graphiti.neighbourhood import Walk
from modelatlas.graph.graphiti.rows import Groups
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.graphiti import ranking
from modelatlas.graph.neo4j.graphiti.documents import models
from modelatlas.graph.neo4j.graphiti.filters import Sieve, sieve
from modelatlas.graph.neo4j.graphiti.nearest import nearest
from modelatlas.graph.neo4j.graphiti.patterns import in_groups, pattern, row
from modelatlas.graph.neo4j.layout import group_word
from modelatlas.graph.neo4j.searching import lucene
from modelatlas.graph.neo4j.server import Server, Transaction
from modelatlas.graph.neo4j.sieve import Sieve as Clauses


class Neo4jFinder:
    """Searches by words as modelatlas' own search does; a vector's score is (1 + cosine) / 2."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def by_words(
        self, kind: Kind, query: str, filters: SearchFilters | None, group_ids: Groups, limit: int
    ) -> list[Any]:
        """Those that have words of the query, best first."""
        groups = "*:*" if group_ids is None else f"group_word:({' '.join(map(group_word, group_ids))})"
        expression = lucene(query, Clauses("", {}, (groups,)))
        if expression is None or limit <= 0 or group_ids == []:
            return []
        seen = sieve(sight(kind, filters, group_ids))

        async def work(tx: Transaction) -> list[Any]:
            return await models(tx, kind, await ranking.by_words(tx, kind, expression, seen, limit))

        return await self._server.read(work)

    async def by_vector(
        self,
        kind: Kind,
        query: Sequence[float],
        filters: SearchFilters | None,
        group_ids: Groups,
        limit: int,
        min_score: float,
        ends: tuple[str | None, str | None] = (None, None),
    ) -> list[Any]:
        """Those whose vectors are nearest, best first; of relations only those between the given ends."""
        seen = sieve(sight(kind, filters, group_ids, ends), "true" if group_ids is None else in_groups(kind))
        seen.values["groups"] = list(group_ids or ())

        async def work(tx: Transaction) -> list[Any]:
            found = await nearest(tx, kind, query, seen, limit, min_score)
            return await models(tx, kind, await _those(tx, kind, found, sieve([]), limit))

        return await self._server.read(work)

    async def relations_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityEdge]:
        """The relations that a walk from the origins takes, nearer ones first, that the filter lets through."""
        on, seen = sieve(way(filters, group_ids)), sieve(sight(RELATES_TO, filters, group_ids))

        async def work(tx: Transaction) -> list[Any]:
            taken = (await _walk(tx, origins, depth, on)).relations
            return await models(tx, RELATES_TO, await _those(tx, RELATES_TO, taken, seen, limit))

        return await self._server.read(work)

    async def entities_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityNode]:
        """The entities that a walk from the origins reaches, nearer ones first, that the filter lets through."""
        on, seen = sieve(way(filters, group_ids)), sieve(sight(ENTITY, filters, group_ids))

        async def work(tx: Transaction) -> list[Any]:
            reached = (await _walk(tx, origins, depth, on)).reached
            return await models(tx, ENTITY, await _those(tx, ENTITY, reached, seen, limit))

        return await self._server.read(work)

    async def next_to(self, center: str, entities: Sequence[str]) -> set[str]:
        """Those of the entities that one relation, of either direction, joins with the center."""
        query = "MATCH (:Entity {uuid: $center})-[:RELATES_TO]-(n:Entity) WHERE n.uuid IN $entities"
        query += " RETURN DISTINCT n.uuid AS uuid"
        found = await self._server.read(lambda tx: ask(tx, query, center=center, entities=list(entities)))
        return {it["uuid"] for it in found}


async def _walk(tx: Transaction, origins: Sequence[str], depth: int, on: Sieve) -> Walk[str]:
    relations = (
        f"MATCH (s:Entity)-[n:RELATES_TO]->(t:Entity) WHERE s.uuid IN $stand AND {on.where}"
        " RETURN n.uuid AS uuid, t.uuid AS target ORDER BY n.created_at, n.uuid"
    )
    mentions = (
        "MATCH (s:Episodic)-[n:MENTIONS]->(t:Entity) WHERE s.uuid IN $stand"
        " RETURN t.uuid AS target ORDER BY n.created_at, n.uuid"
    )
    found: Walk[str] = Walk(origins, depth)
    while found.goes_on:
        steps = await ask(tx, relations, stand=found.stand, **on.values)
        mentioned = await ask(tx, mentions, stand=found.stand)
        found.step([(it["uuid"], it["target"]) for it in steps], [it["target"] for it in mentioned])
    return found


async def _those(tx: Transaction, kind: Kind, uuids: Sequence[str], seen: Sieve, limit: int) -> list[Mapping[str, Any]]:
    """Those with these ids that the sieve lets through, in the order in which they are given."""
    place = {uuid: number for number, uuid in enumerate(uuids)}
    query = f"MATCH {pattern(kind)} WHERE n.uuid IN $uuids AND {seen.where} RETURN {row(kind)} AS row"
    rows = [it["row"] for it in await ask(tx, query, uuids=list(uuids), **seen.values)]
    found = sorted((it for it in rows if seen.lets_through(kind, it)), key=lambda it: place[it["uuid"]])
    return found[: max(limit, 0)]
