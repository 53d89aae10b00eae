"""The history of the models.dev listing: one event a line, {tx, commit, entity, field, op, old, new}.

The listing says `new` of an entity's field from the commit's time until the next event of that field, and
that it is so is on record from the same time: valid and believed both begin with the commit.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Claim, Scalar, Source
from modelatlas.graph.vocabulary import predicate
from modelatlas.ingest.document import Document, Rejected, reason

_ID, _TITLE, _URL = "models.dev", "models.dev listing", "https://models.dev"


class Event(Value):
    """One change of one field, as the replayed commits give it."""

    tx: str
    commit: str
    entity: str
    field: str
    op: str
    old: object
    new: object


def read_models_dev(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Document | Rejected]:
    """One claim an event: an assertion of the new value, or the retraction of whatever stood there."""
    for number, line in lines:
        try:
            yield Document(episode=None, claims=(_claim(Event.model_validate_json(line)),))
        except ValidationError as error:
            yield Rejected(path=path, line=number, reason=reason(error))
        except InvalidDate as error:
            yield Rejected(path=path, line=number, reason=str(error))


def _claim(event: Event) -> Claim:
    removed = event.op == "retract"
    return Claim(
        subject=event.entity,
        predicate=event.field,
        value=None if removed else _value(event.new),
        unit=None if removed else predicate(event.field).unit,
        valid_from=event.tx,
        recorded_at=event.tx,
        kind="retract" if removed else "assert",
        functional=True,
        source=Source(id=_ID, title=_TITLE, url=_URL, date=event.tx[:10], commit=event.commit),
    )


def _value(new: object) -> Scalar | list[Scalar]:
    """The value itself; a nested one as JSON text."""
    if isinstance(new, bool | int | float | str):
        return new
    if isinstance(new, list) and all(isinstance(part, bool | int | float | str) for part in new):
        return list(new)
    return json.dumps(new, ensure_ascii=False, sort_keys=True)
