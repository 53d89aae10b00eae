"""What every kind of node and edge can do, as `graphiti.nodes` and `graphiti.edges` ask for it.

Graphiti has an abstract class for each kind; the shared ones here are written once, over the kind. With `tx` a
write is part of that transaction; without, it is one of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.driver.operations.community_edge_ops import CommunityEdgeOperations
from graphiti_core.driver.operations.community_node_ops import CommunityNodeOperations
from graphiti_core.driver.operations.entity_edge_ops import EntityEdgeOperations
from graphiti_core.driver.operations.entity_node_ops import EntityNodeOperations
from graphiti_core.driver.operations.episode_node_ops import EpisodeNodeOperations
from graphiti_core.driver.operations.episodic_edge_ops import EpisodicEdgeOperations
from graphiti_core.driver.operations.has_episode_edge_ops import HasEpisodeEdgeOperations
from graphiti_core.driver.operations.next_episode_edge_ops import NextEpisodeEdgeOperations
from graphiti_core.driver.operations.saga_node_ops import SagaNodeOperations
from graphiti_core.edges import EntityEdge
from graphiti_core.errors import EdgeNotFoundError, NodeNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode

from modelatlas.graph.graphiti.kinds import (
    COMMUNITY,
    ENTITY,
    EPISODE,
    HAS_EPISODE,
    HAS_MEMBER,
    MENTIONS,
    NEXT_EPISODE,
    RELATES_TO,
    SAGA,
    Kind,
)
from modelatlas.graph.graphiti.protection import check_groups_named
from modelatlas.graph.graphiti.rows import Lookups, Rows


class Operations:
    """Saves, deletes and reads of one kind; `executor` is the driver, as Graphiti's signatures have it."""

    kind: Kind

    def __init__(self, rows: Rows, lookups: Lookups) -> None:
        self._rows = rows
        self._lookups = lookups

    async def save(self, executor: object, given: Any, tx: object = None) -> None:
        """Create or replace one."""
        await self.save_bulk(executor, [given], tx)

    async def save_bulk(self, executor: object, given: Iterable[Any], tx: object = None, batch_size: int = 100) -> None:
        """Create or replace many, all or none."""
        await self._rows.save(self.kind, [self.kind.of(it) for it in given], tx)

    async def delete(self, executor: object, given: Any, tx: object = None) -> None:
        """Take one out, with every edge at a node."""
        await self.delete_by_uuids(executor, [given.uuid], tx, group_id=given.group_id)

    async def delete_by_uuids(
        self,
        executor: object,
        uuids: Sequence[str],
        tx: object = None,
        batch_size: int = 100,
        group_id: str | None = None,
    ) -> None:
        """Take out those there are; where a group is given, none of another."""
        await self._rows.delete([self.kind], uuids, group_id, tx)

    async def delete_by_group_id(
        self, executor: object, group_id: str, tx: object = None, batch_size: int = 100
    ) -> None:
        """Take out all of a group."""
        await self._rows.delete_groups([self.kind], [group_id], tx)

    async def get_by_uuid(self, executor: object, uuid: str) -> Any:
        """The one with this id. Raises NodeNotFoundError or EdgeNotFoundError."""
        found = await self.get_by_uuids(executor, [uuid])
        if not found:
            raise EdgeNotFoundError(uuid) if self.kind.ends else NodeNotFoundError(uuid)
        return found[0]

    async def get_by_uuids(self, executor: object, uuids: Sequence[str], group_id: str | None = None) -> list[Any]:
        """Those there are; where a group is given, none of another."""
        return await self._rows.by_uuids(self.kind, uuids, group_id)

    async def get_by_group_ids(
        self,
        executor: object,
        group_ids: Sequence[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[Any]:
        """A page of these groups, the greatest id first."""
        return await self._rows.by_groups(self.kind, group_ids, limit, uuid_cursor)

    async def load_embeddings_bulk(
        self, executor: object, given: Iterable[Any], batch_size: int = 100
    ) -> dict[str, list[float]]:
        """Give each its vector, where it has one; the vectors by id."""
        every, vector = list(given), self.kind.vector
        assert vector is not None
        found = await self._rows.vectors_of(self.kind, [it.uuid for it in every])
        for it in every:
            if it.uuid in found:
                setattr(it, vector.field, found[it.uuid])
        return found

    async def load_embeddings(self, executor: object, given: Any) -> None:
        """Give it its vector, or None. Raises NodeNotFoundError or EdgeNotFoundError."""
        await self.get_by_uuid(executor, given.uuid)
        assert self.kind.vector is not None
        setattr(given, self.kind.vector.field, None)
        await self.load_embeddings_bulk(executor, [given])


class EntityNodes(Operations, EntityNodeOperations):  # type: ignore[misc]
    """`graphiti.nodes.entity`."""

    kind = ENTITY

    async def get_by_attribute_values(
        self, group_id: str, attributes: Mapping[str, object], labels: Sequence[str] | None, limit: int
    ) -> list[EntityNode]:
        """The nodes of a group that have all these values and, where labels are given, one of them."""
        return await self._lookups.entities_with(group_id, attributes, labels, limit)

    async def get_by_names(self, names: Sequence[str], group_ids: Sequence[str]) -> list[EntityNode]:
        """The nodes of these groups with exactly these names."""
        return await self._lookups.entities_named(names, group_ids)


class EpisodeNodes(Operations, EpisodeNodeOperations):
    """`graphiti.nodes.episode`."""

    kind = EPISODE

    async def get_by_entity_node_uuid(self, executor: object, entity_node_uuid: str) -> list[EpisodicNode]:
        """The episodes that mention an entity, or that the edges at it rest on, in the order they were said."""
        return await self._lookups.episodes_about(entity_node_uuid)

    async def retrieve_episodes(
        self,
        executor: object,
        reference_time: datetime,
        last_n: int = 3,
        group_ids: Sequence[str] | None = None,
        source: EpisodeType | str | None = None,
        saga: str | None = None,
    ) -> list[EpisodicNode]:
        """The last episodes said by then, the last first, as Graphiti has it here; of all groups for None.

        Raises BadInput for an empty group.
        """
        check_groups_named(group_ids)
        kind = EpisodeType(source).value if source is not None else None
        return await self._lookups.last_said(reference_time, last_n, group_ids, kind, saga)


class CommunityNodes(Operations, CommunityNodeOperations):
    """`graphiti.nodes.community`; as with Graphiti's own drivers, a community is read with its vector."""

    kind = COMMUNITY

    async def load_name_embedding(self, executor: object, node: CommunityNode) -> None:
        """Give it its vector. Raises NodeNotFoundError."""
        await self.load_embeddings(executor, node)

    async def get_by_uuids(self, executor: object, uuids: Sequence[str], group_id: str | None = None) -> list[Any]:
        """Those there are, with their vectors; where a group is given, none of another."""
        found = await super().get_by_uuids(executor, uuids, group_id)
        await self.load_embeddings_bulk(executor, found)
        return found

    async def get_by_group_ids(
        self,
        executor: object,
        group_ids: Sequence[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[Any]:
        """A page of these groups, with their vectors, the greatest id first."""
        found = await super().get_by_group_ids(executor, group_ids, limit, uuid_cursor)
        await self.load_embeddings_bulk(executor, found)
        return found


class SagaNodes(Operations, SagaNodeOperations):
    """`graphiti.nodes.saga`."""

    kind = SAGA


class EntityEdges(Operations, EntityEdgeOperations):  # type: ignore[misc]
    """`graphiti.edges.entity`."""

    kind = RELATES_TO

    async def get_between_nodes(
        self, executor: object, source_node_uuid: str, target_node_uuid: str
    ) -> list[EntityEdge]:
        """The edges from one node to the other, in the order they were written."""
        return await self._lookups.relations_between(source_node_uuid, target_node_uuid)

    async def get_by_node_uuid(self, executor: object, node_uuid: str) -> list[EntityEdge]:
        """The edges that start or end at a node, in the order they were written."""
        return await self._lookups.relations_at(node_uuid)


class EpisodicEdges(Operations, EpisodicEdgeOperations):
    """`graphiti.edges.episodic`."""

    kind = MENTIONS


class CommunityEdges(Operations, CommunityEdgeOperations):
    """`graphiti.edges.community`."""

    kind = HAS_MEMBER


class HasEpisodeEdges(Operations, HasEpisodeEdgeOperations):
    """`graphiti.edges.has_episode`."""

    kind = HAS_EPISODE


class NextEpisodeEdges(Operations, NextEpisodeEdgeOperations):
    """`graphiti.edges.next_episode`."""

    kind = NEXT_EPISODE


EVERY: tuple[type[Operations], ...] = (
    *(EntityNodes, EpisodeNodes, CommunityNodes, SagaNodes),
    *(EntityEdges, EpisodicEdges, CommunityEdges, HasEpisodeEdges, NextEpisodeEdges),
)
