"""Reads the seed catalogue: what each section says, of the entities that `names.toml` says it is about.

Nothing is inferred here: a claim's object is a sentence, bullet, link or name as the document has it, and its
`fact` is the very text it was read from. The document gives no dates, so everything counts as on record from
the day of its state of knowledge. Names that stand in no section come from `names.toml`, which is then their
source.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path

from pydantic import model_validator

from modelatlas.graph.dates import Value, moment
from modelatlas.graph.errors import UnreadableSource
from modelatlas.graph.facts import Claim, Episode, Scalar, Source
from modelatlas.ingest.document import Document
from modelatlas.ingest.markdown import Item, Link, Section, entries, sections

STATE_OF_KNOWLEDGE = "2026-11-23"
PREDICATES = {"简介": "summary", "核心功能": "function", "技术原理": "principle", "应用场景": "use_case"}

_NAMES = Source(id="names.toml", title="Names kept with the catalogue", url="names.toml")


class Entity(Value):
    """Something with its names by language; `type` is None where other readers tell it."""

    name: str
    type: str | None = None
    en: tuple[str, ...]
    zh: tuple[str, ...]

    def names(self) -> Iterator[tuple[str, str]]:
        """Each other name with its language."""
        for language, names in (("zh", self.zh), ("en", self.en)):
            yield from ((language, name) for name in names)


class Passage(Value):
    """The sentence, bullet or title of a link that starts so, and the entities it is about."""

    starts: str
    about: tuple[str, ...]


class Heading(Value):
    """What a heading and what stands under it are about.

    `entity` bears the heading, the links and, where `sentences` names no other entity, the sentences; `also`
    stands under the same heading. A passage is about the entities it lists instead. `note` goes with the
    sentences of another entity.
    """

    path: str
    entity: str
    also: tuple[str, ...] = ()
    sentences: str | None = None
    note: str | None = None
    passages: tuple[Passage, ...] = ()

    def about(self, text: str, otherwise: str) -> tuple[str, ...]:
        """The entities that a passage is about."""
        return next((it.about for it in self.passages if text.startswith(it.starts)), (otherwise,))

    def entities(self) -> list[str]:
        """Every entity of the heading once, its own first."""
        moved = [self.sentences] if self.sentences else []
        listed = (name for passage in self.passages for name in passage.about)
        return list(dict.fromkeys([self.entity, *self.also, *moved, *listed]))


class Names(Value):
    """The content of `names.toml`."""

    entities: tuple[Entity, ...]
    headings: tuple[Heading, ...]

    @model_validator(mode="after")
    def _known(self) -> "Names":
        known = {entity.name for entity in self.entities}
        if unknown := {name for heading in self.headings for name in heading.entities()} - known:
            raise ValueError(f"headings about entities that are not listed: {sorted(unknown)}")
        return self

    def heading(self, path: str) -> Heading:
        """What the heading is about. Raises UnreadableSource for one that is not listed."""
        found = next((heading for heading in self.headings if heading.path == path), None)
        if found is None:
            raise UnreadableSource(f"names.toml does not say what the heading {path!r} is about.")
        return found

    def entity(self, name: str) -> Entity:
        """The entity of this name."""
        return next(entity for entity in self.entities if entity.name == name)


def read_names(text: str) -> Names:
    """The names from the text of `names.toml`."""
    return Names.model_validate(tomllib.loads(text))


def read_seed(text: str, names: Names) -> list[Document]:
    """One document a section or entry without section, and one with the names none of these says."""
    written = sections(text)
    documents = [_read(section, section.heading, names) for section in written]
    paths = {section.path for section in written}
    lines = re.split(r"\r\n?|\n", text)
    for entry in entries(text):
        if entry.text not in paths:
            line = lines[entry.line - 1]
            only_listed = Section(
                number=None,
                heading=entry.text,
                level=1,
                path=entry.text,
                line=entry.line,
                text=line,
                parts={},
                links=(),
            )
            documents.append(_read(only_listed, "目录", names))
    said = {(claim.subject, claim.predicate, claim.object) for it in documents for claim in it.claims}
    unsaid = (claim for claim in _by_names(names) if (claim.subject, claim.predicate, claim.object) not in said)
    return [*documents, Document(episode=None, claims=tuple(unsaid))]


def read_seed_file(path: Path) -> Iterator[Document]:
    """The documents of a seed catalogue on disk. Raises UnreadableSource if it is none."""
    names = files("modelatlas.ingest.catalogue").joinpath("names.toml").read_text(encoding="utf-8")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UnreadableSource(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableSource(f"{path} is not UTF-8: {error.reason} at byte {error.start}.") from error
    yield from read_seed(text, read_names(names))


def _read(section: Section, title: str, names: Names) -> Document:
    source = Source(id=f"seed.md#{section.path}", title=f'Seed catalogue, section "{title}"', url="seed.md", date=None)
    episode = Episode(
        name=section.path,
        text=section.text,
        kind="text",
        source=source,
        said=moment(STATE_OF_KNOWLEDGE).latest,
    )
    heading = names.heading(section.path)
    claims = [*_named(section, heading, names, source), *_stated(section, heading, source)]
    claims += [
        _claim(subject, "link", link.url, source, link)
        for link in section.links
        for subject in heading.about(link.title, heading.entity)
    ]
    return Document(episode=episode, claims=tuple(claims))


def _named(section: Section, heading: Heading, names: Names, source: Source) -> Iterator[Claim]:
    """Which entities stand under the heading, and their names that the section says."""
    head = Item(text=section.heading, line=section.line, written=section.heading)
    said = [
        head,
        *(item for items in section.parts.values() for item in items),
        *(Item(text=link.title, line=link.line, written=link.written) for link in section.links),
    ]
    for subject in heading.entities():
        found = [(it, name, _where(name, said)) for it, name in names.entity(subject).names()]
        mentioned = _where(subject, said) or any(place for _, _, place in found)
        if subject == heading.entity or (subject in heading.also and mentioned):
            yield _claim(subject, "heading", section.path, source, head)
        for language, name, place in found:
            if place:
                yield _claim(subject, "name", name, source, place, {"lang": language})


def _stated(section: Section, heading: Heading, source: Source) -> Iterator[Claim]:
    moved: dict[str, Scalar] = {"note": heading.note} if heading.note else {}
    for part, predicate in PREDICATES.items():
        for item in section.parts.get(part, ()):
            for subject in heading.about(item.text, heading.sentences or heading.entity):
                qualifiers = moved if subject == heading.sentences else {}
                yield _claim(subject, predicate, item.text, source, item, qualifiers)


def _by_names(names: Names) -> Iterator[Claim]:
    """All that `names.toml` itself says of names and headings."""
    for heading in names.headings:
        for subject in (heading.entity, *heading.also):
            yield _claim(subject, "heading", heading.path, _NAMES, None)
    for entity in names.entities:
        for language, name in entity.names():
            yield _claim(entity.name, "name", name, _NAMES, None, {"lang": language})


def _where(name: str, said: Iterable[Item]) -> Item | None:
    """The first place that says the name, not as a piece of a longer word."""
    pattern = re.compile(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])")
    return next((item for item in said if pattern.search(item.text)), None)


def _claim(
    subject: str,
    predicate: str,
    object: str,
    source: Source,
    place: Item | Link | None,
    qualifiers: dict[str, Scalar] | None = None,
) -> Claim:
    return Claim(
        subject=subject,
        predicate=predicate,
        object=object,
        qualifiers=qualifiers or {},
        recorded_at=STATE_OF_KNOWLEDGE,
        source=source,
        confidence="secondary",
        fact=place.written if place else None,
        ref=f"seed.md:{place.line}" if place else f"names.toml:{subject}",
    )
