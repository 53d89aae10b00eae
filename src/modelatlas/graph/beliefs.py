"""Which beliefs follow from a log of claims: a pure function of the set, whatever the order of arrival.

Claims of one line (subject, predicate, qualifiers, source) are laid over each other in the order they were
recorded, like sheets of paper. A claim that rules out an earlier one (another answer of a functional
predicate, or a retraction) ends that belief at the time it was recorded and leaves, as new beliefs, what it
does not cover. Claims with the same answer merge.

Coarse bounds are carried exactly, in Kleene's three values: a belief holds at (valid, believed) as surely as
the least sure of its four bounds, and laying sheet B over belief A leaves A-and-not-B, that is the beliefs
    A until B was recorded  |  A before B's valid start  |  A from B's valid end on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from modelatlas.graph.dates import Moment, exactly, iso, moment, some_time_until
from modelatlas.graph.facts import Claim, Fact, value_key
from modelatlas.graph.periods import Period
from modelatlas.graph.vocabulary import predicate, predicates

_NEVER: datetime | None = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim in the log, with when it was on record and what decides whether another rules it out.

    `place` orders claims recorded at one time and sequence: the id, the same in a store that an export was told to.
    """

    claim: Claim
    recorded: Moment
    place: str
    functional: bool
    slot: str | None
    answer: tuple[str | None, str, str | None]


@dataclass(frozen=True, slots=True)
class Belief:
    """A claim's statement over the part of both axes where the log still supports it.

    `claims` are all that say so, the one it is told by first.
    """

    entry: Entry
    valid: Period
    believed: Period
    claims: tuple[UUID, ...]
    ended_by: UUID | None


def entry(claim: Claim, ingested: datetime) -> Entry:
    """Place a claim in the log; `ingested` stands in where its source carries no time."""
    functional, keyed, listed = _rule(claim.predicate)
    if claim.functional is not None:
        functional = claim.functional
    slot = claim.object if keyed or (claim.value is not None and not listed) else None
    answer = claim.object, value_key(claim.value), claim.unit
    place = claim.dated(ingested).id.hex
    return Entry(claim, claim.recorded(ingested), place, functional, slot, answer)


@lru_cache(maxsize=4096)
def _rule(name: str) -> tuple[bool, bool, bool]:
    """Whether the predicate is functional, whether for each object, and whether the vocabulary has it."""
    term = predicate(name)
    return term.functional, term.keyed, name in predicates()


def line(claim: Claim | Fact) -> str:
    """The key within which claims bear on each other."""
    qualifiers = sorted((name, value_key(it)) for name, it in claim.qualifiers.items()) if claim.qualifiers else []
    return repr((claim.subject, claim.predicate, qualifiers, claim.source.id))


def beliefs(log: Iterable[Entry]) -> list[Belief]:
    """The beliefs that follow from the claims of one line, ended ones included."""
    return beliefs_on((), log)


def beliefs_on(held: Iterable[Belief], log: Iterable[Entry]) -> list[Belief]:
    """The beliefs that follow when claims are laid over the beliefs that follow from all claims before them.

    A belief that no later claim can reach any more, on one axis or the other, is set aside: a log in the order
    of its times costs time in proportion to its length.
    """
    laid_on = [(laid, _valid(laid)) for laid in sorted(log, key=_order)]
    standing = list(held)
    if not standing and len(laid_on) == 1:
        laid, period = laid_on[0]
        return _merged((), laid, period) if laid.claim.kind == "assert" else []
    reach = _reaches(laid_on)
    settled: list[Belief] = []
    for (laid, period), (valid_from, recorded_from) in zip(laid_on, reach, strict=True):
        standing = _distinct(left for belief in standing for left in _without(belief, laid, period))
        if laid.claim.kind == "assert":
            standing = _merged(standing, laid, period)
        open_to_change: list[Belief] = []
        for belief in standing:
            over = _ends_before(belief.valid, valid_from) or _ends_before(belief.believed, recorded_from)
            (settled if over else open_to_change).append(belief)
        standing = open_to_change
    return settled + standing


