"""Which entity a name means: exactly, by another name of it, or not at all, with the nearest names."""

import difflib
import re
from collections.abc import Sequence

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import AmbiguousName, UnknownEntity
from modelatlas.graph.facts import Pattern
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore
from modelatlas.graph.text import folded, name_key

_JOINT = r"[\s\-_]*"
_NAME_LIKE = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z]+[-_.]?\d[\w.\-]*\w|[A-Za-z]+[-_]?\d+|[A-Z][a-z]+[A-Z]\w*|[A-Z]{3,}\w*|[A-Z]\w*(?:-[A-Z]\w*)+)(?![A-Za-z0-9])"
)
_TOO_SHORT = 2  # a name of one letter stands in every text


class Mention(Value):
    """A name that stands in a text, and the subject it means."""

    name: str
    subject: str
    start: int
    end: int


async def find(store: GraphStore, name: str) -> str:
    """The subject that a name means. Raises UnknownEntity with the nearest names, or AmbiguousName with them all."""
    key = name_key(name)
    names = await store.names(within=name)
    same = {given: subject for given, subject in names.items() if name_key(given) == key}
    if not same:
        raise UnknownEntity(name, await nearest(store, name))
    own = sorted((subject for subject in same.values() if name_key(subject) == key), key=lambda it: (it != name, it))
    if own:
        return own[0]
    subjects = sorted({subject for given in same for subject in await named(store, given)})
    if len(subjects) > 1:
        raise AmbiguousName(name, subjects)
    return subjects[0]


async def named(store: GraphStore, name: str) -> list[str]:
    """Every subject that was ever given a name."""
    given = await store.recall(Pattern(predicate="name"), EVER)
    return sorted({fact.subject for fact in given if name in (fact.object, fact.value)})


async def nearest(store: GraphStore, name: str) -> list[str]:
    """The names on record that are most like a name, best first."""
    every = {name_key(given): given for given in await store.names()}
    return [every[it] for it in difflib.get_close_matches(name_key(name), every, n=3, cutoff=0.5)]


async def unknown_names(store: GraphStore, text: str) -> list[dict[str, object]]:
    """Words that look like names of models and are on record under no such name, with the nearest that are."""
    return [{"name": name, "nearest": await nearest(store, name)} for name in dict.fromkeys(_NAME_LIKE.findall(text))]


async def mentioned(store: GraphStore, text: str) -> list[Mention]:
    """The entities whose names stand in a text, in its order; of two names the one inside the other is not meant."""
    found: list[Mention] = []
    plain = folded(text)
    for name, subject in (await store.names(within=text)).items():
        if len(name_key(name)) >= _TOO_SHORT:
            found += [
                Mention(name=name, subject=subject, start=match.start(), end=match.end())
                for match in _pattern(name).finditer(plain)
            ]
    found.sort(key=lambda it: (it.start - it.end, it.name != it.subject, it.subject))
    kept: list[Mention] = []
    for it in found:
        if not any(it.start < other.end and other.start < it.end for other in kept):
            kept.append(it)
    return sorted(kept, key=lambda it: it.start)


async def ambiguous(store: GraphStore, mentions: Sequence[Mention]) -> list[AmbiguousName]:
    """Of the names in a text, those that several things have and none as its own."""
    found = []
    for it in mentions:
        if it.name != it.subject and len(subjects := await named(store, it.name)) > 1:
            found.append(AmbiguousName(it.name, subjects))
    return found


def without(text: str, mentions: list[Mention]) -> str:
    """The text with the names taken out, so that their words are not read as words."""
    plain = folded(text)
    for it in reversed(mentions):
        plain = f"{plain[: it.start]} {plain[it.end :]}"
    return plain


def _pattern(name: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in re.findall(r"[a-z]+|\d+|[^\sa-z\d\-_]", folded(name))]
    body = _JOINT.join(parts)
    ends = (r"(?<![a-z0-9])" if parts[0][0].isascii() else "", r"(?![a-z0-9]|\.\d)" if parts[-1][-1].isascii() else "")
    return re.compile(f"{ends[0]}{body}{ends[1]}")
