"""Graphiti's kinds of node and edge, each as a table of a modelatlas file: what is true of one is said here once."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphiti_core.edges import CommunityEdge, Edge, EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode, Node, SagaNode

from modelatlas.graph.sqlite import word_ranking
from modelatlas.graph.sqlite.graphiti.columns import ENTITY_LABELS, JSON, SOURCE, TEXT, TIME, Column
from modelatlas.graph.sqlite.near import vector_tables
from modelatlas.graph.text import name_key

NODE = {"uuid": TEXT, "group_id": TEXT, "name": TEXT, "labels": JSON, "created_at": TIME}
EDGE = {"uuid": TEXT, "group_id": TEXT, "source_node_uuid": TEXT, "target_node_uuid": TEXT, "created_at": TIME}


@dataclass(frozen=True, slots=True)
class Words:
    """The fields that a text search of a table reads."""

    kind: word_ranking.Kind
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vector:
    """The field that holds the vector of a table's row, and the one whose text that is of."""

    kind: vector_tables.Kind
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its table, Graphiti's class, the columns that hold the fields, what it is found by.

    `ends` are the tables that an edge may start at and end at, `derived` the columns that follow from the fields.
    """

    table: str
    model: type[Node] | type[Edge]
    columns: Mapping[str, Column]
    words: Words | None = None
    vector: Vector | None = None
    ends: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    derived: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    keeps_what_is_not_given: bool = False

    def of(self, given: Any) -> Any:
        """The node or edge of a bulk save, where Graphiti gives mappings with their attributes as JSON text."""
        if isinstance(given, self.model):
            return given
        fields = dict(given)
        if isinstance(fields.get("attributes"), str):
            fields["attributes"] = JSON.read(fields["attributes"])
        return self.model.model_validate(fields)

    def read(self, row: sqlite3.Row) -> Any:
        """The node or edge of a row, without its vector."""
        return self.model(**{name: column.read(row[name]) for name, column in self.columns.items()})


ENTITY = Kind(
    "entity",
    EntityNode,
    NODE | {"labels": ENTITY_LABELS, "summary": TEXT, "attributes": JSON},
    words=Words("entity", ("name", "summary")),
    vector=Vector("entity", "name_embedding", "name"),
    derived={"name_key": lambda node: name_key(node.name)},
)
EPISODE = Kind(
    "episode",
    EpisodicNode,
    NODE
    | {"source": SOURCE, "source_description": TEXT, "content": TEXT, "valid_at": TIME}
    | {"entity_edges": JSON, "episode_metadata": JSON},
    words=Words("episode", ("name", "source_description", "content")),
)
COMMUNITY = Kind(
    "community",
    CommunityNode,
    NODE | {"summary": TEXT},
    words=Words("community", ("name", "summary")),
    vector=Vector("community", "name_embedding", "name"),
)
# Graphiti finds a saga by its name as one without a summary, and saves that: what it did not read must stay.
SAGA = Kind(
    "saga",
    SagaNode,
    NODE
    | {"summary": TEXT, "first_episode_uuid": TEXT, "last_episode_uuid": TEXT}
    | {"last_summarized_at": TIME, "last_summarized_episode_valid_at": TIME},
    keeps_what_is_not_given=True,
)
RELATES_TO = Kind(
    "edge",
    EntityEdge,
    EDGE
    | {"name": TEXT, "fact": TEXT, "episodes": JSON, "attributes": JSON}
    | {"valid_at": TIME, "invalid_at": TIME, "expired_at": TIME, "reference_time": TIME},
    words=Words("edge", ("fact", "name")),
    vector=Vector("edge", "fact_embedding", "fact"),
    ends=(("entity",), ("entity",)),
)
MENTIONS = Kind("mention", EpisodicEdge, EDGE, ends=(("episode",), ("entity",)))
HAS_MEMBER = Kind("member", CommunityEdge, EDGE, ends=(("community",), ("entity", "community")))
HAS_EPISODE = Kind("saga_episode", HasEpisodeEdge, EDGE, ends=(("saga",), ("episode",)))
NEXT_EPISODE = Kind("next_episode", NextEpisodeEdge, EDGE, ends=(("episode",), ("episode",)))

NODES = (ENTITY, EPISODE, COMMUNITY, SAGA)
EDGES = (RELATES_TO, MENTIONS, HAS_MEMBER, HAS_EPISODE, NEXT_EPISODE)
KINDS = {kind.model: kind for kind in (*NODES, *EDGES)}
