"""A field of Graphiti's nodes and edges as a column of a modelatlas file, and back."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphiti_core.nodes import EpisodeType

from modelatlas.graph.graphiti.json_texts import json_text, utc
from modelatlas.graph.graphiti.kinds import ENTITY, Field, Kind
from modelatlas.graph.graphiti_rows import instant_of, ticks
from modelatlas.graph.text import name_key


@dataclass(frozen=True, slots=True)
class Column:
    """How a field's value is written, and how it is read."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def count(instant: datetime) -> int:
    """Microseconds since 1970; a time without an offset is UTC, as Graphiti has it."""
    return ticks(utc(instant))


def model(kind: Kind, row: sqlite3.Row) -> Any:
    """The node or edge of a row, without its vector."""
    return kind.model(**{name: COLUMNS[field].read(row[name]) for name, field in kind.fields.items()})


def values(kind: Kind, it: Any, is_there: bool) -> dict[str, Any]:
    """The columns of a node or edge that a save writes."""
    found = {name: COLUMNS[kind.fields[name]].write(getattr(it, name)) for name in kind.kept(it, is_there)}
    return found | {"name_key": name_key(it.name)} if kind is ENTITY else found


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _as_it_is(value: Any) -> Any:
    return value


def _labels(labels: list[str]) -> str:
    return json.dumps(list(dict.fromkeys([*labels, "Entity"])), ensure_ascii=False)


_JSON = Column(_or_none(json_text), _or_none(json.loads))
COLUMNS = {
    Field.TEXT: Column(_as_it_is, _as_it_is),
    Field.TIME: Column(_or_none(count), _or_none(instant_of)),
    Field.LIST: _JSON,
    Field.JSON: _JSON,
    Field.LABELS: Column(_labels, json.loads),
    Field.SOURCE: Column(lambda source: source.value, EpisodeType),
}
