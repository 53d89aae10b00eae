"""The ontology: entity types, predicates, tasks, modalities and licences, with the words people use for them.

All of it is data in `vocabulary.toml`, read at the first call and kept. `predicates`, `tasks`, `modalities` and
`entity_types` give the terms by name; `licence` reads a licence text; the `mentioned_…` functions find terms in a
question, English or Chinese or both at once.

How a question is matched: full-width forms, case, hyphens, spaces and small words ("a", "my", 一张) do not count;
an English phrase must stand as words of its own, a Chinese one may stand anywhere; of two phrases the one inside
the other does not count, and some phrases ("language model", "credit card") are listed only to cover others. Names of
models are not known here: who knows them takes them out of the question first, lest Wan-Dancer mention a dancer.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from modelatlas.graph.dates import Value

Commercial = Literal["yes", "no", "conditional", "unknown"]

_JOINTS = re.compile(r"[\s_\-\u2010-\u2015]+")
_SMALL_WORDS = re.compile(r"(?<![a-z0-9])(?:(?:a|an|the|my|our|your|its|their|this|these|that|some|any|one) )+")
_COUNTED = re.compile("[一这那几][张段个幅条份首]")
_CHINESE = "[\u3001-\u303f\u3400-\u9fff]"
_SPACED = re.compile(f"(?<={_CHINESE}) | (?={_CHINESE})")
_UNIT = re.compile(r"(?<=\d)(?=g(?:i?b)?(?![a-z0-9]))")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


class Term(Value):
    """A word of the ontology; `label` by language, `aliases` English first, the most usual first."""

    name: str
    label: dict[str, str]
    aliases: tuple[str, ...]


class Predicate(Term):
    """What a statement says of its subject.

    `functional`: one value at one instant for a key. The key is the subject, or, where `keyed`, subject and object:
    then the object names what is measured and the value answers. Of a multi-valued predicate every object is its own
    key. `event`: the object is a date that valid_from repeats. `object_type` names an entity type.
    """

    functional: bool
    keyed: bool
    event: bool
    unit: str | None
    object_type: str


class Task(Term):
    """What a model can do; `inputs` and `outputs` are modalities, `related` tasks would do for a request as well."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    related: tuple[str, ...]
    huggingface: str | None


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
    return Predicate(
        name=name,
        label={"en": words, "zh": words},
        aliases=(),
        functional=False,
        keyed=False,
        event=False,
        unit=None,
        object_type="Value",
    )


@cache
def predicates() -> Mapping[str, Predicate]:
    """Every listed predicate by name."""
    return MappingProxyType(
        {
            name: Predicate(
                **_words(name, row),
                functional=row["functional"],
                keyed=row["keyed"],
                event=row.get("event", False),
                unit=row.get("unit"),
                object_type=row["object_type"],
            )
            for name, row in _document()["predicates"].items()
        }
    )


@cache
def tasks() -> Mapping[str, Task]:
    """Every task by name."""
    return MappingProxyType(
        {
            name: Task(
                **_words(name, row),
                inputs=row["inputs"],
                outputs=row["outputs"],
                related=row["related"],
                huggingface=row.get("huggingface"),
            )
            for name, row in _document()["tasks"].items()
        }
    )


@cache
def modalities() -> Mapping[str, Modality]:
    """Every modality by name."""
    rows = _document()["modalities"].items()
    return MappingProxyType({name: Modality(**_words(name, row), implies=row["implies"]) for name, row in rows})


@cache
def entity_types() -> Mapping[str, Term]:
    """Every type of entity by name."""
    rows = _document()["entity_types"].items()
    return MappingProxyType({name: Term(**_words(name, row)) for name, row in rows})


def licence(text: str) -> Licence:
    """Judge a licence text such as "MIT, three files Apache-2.0"; of a mixed one the strictest part decides."""
    for pattern, row in _licences():
        if found := pattern.search(text):
            break
    else:
        raise AssertionError("the last licence of vocabulary.toml matches everything")
    spdx = row.get("spdx")
    if spdx is not None and "{version}" in spdx:
        version = found["version"]
        spdx = spdx.replace("{version}", version if "." in version else f"{version}.0") if version else None
    return Licence(
        text=text, spdx=spdx, commercial=row["commercial"], note={"en": row["note_en"], "zh": row["note_zh"]}
    )


def mentioned_predicates(question: str) -> list[str]:
    """Names of the predicates that a question has words for, those with the longest words first."""
    return _predicate_phrases().mentioned(question)


def mentioned_tasks(question: str) -> list[str]:
    """Names of the tasks that a question has words for, those with the longest words first."""
    return _task_phrases().mentioned(question)


def mentioned_modalities(question: str) -> list[str]:
    """Names of the modalities that a question has words for, those with the longest words first."""
    return _modality_phrases().mentioned(question)


def task(text: str) -> Task | None:
    """The task of this name, label, alias or Hugging Face name, in either language."""
    name = _task_names().get(_plain(text))
    return tasks()[name] if name is not None else None


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
            own = [term.name] if "_" in term.name else []
            for phrase in dict.fromkeys(_plain(words) for words in (*own, *term.label.values(), *term.aliases)):
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
    text = _UNIT.sub(" ", _COUNTED.sub("", _SMALL_WORDS.sub("", text)))
    return _SPACED.sub("", text).strip()


def _words(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "label": {"en": row["label_en"], "zh": row["label_zh"]},
        "aliases": (*row["aliases_en"], *row["aliases_zh"]),
    }


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("modelatlas.graph").joinpath("vocabulary.toml").read_text(encoding="utf-8"))


@cache
def _licences() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    return tuple((re.compile(row["pattern"], re.IGNORECASE), row) for row in _document()["licences"])


@cache
def _predicate_phrases() -> _Phrases:
    return _Phrases(predicates().values(), _document()["covers"]["predicates"])


@cache
def _task_phrases() -> _Phrases:
    return _Phrases(tasks().values(), _document()["covers"]["tasks"])


@cache
def _modality_phrases() -> _Phrases:
    return _Phrases(modalities().values(), _document()["covers"]["modalities"])


@cache
def _task_names() -> dict[str, str]:
    """Every text that names a task: names go before labels, these before aliases, these before Hugging Face names."""
    known: dict[str, str] = {}
    found = tasks().values()
    for texts in (
        [(one, one.name) for one in found],
        [(one, label) for one in found for label in one.label.values()],
        [(one, alias) for one in found for alias in one.aliases],
        [(one, one.huggingface) for one in found if one.huggingface],
    ):
        for one, text in texts:
            known.setdefault(_plain(text), one.name)
    return known
