"""Graphiti's searches: what a filter lets through is decided first, then ranked, then limited."""

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphiti_core.driver.search_interface.search_interface import SearchInterface
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode
from graphiti_core.search.search_filters import SearchFilters
from graphiti_core.search.search_utils import rrf

from modelatlas.graph.sqlite import vectors
from modelatlas.graph.sqlite.graphiti import lookups, neighbourhood, rows
from modelatlas.graph.sqlite.graphiti.filters import edge_sieve, edges_in_sight, group_sieve, node_sieve
from modelatlas.graph.sqlite.graphiti.kinds import COMMUNITY, ENTITY, EPISODE, RELATES_TO, Kind
from modelatlas.graph.sqlite.near.nearest import nearest
from modelatlas.graph.sqlite.sieve import Sieve
from modelatlas.graph.sqlite.word_ranking import ranked

if TYPE_CHECKING:
    from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

Groups = Sequence[str] | None

_AT_CENTER, _NEXT_TO_IT, _ELSEWHERE = 10.0, 1.0, 0.0


class SqliteSearch(SearchInterface):
    """Graphiti's `search_interface`, on the file of the driver that is given.

    Words are those of modelatlas' own search; a vector's score is (1 + cosine) / 2, as Neo4j has it.
    """

    async def edge_fulltext_search(
        self,
        driver: "SqliteDriver",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityEdge]:
        return await _by_words(driver, RELATES_TO, query, edge_sieve(search_filter, group_ids), limit)

    async def edge_similarity_search(
        self,
        driver: "SqliteDriver",
        search_vector: Sequence[float],
        source_node_uuid: str | None,
        target_node_uuid: str | None,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.7,
    ) -> list[EntityEdge]:
        sieve = edge_sieve(search_filter, group_ids, source_node_uuid, target_node_uuid)
        return await _by_vector(driver, RELATES_TO, search_vector, sieve, group_ids, limit, min_score)

    async def node_fulltext_search(
        self,
        driver: "SqliteDriver",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        return await _by_words(driver, ENTITY, query, node_sieve(search_filter, group_ids), limit)

    async def node_similarity_search(
        self,
        driver: "SqliteDriver",
        search_vector: Sequence[float],
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.7,
    ) -> list[EntityNode]:
        sieve = node_sieve(search_filter, group_ids)
        return await _by_vector(driver, ENTITY, search_vector, sieve, group_ids, limit, min_score)

    async def episode_fulltext_search(
        self,
        driver: "SqliteDriver",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EpisodicNode]:
        return await _by_words(driver, EPISODE, query, group_sieve(group_ids), limit)

    async def community_fulltext_search(
        self, driver: "SqliteDriver", query: str, group_ids: Groups = None, limit: int = 100
    ) -> list[CommunityNode]:
        return await _by_words(driver, COMMUNITY, query, group_sieve(group_ids), limit)

    async def community_similarity_search(
        self,
        driver: "SqliteDriver",
        search_vector: Sequence[float],
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.6,
    ) -> list[CommunityNode]:
        sieve = group_sieve(group_ids)
        return await _by_vector(driver, COMMUNITY, search_vector, sieve, group_ids, limit, min_score)

    async def edge_bfs_search(
        self,
        driver: "SqliteDriver",
        bfs_origin_node_uuids: Sequence[str] | None,
        bfs_max_depth: int,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityEdge]:
        def work(db: sqlite3.Connection) -> list[Any]:
            near, _ = neighbourhood.walk(
                db, bfs_origin_node_uuids or (), bfs_max_depth, edges_in_sight(search_filter, group_ids)
            )
            return _those(db, RELATES_TO, "id", near, edge_sieve(search_filter, group_ids), limit)

        return await driver.database.read(work)

    async def node_bfs_search(
        self,
        driver: "SqliteDriver",
        bfs_origin_node_uuids: Sequence[str] | None,
        search_filter: SearchFilters,
        bfs_max_depth: int,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        def work(db: sqlite3.Connection) -> list[Any]:
            _, near = neighbourhood.walk(
                db, bfs_origin_node_uuids or (), bfs_max_depth, edges_in_sight(search_filter, group_ids)
            )
            return _those(db, ENTITY, "uuid", near, node_sieve(search_filter, group_ids), limit)

        return await driver.database.read(work)

    async def get_embeddings_for_communities(
        self, driver: "SqliteDriver", communities: Sequence[CommunityNode]
    ) -> dict[str, list[float]]:
        uuids = [it.uuid for it in communities]
        return await driver.database.read(lambda db: vectors.of_uuids(db, "community", uuids))

    async def node_distance_reranker(
        self, driver: "SqliteDriver", node_uuids: Sequence[str], center_node_uuid: str, min_score: float = 0
    ) -> tuple[list[str], list[float]]:
        near = await driver.database.read(lambda db: neighbourhood.next_to(db, center_node_uuid, node_uuids))
        score = {uuid: _NEXT_TO_IT if uuid in near else _ELSEWHERE for uuid in node_uuids}
        if center_node_uuid in score:
            score[center_node_uuid] = _AT_CENTER
        return _in_order(score, min_score)

    async def episode_mentions_reranker(
        self, driver: "SqliteDriver", node_uuids: list[list[str]], min_score: float = 0
    ) -> tuple[list[str], list[float]]:
        fused, _ = rrf(node_uuids)
        times = await driver.database.read(lambda db: lookups.mention_counts(db, fused))
        return _in_order({uuid: float(times[uuid]) for uuid in fused}, min_score)

    def build_node_search_filters(self, search_filters: SearchFilters) -> Sieve:
        return node_sieve(search_filters, None)

    def build_edge_search_filters(self, search_filters: SearchFilters) -> Sieve:
        return edge_sieve(search_filters, None)


async def _by_words(driver: "SqliteDriver", kind: Kind, query: str, sieve: Sieve, limit: int) -> list[Any]:
    found_by = kind.words
    assert found_by is not None

    def work(db: sqlite3.Connection) -> list[Any]:
        return rows.models(db, kind, rows.by_ids(db, kind, ranked(db, found_by.kind, query, sieve, limit)))

    return await driver.database.read(work)


async def _by_vector(
    driver: "SqliteDriver",
    kind: Kind,
    query: Sequence[float],
    sieve: Sieve,
    group_ids: Groups,
    limit: int,
    min_score: float,
) -> list[Any]:
    vector = kind.vector
    assert vector is not None

    def work(db: sqlite3.Connection) -> list[Any]:
        found = nearest(db, vector.kind, query, sieve, limit, min_score, group_ids)
        return rows.models(db, kind, rows.by_ids(db, kind, [rowid for rowid, _ in found]))

    return await driver.database.read(work)


def _those(db: sqlite3.Connection, kind: Kind, key: str, chosen: Sequence[Any], sieve: Sieve, limit: int) -> list[Any]:
    """The chosen rows that the sieve lets through, in the order in which they are given."""
    place = {it: number for number, it in enumerate(chosen)}
    query = f"SELECT r.* FROM {kind.table} r WHERE r.{key} IN {rows.GIVEN} AND ({sieve.where})"
    found = db.execute(query, (rows.given(chosen), *sieve.values)).fetchall()
    return rows.models(db, kind, sorted(found, key=lambda row: place[row[key]])[: max(limit, 0)])


def _in_order(score: dict[str, float], min_score: float) -> tuple[list[str], list[float]]:
    kept = sorted((uuid for uuid in score if score[uuid] >= min_score), key=lambda uuid: -score[uuid])
    return kept, [score[uuid] for uuid in kept]
