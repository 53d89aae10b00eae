"""Graphiti's nodes and edges in Neo4j: saved, read and deleted alike for every kind.

What a save or a deletion would touch is read first and held until the transaction ends; it is refused before any of
it is written, so that a transaction which goes on has nothing of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from modelatlas.graph.graphiti.kinds import ENTITY, RELATES_TO, Kind
from modelatlas.graph.graphiti.protection import check, kept
from modelatlas.graph.graphiti.rows import Groups
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.graphiti.documents import models
from modelatlas.graph.neo4j.graphiti.patterns import follows_from_claims, gone, in_groups, pattern, row
from modelatlas.graph.neo4j.graphiti.saving import save
from modelatlas.graph.neo4j.graphiti.writes import write
from modelatlas.graph.neo4j.server import Server, Transaction


class Neo4jRows:
    """The Rows of a Neo4j database."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def save(self, kind: Kind, given: Sequence[Any], tx: object = None) -> None:
        """Create or replace nodes or edges, all or none, and what a search finds them by."""
        for it in given:
            check(kind, it)

        async def work(within: Transaction) -> None:
            for batch in _once_each(given):
                await save(within, kind, batch)

        if given:
            await write(self._server, work, tx)

    async def delete(self, kinds: Iterable[Kind], uuids: Sequence[str], group_id: str | None, tx: object) -> None:
        """Take out rows, with every edge at a node."""
        where = "n.uuid IN $uuids" + ("" if group_id is None else " AND n.group_id = $group_id")
        values = {"uuids": list(uuids), "group_id": group_id}
        await self._delete([(kind, where) for kind in kinds], values, tx)

    async def delete_groups(self, kinds: Iterable[Kind], group_ids: Groups, tx: object = None) -> None:
        """Take out all rows of these groups."""
        chosen = [(kind, "true" if group_ids is None else in_groups(kind)) for kind in kinds]
        await self._delete(chosen, {"groups": list(group_ids or ())}, tx)

    async def by_uuids(self, kind: Kind, uuids: Sequence[str], group_id: str | None = None) -> list[Any]:
        """Those with these ids, in the order of their ids."""
        within = "" if group_id is None else " AND n.group_id = $group_id"
        query = f"MATCH {pattern(kind)} WHERE n.uuid IN $uuids{within} RETURN {row(kind)} AS row ORDER BY n.uuid"
        return await self._models(kind, query, uuids=list(uuids), group_id=group_id)

    async def by_groups(self, kind: Kind, group_ids: Sequence[str], limit: int | None, before: str | None) -> list[Any]:
        """A page of these groups, the greatest id first."""
        query = f"MATCH {pattern(kind)} WHERE {in_groups(kind)}" + (" AND n.uuid < $before" if before else "")
        query += f" RETURN {row(kind)} AS row ORDER BY n.uuid DESC" + ("" if limit is None else " LIMIT $limit")
        size = max(limit or 0, 0)
        return await self._models(kind, query, groups=list(group_ids), before=before, limit=size)

    async def vectors_of(self, kind: Kind, uuids: Sequence[str]) -> dict[str, list[float]]:
        """The vectors of those that have one, by uuid."""
        assert kind.vector is not None
        query = f"MATCH {pattern(kind)} WHERE n.uuid IN $uuids AND n.{kind.vector.field} IS NOT NULL"
        query += f" RETURN n.uuid AS uuid, n.{kind.vector.field} AS vector"
        found = await self._server.read(lambda tx: ask(tx, query, uuids=list(uuids)))
        return {it["uuid"]: list(it["vector"]) for it in found}

    async def _models(self, kind: Kind, query: str, **values: Any) -> list[Any]:
        async def work(tx: Transaction) -> list[Any]:
            return await models(tx, kind, [it["row"] for it in await ask(tx, query, **values)])

        return await self._server.read(work)

    async def _delete(self, chosen: Sequence[tuple[Kind, str]], values: dict[str, Any], tx: object) -> None:
        async def work(within: Transaction) -> None:
            for kind, where in chosen:
                await _check_deleted(within, kind, where, values)
            for kind, where in chosen:
                await ask(within, f"MATCH {pattern(kind)} WHERE {where} {gone(kind)}", **values)

        await write(self._server, work, tx)


async def _check_deleted(tx: Transaction, kind: Kind, where: str, values: dict[str, Any]) -> None:
    refused, ours = kind, follows_from_claims(kind)
    if kind is ENTITY:
        refused = RELATES_TO
        query = f"MATCH (n:Entity)-[r:RELATES_TO]-() WHERE {where} AND r.line IS NOT NULL RETURN r.uuid AS uuid LIMIT 1"
    elif ours is not None:
        query = f"MATCH {pattern(kind)} WHERE {where} AND {ours} RETURN n.uuid AS uuid LIMIT 1"
    else:
        return
    for found in await ask(tx, query, **values):
        raise kept(refused, found["uuid"])


def _once_each(given: Sequence[Any]) -> Iterator[list[Any]]:
    """The given in their order, in batches that have no uuid twice."""
    batch: dict[str, Any] = {}
    for it in given:
        if it.uuid in batch:
            yield list(batch.values())
            batch = {}
        batch[it.uuid] = it
    yield list(batch.values())
