"""A field of Graphiti's nodes and edges as a property in Neo4j, and back.

Graphiti's own fields have the names and types that its own driver gives them, but for `attributes` and
`episode_metadata`, which are JSON texts. Beside them stand what our indexes find a row by, `first_episode`, and
`incomparable` for a vector that single precision cannot say, so that no search compares it.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import neo4j.time
from graphiti_core.helpers import parse_db_date
from graphiti_core.nodes import EpisodeType

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.json_texts import json_text, utc
from modelatlas.graph.graphiti.kinds import ENTITY, NODES, RELATES_TO, Field, Kind
from modelatlas.graph.neo4j.layout import Properties, group_word
from modelatlas.graph.sqlite.packing import pack, unpack
from modelatlas.graph.text import name_key

_LARGEST = 3.4e38  # of float32
_OURS = {"words", "group_word", "name_key", "attributes", "first_episode", "incomparable", "labels", "row"}
_LABELS = {kind.label for kind in NODES} | {"Claim", "Line", "Forgotten", "Tombstone", "Embedder", "Atlas"}


def properties(kind: Kind, it: Any, is_there: bool) -> Properties:
    """The properties of a node or edge that a save writes, without its vector; labels and ends are none."""
    found = {
        name: _WRITTEN[kind.fields[name]](getattr(it, name))
        for name in kind.kept(it, is_there)
        if name not in ("source_node_uuid", "target_node_uuid") and kind.fields[name] is not Field.LABELS
    }
    if kind.words is not None:
        found |= {"words": kind.words.of(it), "group_word": group_word(it.group_id)}
    if kind is ENTITY:
        found["name_key"] = name_key(it.name)
    if kind is RELATES_TO:
        found["first_episode"] = next(iter(it.episodes), None)
    return found


def labels(it: Any) -> list[str]:
    """The labels of an entity's node. Raises BadInput for one that other nodes are known by."""
    found = list(dict.fromkeys(["Entity", *it.labels]))
    taken = sorted(_LABELS.intersection(found[1:]))
    if taken:
        raise BadInput(f"The entity {it.uuid} cannot have the label {taken[0]!r}, which says what is no entity.")
    return found


def vector(given: Any) -> list[float]:
    """A vector's values to the last bit. Raises BadInput for an empty one and for values that are no finite numbers."""
    return unpack(pack(given))


def is_incomparable(values: list[float] | None) -> bool | None:
    """Whether single precision cannot say the vector; None where it can, or where there is none."""
    return True if values is not None and max(map(abs, values)) > _LARGEST else None


def model(kind: Kind, row: Mapping[str, Any]) -> Any:
    """The node or edge of a row, without its vector; what the row does not say is as Graphiti's class has it."""
    found = {name: _READ[field](row[name]) for name, field in kind.fields.items() if row.get(name) is not None}
    if "attributes" in kind.fields:
        found["attributes"] = attributes(kind, row)
    return kind.model(**found)


def attributes(kind: Kind, row: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a row: one JSON text, or as Graphiti's own driver has it, what is no field."""
    kept = row.get("attributes")
    if isinstance(kept, str):
        found: dict[str, Any] = json.loads(kept)
        return found
    own = {*kind.fields, *_OURS, kind.vector.field if kind.vector else ""}
    return {name: _plain(value) for name, value in row.items() if name not in own}


def _plain(value: Any) -> Any:
    if isinstance(value, neo4j.time.DateTime | neo4j.time.Date | neo4j.time.Time):
        return value.iso_format()
    return [_plain(part) for part in value] if isinstance(value, list) else value


def _instant(value: Any) -> datetime:
    found: datetime | None = parse_db_date(value)
    assert found is not None
    return utc(found)


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _as_it_is(value: Any) -> Any:
    return value


_WRITTEN: dict[Field, Callable[[Any], Any]] = {
    Field.TEXT: _as_it_is,
    Field.TIME: _or_none(utc),
    Field.LIST: _or_none(list),
    Field.JSON: _or_none(json_text),
    Field.SOURCE: lambda source: source.value,
}
_READ: dict[Field, Callable[[Any], Any]] = {
    Field.TEXT: _as_it_is,
    Field.TIME: _instant,
    Field.LIST: list,
    Field.JSON: lambda value: json.loads(value) if isinstance(value, str) else value,
    Field.LABELS: lambda found: ["Entity", *sorted(set(found) - {"Entity"})],
    Field.SOURCE: EpisodeType,
}