def earliest_reach(log: Iterable[Entry]) -> tuple[datetime | None, datetime | None]:
    """The earliest that claims may begin to be valid and to be on record: what ended before, they cannot change."""
    valid_from, recorded_from = _NEVER, _NEVER
    for laid in log:
        valid_from = _first(valid_from, _valid(laid).start.earliest)
        recorded_from = _first(recorded_from, laid.recorded.earliest)
    return valid_from, recorded_from


def _reaches(laid_on: Sequence[tuple[Entry, Period]]) -> list[tuple[datetime | None, datetime | None]]:
    """After each claim, the earliest that any later one can begin: to be valid, to be on record; None is unknown."""
    found: list[tuple[datetime | None, datetime | None]] = []
    valid_from, recorded_from = _NEVER, _NEVER
    for laid, period in reversed(laid_on):
        found.append((valid_from, recorded_from))
        valid_from = _first(valid_from, period.start.earliest)
        recorded_from = _first(recorded_from, laid.recorded.earliest)
    return found[::-1]


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else min(one, other)


def _ends_before(period: Period, instant: datetime | None) -> bool:
    """Whether the period has surely ended before the instant, not even touching it."""
    return period.end is not None and instant is not None and period.end.latest < instant


def _order(laid: Entry) -> tuple[datetime, int, bool, str]:
    return laid.recorded.latest, laid.claim.sequence, laid.claim.kind == "assert", laid.place


def _valid(laid: Entry) -> Period:
    claim = laid.claim
    end = moment(claim.valid_to) if claim.valid_to is not None else None
    if claim.valid_from is not None:
        return Period(start=moment(claim.valid_from), end=end)
    known_by = laid.recorded.latest
    if end is not None and end.earliest is not None and end.earliest < known_by:
        known_by = end.earliest
    return Period(start=some_time_until(known_by), end=end)


def _rules_out(later: Entry, earlier: Entry) -> bool:
    claim = later.claim
    if claim.kind == "retract":
        if claim.object is not None and claim.object != earlier.claim.object:
            return False
        return claim.value is None or later.answer[1] == earlier.answer[1]
    return later.functional and later.slot == earlier.slot and later.answer != earlier.answer


def _without(held: Belief, laid: Entry, over: Period) -> list[Belief]:
    if not _rules_out(laid, held.entry):
        return [held]
    if held.valid.end is not None and over.start.earliest is not None and held.valid.end.latest <= over.start.earliest:
        return [held]
    whole_past = laid.claim.kind == "retract" and laid.claim.valid_from is None
    before = None if whole_past else _within(held.valid, None, over.start)
    if before is not None and before == held.valid:
        return [held]
    after = _within(held.valid, over.end, None) if over.end is not None else None
    if after is not None and after == held.valid:
        return [held]
    kept = _within(held.believed, None, laid.recorded)
    assert laid.recorded.earliest is not None
    since = laid.recorded if laid.recorded.exact else exactly(laid.recorded.earliest)
    onward = _within(held.believed, since, None)
    parts = [] if kept is None else [replace(held, believed=kept, ended_by=held.ended_by or laid.claim.id)]
    if onward is not None:
        parts += [replace(held, valid=rest, believed=onward) for rest in (before, after) if rest is not None]
    return parts


def _distinct(standing: Iterable[Belief]) -> list[Belief]:
    """The beliefs, those that differ only in their believed end as one that ends when the last of them does."""
    every = list(standing)
    if len(every) < 2:
        return every
    found: dict[tuple[UUID, str, str | None, str], Belief] = {}
    for held in every:
        valid, believed = held.valid, held.believed
        end = valid.end.text if valid.end else None
        key = (held.entry.claim.id, valid.start.text, end, believed.start.text)
        other = found.get(key)
        found[key] = held if other is None else _longer(other, held)
    return list(found.values())


