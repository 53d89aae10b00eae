"""Graphiti's `graph_operations_interface`: what its nodes, edges, episodes, sagas and communities ask of a driver.

What every kind has is in `kind_methods`; here is what one alone has, or several have together.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from graphiti_core.edges import Edge, EntityEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.errors import EdgeNotFoundError, GroupsEdgesNotFoundError
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodeType, EpisodicNode, Node, SagaNode

from modelatlas.graph.graphiti.kind_methods import KindMethods
from modelatlas.graph.graphiti.kinds import (
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
from modelatlas.graph.graphiti.neighbourhood import clusters

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.driver import DriverOfKinds


class OperationsInterface(KindMethods):  # type: ignore[misc, valid-type]
    """All of Graphiti's interface, with Graphiti's signatures, on what the driver that is given keeps."""

    # As with Graphiti's own drivers, `Node.delete` and `Edge.delete` of any class take what has the uuid, and only
    # sagas and their edges are told apart.

    async def node_delete(self, node: Node, driver: "DriverOfKinds") -> None:
        await self.node_delete_by_uuids(type(node), driver, [node.uuid], node.group_id)

    async def node_delete_by_uuids(
        self,
        _cls: type[Node],
        driver: "DriverOfKinds",
        uuids: Sequence[str],
        group_id: str | None = None,
        batch_size: int = 100,
    ) -> None:
        await driver.rows.delete(_nodes_of(_cls), uuids, group_id, None)

    async def node_delete_by_group_id(
        self, _cls: type[Node], driver: "DriverOfKinds", group_id: str, batch_size: int = 100
    ) -> None:
        await driver.rows.delete_groups(_nodes_of(_cls), [group_id])

    async def edge_delete(self, edge: Edge, driver: "DriverOfKinds") -> None:
        await self.edge_delete_by_uuids(type(edge), driver, [edge.uuid], edge.group_id)

    async def edge_delete_by_uuids(
        self, _cls: type[Edge], driver: "DriverOfKinds", uuids: Sequence[str], group_id: str | None = None
    ) -> None:
        await driver.rows.delete(_edges_of(_cls), uuids, group_id, None)

    async def edge_get_by_group_ids(
        self,
        _cls: object,
        driver: "DriverOfKinds",
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
        driver: "DriverOfKinds",
        group_ids: list[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[Any]:
        found = await driver.of(MENTIONS).get_by_group_ids(driver, group_ids, limit, uuid_cursor)
        if not found:
            raise GroupsEdgesNotFoundError(group_ids)
        return found

    async def episodic_edge_get_by_uuids(
        self, _cls: object, driver: "DriverOfKinds", uuids: Sequence[str]
    ) -> list[Any]:
        found = await driver.of(MENTIONS).get_by_uuids(driver, uuids)
        if not found and uuids:
            raise EdgeNotFoundError(uuids[0])
        return found

    async def node_get_by_names(
        self, _cls: object, driver: "DriverOfKinds", names: Sequence[str], group_ids: Sequence[str]
    ) -> list[EntityNode]:
        return await driver.entities.get_by_names(names, group_ids)

    async def node_get_by_attribute_values(
        self,
        _cls: object,
        driver: "DriverOfKinds",
        group_id: str,
        attributes: Mapping[str, Any],
        node_labels: Sequence[str] | None = None,
        limit: int = 100,
    ) -> list[EntityNode]:
        return await driver.entities.get_by_attribute_values(group_id, attributes, node_labels, limit)

    async def community_node_load_name_embedding(self, node: CommunityNode, driver: "DriverOfKinds") -> None:
        await driver.communities.load_name_embedding(driver, node)

    async def edge_get_between_nodes(
        self, _cls: object, driver: "DriverOfKinds", source_node_uuid: str, target_node_uuid: str
    ) -> list[EntityEdge]:
        return await driver.relations.get_between_nodes(driver, source_node_uuid, target_node_uuid)

    async def edge_get_by_node_uuid(self, _cls: object, driver: "DriverOfKinds", node_uuid: str) -> list[EntityEdge]:
        return await driver.relations.get_by_node_uuid(driver, node_uuid)

    async def episodic_node_get_by_entity_node_uuid(
        self, _cls: object, driver: "DriverOfKinds", entity_node_uuid: str
    ) -> list[EpisodicNode]:
        return await driver.episodes.get_by_entity_node_uuid(driver, entity_node_uuid)

    async def retrieve_episodes(
        self,
        driver: "DriverOfKinds",
        reference_time: datetime,
        last_n: int = 3,
        group_ids: Sequence[str] | None = None,
        source: EpisodeType | None = None,
        saga: str | None = None,
    ) -> list[EpisodicNode]:
        found = await driver.episodes.retrieve_episodes(driver, reference_time, last_n, group_ids, source, saga)
        return found[::-1]

    async def saga_get_previous_episode_uuid(
        self, driver: "DriverOfKinds", saga_uuid: str, current_episode_uuid: str
    ) -> str | None:
        return await driver.lookups.last_of_saga(saga_uuid, current_episode_uuid)

    async def saga_get_episode_contents(
        self, driver: "DriverOfKinds", saga_uuid: str, since: datetime | None = None, limit: int = 200
    ) -> list[tuple[str, datetime | None, datetime]]:
        told = await driver.lookups.told_in_saga(saga_uuid, since, limit)
        return [(it.content, it.valid_at, it.created_at) for it in told if it.content]

    async def get_mentioned_nodes(self, driver: "DriverOfKinds", episodes: Sequence[EpisodicNode]) -> list[EntityNode]:
        return await driver.lookups.entities_mentioned([it.uuid for it in episodes])

    async def get_communities_by_nodes(
        self, driver: "DriverOfKinds", nodes: Sequence[EntityNode]
    ) -> list[CommunityNode]:
        found = await driver.lookups.communities_of([it.uuid for it in nodes])
        return await driver.of(COMMUNITY).get_by_uuids(driver, found)

    async def clear_data(self, driver: "DriverOfKinds", group_ids: Sequence[str] | None = None) -> None:
        await driver.rows.delete_groups(NODES, group_ids)

    async def get_community_clusters(
        self, driver: "DriverOfKinds", group_ids: Sequence[str] | None
    ) -> list[list[EntityNode]]:
        found = [cluster for near in await driver.lookups.neighbours(group_ids) for cluster in clusters(near)]
        every = await driver.rows.by_uuids(ENTITY, [uuid for cluster in found for uuid in cluster])
        nodes = {it.uuid: it for it in every}
        return [[nodes[uuid] for uuid in sorted(cluster) if uuid in nodes] for cluster in found]

    async def remove_communities(self, driver: "DriverOfKinds", group_ids: Sequence[str] | None = None) -> None:
        await driver.rows.delete_groups([COMMUNITY], group_ids or None)

    async def determine_entity_community(
        self, driver: "DriverOfKinds", entity: EntityNode
    ) -> tuple[CommunityNode | None, bool]:
        """The community that an entity is in; else the one most relations lead to, as a new membership."""
        own = await driver.lookups.communities_of([entity.uuid])
        if own:
            return await driver.of(COMMUNITY).get_by_uuid(driver, own[0]), False
        beside = await driver.lookups.communities_beside(entity.uuid)
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
