"""A field of Graphiti's nodes and edges as a column of a modelatlas file, and back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphiti_core.nodes import EpisodeType
from graphiti_core.utils.datetime_utils import ensure_utc

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_rows import instant_of, ticks


@dataclass(frozen=True, slots=True)
class Column:
    """How a field's value is written, and how it is read."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def count(instant: datetime) -> int:
    """Microseconds since 1970; a time without an offset is UTC, as Graphiti has it."""
    utc = ensure_utc(instant)
    assert utc is not None
    return ticks(utc)


def json_text(value: object) -> str:
    """A value as JSON, its times as ISO texts. Raises BadInput for what JSON cannot say."""
    try:
        return json.dumps(value, default=_time_text, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"Attributes must be JSON values: {error}.") from error


def check_text(value: object, where: str) -> None:
    """Raises BadInput for text, however deep in the value, that no file can hold exactly."""
    if isinstance(value, str):
        if "\x00" in value:
            raise BadInput(f"{where} has a NUL character, which no text on record may have.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadInput(f"{where} has half of a surrogate pair, which is not a character.") from error
    elif isinstance(value, dict):
        for key, part in value.items():
            check_text(key, where)
            check_text(part, where)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            check_text(part, where)


def _time_text(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is not one")
    utc = ensure_utc(value)
    assert utc is not None
    return utc.isoformat()


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _as_it_is(value: Any) -> Any:
    return value


def _labels(labels: list[str]) -> str:
    return json.dumps(list(dict.fromkeys([*labels, "Entity"])), ensure_ascii=False)


TEXT = Column(_as_it_is, _as_it_is)
TIME = Column(_or_none(count), _or_none(instant_of))
JSON = Column(_or_none(json_text), _or_none(json.loads))
ENTITY_LABELS = Column(_labels, json.loads)
SOURCE = Column(lambda source: source.value, EpisodeType)
