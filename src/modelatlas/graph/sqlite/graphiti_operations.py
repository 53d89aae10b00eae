"""What Graphiti's EntityNode, EntityEdge and EpisodicNode need of a modelatlas file.

Each call is a transaction of its own. NotImplementedError is Graphiti's own word for "not here": it then asks in
Cypher, which the driver refuses with a clear error.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from graphiti_core.driver.graph_operations.graph_operations import GraphOperationsInterface
from graphiti_core.edges import Edge, EntityEdge
from graphiti_core.errors import EdgeNotFoundError, GraphitiError, GroupsEdgesNotFoundError, NodeNotFoundError
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode, Node

from modelatlas.graph.sqlite import entity_edges, entity_nodes, episodic_nodes
from modelatlas.graph.sqlite.graphiti_columns import by_groups, by_uuids, embeddings

if TYPE_CHECKING:
    from modelatlas.graph.sqlite.driver import SqliteDriver

T = TypeVar("T")


class SqliteOperations(GraphOperationsInterface):
    """Graphiti's operations, with Graphiti's signatures, on the file of the driver that is given."""

    # Entities. As with Graphiti's own drivers, `node_delete` and its like take nodes of any kind.

    async def node_save(self, node: EntityNode, driver: "SqliteDriver") -> None:
        await driver.database.write(lambda db: entity_nodes.save(db, [node]))

    async def node_save_bulk(
        self,
        _cls: object,
        driver: "SqliteDriver",
        transaction: object,
        nodes: Iterable[Any],
        batch_size: int = 100,
    ) -> None:
        given = [entity_nodes.of_bulk(node) for node in nodes]
        await driver.database.write(lambda db: entity_nodes.save(db, given))

    async def node_delete(self, node: Node, driver: "SqliteDriver") -> None:
        if not isinstance(node, EntityNode | EpisodicNode):
            raise NotImplementedError
        await self.node_delete_by_uuids(type(node), driver, [node.uuid], node.group_id)

    async def node_delete_by_uuids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        uuids: Sequence[str],
        group_id: str | None = None,
        batch_size: int = 100,
    ) -> None:
        await driver.database.write(lambda db: _delete_nodes(db, uuids, group_id))

    async def node_delete_by_group_id(
        self, _cls: object, driver: "SqliteDriver", group_id: str, batch_size: int = 100
    ) -> None:
        def work(db: sqlite3.Connection) -> None:
            rows = [*by_groups(db, "entity", [group_id]), *by_groups(db, "episode", [group_id])]
            _delete_nodes(db, [row["uuid"] for row in rows], group_id)

        await driver.database.write(work)

    async def node_get_by_uuid(self, _cls: object, driver: "SqliteDriver", uuid: str) -> EntityNode:
        return _the(await self.node_get_by_uuids(_cls, driver, [uuid]), NodeNotFoundError(uuid))

    async def node_get_by_uuids(
        self, _cls: object, driver: "SqliteDriver", uuids: Sequence[str], group_id: str | None = None
    ) -> list[EntityNode]:
        rows = await driver.database.read(lambda db: by_uuids(db, "entity", uuids, group_id))
        return [entity_nodes.of_row(row) for row in rows]

    async def node_get_by_group_ids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_ids: Sequence[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[EntityNode]:
        rows = await driver.database.read(lambda db: by_groups(db, "entity", group_ids, limit, uuid_cursor))
        return [entity_nodes.of_row(row) for row in rows]

    async def node_get_by_names(
        self, _cls: object, driver: "SqliteDriver", names: Sequence[str], group_ids: Sequence[str]
    ) -> list[EntityNode]:
        return await driver.database.read(lambda db: entity_nodes.by_names(db, names, group_ids))

    async def node_load_embeddings(self, node: EntityNode, driver: "SqliteDriver") -> None:
        found = await driver.database.read(lambda db: embeddings(db, "entity", "name_embedding", [node.uuid]))
        if node.uuid not in found:
            raise NodeNotFoundError(node.uuid)
        node.name_embedding = found[node.uuid]

    async def node_load_embeddings_bulk(
        self, driver: "SqliteDriver", nodes: Iterable[EntityNode], batch_size: int = 100
    ) -> dict[str, list[float]]:
        uuids = [node.uuid for node in nodes]
        found = await driver.database.read(lambda db: embeddings(db, "entity", "name_embedding", uuids))
        return {uuid: vector for uuid, vector in found.items() if vector is not None}

    # Edges

    async def edge_save(self, edge: EntityEdge, driver: "SqliteDriver") -> None:
        await driver.database.write(lambda db: entity_edges.save(db, [edge]))

    async def edge_save_bulk(
        self,
        _cls: object,
        driver: "SqliteDriver",
        transaction: object,
        edges: Iterable[Any],
        batch_size: int = 100,
    ) -> None:
        given = [entity_edges.of_bulk(edge) for edge in edges]
        await driver.database.write(lambda db: entity_edges.save(db, given))

    async def edge_delete(self, edge: Edge, driver: "SqliteDriver") -> None:
        if not isinstance(edge, EntityEdge):
            raise NotImplementedError
        await self.edge_delete_by_uuids(EntityEdge, driver, [edge.uuid], edge.group_id)

    async def edge_delete_by_uuids(
        self, _cls: object, driver: "SqliteDriver", uuids: Sequence[str], group_id: str | None = None
    ) -> None:
        await driver.database.write(lambda db: entity_edges.delete(db, uuids, group_id))

    async def edge_get_by_uuid(self, _cls: object, driver: "SqliteDriver", uuid: str) -> EntityEdge:
        return _the(await self.edge_get_by_uuids(_cls, driver, [uuid]), EdgeNotFoundError(uuid))

    async def edge_get_by_uuids(self, _cls: object, driver: "SqliteDriver", uuids: Sequence[str]) -> list[EntityEdge]:
        rows = await driver.database.read(lambda db: by_uuids(db, "edge", uuids))
        return [entity_edges.of_row(row) for row in rows]

    async def edge_get_by_group_ids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_ids: list[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[EntityEdge]:
        rows = await driver.database.read(lambda db: by_groups(db, "edge", group_ids, limit, uuid_cursor))
        if not rows:
            raise GroupsEdgesNotFoundError(group_ids)
        return [entity_edges.of_row(row) for row in rows]

    async def edge_get_between_nodes(
        self, _cls: object, driver: "SqliteDriver", source_node_uuid: str, target_node_uuid: str
    ) -> list[EntityEdge]:
        return await driver.database.read(lambda db: entity_edges.between(db, source_node_uuid, target_node_uuid))

    async def edge_get_by_node_uuid(self, _cls: object, driver: "SqliteDriver", node_uuid: str) -> list[EntityEdge]:
        rows = await driver.database.read(lambda db: entity_edges.at_nodes(db, [node_uuid]))
        return [entity_edges.of_row(row) for row in rows]

    async def edge_load_embeddings(self, edge: EntityEdge, driver: "SqliteDriver") -> None:
        found = await driver.database.read(lambda db: embeddings(db, "edge", "fact_embedding", [edge.uuid]))
        if edge.uuid not in found:
            raise EdgeNotFoundError(edge.uuid)
        edge.fact_embedding = found[edge.uuid]

    async def edge_load_embeddings_bulk(
        self, driver: "SqliteDriver", edges: Iterable[EntityEdge], batch_size: int = 100
    ) -> dict[str, list[float]]:
        uuids = [edge.uuid for edge in edges]
        found = await driver.database.read(lambda db: embeddings(db, "edge", "fact_embedding", uuids))
        return {uuid: vector for uuid, vector in found.items() if vector is not None}

    # Episodes

    async def episodic_node_save(self, node: EpisodicNode, driver: "SqliteDriver") -> None:
        await driver.database.write(lambda db: episodic_nodes.save(db, [node]))

    async def episodic_node_save_bulk(
        self,
        _cls: object,
        driver: "SqliteDriver",
        transaction: object,
        nodes: Iterable[Any],
        batch_size: int = 100,
    ) -> None:
        given = [episodic_nodes.of_bulk(node) for node in nodes]
        await driver.database.write(lambda db: episodic_nodes.save(db, given))

    async def episodic_node_get_by_uuid(self, _cls: object, driver: "SqliteDriver", uuid: str) -> EpisodicNode:
        return _the(await self.episodic_node_get_by_uuids(_cls, driver, [uuid]), NodeNotFoundError(uuid))

    async def episodic_node_get_by_uuids(
        self, _cls: object, driver: "SqliteDriver", uuids: Sequence[str]
    ) -> list[EpisodicNode]:
        return await driver.database.read(lambda db: episodic_nodes.of_rows(db, by_uuids(db, "episode", uuids)))

    async def episodic_node_get_by_group_ids(
        self,
        _cls: object,
        driver: "SqliteDriver",
        group_ids: Sequence[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[EpisodicNode]:
        return await driver.database.read(
            lambda db: episodic_nodes.of_rows(db, by_groups(db, "episode", group_ids, limit, uuid_cursor))
        )

    async def episodic_node_get_by_entity_node_uuid(
        self, _cls: object, driver: "SqliteDriver", entity_node_uuid: str
    ) -> list[EpisodicNode]:
        return await driver.database.read(lambda db: episodic_nodes.about(db, entity_node_uuid))

    async def retrieve_episodes(
        self,
        driver: "SqliteDriver",
        reference_time: datetime,
        last_n: int = 3,
        group_ids: Sequence[str] | None = None,
        source: EpisodeType | None = None,
        saga: str | None = None,
    ) -> list[EpisodicNode]:
        if saga is not None:
            raise NotImplementedError
        return await driver.database.read(
            lambda db: episodic_nodes.last_said(db, reference_time, last_n, group_ids, source)
        )


def _delete_nodes(db: sqlite3.Connection, uuids: Sequence[str], group_id: str | None) -> None:
    entity_nodes.delete(db, uuids, group_id)
    episodic_nodes.delete(db, uuids, group_id)


def _the(found: Sequence[T], missing: GraphitiError) -> T:
    if not found:
        raise missing
    return found[0]
