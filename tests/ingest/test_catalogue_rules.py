"""The catalogue's rules of reading time, spelled out once more and compared with what the store sees.

Nothing here knows of claims and beliefs: whether an event is in sight at two instants is told from the lines of
the file alone, in three values (0 no, 1 perhaps, 2 yes), by the rules that came with the file.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from catalogue_file import EVENTS

from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.reading import in_sight

pytest_plugins = ("catalogue_store",)

Event = dict[str, Any]
Bound = tuple[datetime | None, datetime]

STATE_OF_KNOWLEDGE = datetime(2026, 11, 23, tzinfo=UTC)
BY_ID = {event["id"]: event for event in EVENTS}
NEXT = {event["supersedes"]: event for event in EVENTS if event["supersedes"]}
POINTS = ("release_date", "report_date", "api_shutdown_date")
HOUR = timedelta(hours=1)


def stated(event: Event) -> str:
    return str(event["recorded_at"] or event["source"].get("date") or "2026-11-23")


def recorded(event: Event) -> tuple[datetime, datetime]:
    """A month or year lies before the record of the successor and the state of knowledge."""
    when = moment(stated(event))
    assert when.earliest is not None
    if when.exact:
        return when.earliest, when.latest
    latest = min(when.latest, STATE_OF_KNOWLEDGE)
    if event["id"] in NEXT:
        latest = min(latest, recorded(NEXT[event["id"]])[1])
    return when.earliest, max(when.earliest, latest)


def replaced(event: Event) -> Iterator[Event]:
    """What an event closes: the one it supersedes, and what that one renewed."""
    if event["kind"] == "assertion":
        return
    old = BY_ID.get(event["supersedes"])
    while old is not None:
        yield old
        old = BY_ID.get(old["supersedes"]) if old["kind"] == "assertion" else None


CLOSED_BY: dict[str, list[Event]] = defaultdict(list)
for closing in EVENTS:
    for closed in replaced(closing):
        CLOSED_BY[closed["id"]].append(closing)


def begins(event: Event) -> Bound:
    if event["valid_from"] is not None:
        return told(event["valid_from"], None if event["kind"] == "promise" else event)
    known = recorded(event)[1]
    old = BY_ID.get(event["supersedes"])
    if old is not None and event["kind"] in ("change", "retraction"):
        last_seen = recorded(old)[1] + timedelta(days=len(stated(old)) == len("2026-11-23"))
        if last_seen < known:
            return last_seen, known
    return None, known


def ends(event: Event, closing: Event) -> Bound:
    return begins(closing) if event["valid_to"] is None else told(event["valid_to"], closing)


def told(date: str, by: Event | None) -> Bound:
    """A month or year in which an event was recorded that tells of it: it had come by then."""
    when = moment(date)
    latest = when.latest
    if by is not None and when.earliest is not None and when.earliest < recorded(by)[1]:
        latest = min(latest, recorded(by)[1]) if not when.exact else latest
    return when.earliest, latest


def reached(bound: Bound, instant: datetime) -> int:
    earliest, latest = bound
    return 2 if latest <= instant else 1 if earliest is None or earliest <= instant else 0


def sight(event: Event, valid: datetime, known: datetime) -> int:
    """How surely the event is believed at one instant to be true at another."""
    found = min(reached(recorded(event), known), reached(begins(event), valid))
    for closing in CLOSED_BY[event["id"]]:
        over = reached(recorded(closing), known)
        if closing["kind"] != "correction" and event["predicate"] not in POINTS:
            over = min(over, reached(ends(event, closing), valid))
        found = min(found, 2 - over)
    return found


def corners(events: list[Event]) -> tuple[list[datetime], list[datetime]]:
    """Instants at and just before every bound that the events have, and today."""
    today = STATE_OF_KNOWLEDGE + 12 * HOUR
    valid, known = {today}, {today}
    for event in events:
        spans: list[Bound] = [recorded(event), begins(event)]
        known |= {it + shift for it in spans[0] if it for shift in (-HOUR, timedelta(0), HOUR)}
        spans += [ends(event, closing) for closing in CLOSED_BY[event["id"]]]
        valid |= {it + shift for span in spans for it in span if it for shift in (-HOUR, timedelta(0))}
    return sorted(valid), sorted(known)


async def test_every_event_is_in_sight_exactly_where_the_rules_say(catalogue: GraphitiStore) -> None:
    choose = random.Random(0)
    lines: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in EVENTS:
        lines[event["subject"], event["predicate"]].append(event)
    checked = 0
    for (subject, predicate), events in lines.items():
        valid, known = corners(events)
        believed = await catalogue.history(Pattern(subject=subject, predicate=predicate))
        facts = [fact for fact in believed if not fact.source.id.startswith(("seed.md#", "names.toml"))]
        points = [(one, other) for one in valid for other in known]
        for one, other in choose.sample(points, min(len(points), 60)):
            expected: dict[object, int] = defaultdict(int)
            for event in events:
                standing = event["kind"] if event["kind"] in ("conflict", "promise") else None
                said = (event["object"], repr(event.get("value")), event.get("unit"), standing)
                expected[said] = max(expected[said], sight(event, one, other))
            found: dict[object, int] = dict.fromkeys(expected, 0)
            for fact in in_sight(facts, AsOf(valid=one, believed=other)):
                said = (fact.object, repr(fact.value), fact.unit, fact.qualifiers.get("standing"))
                found[said] = max(found.get(said, 0), 2 if fact.certainty == "certain" else 1)
            assert found == expected, (subject, predicate, one, other)
            checked += 1
    assert checked > 5000
