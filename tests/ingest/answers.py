"""What a store answers to a question at two dates, in the few words that a test compares.

A date means its last instant. `valid` None is "at any time", which is how a dated event is asked for;
`known` None is the state of knowledge of the catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from modelatlas.graph.dates import until_end_of
from modelatlas.graph.facts import Certainty, Fact, Literal_, Pattern
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.resolution import Resolution, resolve
from modelatlas.graph.store import GraphStore

TODAY = "2026-11-23"

Said = tuple[Literal_, Certainty]


@dataclass(frozen=True)
class Answer:
    """What was taken, what stands against it, and what is only promised: each with how sure it is."""

    taken: list[Said]
    against: list[Said]
    promises: list[Said]
    resolution: Resolution

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts behind what was taken."""
        return self.resolution.taken


async def ask(
    store: GraphStore,
    subject: str,
    predicate: str,
    object: str | None = None,
    *,
    valid: str | None = TODAY,
    known: str | None = None,
) -> Answer:
    """Ask a store, and resolve what it returns."""
    as_of = AsOf(valid=ALL if valid is None else until_end_of(valid), believed=until_end_of(known or TODAY))
    about = Pattern(subject=subject, predicate=predicate, object=object)
    came_to = resolve(await store.recall(about, as_of))
    against = [fact for conflict in came_to.conflicts for fact in conflict.against]
    return Answer(_said(came_to.taken), _said(against), _said(came_to.promises), came_to)


async def ever(store: GraphStore, subject: str, predicate: str, object: str | None = None) -> list[Fact]:
    """All that was ever believed, in the order it came on record."""
    return await store.history(Pattern(subject=subject, predicate=predicate, object=object))


def bounds(fact: Fact) -> tuple[str, str | None, str, str | None]:
    """Both periods of a fact as texts: valid from and to, believed from and to."""
    valid, believed = fact.valid, fact.believed
    return (
        valid.start.text,
        valid.end.text if valid.end else None,
        believed.start.text,
        believed.end.text if believed.end else None,
    )


def _said(facts: Iterable[Fact]) -> list[Said]:
    """Each answer once, certain before possible."""
    said = {(fact.object if fact.value is None else fact.value, fact.certainty) for fact in facts}
    return sorted(said, key=lambda it: (it[1], str(it[0])))
