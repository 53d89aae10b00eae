"""What is on record about a subject, or found by words, at an as-of."""

from datetime import datetime

from modelatlas.graph.dates import Value, iso
from modelatlas.graph.facts import Fact, Hit, Pattern
from modelatlas.graph.periods import AsOf, Span
from modelatlas.graph.resolution import Conflict, resolve
from modelatlas.graph.store import GraphStore
from modelatlas.graph.vocabulary import mentioned_predicates, predicates
from modelatlas.tools.naming import find, mentioned


class Recalled(Value):
    """The facts in sight, what they come to, where they disagree, what is only promised."""

    as_of: AsOf
    facts: tuple[Fact, ...]
    resolved: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...]
    promises: tuple[Fact, ...]

    def json_value(self) -> dict[str, object]:
        """The stable JSON of a recall."""
        return {
            "as_of": as_of_json(self.as_of),
            "facts": [fact.json_value() for fact in self.facts],
            "resolved": [fact.json_value() for fact in self.resolved],
            "conflicts": [conflict.json_value() for conflict in self.conflicts],
            "promises": [fact.json_value() for fact in self.promises],
        }


async def recall(store: GraphStore, subject: str, predicate: str | None, as_of: AsOf) -> Recalled:
    """What is on record about a subject at an as-of. Raises UnknownEntity with the nearest names."""
    found = await find(store, subject)
    names = named_predicates(predicate) if predicate is not None else [None]
    facts = [fact for name in names for fact in await store.recall(Pattern(subject=found, predicate=name), as_of)]
    return recalled(as_of, facts)


def recalled(as_of: AsOf, facts: list[Fact]) -> Recalled:
    """Facts as an answer: resolved, with their conflicts."""
    came_to = resolve(facts)
    return Recalled(
        as_of=as_of,
        facts=tuple(facts),
        resolved=came_to.taken,
        conflicts=came_to.conflicts,
        promises=came_to.promises,
    )


async def search(store: GraphStore, text: str, as_of: AsOf, limit: int) -> list[Hit]:
    """Facts and conversation turns with words of the text, in sight of the as-of, best first."""
    meant = " ".join(sorted({it.subject for it in await mentioned(store, text) if it.subject != it.name}))
    return await store.search(f"{text} {meant}" if meant else text, as_of, limit)


def named_predicates(text: str) -> list[str]:
    """The predicates of a name, or of words that people use for them; an unlisted one is taken as it is."""
    for spelled in (text, text.strip().casefold().replace(" ", "_").replace("-", "_")):
        if spelled in predicates():
            return [spelled]
    return mentioned_predicates(text) or [text]


def as_of_json(as_of: AsOf) -> dict[str, object]:
    """Both axes as ISO UTC, a span as {start, end}."""

    def axis(value: datetime | Span) -> object:
        if isinstance(value, Span):
            return {
                "start": iso(value.start) if value.start else None,
                "end": iso(value.end) if value.end else None,
            }
        return iso(value)

    return {"valid": axis(as_of.valid), "believed": axis(as_of.believed)}
