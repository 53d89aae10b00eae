"""The catalogue's dated facts (events.jsonl): statements, and what each one did to the one it replaces.

How an event becomes claims (catalogue README 1.2):
- it asserts its statement with an open end; an end is learned only from the event that supersedes it;
- change and retraction close the statement they supersede where the old one ended, or else where the new one
  begins; a correction, and any new date of a dated event, takes it back for all time. Renewals of the old
  statement by other sources close with it;
- a change on an unknown day happened between the last time the old fact was seen and its own recording;
- conflict and promise stand beside the rest, marked by the qualifier `standing`;
- a record date that is only a month or year lies before the record of its successor and the state of knowledge.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from modelatlas.graph.dates import Moment, exactly, iso, moment
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Claim, Source
from modelatlas.graph.vocabulary import predicate
from modelatlas.ingest.document import Document, Rejected, reason

STATE_OF_KNOWLEDGE = "2026-11-23"

_STANDING = ("conflict", "promise")
_JOINTS = tuple(" -_,(")
_NEEDED = ("id", "model", "subject", "predicate", "kind", "source")

Event = Mapping[str, Any]


def read_events(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Document | Rejected]:
    """One document an event, in the order of the file; events refer to each other, so all are read first."""
    events: dict[str, tuple[int, Event]] = {}
    for number, line in lines:
        try:
            event = json.loads(line)
            missing = [name for name in _NEEDED if not event.get(name)]
        except (ValueError, AttributeError) as error:
            yield Rejected(path=path, line=number, reason=f"not a JSON object: {error}")
            continue
        if missing:
            yield Rejected(path=path, line=number, reason=f"an event needs {', '.join(missing)}")
        else:
            events[event["id"]] = number, event
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
        except (InvalidDate, KeyError, TypeError) as error:
            yield Rejected(path=path, line=number, reason=f"not an event: {error}")


def _circular(by_id: Mapping[str, Event]) -> list[str]:
    found = []
    for name in by_id:
        met, at = {name}, by_id[name].get("supersedes")
        while at in by_id and at not in met:
            met.add(at)
            at = by_id[at].get("supersedes")
        if at in by_id:
            found.append(name)
    return found


def _claims(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> tuple[Claim, ...]:
    recorded = _recorded_text(event, by_id, successors)
    begins = _valid_from(event, by_id, successors)
    said = Claim(**_statement(event), valid_from=begins, recorded_at=recorded, source=_source(event), ref=event["id"])
    if event["kind"] == "assertion":
        return (said,)
    for_good = event["kind"] == "correction" or predicate(event["predicate"]).event
    closed = [
        Claim(
            **_statement(old),
            kind="retract",
            valid_from=None if for_good else old["valid_to"] or begins,
            recorded_at=recorded,
            source=_source(event).model_copy(update={"id": _source(old).id}),
            ref=event["id"],
        )
        for old in _replaced(event, by_id)
    ]
    return (*closed, said)


def _statement(event: Event) -> dict[str, Any]:
    standing = event["kind"] if event["kind"] in _STANDING else None
    return {
        "subject": event["subject"],
        "predicate": event["predicate"],
        "object": event["object"],
        "value": event.get("value"),
        "unit": event.get("unit"),
        "qualifiers": {"standing": standing} if standing else {},
        "confidence": event["confidence"],
    }


def _source(event: Event) -> Source:
    given = event["source"]
    return Source(**{name: given.get(name) for name in ("id", "title", "url", "date", "commit")})


def _placed(event: Event, like: Claim, subjects: set[str]) -> Claim:
    """Where a subject belongs: the longest other name that it begins with, else the entry it is filed under."""
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


def _replaced(event: Event, by_id: Mapping[str, Event]) -> Iterator[Event]:
    """The statement an event replaces and the earlier ones that it renewed."""
    name = event.get("supersedes")
    while name in by_id:
        old = by_id[name]
        yield old
        name = old.get("supersedes") if old["kind"] == "assertion" else None


def _valid_from(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> str | None:
    begins: str | None = event.get("valid_from")
    old = by_id.get(event.get("supersedes") or "")
    if begins is not None or old is None or event["kind"] not in ("change", "retraction"):
        return begins
    seen = _recorded(old, by_id, successors)
    last_seen = seen.latest + timedelta(days=1) if seen.precision == "day" else seen.latest
    known = _recorded(event, by_id, successors).latest
    return f"[{iso(last_seen)}..{iso(known)}]" if last_seen < known else None


def _recorded_text(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> str:
    return _recorded(event, by_id, successors).text


class _Recorded(Moment):
    """When an event was on record; comparable, by the time it certainly was."""

    def __lt__(self, other: "_Recorded") -> bool:
        return self.latest < other.latest


def _recorded(event: Event, by_id: Mapping[str, Event], successors: Mapping[str, Event]) -> _Recorded:
    text = event.get("recorded_at") or event["source"].get("date") or STATE_OF_KNOWLEDGE
    given = moment(text)
    if not given.exact:
        latest = min(given.latest, moment(STATE_OF_KNOWLEDGE).latest)
        if event["id"] in successors:
            latest = min(latest, _recorded(successors[event["id"]], by_id, successors).latest)
        if given.earliest is not None and given.earliest < latest < given.latest:
            given = moment(f"[{iso(given.earliest)}..{iso(latest)}]")
        elif given.earliest is not None and latest <= given.earliest:
            given = exactly(latest)
    return _Recorded(**given.model_dump())
