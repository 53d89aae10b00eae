"""The ontology: entity types, predicates, tasks, modalities and licences, with the words people use for them.

All of it is data in `vocabulary.toml`, read at the first call and kept. `predicates`, `tasks`, `modalities`
and `entity_types` give the terms by name, `licence` judges a licence text, and `mentioned_predicates` and its
like find terms in a question, English or Chinese or both at once.

How a question is matched: case, full-width forms, hyphens, spaces and small words ("a", "my", 一张) do not
count. An English phrase must stand as words of its own, a Chinese one may stand anywhere. Of two phrases the
one inside the other does not count, and some ("language model", "credit card") are listed only to cover
others. Names of models are not known here: who knows them takes them out first, lest LongCat-Video-Avatar
mention an avatar.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from modelatlas.graph.dates import Value

Commercial = Literal["yes", "no", "conditional", "unknown"]

_JOINTS = re.compile(r"[\s_\-\u2010-\u2015]+")
_SMALL_WORDS = re.compile(r"(?<![a-z0-9])(?:(?:a|an|the|my|our|your|its|their|this|these|that|some|any) )+")
_COUNTED = re.compile("[一这那几][张段个幅条份首]")
_CHINESE = "[\u3001-\u303f\u3400-\u9fff]"
_SPACED = re.compile(f"(?<={_CHINESE}) | (?={_CHINESE})")
_GIGABYTES = re.compile(r"(?<=\d) ?g(?:i?b)?(?![a-z0-9])")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Term(Value):
    """A word of the ontology; `label` by language, `aliases` English first, the most usual first."""

    name: str
    label: dict[str, str]
    aliases: tuple[str, ...]


_T = TypeVar("_T", bound=Term)


class Predicate(Term):
    """What a statement says of its subject.

    `functional`: one value at one instant for a key. The key is the subject, or, where `keyed`, subject and
    object: then the object names what is measured and the value answers. Of a multi-valued predicate each
    object is its own key. `event`: the object is a date that valid_from repeats.
    """

    functional: bool
    keyed: bool
    event: bool
    object_type: str
    unit: str | None = None


class Task(Term):
    """What a model can do: `inputs` and `outputs` are modalities, `related` tasks would do as well."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    related: tuple[str, ...]
    huggingface: str | None = None


class Modality(Term):
    """What a model takes or gives; whoever has it also has what it `implies`."""

    implies: tuple[str, ...]


class Licence(Value):
    """What a licence text lets one do; `spdx` None where no id can be told. No lawyer's advice."""

    text: str
    spdx: str | None
    commercial: Commercial
    note: dict[str, str]


def predicate(name: str) -> Predicate:
    """The predicate of this name; one that is not listed is multi-valued and labelled with its own words."""
    if known := predicates().get(name):
        return known
    words = name.replace("_", " ").replace(".", " ")
    label = {"en": words, "zh": words}
    flags = {"functional": False, "keyed": False, "event": False}
    return Predicate(name=name, label=label, aliases=(), **flags, object_type="Value")


