"""What a backend brings: Rows that are saved, read and deleted, Lookups across kinds, and a Finder.

All of them give Graphiti's own nodes and edges, without their vectors: clients load those when they want them. A
uuid is one row of one group: a save of the same uuid replaces it, in another group it is refused, and where a call
carries a group, rows of others are neither read nor deleted. With `tx` a write is part of that transaction;
without, it is one of its own. What has to be in the order it was written is in the order of `created_at` where a
backend knows no other.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EntityNode, EpisodicNode
from graphiti_core.search.search_filters import SearchFilters

from modelatlas.graph.graphiti.kinds import Kind

Groups = Sequence[str] | None  # None: all groups
Neighbours = Mapping[str, Mapping[str, int]]


class Rows(Protocol):
    """Keeps the nodes and edges of every kind alike."""

    async def save(self, kind: Kind, given: Sequence[Any], tx: object = None) -> None:
        """Create or replace nodes or edges, all or none, and what a search finds them by.

        Raises NodeNotFoundError where an end of an edge is not in its group, BadInput for an empty group, a uuid of
        another group, text that not every backend can hold, and a change of what follows from the log of claims.
        """
        ...

    async def delete(self, kinds: Iterable[Kind], uuids: Sequence[str], group_id: str | None, tx: object) -> None:
        """Take out rows, with every edge at a node. Raises BadInput for what follows from the log of claims."""
        ...

    async def delete_groups(self, kinds: Iterable[Kind], group_ids: Groups, tx: object = None) -> None:
        """Take out all rows of these groups. Raises BadInput for what follows from the log of claims."""
        ...

    async def by_uuids(self, kind: Kind, uuids: Sequence[str], group_id: str | None = None) -> list[Any]:
        """Those with these ids, in the order of their ids."""
        ...

    async def by_groups(self, kind: Kind, group_ids: Sequence[str], limit: int | None, before: str | None) -> list[Any]:
        """A page of these groups, the greatest id first; `before` is the last id already read."""
        ...

    async def vectors_of(self, kind: Kind, uuids: Sequence[str]) -> dict[str, list[float]]:
        """The vectors of those that have one, by uuid."""
        ...


class Lookups(Protocol):
    """Answers what Graphiti asks about more than one kind at once."""

    async def entities_named(self, names: Sequence[str], group_ids: Sequence[str]) -> list[EntityNode]:
        """The entities of these groups with exactly these names."""
        ...

    async def entities_with(
        self, group_id: str, attributes: Mapping[str, object], labels: Sequence[str] | None, limit: int
    ) -> list[EntityNode]:
        """The entities of a group that have all these attributes and, where labels are given, one of them."""
        ...

    async def entities_mentioned(self, episodes: Sequence[str]) -> list[EntityNode]:
        """The entities that episodes mention, or that beliefs which rest on the episodes are about."""
        ...

    async def mention_counts(self, entities: Sequence[str]) -> dict[str, int]:
        """How many episodes mention each entity."""
        ...

    async def relations_between(self, source: str, target: str) -> list[EntityEdge]:
        """The relations from one node to the other, in the order they were written."""
        ...

    async def relations_at(self, node: str) -> list[EntityEdge]:
        """The relations that start or end at a node, in the order they were written."""
        ...

    async def episodes_about(self, entity: str) -> list[EpisodicNode]:
        """The episodes that mention an entity, or that the beliefs at it rest on, in the order they were said."""
        ...

    async def last_said(
        self, reference_time: datetime, last_n: int, group_ids: Groups, source: str | None, saga: str | None
    ) -> list[EpisodicNode]:
        """The last episodes said by then, the last first; of a saga by its name."""
        ...

    async def last_of_saga(self, saga: str, besides: str) -> str | None:
        """The last said episode of a saga besides one."""
        ...

    async def told_in_saga(self, saga: str, since: datetime | None, limit: int) -> list[EpisodicNode]:
        """The episodes of a saga that were ingested after an instant, in the order of that."""
        ...

    async def communities_of(self, entities: Sequence[str]) -> list[str]:
        """The communities that have one of the entities as a member, once each, the first written first."""
        ...

    async def communities_beside(self, entity: str) -> list[str]:
        """The communities of what relations join with an entity, once for each relation."""
        ...

    async def neighbours(self, group_ids: Groups) -> list[Neighbours]:
        """For each group: its entities → those that relations join each with, and how many relations do."""
        ...


class Finder(Protocol):
    """Searches: what a filter lets through is decided first, then ranked, then limited."""

    async def by_words(
        self, kind: Kind, query: str, filters: SearchFilters | None, group_ids: Groups, limit: int
    ) -> list[Any]:
        """Those that have words of the query, best first."""
        ...

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
        ...

    async def relations_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityEdge]:
        """The relations that a walk from the origins takes, nearer ones first, that the filter lets through."""
        ...

    async def entities_along(
        self, origins: Sequence[str], depth: int, filters: SearchFilters, group_ids: Groups, limit: int
    ) -> list[EntityNode]:
        """The entities that a walk from the origins reaches, nearer ones first, that the filter lets through."""
        ...

    async def next_to(self, center: str, entities: Sequence[str]) -> set[str]:
        """Those of the entities that one relation, of either direction, joins with the center."""
        ...
