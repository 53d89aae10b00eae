"""Everything in sight about one model, its variants included."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import ALL, AsOf, Fact, Pattern
from modelatlas.graph.resolution import Conflict, resolve
from modelatlas.graph.store import GraphStore


class Profile(Value):
    """The facts of a model, resolved; those of its variants stand behind its own."""

    model: str
    variants: tuple[str, ...]
    facts: tuple[Fact, ...]
    conflicts: tuple[Conflict, ...]
    promises: tuple[Fact, ...]

    def about(self, predicate: str) -> list[Fact]:
        """The resolved facts of a predicate: the model's own, or where it has none its variants'."""
        found = [fact for fact in self.facts if fact.predicate == predicate]
        return [fact for fact in found if fact.subject == self.model] or found

    def every(self, predicate: str) -> list[Fact]:
        """The resolved facts of a predicate, the model's own and its variants'."""
        return [fact for fact in self.facts if fact.predicate == predicate]


async def profile(store: GraphStore, model: str, as_of: AsOf) -> Profile:
    """The profile of one model."""
    variants = variants_of([*await store.recall(Pattern(predicate="variant_of"), _whenever_valid(as_of))])
    facts: list[Fact] = []
    for subject in (model, *variants.get(model, ())):
        facts += await store.recall(Pattern(subject=subject), as_of)
    return profile_of(model, variants.get(model, ()), facts)


async def profiles(store: GraphStore, as_of: AsOf) -> dict[str, Profile]:
    """The profile of every subject in sight."""
    facts = await store.recall(Pattern(), as_of)
    variants = variants_of(await store.recall(Pattern(predicate="variant_of"), _whenever_valid(as_of)))
    by_subject: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_subject[fact.subject].append(fact)
    return {
        model: profile_of(
            model,
            variants.get(model, ()),
            [fact for subject in (model, *variants.get(model, ())) for fact in by_subject.get(subject, ())],
        )
        for model in by_subject
    }


def profile_of(model: str, variants: tuple[str, ...], facts: Iterable[Fact]) -> Profile:
    """A profile out of facts in sight."""
    came_to = resolve(facts)
    return Profile(
        model=model,
        variants=variants,
        facts=came_to.taken,
        conflicts=came_to.conflicts,
        promises=came_to.promises,
    )


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
