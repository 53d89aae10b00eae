"""One answer out of facts that may disagree: by standing and trust, then recency, naming what else is said."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from modelatlas.graph.dates import Value, moment
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Fact, value_key
from modelatlas.graph.text import words
from modelatlas.graph.vocabulary import predicate, predicates

_TRUST = {"executed": 3, "primary": 2, "secondary": 1, "inferred": 0, None: 1}


class Conflict(Value):
    """Facts that disagree with the one that was taken; `compatible` when theirs is the finer date of the same."""

    taken: Fact
    against: tuple[Fact, ...]
    compatible: bool

    def json_value(self) -> dict[str, object]:
        """The conflict as JSON."""
        return {
            "taken": self.taken.json_value(),
            "against": [fact.json_value() for fact in self.against],
            "compatible": self.compatible,
        }


class Resolution(Value):
    """What a set of facts comes to: the facts taken, the conflicts among all, the promises apart."""

    taken: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...]
    promises: tuple[Fact, ...]


def resolve(facts: Iterable[Fact]) -> Resolution:
    """Take one answer where only one can be true, all where several can; a promise is never a fact."""
    questions: dict[tuple[str, ...], list[Fact]] = defaultdict(list)
    promises = []
    for fact in facts:
        if fact.qualifiers.get("standing") == "promise":
            promises.append(fact)
        else:
            questions[question(fact)].append(fact)
    taken: list[Fact] = []
    conflicts: list[Conflict] = []
    for candidates in questions.values():
        best = max(candidates, key=_weight)
        agreeing = [fact for fact in candidates if _answer(fact) == _answer(best)]
        against = tuple(fact for fact in candidates if _answer(fact) != _answer(best))
        taken += agreeing
        if against:
            conflicts.append(Conflict(taken=best, against=against, compatible=_same_date(best, against)))
    beside, conflicts_beside = _disputed(taken)
    kept = [fact for fact in taken if fact not in beside]
    return Resolution(taken=tuple(kept), conflicts=(*conflicts, *conflicts_beside), promises=tuple(promises))


def question(fact: Fact) -> tuple[str, ...]:
    """What the fact answers: facts with one question and different answers cannot all be true."""
    scope = {name: value for name, value in fact.qualifiers.items() if name != "standing"}
    term = predicate(fact.predicate)
    measured = fact.value is not None and fact.predicate not in predicates()
    alone = fact.functional and not term.keyed and not measured
    slot = "" if alone else fact.object or ""
    return fact.subject, fact.predicate, slot, json.dumps(scope, sort_keys=True)


def _answer(fact: Fact) -> tuple[str, str, str]:
    return fact.object or "", value_key(fact.value), fact.unit or ""


def _weight(fact: Fact) -> tuple[bool, bool, int, datetime, str]:
    return (
        fact.qualifiers.get("standing") != "conflict",
        fact.certainty == "certain",
        _TRUST[fact.confidence],
        fact.believed.start.latest,
        fact.id.hex,
    )


def _disputed(taken: Sequence[Fact]) -> tuple[list[Fact], list[Conflict]]:
    """Statements their source set against another of the same subject and predicate, though both could hold."""
    beside, conflicts = [], []
    for fact in taken:
        if fact.qualifiers.get("standing") != "conflict":
            continue
        others = [
            other
            for other in taken
            if (other.subject, other.predicate) == (fact.subject, fact.predicate)
            and other.qualifiers.get("standing") != "conflict"
        ]
        alike = {other.id: _likeness(fact, other) for other in others}
        if fact.functional:  # other measurements of the same predicate: only a like one can be disputed
            others = [other for other in others if alike[other.id][1]]
        if others:
            beside.append(fact)
            best = max(others, key=lambda other: (alike[other.id], _weight(other)))
            conflicts.append(Conflict(taken=best, against=(fact,), compatible=_same_date(best, (fact,))))
    return beside, conflicts


def _likeness(one: Fact, other: Fact) -> tuple[bool, int]:
    """Whether they are told in one unit, and how many words their objects share."""
    shared = set(words(one.object or "")) & set(words(other.object or ""))
    return one.unit == other.unit, len(shared)


def _same_date(one: Fact, others: Sequence[Fact]) -> bool:
    try:
        wide = moment(one.object or "")
        fine = [moment(other.object or "") for other in others]
    except InvalidDate:
        return False
    return not wide.exact and all(
        it.earliest is not None and wide.earliest is not None and wide.earliest <= it.earliest < wide.latest
        for it in fine
    )