def _longer(one: Belief, other: Belief) -> Belief:
    one, other = sorted((one, other), key=lambda it: str(it.ended_by))
    claims = _told_by(one.claims[0], (*one.claims, *other.claims))
    if one.believed.end is None or other.believed.end is None:
        return replace(one, believed=Period(start=one.believed.start, end=None), claims=claims, ended_by=None)
    end = _later(one.believed.end, other.believed.end)
    last = one if end == one.believed.end else other
    return replace(last, believed=Period(start=one.believed.start, end=end), claims=claims)


def _merged(standing: Sequence[Belief], laid: Entry, period: Period) -> list[Belief]:
    """The standing beliefs with the new one, as one belief where its answer already stands or goes on."""
    same = [held for held in standing if held.entry.answer == laid.answer and held.believed.end is None]
    same.sort(key=_place)
    for held in same:
        if _covers(held.valid, period) and _later(laid.recorded, held.believed.start) == laid.recorded:
            known = replace(held, claims=_told_by(held.claims[0], (*held.claims, laid.claim.id)))
            return [known if other is held else other for other in standing]
    result = list(standing)
    fresh = Belief(laid, period, Period(start=laid.recorded, end=None), (laid.claim.id,), None)
    for held in same:
        exact = laid.recorded.exact and held.believed.start.exact
        if exact and _joined(held.valid, fresh.valid):
            claims = _told_by(laid.claim.id, (*fresh.claims, *held.claims))
            fresh = replace(fresh, valid=_union(held.valid, fresh.valid), claims=claims)
            result.remove(held)
            if held.believed.start.latest < laid.recorded.latest:
                ended = Period(start=held.believed.start, end=laid.recorded)
                result.append(replace(held, believed=ended, ended_by=laid.claim.id))
    return [*result, fresh]


def _place(held: Belief) -> tuple[object, ...]:
    """One order for the standing beliefs of a line, however they came to stand."""
    valid, believed = held.valid, held.believed
    return (*_order(held.entry), valid.start.text, valid.end.text if valid.end else "", believed.start.text)


def _told_by(first: UUID, claims: Iterable[UUID]) -> tuple[UUID, ...]:
    return first, *sorted(set(claims) - {first})


def _within(period: Period, start: Moment | None, end: Moment | None) -> Period | None:
    """The part of the period from `start` on and before `end`; None if there is surely none."""
    begin = period.start if start is None else _later(period.start, start)
    stop = period.end if end is None else end if period.end is None else _earlier(period.end, end)
    if stop is not None and begin.earliest is not None and stop.latest <= begin.earliest:
        return None
    return Period(start=begin, end=stop)


def _covers(outer: Period, inner: Period) -> bool:
    return _later(inner.start, outer.start) == inner.start and (
        outer.end is None or (inner.end is not None and _earlier(inner.end, outer.end) == inner.end)
    )


def _joined(one: Period, other: Period) -> bool:
    """Whether the sure parts of both touch, so that their union has no unsure gap."""

    def reaches(first: Period, second: Period) -> bool:
        end = first.end
        return end is None or (end.earliest is not None and second.start.latest <= end.earliest)

    return reaches(one, other) and reaches(other, one)


def _union(one: Period, other: Period) -> Period:
    end = None if one.end is None or other.end is None else _later(one.end, other.end)
    return Period(start=_earlier(one.start, other.start), end=end)


def _later(one: Moment, other: Moment) -> Moment:
    """The instant by which both have come."""
    starts = [moment.earliest for moment in (one, other) if moment.earliest is not None]
    return _between(max(starts, default=None), max(one.latest, other.latest), one, other)


def _earlier(one: Moment, other: Moment) -> Moment:
    """The instant by which either has come."""
    earliest = _first(one.earliest, other.earliest)
    return _between(earliest, min(one.latest, other.latest), one, other)


def _between(earliest: datetime | None, latest: datetime, *given: Moment) -> Moment:
    for known in given:
        if known.earliest == earliest and known.latest == latest:
            return known
    if earliest is None:
        return some_time_until(latest)
    return exactly(latest) if earliest == latest else moment(f"[{iso(earliest)}..{iso(latest)}]")
