"""How the tests of the graph say things in few words."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from modelatlas.graph.beliefs import beliefs, entry
from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Episode, Fact, Source
from modelatlas.graph.periods import AsOf, Span
from modelatlas.graph.reading import fact_of

LATER = "2030-01-01"


def said(object: str | None, since: str | None = None, until: str | None = None, **other: Any) -> Claim:
    """A claim that Wan runs under a licence (functional), recorded on 2025-01-01, unless said otherwise."""
    source = other.pop("source", "page")
    given = {"subject": "Wan", "predicate": "licence_code", "recorded_at": "2025-01-01"} | other
    return Claim(object=object, valid_from=since, valid_to=until, source=Source(id=source), **given)


def told(text: str, at: str, source: str = "chat", **other: Any) -> Episode:
    """A chat turn said at a time."""
    given = {"name": "turn", "kind": "message"} | other
    return Episode(text=text, said=on(at), source=Source(id=source, date=at), **given)


def on(text: str) -> datetime:
    """The instant of an exact date."""
    found = moment(text)
    assert found.exact
    return found.latest


def as_of(valid: str | Span, believed: str | Span = LATER) -> AsOf:
    """Where a read stands; by all that was ever recorded unless said otherwise."""
    return AsOf(
        valid=valid if isinstance(valid, Span) else on(valid),
        believed=believed if isinstance(believed, Span) else on(believed),
    )


def span(start: str | None, end: str | None) -> Span:
    """A stretch between two exact dates."""
    return Span(start=on(start) if start else None, end=on(end) if end else None)


def answers(facts: Iterable[Fact]) -> list[str]:
    """The objects of facts, sorted; one that is only possible ends in a question mark."""
    return sorted(f"{it.object}{'?' if it.certainty == 'possible' else ''}" for it in facts)


def fact(object: str | None, since: str | None = None, until: str | None = None, **other: Any) -> Fact:
    """The fact that one claim comes to, alone."""
    (belief,) = beliefs([entry(said(object, since, until, **other), on(LATER))])
    return fact_of(belief, "us")
