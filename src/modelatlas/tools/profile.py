"""Everything in sight about one model, its variants included."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.resolution import Conflict, resolve
from modelatlas.graph.store import GraphStore


class Profile(Value):
    """The facts of a model, resolved; those of its variants stand behind its own, those of its family last."""

    model: str
    facts: tuple[Fact, ...]
    family: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...]
    promises: tuple[Fact, ...]

    def about(self, predicate: str) -> list[Fact]:
        """The resolved facts of a predicate: the model's own, or else its variants', or else its family's."""
        found = self.every(predicate)
        own = [fact for fact in found if fact.subject == self.model]
        return own or found or [fact for fact in self.family if fact.predicate == predicate]

    def every(self, predicate: str) -> list[Fact]:
        """The resolved facts of a predicate, the model's own and its variants'."""
        return [fact for fact in self.facts if fact.predicate == predicate]


async def profile(store: GraphStore, model: str, as_of: AsOf) -> Profile:
    """The profile of one model."""
    return (await profiles(store, [model], as_of))[0]


async def profiles(store: GraphStore, models: Iterable[str], as_of: AsOf) -> list[Profile]:
    """The profiles of some models, in their order."""
    variants = variants_of(await store.recall(Pattern(predicate="variant_of"), _whenever_valid(as_of)))
    facts: dict[str, list[Fact]] = {}
    found = []
    for model in models:
        for subject in (model, *variants.get(model, ()), *_families(model, variants)):
            if subject not in facts:
                facts[subject] = await store.recall(Pattern(subject=subject), as_of)
        found.append(_profile(model, variants, facts))
    return found


def _profile(model: str, variants: Mapping[str, tuple[str, ...]], facts: Mapping[str, list[Fact]]) -> Profile:
    came_to = resolve(fact for it in (model, *variants.get(model, ())) for fact in facts.get(it, ()))
    family = resolve(fact for it in _families(model, variants) for fact in facts.get(it, ()))
    return Profile(
        model=model,
        facts=came_to.taken,
        family=family.taken,
        conflicts=came_to.conflicts,
        promises=came_to.promises,
    )


def _families(model: str, variants: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Those it is a variant of, the nearest first."""
    return sorted((name for name, below in variants.items() if model in below), key=lambda name: -len(name))


def variants_of(facts: Iterable[Fact]) -> Mapping[str, tuple[str, ...]]:
    """Model → its variants and theirs, by the facts that say so."""
    direct: dict[str, list[str]] = defaultdict(list)
    for fact in facts:
        direct[str(fact.object)].append(fact.subject)

    def below(model: str, seen: frozenset[str]) -> list[str]:
        found = []
        for variant in sorted(set(direct.get(model, ())) - seen):
            found += [variant, *below(variant, seen | {model, variant})]
        return found

    return {model: tuple(dict.fromkeys(below(model, frozenset({model})))) for model in list(direct)}


def _whenever_valid(as_of: AsOf) -> AsOf:
    return AsOf(valid=ALL, believed=as_of.believed)
