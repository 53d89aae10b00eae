"""When the things a question names came out, for "before Veo 3 came out"."""

from collections.abc import Callable

from modelatlas.graph.dates import Moment
from modelatlas.graph.facts import EVER, Fact, Pattern
from modelatlas.graph.resolution import resolve
from modelatlas.graph.store import GraphStore
from modelatlas.graph.text import name_key
from modelatlas.tools.naming import mentioned

_RELEASES = ("release_date", "availability", "access", "api_model_id", "report_date", "repository")


async def release_moments(store: GraphStore, question: str) -> Callable[[str], Moment | None]:
    """A look-up of release moments by the name as it stands in the question."""
    found: dict[str, Moment] = {}
    for it in await mentioned(store, question):
        facts = resolve(await store.recall(Pattern(subject=it.subject), EVER)).taken
        if (moment := _first(facts)) is not None:
            found[name_key(it.name)] = moment
    return lambda name: found.get(name_key(name))


def _first(facts: tuple[Fact, ...]) -> Moment | None:
    """The start of the best kind of release on record."""
    for predicate in _RELEASES:
        starts = [
            fact.valid.start
            for fact in facts
            if fact.predicate == predicate
            and fact.valid.start.earliest is not None
            and fact.value not in (False, "absent", "promised")
        ]
        if starts:
            return min(starts, key=lambda start: start.latest)
    return None
