"""The methods of Graphiti's `graph_operations_interface` that every kind has, made once from the kinds' operations.

A `transaction` is the one that Graphiti's bulk writes are given.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphiti_core.driver.graph_operations.graph_operations import GraphOperationsInterface

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

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.driver import DriverOfKinds

Method = Callable[..., Awaitable[Any]]

_PREFIXES = {
    "node": ENTITY,
    "episodic_node": EPISODE,
    "community_node": COMMUNITY,
    "saga_node": SAGA,
    "edge": RELATES_TO,
    "episodic_edge": MENTIONS,
    "community_edge": HAS_MEMBER,
    "has_episode_edge": HAS_EPISODE,
    "next_episode_edge": NEXT_EPISODE,
}


def _methods_of(kind: Kind) -> dict[str, Method]:
    async def save(self: object, given: Any, driver: "DriverOfKinds") -> None:
        await driver.of(kind).save(driver, given)

    async def save_bulk(
        self: object,
        _cls: object,
        driver: "DriverOfKinds",
        transaction: object,
        given: Sequence[Any],
        batch_size: int = 100,
    ) -> None:
        await driver.of(kind).save_bulk(driver, given, transaction)

    async def delete(self: object, given: Any, driver: "DriverOfKinds") -> None:
        await driver.of(kind).delete(driver, given)

    async def delete_by_uuids(
        self: object,
        _cls: object,
        driver: "DriverOfKinds",
        uuids: Sequence[str],
        group_id: str | None = None,
        batch_size: int = 100,
    ) -> None:
        await driver.of(kind).delete_by_uuids(driver, uuids, group_id=group_id)

    async def delete_by_group_id(
        self: object, _cls: object, driver: "DriverOfKinds", group_id: str, batch_size: int = 100
    ) -> None:
        await driver.of(kind).delete_by_group_id(driver, group_id)

    async def get_by_uuid(self: object, _cls: object, driver: "DriverOfKinds", uuid: str) -> Any:
        return await driver.of(kind).get_by_uuid(driver, uuid)

    async def get_by_uuids(
        self: object, _cls: object, driver: "DriverOfKinds", uuids: Sequence[str], group_id: str | None = None
    ) -> list[Any]:
        return await driver.of(kind).get_by_uuids(driver, uuids, group_id)

    async def get_by_group_ids(
        self: object,
        _cls: object,
        driver: "DriverOfKinds",
        group_ids: Sequence[str],
        limit: int | None = None,
        uuid_cursor: str | None = None,
    ) -> list[Any]:
        return await driver.of(kind).get_by_group_ids(driver, group_ids, limit, uuid_cursor)

    async def load_embeddings(self: object, given: Any, driver: "DriverOfKinds") -> None:
        await driver.of(kind).load_embeddings(driver, given)

    async def load_embeddings_bulk(
        self: object, driver: "DriverOfKinds", given: Sequence[Any], batch_size: int = 100
    ) -> dict[str, list[float]]:
        return await driver.of(kind).load_embeddings_bulk(driver, given)

    every = (
        *(save, save_bulk, delete, delete_by_uuids, delete_by_group_id, get_by_uuid, get_by_uuids, get_by_group_ids),
        *(load_embeddings, load_embeddings_bulk),
    )
    return {method.__name__: method for method in every}


KindMethods = type(
    "KindMethods",
    (GraphOperationsInterface,),
    {
        f"{prefix}_{name}": method
        for prefix, kind in _PREFIXES.items()
        for name, method in _methods_of(kind).items()
        if hasattr(GraphOperationsInterface, f"{prefix}_{name}")
    },
)
