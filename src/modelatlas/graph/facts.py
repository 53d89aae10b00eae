"""The values everything speaks of: claims as sources make them, facts as they follow, episodes, patterns, hits.

`valid` is when a statement is true in the world, `believed` when it was on record. Both are half-open
[start, end). A claim is what one source said at one time; a fact is a belief that follows from the claims.
"""

import json
from datetime import datetime
from functools import cached_property, lru_cache
from hashlib import sha1
from json.encoder import encode_basestring
from typing import Annotated, Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    model_validator,
)

from modelatlas.graph.dates import Moment, Value, exactly, iso, moment
from modelatlas.graph.periods import Period

Json = dict[str, Any]
Certainty = Literal["certain", "possible"]
Confidence = Literal["executed", "primary", "secondary", "inferred"]

_CLAIMS = uuid5(NAMESPACE_URL, "modelatlas:claim")
_EPISODES = uuid5(NAMESPACE_URL, "modelatlas:episode")
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def named(namespace: UUID, name: str) -> UUID:
    """The UUID of a name in a namespace, version 5: what `uuid5` gives, in less time."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


def _clean(text: object) -> object:
    if isinstance(text, str) and "\x00" in text:
        raise ValueError("contains a NUL character")
    return text


Text = Annotated[str, BeforeValidator(_clean)]
Scalar = bool | int | FiniteFloat | Text
Literal_ = Scalar | list[Scalar] | None
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), BeforeValidator(_clean)]

Date = Annotated[str, Field(max_length=100), BeforeValidator(_clean)]


def _any_name_will_do(schema: Json) -> None:
    schema["required"] = [name for name in schema["required"] if name != "id"]
    schema["anyOf"] = [{"required": [name]} for name in ("id", "title", "url")]


def value_key(value: Literal_) -> str:
    """The same text for the same value: 1 and 1.0 are one number, True is another thing than 1."""
    if isinstance(value, list):
        return f"[{', '.join(value_key(part) for part in value)}]"
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    return repr(value)


class Source(Value):
    """Who says so: an id (or title and url), the date and revision that was read."""

    model_config = ConfigDict(json_schema_extra=_any_name_will_do)

    id: Name
    title: Text | None = None
    url: Text | None = None
    date: Date | None = None
    commit: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _identify(cls, given: object) -> object:
        if isinstance(given, dict) and not given.get("id"):
            parts = [str(part) for part in (given.get("title"), given.get("url")) if part]
            if not parts:
                raise ValueError("a source needs an id, or a title or url")
            return {**given, "id": " ".join(parts)}
        return given

    def episode(self, tenant: str) -> UUID:
        """The id of the episode that this revision of the source is, for a tenant."""
        return _episode(tenant, self.id, self.date, self.commit)


@lru_cache(maxsize=65536)
def _episode(tenant: str, *revision: str | None) -> UUID:
    return uuid5(_EPISODES, json.dumps([tenant, *revision], ensure_ascii=False))


class Statement(Value):
    """Something said of a subject. With a value, `object` names what is measured and the value answers."""

    subject: Name
    predicate: Name
    object: Name | None = None
    value: Literal_ = None
    unit: Text | None = None
    qualifiers: dict[str, Scalar] = Field(default_factory=dict)


class Claim(Statement):
    """One statement by one source at one time: one line of claims.jsonl.

    `valid_from` None: since an unknown time (certain from `recorded_at` on); for a retraction: all the past.
    `valid_to` None: still goes on. `recorded_at` None: the moment of ingestion. Dates are texts as
    `graph.dates` reads them. `functional` None: as the vocabulary has it, else multi-valued.
    """

    valid_from: Date | None = None
    valid_to: Date | None = None
    recorded_at: Date | None = None
    kind: Literal["assert", "retract"] = "assert"
    functional: bool | None = None
    source: Source
    confidence: Confidence | None = None
    tenant: Name | None = None
    fact: Text | None = Field(default=None, description="the sentence; made from the parts when absent")
    ref: Text | None = Field(default=None, description="the line's own id in its source")
    sequence: int = Field(default=0, description="order among claims of one source recorded at one time")

    @model_validator(mode="after")
    def _sane(self) -> "Claim":
        if self.recorded_at is not None and moment(self.recorded_at).earliest is None:
            raise ValueError(f"recorded_at {self.recorded_at} needs a first date")
        start = moment(self.valid_from) if self.valid_from is not None else None
        end = moment(self.valid_to) if self.valid_to is not None else None
        if start and end and start.earliest and end.latest <= start.earliest:
            if start.exact and end.exact and start.latest == end.latest:
                raise ValueError(f"valid_to is valid_from, {self.valid_to}: the end is exclusive, so it is never valid")
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        if self.kind == "assert" and self.object is None and self.value is None:
            raise ValueError("an assertion needs an object or a value")
        return self

    @classmethod
    def from_log(cls, uuid: str, body: str) -> "Claim":
        """The claim that the log has as this canonical text under this id."""
        claim = cls.model_validate_json(body)
        claim.__dict__ |= {"id": UUID(hex=uuid), "canonical": body}
        return claim

    @cached_property
    def id(self) -> UUID:
        """The same for the same claim, wherever and whenever it is read."""
        return named(_CLAIMS, self.canonical)

    @cached_property
    def canonical(self) -> str:
        """The claim as one JSON text, the same for equal claims."""
        own = self.__dict__
        said = [(name, got) for name, silent in _SAID if (got := own[name]) is not None and got != silent]
        return "{" + ",".join([f'"{name}":{_canonical(got)}' for name, got in said]) + "}"

    def line(self) -> Json:
        """The claim as an object of claims.jsonl."""
        line = {name: got for name, got in self.__dict__.items() if got is not None and name in _CLAIM_FIELDS}
        line["source"] = {name: got for name, got in self.source.__dict__.items() if got is not None}
        for name, silent in _SILENT.items():
            if line.get(name) == silent:
                del line[name]
        return line

    def recorded(self, ingested: datetime) -> Moment:
        """When it was on record; the moment of ingestion where the source carries no time."""
        return moment(self.recorded_at) if self.recorded_at is not None else exactly(ingested)

    def dated(self, ingested: datetime) -> "Claim":
        """The claim with the time it counts from, as an export carries it; with another id where that was open."""
        if self.recorded_at is not None:
            return self
        return Claim.model_validate(self.line() | {"recorded_at": iso(ingested)})


_CLAIM_FIELDS = frozenset(Claim.model_fields)
_SILENT: Json = {"qualifiers": {}, "kind": "assert", "sequence": 0}
_SAID = tuple((name, _SILENT.get(name)) for name in sorted(Claim.model_fields))


def _canonical(value: object) -> str:
    if type(value) is str:
        return encode_basestring(value)
    if isinstance(value, Source):
        return _canonical_source(value.id, value.title, value.url, value.date, value.commit)
    return _CANONICAL.encode(value)


@lru_cache(maxsize=4096)
def _canonical_source(*parts: str | None) -> str:
    return _CANONICAL.encode(
        {name: got for name, got in zip(Source.model_fields, parts, strict=True) if got is not None}
    )


class Fact(Statement):
    """A belief as a read returns it; `certainty` says whether both periods surely hold at the as-of."""

    id: UUID
    text: str
    valid: Period
    believed: Period
    certainty: Certainty
    source: Source
    confidence: Confidence | None
    functional: bool
    episode: UUID
    claims: tuple[UUID, ...]
    ended_by: UUID | None
    ref: str | None

    def json_value(self) -> Json:
        """The one JSON shape of a fact."""
        return {
            "id": str(self.id),
            "subject": self.subject,
            "predicate": self.predicate,
            "object": self.object,
            "value": self.value,
            "unit": self.unit,
            "qualifiers": self.qualifiers,
            "fact": self.text,
            "valid": self.valid.json_value(),
            "believed": self.believed.json_value(),
            "certainty": self.certainty,
            "source": {name: getattr(self.source, name) for name in ("id", "title", "url", "date")},
            "confidence": self.confidence,
            "episode": str(self.episode),
        }


class Episode(Value):
    """A document, a page revision or a chat turn: where claims come from, kept as it was read."""

    name: Name
    text: Text
    kind: Literal["message", "text", "json"]
    source: Source
    said: AwareDatetime
    session: Text | None = None
    speaker: Text | None = None
    tenant: Name | None = None

    @property
    def id(self) -> UUID:
        """The id of its source's revision, which is how claims find their episode."""
        return self.source.episode(self.tenant or "")

    def json_value(self) -> Json:
        """The episode as JSON."""
        return {"id": str(self.id), **self.model_dump(mode="json", exclude={"tenant"})}


class Pattern(Value):
    """What to read about; None matches anything."""

    subject: str | None = None
    predicate: str | None = None
    object: str | None = None
    source: str | None = None


class Hit(Value):
    """A search result: a fact or an episode, best first; `score` is comparable within one search only."""

    score: float
    fact: Fact | None
    episode: Episode | None

    def json_value(self) -> Json:
        """The hit as JSON."""
        return {
            "score": round(self.score, 6),
            "fact": self.fact.json_value() if self.fact else None,
            "episode": self.episode.json_value() if self.episode else None,
        }
