"""Graphiti's kinds of node and edge: what is true of one, wherever it is kept, is said here once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from graphiti_core.edges import CommunityEdge, Edge, EntityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import CommunityNode, EntityNode, EpisodicNode, Node, SagaNode

from modelatlas.graph.text import words


class Field(Enum):
    """What a field holds, which says how a backend keeps it."""

    TEXT = "text"
    TIME = "an instant, or None"
    LIST = "a list of texts"
    JSON = "any JSON object, or None"
    LABELS = "the labels of an entity, of which Entity is always one"
    SOURCE = "the kind of an episode"


@dataclass(frozen=True, slots=True)
class Words:
    """The fields that a text search reads."""

    kind: Literal["edge", "episode", "entity", "community"]
    fields: tuple[str, ...]

    def of(self, it: Any) -> str:
        """The words that it is found by, joined by spaces."""
        return " ".join(words(" \n ".join(getattr(it, name) for name in self.fields)))


@dataclass(frozen=True, slots=True)
class Vector:
    """The field that holds the vector, and the one whose text that is of."""

    kind: Literal["edge", "entity", "community"]
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: what we and what Graphiti call it, Graphiti's class, its fields, what it is found by.

    `ends` are the kinds, by name, that an edge may start at and end at.
    """

    name: str
    label: str
    model: type[Node] | type[Edge]
    fields: Mapping[str, Field]
    words: Words | None = None
    vector: Vector | None = None
    ends: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    keeps_what_is_not_given: bool = False

    def of(self, given: Any) -> Any:
        """The node or edge of a bulk save, where Graphiti gives mappings.

        Their attributes are one JSON text, or stand among the fields, as the provider of the driver has it.
        """
        if isinstance(given, self.model):
            return given
        fields = dict(given)
        if "attributes" in self.fields:
            own = self.fields.keys() | {self.vector.field if self.vector else "uuid"}
            if fields.keys() <= own and isinstance(fields.get("attributes"), str):
                fields["attributes"] = json.loads(fields["attributes"])
            elif "attributes" not in fields or not fields.keys() <= own:
                own -= {"attributes"}
                loose = {name: value for name, value in fields.items() if name not in own}
                fields = {name: value for name, value in fields.items() if name in own} | {"attributes": loose}
        return self.model.model_validate(fields)

    def kept(self, it: Any, is_there: bool) -> list[str]:
        """The fields that a save of it writes."""
        if is_there and self.keeps_what_is_not_given:
            return [name for name in self.fields if name in it.model_fields_set]
        return list(self.fields)


_NODE = {"uuid": Field.TEXT, "group_id": Field.TEXT, "name": Field.TEXT, "labels": Field.LIST, "created_at": Field.TIME}
_EDGE = {
    **dict.fromkeys(("uuid", "group_id", "source_node_uuid", "target_node_uuid"), Field.TEXT),
    "created_at": Field.TIME,
}

ENTITY = Kind(
    "entity",
    "Entity",
    EntityNode,
    _NODE | {"labels": Field.LABELS, "summary": Field.TEXT, "attributes": Field.JSON},
    words=Words("entity", ("name", "summary")),
    vector=Vector("entity", "name_embedding", "name"),
)
EPISODE = Kind(
    "episode",
    "Episodic",
    EpisodicNode,
    _NODE
    | {"source": Field.SOURCE, "source_description": Field.TEXT, "content": Field.TEXT, "valid_at": Field.TIME}
    | {"entity_edges": Field.LIST, "episode_metadata": Field.JSON},
    words=Words("episode", ("name", "source_description", "content")),
)
COMMUNITY = Kind(
    "community",
    "Community",
    CommunityNode,
    _NODE | {"summary": Field.TEXT},
    words=Words("community", ("name", "summary")),
    vector=Vector("community", "name_embedding", "name"),
)
# Graphiti finds a saga by its name as one without a summary, and saves that: what it did not read must stay.
SAGA = Kind(
    "saga",
    "Saga",
    SagaNode,
    _NODE
    | {"summary": Field.TEXT, "first_episode_uuid": Field.TEXT, "last_episode_uuid": Field.TEXT}
    | {"last_summarized_at": Field.TIME, "last_summarized_episode_valid_at": Field.TIME},
    keeps_what_is_not_given=True,
)
RELATES_TO = Kind(
    "edge",
    "RELATES_TO",
    EntityEdge,
    _EDGE
    | {"name": Field.TEXT, "fact": Field.TEXT, "episodes": Field.LIST, "attributes": Field.JSON}
    | dict.fromkeys(("valid_at", "invalid_at", "expired_at", "reference_time"), Field.TIME),
    words=Words("edge", ("fact", "name")),
    vector=Vector("edge", "fact_embedding", "fact"),
    ends=(("entity",), ("entity",)),
)
MENTIONS = Kind("mention", "MENTIONS", EpisodicEdge, _EDGE, ends=(("episode",), ("entity",)))
HAS_MEMBER = Kind("member", "HAS_MEMBER", CommunityEdge, _EDGE, ends=(("community",), ("entity", "community")))
HAS_EPISODE = Kind("saga_episode", "HAS_EPISODE", HasEpisodeEdge, _EDGE, ends=(("saga",), ("episode",)))
NEXT_EPISODE = Kind("next_episode", "NEXT_EPISODE", NextEpisodeEdge, _EDGE, ends=(("episode",), ("episode",)))

NODES = (ENTITY, EPISODE, COMMUNITY, SAGA)
EDGES = (RELATES_TO, MENTIONS, HAS_MEMBER, HAS_EPISODE, NEXT_EPISODE)
NAMED = {kind.name: kind for kind in (*NODES, *EDGES)}
