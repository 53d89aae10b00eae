"""Graphiti's searches: what a filter lets through is decided first, then ranked, then limited."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graphiti_core.driver.search_interface.search_interface import SearchInterface
from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode
from graphiti_core.search.search_filters import SearchFilters
from graphiti_core.search.search_utils import rrf

from modelatlas.graph.graphiti.filters import Sight, sight
from modelatlas.graph.graphiti.kinds import COMMUNITY, ENTITY, EPISODE, RELATES_TO
from modelatlas.graph.graphiti.rows import Groups

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.driver import DriverOfKinds

_AT_CENTER, _NEXT_TO_IT, _ELSEWHERE = 10.0, 1.0, 0.0


class Search(SearchInterface):
    """Graphiti's `search_interface`, on what the driver that is given keeps.

    Words are those of modelatlas' own search; a vector's score is (1 + cosine) / 2, as Neo4j has it.
    """

    async def edge_fulltext_search(
        self,
        driver: "DriverOfKinds",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityEdge]:
        return await driver.finder.by_words(RELATES_TO, query, search_filter, group_ids, limit)

    async def edge_similarity_search(
        self,
        driver: "DriverOfKinds",
        search_vector: Sequence[float],
        source_node_uuid: str | None,
        target_node_uuid: str | None,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.7,
    ) -> list[EntityEdge]:
        ends = source_node_uuid, target_node_uuid
        return await driver.finder.by_vector(
            RELATES_TO, search_vector, search_filter, group_ids, limit, min_score, ends
        )

    async def node_fulltext_search(
        self,
        driver: "DriverOfKinds",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        return await driver.finder.by_words(ENTITY, query, search_filter, group_ids, limit)

    async def node_similarity_search(
        self,
        driver: "DriverOfKinds",
        search_vector: Sequence[float],
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.7,
    ) -> list[EntityNode]:
        return await driver.finder.by_vector(ENTITY, search_vector, search_filter, group_ids, limit, min_score)

    async def episode_fulltext_search(
        self,
        driver: "DriverOfKinds",
        query: str,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EpisodicNode]:
        return await driver.finder.by_words(EPISODE, query, None, group_ids, limit)

    async def community_fulltext_search(
        self, driver: "DriverOfKinds", query: str, group_ids: Groups = None, limit: int = 100
    ) -> list[CommunityNode]:
        return await driver.finder.by_words(COMMUNITY, query, None, group_ids, limit)

    async def community_similarity_search(
        self,
        driver: "DriverOfKinds",
        search_vector: Sequence[float],
        group_ids: Groups = None,
        limit: int = 100,
        min_score: float = 0.6,
    ) -> list[CommunityNode]:
        return await driver.finder.by_vector(COMMUNITY, search_vector, None, group_ids, limit, min_score)

    async def edge_bfs_search(
        self,
        driver: "DriverOfKinds",
        bfs_origin_node_uuids: Sequence[str] | None,
        bfs_max_depth: int,
        search_filter: SearchFilters,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityEdge]:
        return await driver.finder.relations_along(
            bfs_origin_node_uuids or (), bfs_max_depth, search_filter, group_ids, limit
        )

    async def node_bfs_search(
        self,
        driver: "DriverOfKinds",
        bfs_origin_node_uuids: Sequence[str] | None,
        search_filter: SearchFilters,
        bfs_max_depth: int,
        group_ids: Groups = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        return await driver.finder.entities_along(
            bfs_origin_node_uuids or (), bfs_max_depth, search_filter, group_ids, limit
        )

    async def get_embeddings_for_communities(
        self, driver: "DriverOfKinds", communities: Sequence[CommunityNode]
    ) -> dict[str, list[float]]:
        return await driver.rows.vectors_of(COMMUNITY, [it.uuid for it in communities])

    async def node_distance_reranker(
        self, driver: "DriverOfKinds", node_uuids: Sequence[str], center_node_uuid: str, min_score: float = 0
    ) -> tuple[list[str], list[float]]:
        near = await driver.finder.next_to(center_node_uuid, node_uuids)
        score = {uuid: _NEXT_TO_IT if uuid in near else _ELSEWHERE for uuid in node_uuids}
        if center_node_uuid in score:
            score[center_node_uuid] = _AT_CENTER
        return _in_order(score, min_score)

    async def episode_mentions_reranker(
        self, driver: "DriverOfKinds", node_uuids: list[list[str]], min_score: float = 0
    ) -> tuple[list[str], list[float]]:
        fused, _ = rrf(node_uuids)
        times = await driver.lookups.mention_counts(fused)
        return _in_order({uuid: float(times[uuid]) for uuid in fused}, min_score)

    def build_node_search_filters(self, search_filters: SearchFilters) -> Sight:
        return sight(ENTITY, search_filters, None)

    def build_edge_search_filters(self, search_filters: SearchFilters) -> Sight:
        return sight(RELATES_TO, search_filters, None)


def _in_order(score: dict[str, float], min_score: float) -> tuple[list[str], list[float]]:
    kept = sorted((uuid for uuid in score if score[uuid] >= min_score), key=lambda uuid: -score[uuid])
    return kept, [score[uuid] for uuid in kept]
