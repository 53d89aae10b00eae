"""The Lookups of a modelatlas file: each answer is read from one snapshot of it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodicNode

from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind
from modelatlas.graph.graphiti.rows import Groups, Neighbours
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti import lookups, neighbourhood, rows

Read = Callable[[sqlite3.Connection], list[sqlite3.Row]]


class SqliteLookups:
    """Answers what Graphiti asks about more than one kind at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entities_named(self, names: Sequence[str], group_ids: Sequence[str]) -> list[EntityNode]:
        """The entities of these groups with exactly these names."""
        return await self._models(ENTITY, lambda db: lookups.entities_named(db, names, group_ids))

    async def entities_with(
        self, group_id: str, attributes: Mapping[str, object], labels: Sequence[str] | None, limit: int
    ) -> list[EntityNode]:
        """The entities of a group that have all these attributes and, where labels are given, one of them."""
        return await self._models(ENTITY, lambda db: lookups.entities_with(db, group_id, attributes, labels, limit))

    async def entities_mentioned(self, episodes: Sequence[str]) -> list[EntityNode]:
        """The entities that episodes mention, or that beliefs which rest on the episodes are about."""
        return await self._models(ENTITY, lambda db: lookups.entities_mentioned(db, episodes))

    async def mention_counts(self, entities: Sequence[str]) -> dict[str, int]:
        """How many episodes mention each entity."""
        return await self._database.read(lambda db: lookups.mention_counts(db, entities))

    async def relations_between(self, source: str, target: str) -> list[EntityEdge]:
        """The relations from one node to the other, in the order they were written."""
        return await self._models(RELATES_TO, lambda db: lookups.relations_between(db, source, target))

    async def relations_at(self, node: str) -> list[EntityEdge]:
        """The relations that start or end at a node, in the order they were written."""
        return await self._models(RELATES_TO, lambda db: rows.at_nodes(db, [node]))

    async def episodes_about(self, entity: str) -> list[EpisodicNode]:
        """The episodes that mention an entity, or that the beliefs at it rest on, in the order they were said."""
        return await self._models(EPISODE, lambda db: lookups.episodes_about(db, entity))

    async def last_said(
        self, reference_time: datetime, last_n: int, group_ids: Groups, source: str | None, saga: str | None
    ) -> list[EpisodicNode]:
        """The last episodes said by then, the last first; of a saga by its name."""
        return await self._models(
            EPISODE, lambda db: lookups.last_said(db, reference_time, last_n, group_ids, source, saga)
        )

    async def last_of_saga(self, saga: str, besides: str) -> str | None:
        """The last said episode of a saga besides one."""
        return await self._database.read(lambda db: lookups.last_of_saga(db, saga, besides))

    async def told_in_saga(self, saga: str, since: datetime | None, limit: int) -> list[EpisodicNode]:
        """The episodes of a saga that were ingested after an instant, in the order of that."""
        return await self._models(EPISODE, lambda db: lookups.told_in_saga(db, saga, since, limit))

    async def communities_of(self, entities: Sequence[str]) -> list[str]:
        """The communities that have one of the entities as a member, once each, the first written first."""
        return await self._database.read(lambda db: lookups.communities_of(db, entities))

    async def communities_beside(self, entity: str) -> list[str]:
        """The communities of what relations join with an entity, once for each relation."""
        return await self._database.read(lambda db: lookups.communities_beside(db, entity))

    async def neighbours(self, group_ids: Groups) -> list[Neighbours]:
        """For each group: its entities → those that relations join each with, and how many relations do."""

        def work(connection: sqlite3.Connection) -> list[Neighbours]:
            chosen = rows.groups(connection) if group_ids is None else group_ids
            return [neighbourhood.neighbours(connection, group) for group in chosen]

        return await self._database.read(work)

    async def _models(self, kind: Kind, read: Read) -> list[Any]:
        return await self._database.read(lambda db: rows.models(db, kind, read(db)))
