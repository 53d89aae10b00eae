"""The Finder of a modelatlas file: what a filter lets through is decided in SQL, then ranked, then limited."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode
from graphiti_core.search.search_filters import SearchFilters

from modelatlas.graph.graphiti.filters import sight, way
from modelatlas.graph.graphiti.kinds import ENTITY, RELATES_TO, Kind
from modelatlas.graph.graphiti.rows import Groups
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti import neighbourhood, rows
from modelatlas.graph.sqlite.graphiti.filters import sieve
from modelatlas.graph.sqlite.near.nearest import nearest
from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.sqlite.word_ranking import ranked


class SqliteFinder:
    """Searches by words as modelatlas' own search does; a vector's score is (1 + cosine) / 2."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_words(
        self, kind: Kind, query: str, filters: SearchFilters | None, group_ids: Groups, limit: int
    ) -> list[Any]:
        """Those that have words of the query, best first."""
        found_by, seen = kind.words, sieve(sight(kind, filters, group_ids))
        assert found_by is not None

        def work(db: sqlite3.Connection) -> list[Any]:
            return rows.models(db, kind, rows.by_ids(db, kind, ranked(db, found_by.kind, query, seen, limit)))

        return await self._database.read(work)

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
        vector, seen = kind.vector, sieve(sight(kind, filters, group_ids, ends))
        assert vector is not None

        def work(db: sqlite3.Connection) -> list[Any]:
            found = nearest(db, vector.kind, query, seen, limit, min_score, group_ids)
            return rows.models(db, kind, rows.by_ids(db, kind, [rowid for rowid, _ in found]))

        return await self._database.read(work)

    async def relations_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityEdge]:
        """The relations that a walk from the origins takes, nearer ones first, that the filter lets through."""
        on, seen = sieve(way(filters, group_ids)), sieve(sight(RELATES_TO, filters, group_ids))

        def work(db: sqlite3.Connection) -> list[Any]:
            taken, _ = neighbourhood.walk(db, origins, depth, on)
            return _those(db, RELATES_TO, "id", taken, seen, limit)

        return await self._database.read(work)

    async def entities_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityNode]:
        """The entities that a walk from the origins reaches, nearer ones first, that the filter lets through."""
        on, seen = sieve(way(filters, group_ids)), sieve(sight(ENTITY, filters, group_ids))

        def work(db: sqlite3.Connection) -> list[Any]:
            _, reached = neighbourhood.walk(db, origins, depth, on)
            return _those(db, ENTITY, "uuid", reached, seen, limit)

        return await self._database.read(work)

    async def next_to(self, center: str, entities: Sequence[str]) -> set[str]:
        """Those of the entities that one relation, of either direction, joins with the center."""
        return await self._database.read(lambda db: neighbourhood.next_to(db, center, entities))


def _those(db: sqlite3.Connection, kind: Kind, key: str, chosen: Sequence[Any], seen: Sieve, limit: int) -> list[Any]:
    """The chosen rows that the sieve lets through, in the order in which they are given."""
    place = {it: number for number, it in enumerate(chosen)}
    query = f"SELECT r.* FROM {kind.name} r WHERE r.{key} IN {rows.GIVEN} AND ({seen.where})"
    found = db.execute(query, (rows.given(chosen), *seen.values)).fetchall()
    return rows.models(db, kind, sorted(found, key=lambda row: place[row[key]])[: max(limit, 0)])
