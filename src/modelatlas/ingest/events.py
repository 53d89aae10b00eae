"""The catalogue's dated facts (events.jsonl): statements, and what each one did to the one it replaces.

How an event becomes claims (catalogue README 1.2):
- it asserts its statement with an open end; an end is learned only from the event that supersedes it;
- change and retraction close the statement they supersede where the old one ended, or else where the new one
  begins; a correction, and any new date of a dated event, takes it back for all time. Renewals of the old
  statement by other sources close with it;
- of events on record from the same time, the one that supersedes comes after the one it supersedes; where the
  old statement came on record later than its successor, its end is on record together with it;
- what began in the month or year in which it was recorded had begun by then;
- a change on an unknown day happened between the last time the old fact was seen and its own recording;
- conflict and promise stand beside the rest, marked by the qualifier `standing`; a conflict closes nothing;
- a record date that is only a month or year lies before the record of its successor and the state of
  knowledge;
- a source with neither address nor date nor revision is nobody in particular: each statement has its own.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from modelatlas.graph.dates import Moment, exactly, iso, moment, some_time_until
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Claim, Date, Name, Source
from modelatlas.graph.vocabulary import predicate
from modelatlas.ingest.document import Document, Rejected, reason

STATE_OF_KNOWLEDGE = "2026-11-23"

_STANDING = ("conflict", "promise")
_JOINTS = tuple(" -_,(")

Event = Mapping[str, Any]


class Place(BaseModel):
    """What of an event says how it stands to the others; the rest of the line is a statement."""

    id: Name
    model: Name
    subject: Name
    predicate: Name
    kind: Literal["assertion", "correction", "change", "retraction", "promise", "conflict"]
    supersedes: Name | None = None
    valid_from: Date | None = None
    valid_to: Date | None = None
    recorded_at: Date | None = None
    source: dict[str, Any]


def read_events(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Document | Rejected]:
    """One document an event, in the order of the file; events refer to each other, so all are read first."""
    events: dict[str, tuple[int, Event]] = {}
    for number, line in lines:
        try:
            event = _event(line)
        except ValidationError as error:
            yield Rejected(path=path, line=number, reason=reason(error))
        except InvalidDate as error:
            yield Rejected(path=path, line=number, reason=str(error))
        except (ValueError, RecursionError) as error:
            yield Rejected(path=path, line=number, reason=f"not a JSON object: {error}")
        else:
            known = events.setdefault(event["id"], (number, event))
            if known[1] != event:
                yield Rejected(path=path, line=number, reason=f"line {known[0]} is another event with this id")
    by_id = {name: event for name, (_, event) in events.items()}
    for name in _circular(by_id):
        yield Rejected(path=path, line=events.pop(name)[0], reason="the events it supersedes lead back to itself")
        del by_id[name]
    successors = {event["supersedes"]: event for event in by_id.values() if event.get("supersedes")}
    subjects = {event["subject"] for event in by_id.values()} | {event["model"] for event in by_id.values()}
    placed: set[str] = set()
    for number, event in sorted(events.values(), key=lambda it: (_recorded(it[1], by_id, successors), it[0])):
        try:
            claims = _claims(event, by_id, successors)
            if event["subject"] != event["model"] and event["subject"] not in placed:
                placed.add(event["subject"])
                claims = (*claims, _placed(event, claims[-1], subjects))
            yield Document(episode=None, claims=claims)
        except ValidationError as error:
            yield Rejected(path=path, line=number, reason=reason(error))


def _event(line: str) -> Event:
    """The event of a line. Raises ValidationError, InvalidDate or ValueError for what is none."""
    event: Event = json.loads(line)
    place = Place.model_validate(event)
    Claim(**_statement(event), source=_source(event))
    for date in (place.recorded_at, event["source"].get("date"), place.valid_from, place.valid_to):
        if date is not None:
            moment(date)
    if place.valid_from and place.valid_to:
        begins, ends = moment(place.valid_from), moment(place.valid_to)
        if begins.earliest and ends.latest < begins.earliest:
            raise InvalidDate(place.valid_to, f"it is before valid_from {place.valid_from}")
    return event


def _circular(by_id: Mapping[str, Event]) -> list[str]:
    found = []
    for name in by_id:
        met, at = {name}, by_id[name].get("supersedes") or ""
        while at in by_id and at not in met:
            met.add(at)
            at = by_id[at].get("supersedes") or ""
        if at in by_id:
            found.append(name)
    return found


def _claims(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> tuple[Claim, ...]:
    recorded = _recorded(event, by_id, successors)
    begins = _valid_from(event, by_id, successors)
    place = len(list(_earlier(event, by_id)))
    said = Claim(
        **_statement(event),
        valid_from=begins,
        recorded_at=recorded.text,
        source=_source(event),
        ref=event["id"],
        sequence=place,
    )
    if event["kind"] in ("assertion", "conflict"):
        return (said,)
    for_good = event["kind"] == "correction" or predicate(event["predicate"]).event
    closed = [
        Claim(
            **_statement(old),
            kind="retract",
            valid_from=None if for_good else _ended(old, event, by_id, successors) or begins,
            recorded_at=max(recorded, _recorded(old, by_id, successors)).text,
            source=_source(event).model_copy(update={"id": _source(old).id}),
            ref=event["id"],
            sequence=place,
        )
        for old in _replaced(event, by_id)
    ]
    return (*closed, said)


def _statement(event: Event) -> dict[str, Any]:
    standing = event["kind"] if event["kind"] in _STANDING else None
    return {
        "subject": event["subject"],
        "predicate": event["predicate"],
        "object": event.get("object"),
        "value": event.get("value"),
        "unit": event.get("unit"),
        "qualifiers": {"standing": standing} if standing else {},
        "confidence": event.get("confidence"),
    }


def _source(event: Event) -> Source:
    given = {name: event["source"].get(name) for name in ("id", "title", "url", "date", "commit")}
    if given["title"] and not any(given[name] for name in ("id", "url", "date", "commit")):
        given["id"] = f"{given['title']} ({event['id']})"
    return Source(**given)


def _placed(event: Event, like: Claim, subjects: set[str]) -> Claim:
    """Where a subject belongs: to the longest name it begins with, else to the entry it is filed under."""
    subject = event["subject"]
    longer = [name for name in subjects if subject.startswith(name) and subject[len(name) :][:1] in _JOINTS]
    whole = max((name for name in longer if name != subject), key=len, default=None)
    return Claim(
        subject=subject,
        predicate="variant_of" if whole else "family",
        object=whole or event["model"],
        recorded_at=like.recorded_at,
        source=like.source,
        confidence=like.confidence,
        ref=event["id"],
    )


def _earlier(event: Event, by_id: Mapping[str, Event]) -> Iterator[Event]:
    """All that came before it in its chain: recorded at one time, the chain decides the order."""
    while (old := by_id.get(event.get("supersedes") or "")) is not None:
        yield old
        event = old


def _replaced(event: Event, by_id: Mapping[str, Event]) -> Iterator[Event]:
    """The statement an event replaces and the earlier ones that it renewed."""
    for old in _earlier(event, by_id):
        yield old
        if old["kind"] != "assertion":
            return


def _valid_from(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> str | None:
    begins: str | None = event.get("valid_from")
    old = by_id.get(event.get("supersedes") or "")
    if begins is not None:
        return _begun(begins, _recorded(event, by_id, successors)) if event["kind"] != "promise" else begins
    if old is None or event["kind"] not in ("change", "retraction"):
        return begins
    seen = _recorded(old, by_id, successors)
    last_seen = seen.latest + timedelta(days=1) if seen.precision == "day" else seen.latest
    known = _recorded(event, by_id, successors).latest
    since = last_seen if last_seen < known else seen.latest
    return f"[{iso(since)}..{iso(known)}]" if since < known else some_time_until(known).text


def _ended(old: Event, by: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> str | None:
    """The end stated with the old statement; one in the year it was learned had come by then."""
    return _begun(old["valid_to"], _recorded(by, by_id, successors)) if old.get("valid_to") else None


def _begun(begins: str, recorded: Moment) -> str:
    """A month or year in which the fact was recorded: it had begun by then."""
    start = moment(begins)
    if start.exact or start.earliest is None or not start.earliest < recorded.latest < start.latest:
        return begins
    return f"[{iso(start.earliest)}..{iso(recorded.latest)}]"


class _Recorded(Moment):
    """When an event was on record; comparable, by the time it certainly was."""

    def __lt__(self, other: "_Recorded") -> bool:
        return self.latest < other.latest


def _recorded(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> _Recorded:
    given = at = _said(event)
    latest = min(given.latest, moment(STATE_OF_KNOWLEDGE).latest)
    while not at.exact and (successor := successors.get(event["id"])) is not None:
        event, at = successor, _said(successor)
        latest = min(latest, at.latest)
    if not given.exact and given.earliest is not None and latest < given.latest:
        coarse = given.earliest < latest
        given = moment(f"[{iso(given.earliest)}..{iso(latest)}]") if coarse else exactly(latest)
    return _Recorded(**given.model_dump())


def _said(event: Event) -> Moment:
    return moment(event.get("recorded_at") or event["source"].get("date") or STATE_OF_KNOWLEDGE)
