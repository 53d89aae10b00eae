"""What is believed at one cell of valid and believed time, told a second way: claim against claim, cell by cell.

No periods are cut here and nothing is merged. Each claim has a strength at a cell: no, possible or sure. It is
weakened by every later claim that rules it out, by as much as that one is strong there (Kleene's "and" and
"not"), and an answer is as strong as the strongest claim that gives it. Dates are looked up, not parsed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from modelatlas.graph.facts import Claim

NO, POSSIBLE, SURE = 0, 1, 2

LISTED = {"licence_code", "benchmark", "task"}
FUNCTIONAL = {"licence_code", "benchmark"}
MEASURED = {"benchmark"}

Bounds = tuple[datetime | None, datetime]
Calendar = Mapping[str, Bounds]
Answer = tuple[object, ...]


@dataclass(frozen=True)
class Sheet:
    """A claim with its bounds looked up; `id` is that which an export of it has."""

    claim: Claim
    id: str
    recorded: Bounds
    start: Bounds
    end: Bounds | None

    def strength(self, valid: datetime, believed: datetime) -> int:
        """How surely the claim says something of the cell."""
        ended = NO if self.end is None else _come(self.end, valid)
        return min(_come(self.recorded, believed), _come(self.start, valid), SURE - ended)

    @property
    def answer(self) -> tuple[object, ...]:
        return self.claim.object, repr(self.claim.value), self.claim.unit

    @property
    def functional(self) -> bool:
        listed = self.claim.predicate in FUNCTIONAL
        return listed if self.claim.functional is None else self.claim.functional

    @property
    def question(self) -> str | None:
        """What a functional claim answers alone: with measured things, that of its object."""
        unlisted_number = self.claim.predicate not in LISTED and self.claim.value is not None
        return self.claim.object if self.claim.predicate in MEASURED or unlisted_number else None

    def rules_out(self, earlier: "Sheet") -> bool:
        claim = self.claim
        if claim.kind == "assert":
            return self.functional and self.question == earlier.question and self.answer != earlier.answer
        if claim.object not in (None, earlier.claim.object):
            return False
        return claim.value is None or repr(claim.value) == repr(earlier.claim.value)


class Oracle:
    """The answers that follow from what was heard: claims, each with the moment the store was first told it."""

    def __init__(self, heard: Iterable[tuple[Claim, datetime]], calendar: Calendar) -> None:
        first: dict[str, Sheet] = {}
        for claim, ingested in heard:
            first.setdefault(claim.id.hex, _sheet(claim, ingested, calendar))
        keys: dict[tuple[object, ...], list[Sheet]] = defaultdict(list)
        for sheet in first.values():
            keys[_key(sheet.claim)].append(sheet)
        self._keys = {key: sorted(sheets, key=_place) for key, sheets in keys.items()}

    def instants(self) -> tuple[set[datetime], set[datetime]]:
        """Every instant of valid and of believed time at which an answer can change."""
        sheets = [sheet for laid in self._keys.values() for sheet in laid]
        valid = {at for sheet in sheets for bound in (sheet.start, sheet.end) for at in bound or () if at}
        return valid, {at for sheet in sheets for at in sheet.recorded if at}

    def at(self, valid: datetime, believed: datetime) -> set[Answer]:
        """The answers at a cell, each with its certainty last."""
        found: set[Answer] = set()
        for key, sheets in self._keys.items():
            strongest: dict[tuple[object, ...], int] = defaultdict(int)
            for place, sheet in enumerate(sheets):
                if sheet.claim.kind == "assert":
                    doubts = [it.strength(valid, believed) for it in sheets[place + 1 :] if it.rules_out(sheet)]
                    strength = min(sheet.strength(valid, believed), SURE - max(doubts, default=NO))
                    strongest[sheet.answer] = max(strongest[sheet.answer], strength)
            for answer, strength in strongest.items():
                if strength:
                    found.add((*key, *answer, "certain" if strength == SURE else "possible"))
        return found


def _come(bound: Bounds, instant: datetime) -> int:
    """Whether the bound has come by the instant."""
    earliest, latest = bound
    if latest <= instant:
        return SURE
    return POSSIBLE if earliest is None or earliest <= instant else NO


def _sheet(claim: Claim, ingested: datetime, calendar: Calendar) -> Sheet:
    recorded = calendar[claim.recorded_at] if claim.recorded_at else (ingested, ingested)
    end = calendar[claim.valid_to] if claim.valid_to else None
    if claim.valid_from:
        start = calendar[claim.valid_from]
    elif claim.kind == "retract":
        start = (None, datetime.min.replace(tzinfo=ingested.tzinfo))
    else:
        start = (None, min(recorded[1], end[0]) if end and end[0] else recorded[1])
    return Sheet(claim, claim.dated(ingested).id.hex, recorded, start, end)


def _key(claim: Claim) -> tuple[object, ...]:
    return claim.subject, claim.predicate, repr(sorted(claim.qualifiers.items())), claim.source.id


def _place(sheet: Sheet) -> tuple[datetime, int, bool, str]:
    claim = sheet.claim
    return sheet.recorded[1], claim.sequence, claim.kind == "assert", sheet.id
