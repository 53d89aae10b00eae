"""Graphiti's `graph_operations_interface`: what its nodes, edges, episodes, sagas and communities ask of a driver.

What every kind has is in `kind_methods`; here is what one alone has, or several have together.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphiti_core.edges import Edge, EntityEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.errors import EdgeNotFoundError, GroupsEdgesNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, Node, SagaNode

from modelatlas.graph.sqlite.graphiti import lookups, neighbourhood, rows
from modelatlas.graph.sqlite.graphiti.kind_methods import KindMethods
from modelatlas.graph.sqlite.graphiti.kinds import (
    COMMUNITY,
    ENTITY,
    EPISODE,
    HAS_EPISODE,
    HAS_MEMBER,
    MENTIONS,
    NEXT_EPISODE,
    NODES,
    RELATES_TO,
    SAGA,
    Kind,
)
from modelatlas.graph.sqlite.graphiti.transaction import write

if TYPE_CHECKING:
    from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver


class SqliteInterface(KindMethods):  # type: ignore[misc, valid-type]
    """All of Graphiti's interface, with Graphiti's signatures, on the file of the driver that is given."""

    # As with Graphiti's own drivers, `Node.delete` and `Edge.delete` of any class take what has the uuid, and only
    # sagas and their edges are told apart.

    async def node_delete(self, node: Node, driver: "SqliteDriver") -> None:
        await self.node_delete_by_uuids(type(node), driver, [node.uuid], node.group_id)

    async def node_delete_by_uuids(
        self,
        _cls: type[Node],
        driver: "SqliteDriver",
        uuids: Sequence[str],
        group_id: str | None = None,
        batch_size: int = 100,
    ) -> None:
        kinds = _nodes_of(_cls)
        await write(driver.database, lambda db: rows.delete(db, kinds, uuids, group_id))

    async def node_delete_by_group_id(
        self, _cls: type[Node], driver: "SqliteDriver", group_id: str, batch_size: int = 100
    ) -> None:
        kinds = _nodes_of(_cls)
        await write(driver.database, lambda db: rows.delete_groups(db, kinds, [group_id]))

    async def edge_delete(self, edge: Edge, driver: "SqliteDriver") -> None:
        await self.edge_delete_by_uuids(type(edge), driver, [edge.uuid], edge.group_id)

    async def edge_delete_by_uuids(
        self, _cls: type[Edge], driver: "SqliteDriver", uuids: Sequence[str], group_id: str | None = None
    ) -> None:
        kinds = _edges_of(_cls)
        await write(driver.database, lambda db: rows.delete(db, kinds, uuids, group_id))

    async def edge_get_by_group_ids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_ids: list[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[EntityEdge]:
        found = await driver.of(RELATES_TO).get_by_group_ids(driver, group_ids, limit, uuid_cursor)
        if not found:
            raise GroupsEdgesNotFoundError(group_ids)
        return found

    async def episodic_edge_get_by_group_ids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_ids: list[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[Any]:
        found = await driver.of(MENTIONS).get_by_group_ids(driver, group_ids, limit, uuid_cursor)
        if not found:
            raise GroupsEdgesNotFoundError(group_ids)
        return found

    async def episodic_edge_get_by_uuids(self, _cls: object, driver: "SqliteDriver", uuids: Sequence[str]) -> list[Any]:
        found = await driver.of(MENTIONS).get_by_uuids(driver, uuids)
        if not found and uuids:
            raise EdgeNotFoundError(uuids[0])
        return found

    async def node_get_by_names(
        self, _cls: object, driver: "SqliteDriver", names: Sequence[str], group_ids: Sequence[str]
    ) -> list[EntityNode]:
        return await driver.entities.get_by_names(names, group_ids)

    async def node_get_by_attribute_values(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_id: str,
        attributes: Mapping[str, Any],
        node_labels: Sequence[str] | None = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        return await driver.entities.get_by_attribute_values(group_id, attributes, node_labels, limit)

    async def community_node_load_name_embedding(self, node: CommunityNode, driver: "SqliteDriver") -> None:
        await driver.communities.load_name_embedding(driver, node)

    async def edge_get_between_nodes(
        self, _cls: object, driver: "SqliteDriver", source_node_uuid: str, target_node_uuid: str
    ) -> list[EntityEdge]:
        return await driver.relations.get_between_nodes(driver, source_node_uuid, target_node_uuid)

    async def edge_get_by_node_uuid(self, _cls: object, driver: "SqliteDriver", node_uuid: str) -> list[EntityEdge]:
        return await driver.relations.get_by_node_uuid(driver, node_uuid)

    async def episodic_node_get_by_entity_node_uuid(
        self, _cls: object, driver: "SqliteDriver", entity_node_uuid: str
    ) -> list[EpisodicNode]:
        return await driver.episodes.get_by_entity_node_uuid(driver, entity_node_uuid)

    async def retrieve_episodes(
        self,
        driver: "SqliteDriver",
        reference_time: datetime,
        last_n: int = 3,
        group_ids: Sequence[str] | None = None,
        source: EpisodeType | None = None,
        saga: str | None = None,
    ) -> list[EpisodicNode]:
        found = await driver.episodes.retrieve_episodes(driver, reference_time, last_n, group_ids, source, saga)
        return found[::-1]

    async def saga_get_previous_episode_uuid(
        self, driver: "SqliteDriver", saga_uuid: str, current_episode_uuid: str
    ) -> str | None:
        return await driver.database.read(lambda db: lookups.last_of_saga(db, saga_uuid, current_episode_uuid))

    async def saga_get_episode_contents(
        self, driver: "SqliteDriver", saga_uuid: str, since: datetime | None = None, limit: int = 200
    ) -> list[tuple[str, datetime | None, datetime]]:
        told = await driver.database.read(
            lambda db: rows.models(db, EPISODE, lookups.told_in_saga(db, saga_uuid, since, limit))
        )
        return [(it.content, it.valid_at, it.created_at) for it in told if it.content]

    async def get_mentioned_nodes(self, driver: "SqliteDriver", episodes: Sequence[EpisodicNode]) -> list[EntityNode]:
        uuids = [it.uuid for it in episodes]
        return await driver.database.read(lambda db: rows.models(db, ENTITY, lookups.entities_mentioned(db, uuids)))

    async def get_communities_by_nodes(
        self, driver: "SqliteDriver", nodes: Sequence[EntityNode]
    ) -> list[CommunityNode]:
        uuids = [it.uuid for it in nodes]
        found = await driver.database.read(lambda db: lookups.communities_of(db, uuids))
        return await driver.of(COMMUNITY).get_by_uuids(driver, list(dict.fromkeys(found)))

    async def clear_data(self, driver: "SqliteDriver", group_ids: Sequence[str] | None = None) -> None:
        def work(db: sqlite3.Connection) -> None:
            rows.delete_groups(db, NODES, lookups.groups(db) if group_ids is None else group_ids)

        await write(driver.database, work)

    async def get_community_clusters(
        self, driver: "SqliteDriver", group_ids: Sequence[str] | None
    ) -> list[list[EntityNode]]:
        def work(db: sqlite3.Connection) -> list[list[EntityNode]]:
            found = [
                cluster
                for group in (lookups.groups(db) if group_ids is None else group_ids)
                for cluster in neighbourhood.clusters(neighbourhood.neighbours(db, group))
            ]
            return [rows.models(db, ENTITY, rows.by_uuids(db, ENTITY, cluster)) for cluster in found]

        return await driver.database.read(work)

    async def remove_communities(self, driver: "SqliteDriver", group_ids: Sequence[str] | None = None) -> None:
        def work(db: sqlite3.Connection) -> None:
            rows.delete_groups(db, [COMMUNITY], group_ids or lookups.groups(db))

        await write(driver.database, work)

    async def determine_entity_community(
        self, driver: "SqliteDriver", entity: EntityNode
    ) -> tuple[CommunityNode | None, bool]:
        """The community that an entity is in; else the one most relations lead to, as a new membership."""

        def work(db: sqlite3.Connection) -> tuple[list[str], list[str]]:
            return lookups.communities_of(db, [entity.uuid]), lookups.communities_beside(db, entity.uuid)

        own, beside = await driver.database.read(work)
        if own:
            return await driver.of(COMMUNITY).get_by_uuid(driver, own[0]), False
        if not beside:
            return None, False
        [(most, _)] = Counter(beside).most_common(1)
        return await driver.of(COMMUNITY).get_by_uuid(driver, most), True


def _nodes_of(cls: type[Node]) -> tuple[Kind, ...]:
    return (SAGA,) if cls is SagaNode else (ENTITY, EPISODE, COMMUNITY)


def _edges_of(cls: type[Edge]) -> tuple[Kind, ...]:
    if cls is HasEpisodeEdge:
        return (HAS_EPISODE,)
    return (NEXT_EPISODE,) if cls is NextEpisodeEdge else (RELATES_TO, MENTIONS, HAS_MEMBER)