@cache
def predicates() -> Mapping[str, Predicate]:
    """Every listed predicate by name."""
    return _terms(Predicate, "predicates")


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name."""
    return _terms(Task, "tasks")


@cache
def modalities() -> Mapping[str, Modality]:
    """Every modality by name."""
    return _terms(Modality, "modalities")


@cache
def entity_types() -> Mapping[str, Term]:
    """Every type of entity by name."""
    return _terms(Term, "entity_types")


def licence(text: str) -> Licence:
    """Judge a text such as "MIT, three files Apache-2.0"; of a mixed one the strictest part decides."""
    found, row = next((found, row) for pattern, row in _licences() if (found := pattern.search(text)))
    spdx = row.get("spdx")
    if spdx is not None and "{version}" in spdx:
        version = found["version"]
        spdx = spdx.replace("{version}", version if "." in version else f"{version}.0") if version else None
    note = {"en": row["note_en"], "zh": row["note_zh"]}
    return Licence.model_validate({"text": text, "spdx": spdx, "commercial": row["commercial"], "note": note})


def mentioned_predicates(question: str) -> list[str]:
    """Names of the predicates that a question has words for, the longest words first, mere "what is" last."""
    return sorted(_phrases("predicates").mentioned(question), key=lambda name: name == "summary")


def mentioned_tasks(question: str) -> list[str]:
    """Names of the tasks that a question has words for, those with the longest words first."""
    return _phrases("tasks").mentioned(question)


def mentioned_modalities(question: str) -> list[str]:
    """Names of the modalities that a question has words for, those with the longest words first."""
    return _phrases("modalities").mentioned(question)


def task(text: str) -> Task | None:
    """The task of this name, label, alias or Hugging Face name, in either language."""
    return _tasks_by_text().get(_plain(text))


def words_for(predicate_name: str, object: str | None) -> str:
    """Words of both languages for a full-text index: the predicate's, and the object's if it is a term."""
    said = predicate(predicate_name)
    terms: list[Term] = [said]
    if object is not None:
        known = {"Task": task(object), "Modality": modalities().get(object)}.get(said.object_type)
        terms += [known] if known else []
    words: dict[str, None] = {}
    for term in terms:
        english = [alias for alias in term.aliases if alias.isascii()]
        chinese = [alias for alias in term.aliases if not alias.isascii()]
        words |= dict.fromkeys([*term.label.values(), *english[:3], *chinese[:3]])
    return " ".join(words)


class _Phrases:
    """Phrases with the names they stand for; finds them in one walk over a question."""

    def __init__(self, terms: Iterable[Term], covers: Iterable[str]) -> None:
        names: dict[str, list[str]] = {}
        for term in terms:
            texts = (term.name, *term.label.values(), *term.aliases)
            for phrase in dict.fromkeys(map(_plain, texts)):
                names.setdefault(phrase, []).append(term.name)
        for cover in covers:
            names.setdefault(_plain(cover), [])
        lengths: dict[str, set[int]] = {}
        for phrase in names:
            lengths.setdefault(phrase[0], set()).add(len(phrase))
        self._names = names
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def mentioned(self, question: str) -> list[str]:
        text = _plain(question)
        longest: dict[str, int] = {}
        reached = 0
        for start in range(len(text)):
            end = self._end_of_phrase(text, start)
            if end > reached:
                reached = end
                for name in self._names[text[start:end]]:
                    longest[name] = max(longest.get(name, 0), end - start)
        return sorted(longest, key=lambda name: -longest[name])

    def _end_of_phrase(self, text: str, start: int) -> int:
        """Where the longest phrase that starts here ends; 0 if none does."""
        if text[start] in _WORD and start and text[start - 1] in _WORD:
            return 0
        for length in self._lengths.get(text[start], ()):
            end = start + length
            if text[start:end] not in self._names or end > len(text):
                continue
            if text[end - 1] in _WORD and end < len(text) and text[end] in _WORD:
                continue
            return end
        return 0


def _plain(text: str) -> str:
    """A text with everything taken out that matching does not mind."""
    text = _JOINTS.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()
    text = _GIGABYTES.sub(" gb", _COUNTED.sub("", _SMALL_WORDS.sub("", text)))
    return _SPACED.sub("", text).strip()


def _terms(kind: type[_T], section: str) -> Mapping[str, _T]:
    terms: dict[str, _T] = {}
    for name, row in _document()[section].items():
        own = {field: got for field, got in row.items() if field in kind.model_fields}
        label = {"en": row["label_en"], "zh": row["label_zh"]}
        aliases = (*row["aliases_en"], *row["aliases_zh"])
        terms[name] = kind.model_validate({"name": name, "label": label, "aliases": aliases, **own})
    return MappingProxyType(terms)


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("modelatlas.graph").joinpath("vocabulary.toml").read_text(encoding="utf-8"))


@cache
def _licences() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    return tuple((re.compile(row["pattern"], re.IGNORECASE), row) for row in _document()["licences"])


@cache
def _phrases(section: str) -> _Phrases:
    return _Phrases(_terms(Term, section).values(), _document()["covers"][section])


@cache
def _tasks_by_text() -> dict[str, Task]:
    """A name goes before a label, a label before an alias, an alias before a Hugging Face name."""
    found = list(tasks().values())[::-1]
    known = {_plain(one.huggingface): one for one in found if one.huggingface}
    known |= {_plain(alias): one for one in found for alias in one.aliases}
    known |= {_plain(label): one for one in found for label in one.label.values()}
    return known | {_plain(one.name): one for one in found}
