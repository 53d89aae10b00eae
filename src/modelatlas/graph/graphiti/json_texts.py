"""JSON objects as one text, and times as Graphiti has them."""

import json
from datetime import UTC, datetime

from graphiti_core.utils.datetime_utils import ensure_utc

from modelatlas.graph.errors import BadInput


def utc(instant: datetime) -> datetime:
    """The instant in UTC; a time without an offset is UTC, as Graphiti has it."""
    found: datetime | None = ensure_utc(instant)
    assert found is not None
    return found.astimezone(UTC)


def json_text(value: object) -> str:
    """A value as JSON, its times as ISO texts. Raises BadInput for what JSON cannot say."""
    try:
        return json.dumps(value, default=_time_text, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadInput(f"Attributes must be JSON values: {error}.") from error


def _time_text(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is not one")
    return utc(value).isoformat()
