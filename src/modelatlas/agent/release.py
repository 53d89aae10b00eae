"""When the things a question names came out, for "before Veo 3 came out"."""

import re
from collections.abc import Callable

from modelatlas.graph.dates import Moment
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore
from modelatlas.graph.text import name_key
from modelatlas.tools.naming import mentioned
from modelatlas.tools.profile import Profile, profiles

_RELEASES = ("release_date", "availability", "access", "api_model_id", "report_date", "repository")
_THING = re.compile(r"weights|checkpoint|code|model|availability in")


async def release_moments(store: GraphStore, question: str) -> Callable[[str], Moment | None]:
    """A look-up of release moments by the name as it stands in the question."""
    named = {name_key(it.name): it.subject for it in await mentioned(store, question)}
    first = {it.model: _first(it) for it in await profiles(store, dict.fromkeys(named.values()), EVER)}
    return lambda name: first.get(named.get(name_key(name), ""))


def _first(model: Profile) -> Moment | None:
    """The start of the best kind of release that is still believed: of the thing itself, or else of its variants."""
    for predicate in _RELEASES:
        facts = [
            fact
            for fact in model.every(predicate)
            if fact.believed.end is None
            and fact.valid.start.earliest is not None
            and fact.value not in (False, "absent", "promised")
        ]
        if predicate == "availability":
            facts = [fact for fact in facts if _THING.search(fact.object or "")] or facts
        own = [fact for fact in facts if fact.subject == model.model]
        if facts:
            return min((fact.valid.start for fact in own or facts), key=lambda start: start.latest)
    return None
