"""How one thing changed, and when it was learned."""

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.store import GraphStore
from modelatlas.tools.naming import find
from modelatlas.tools.recall import named_predicates


class Timeline(Value):
    """Every belief ever held about a subject, in the order they came on record."""

    subject: str
    predicate: str | None
    facts: tuple[Fact, ...]

    def json_value(self) -> dict[str, object]:
        """The timeline as JSON."""
        return {
            "subject": self.subject,
            "predicate": self.predicate,
            "facts": [
                {**fact.json_value(), "ended_by": str(fact.ended_by) if fact.ended_by else None} for fact in self.facts
            ],
        }


async def timeline(store: GraphStore, subject: str, predicate: str | None) -> Timeline:
    """How what is on record about a subject changed. Raises UnknownEntity with the nearest names."""
    found = await find(store, subject)
    names = named_predicates(predicate) if predicate is not None else [None]
    facts = [fact for name in names for fact in await store.history(Pattern(subject=found, predicate=name))]
    return Timeline(subject=found, predicate=predicate, facts=tuple(facts))
