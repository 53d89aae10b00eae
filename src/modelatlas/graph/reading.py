"""What every store does alike when it reads: beliefs as facts, what an as-of sees of them, and in which order."""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from modelatlas.graph.beliefs import Belief, line
from modelatlas.graph.facts import Certainty, Claim, Fact, Pattern, Statement, named, value_key
from modelatlas.graph.periods import AsOf, Period, Span
from modelatlas.graph.vocabulary import predicate

_FACTS = UUID("5c6a8f0e-30f0-5b7e-9d39-2f6a1d0c9b11")
_JSON = json.JSONEncoder()


def fact_of(belief: Belief, tenant: str) -> Fact:
    """A belief as a fact of a tenant, its certainty that of any time at all."""
    claim = belief.entry.claim
    end = belief.valid.end
    key = (tenant, claim.id.hex, belief.valid.start.text, end and end.text, belief.believed.start.text)
    return Fact(
        id=named(_FACTS, f"[{', '.join(map(_JSON.encode, key))}]"),
        subject=claim.subject,
        predicate=claim.predicate,
        object=claim.object,
        value=claim.value,
        unit=claim.unit,
        qualifiers=claim.qualifiers,
        text=text_of(claim),
        valid=belief.valid,
        believed=belief.believed,
        certainty="certain",
        source=claim.source,
        confidence=claim.confidence,
        functional=belief.entry.functional,
        episode=claim.source.episode(tenant),
        claims=belief.claims,
        ended_by=belief.ended_by,
        ref=claim.ref,
    )


def text_of(claim: Claim) -> str:
    """The sentence of a claim: its source's own, or one made from its parts."""
    return claim.fact or sentence(claim)


def sentence(said: Statement) -> str:
    """One plain sentence for a statement that came without one."""
    label = _label(said.predicate)
    if said.value is None:
        text = f"{said.subject}: {label}: {said.object}"
    else:
        amount = f"{plain(said.value)} {said.unit}" if said.unit else plain(said.value)
        text = f"{said.subject}: {label}: " + (f"{said.object}: {amount}" if said.object else amount)
    standing = said.qualifiers.get("standing")
    return f"{text} ({standing})" if standing else text


@lru_cache(maxsize=4096)
def _label(predicate_name: str) -> str:
    return predicate(predicate_name).label["en"]


def plain(value: object) -> str:
    """A value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(plain(part) for part in value)
    return str(value)


def in_sight(facts: Iterable[Fact], as_of: AsOf) -> list[Fact]:
    """The facts that may hold at the as-of, each with its certainty, in one order for all stores.

    At an instant on both axes, several beliefs of one source with one answer are one fact: the surest. Of a belief
    that ended only later than a believed instant, the end was not known: it still goes on.
    """
    seen = [
        fact.model_copy(update={"certainty": _certainty(fact, as_of), **_unended(fact, as_of)})
        for fact in facts
        if fact.valid.meets(as_of.valid) and fact.believed.meets(as_of.believed)
    ]
    seen.sort(key=_order)
    if isinstance(as_of.valid, Span) or isinstance(as_of.believed, Span):
        return seen
    surest: dict[tuple[str, ...], Fact] = {}
    for fact in seen:
        key = answer(fact)
        if key not in surest or (surest[key].certainty, fact.certainty) == ("possible", "certain"):
            surest[key] = fact
    return list(surest.values())


def _unended(fact: Fact, as_of: AsOf) -> dict[str, object]:
    end = fact.believed.end
    if isinstance(as_of.believed, Span) or end is None or end.earliest is None or end.earliest <= as_of.believed:
        return {}
    return {"believed": Period(start=fact.believed.start, end=None), "ended_by": None}


def answer(fact: Fact) -> tuple[str, ...]:
    """What beliefs of one source have in common that say the same."""
    return line(fact), str(fact.object), value_key(fact.value), str(fact.unit)


def matches(said: Claim | Fact, about: Pattern) -> bool:
    """Whether a claim or fact is one that the pattern asks for."""
    return (
        about.subject in (None, said.subject)
        and about.predicate in (None, said.predicate)
        and about.object in (None, said.object)
        and about.source in (None, said.source.id)
    )


def _certainty(fact: Fact, as_of: AsOf) -> Certainty:
    sure = fact.valid.surely_meets(as_of.valid) and fact.believed.surely_meets(as_of.believed)
    return "certain" if sure else "possible"


def _order(fact: Fact) -> tuple[str, str, str, str, datetime, datetime, str]:
    return (
        fact.subject,
        fact.predicate,
        fact.object or "",
        value_key(fact.value),
        fact.believed.start.latest,
        fact.valid.start.latest,
        fact.id.hex,
    )
