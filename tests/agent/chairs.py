"""A made-up register of who chaired which society, 1950 to 1990, and who held the chair, worked out in plain Python.

The register is a list of entries, each on record from a day. A later entry takes over the time it covers; some
dates are known only to a month or a year, and then inside that span either may hold. Nothing of the package is
used to work out the answers.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_TREES = ["Alder", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Rowan"]
_BODIES = ["Guild", "Trust", "Society"]
_CHINESE = ["云杉会", "白桦社", "红松学会", "银杏基金", "青竹协会", "丹桂书院"]
_FIRST = ["Ada", "Ben", "Cleo", "Dov", "Edda", "Finn", "Gwen", "Hugo", "Ines", "Jon", "Kaja", "Lou", "Mina", "Nils"]
_LAST = ["Ashby", "Brook", "Croft", "Dale", "Eaves", "Frost", "Grove", "Holt", "Irving", "Jarvis", "Keel", "Lund"]
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈", ["明", "芳", "伟", "静", "磊", "洋", "勇", "娟", "涛", "敏"]

SOCIETIES = [f"{tree} {body}" for tree in _TREES for body in _BODIES] + _CHINESE


@dataclass(frozen=True)
class Entry:
    """Who took the chair when, until when if that is said, and the day it was put on record."""

    society: str
    person: str
    since: str
    until: str | None
    recorded: str


def register(seed: int) -> list[Entry]:
    """A register with successions, gaps, coarse dates and corrections."""
    chance = random.Random(seed)
    return [entry for society in SOCIETIES for entry in _chairs(society, chance)]


def _chairs(society: str, chance: random.Random) -> list[Entry]:
    people = _people(society, chance)
    start = datetime(chance.randint(1950, 1956), chance.randint(1, 12), chance.randint(1, 28), tzinfo=UTC)
    terms: list[tuple[datetime, datetime]] = []
    while start.year < 1990 and len(terms) < 7:
        end = start + timedelta(days=chance.randint(500, 2500))
        terms.append((start, end))
        start = end + timedelta(days=chance.choice([0, 0, 0, 900]))
    found = []
    for number, (since, until) in enumerate(terms):
        last_or_gap = number + 1 == len(terms) or terms[number + 1][0] != until
        ending = _text(until, chance) if last_or_gap and chance.random() < 0.8 else None
        recorded = since + timedelta(days=400 + chance.randint(0, 90))
        text = _text(since, chance)
        found.append(Entry(society, next(people), text, ending, f"{recorded:%Y-%m-%d}"))
        if chance.random() < 0.3:  # later the register says that it was somebody else
            corrected = recorded + timedelta(days=chance.randint(100, 6000))
            found.append(Entry(society, next(people), text, ending or _text(until, chance), f"{corrected:%Y-%m-%d}"))
    return found


def _people(society: str, chance: random.Random) -> Iterator[str]:
    if society.isascii():
        names = [f"{first} {last}" for first in _FIRST for last in _LAST]
    else:
        names = [f"{surname}{given}" for surname in _SURNAMES for given in _GIVEN]
    chance.shuffle(names)
    return iter(names)


def _text(day: datetime, chance: random.Random) -> str:
    return f"{day:{chance.choice(['%Y-%m-%d', '%Y-%m', '%Y'])}}"


def span(text: str) -> tuple[datetime, datetime]:
    """The first and the last instant at which a date as the register writes it may have come."""
    year, month, day = (int(part) for part in (*text.split("-"), "0", "0")[:3])
    first = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        return first, first
    if month:
        return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return first, datetime(year + 1, 1, 1, tzinfo=UTC)


def chaired(entries: list[Entry], society: str, at: datetime, known: datetime) -> dict[str, bool]:
    """Who chaired a society at an instant by the entries on record at another, and whether that is certain."""
    found: dict[str, bool] = {}
    seen = [entry for entry in entries if entry.society == society and span(entry.recorded)[0] <= known]
    for entry in sorted(seen, key=lambda entry: entry.recorded, reverse=True):
        begins, begun = span(entry.since)
        ends, ended = span(entry.until) if entry.until else (datetime.max.replace(tzinfo=UTC),) * 2
        if begins <= at < ended:
            certain = begun <= at < ends
            found[entry.person] = certain and not found
            if certain:
                break
    return found
