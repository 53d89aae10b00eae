"""Facts, episodes and entities as rows with Graphiti's own field names, and back; no Graphiti import needed.

`valid_at, invalid_at` carry the valid period, `created_at, expired_at` the believed one, in microseconds since
1970 UTC; a coarse bound gives its outermost instant there and its exact text in `attributes`.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID, uuid5

from modelatlas.graph.beliefs import line
from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Episode, Fact, Literal_, Source
from modelatlas.graph.periods import Period
from modelatlas.graph.reading import plain
from modelatlas.graph.text import name_key, words
from modelatlas.graph.vocabulary import predicate, words_for

_ENTITIES = UUID("b6d1d8a4-8a3c-5c53-9a52-7d6a3b0f7f21")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def ticks(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (instant - _EPOCH) // _TICK


def instant_of(count: int) -> datetime:
    """The instant that many microseconds after 1970 UTC."""
    return _EPOCH + count * _TICK


def line_key(tenant: str, said: Claim | Fact) -> bytes:
    """What the claims that bear on each other have in common, as 16 bytes."""
    return blake2b(f"{tenant!r} {line(said)}".encode(), digest_size=16).digest()


def entity_row(tenant: str, name: str, label: str, attributes: Mapping[str, object], now: int) -> tuple[Any, ...]:
    """The EntityNode of a name: uuid, group_id, name, name_key, labels, attributes, created_at."""
    uuid = entity_id(tenant, name, label == "Value")
    labels = json.dumps(["Entity", label])
    return uuid, tenant, name, name_key(name), labels, json.dumps(attributes, ensure_ascii=False), now


@lru_cache(maxsize=65536)
def entity_id(tenant: str, name: str, literal: bool) -> str:
    """The same node for the same name; a literal never is the entity of the same spelling."""
    return str(uuid5(_ENTITIES, json.dumps([tenant, name, literal], ensure_ascii=False)))


def ends(tenant: str, fact: Fact) -> tuple[str, str]:
    """The ids of the nodes that a fact goes between."""
    name, label = _target(fact)
    return entity_id(tenant, fact.subject, False), entity_id(tenant, name, label == "Value")


def subject_row(tenant: str, fact: Fact, now: int) -> tuple[Any, ...]:
    """The node a fact is about."""
    return entity_row(tenant, fact.subject, "Model", {}, now)


def target_row(tenant: str, fact: Fact, now: int) -> tuple[Any, ...]:
    """The node a fact points at: the entity of its object, or the literal that its value is."""
    attributes = {} if fact.value is None else {"value": fact.value, "unit": fact.unit}
    return entity_row(tenant, *_target(fact), attributes, now)


def _target(fact: Fact) -> tuple[str, str]:
    if fact.value is None:
        return str(fact.object), _object_type(fact.predicate)
    return (f"{plain(fact.value)} {fact.unit}" if fact.unit else plain(fact.value)) or '""', "Value"


@lru_cache(maxsize=4096)
def _object_type(predicate_name: str) -> str:
    return predicate(predicate_name).object_type


EDGE_COLUMNS = (
    "uuid, group_id, source_node_uuid, target_node_uuid, name, fact, episodes,"
    " valid_at, invalid_at, created_at, expired_at, attributes, line"
)


def edge_row(tenant: str, fact: Fact, source: str, target: str) -> tuple[Any, ...]:
    """The EntityEdge of a fact, its values in the order of EDGE_COLUMNS."""
    source_of = fact.source
    attributes = {
        "object": _json(fact.object),
        "value": _json(fact.value),
        "unit": _json(fact.unit),
        "qualifiers": _JSON.encode(dict(sorted(fact.qualifiers.items()))) if fact.qualifiers else "{}",
        "source": _source(source_of.id, source_of.title, source_of.url, source_of.date, source_of.commit),
        "confidence": _json(fact.confidence),
        "functional": "true" if fact.functional else "false",
        "valid": _bounds(fact.valid),
        "believed": _bounds(fact.believed),
        "claims": '["' + '","'.join([claim.hex for claim in fact.claims]) + '"]',
        "ended_by": _json(fact.ended_by.hex if fact.ended_by else None),
        "ref": _json(fact.ref),
    }
    start, believed = fact.valid.start.earliest, fact.believed.start.earliest
    assert believed is not None
    return (
        str(fact.id),
        tenant,
        source,
        target,
        fact.predicate,
        fact.text,
        f'["{fact.episode}"]',
        ticks(start) if start else None,
        ticks(fact.valid.end.latest) if fact.valid.end else None,
        ticks(believed),
        ticks(fact.believed.end.latest) if fact.believed.end else None,
        "{" + ",".join([f'"{name}":{text}' for name, text in attributes.items()]) + "}",
        line_key(tenant, fact),
    )


def fact_of_row(row: Mapping[str, Any]) -> Fact:
    """A fact from its edge, with the subject's name as `subject`; the row was checked when it was written."""
    kept = json.loads(row["attributes"])
    return Fact.model_construct(
        id=UUID(row["uuid"]),
        subject=row["subject"],
        predicate=row["name"],
        object=kept["object"],
        value=kept["value"],
        unit=kept["unit"],
        qualifiers=kept["qualifiers"],
        text=row["fact"],
        valid=period_of_texts(kept["valid"]),
        believed=period_of_texts(kept["believed"]),
        certainty="certain",
        source=Source.model_construct(**kept["source"]),
        confidence=kept["confidence"],
        functional=kept["functional"],
        episode=UUID(json.loads(row["episodes"])[0]),
        claims=tuple(UUID(hex=claim) for claim in kept["claims"]),
        ended_by=UUID(hex=kept["ended_by"]) if kept["ended_by"] else None,
        ref=kept["ref"],
    )


def edge_words(fact: Fact) -> str:
    """What a search finds the fact by: its sentence, names and terms in both languages."""
    parts = [*words(fact.text), *_term_words(fact.predicate, fact.object)]
    if fact.subject not in fact.text:
        parts += words(fact.subject)
    if fact.object and fact.object not in fact.text:
        parts += words(fact.object)
    return " ".join(parts)


@lru_cache(maxsize=4096)
def _term_words(predicate_name: str, object: str | None) -> tuple[str, ...]:
    return tuple(words(words_for(predicate_name, object)))


def episode_words(episode: Episode) -> str:
    """What a search finds the episode by."""
    return " ".join(words(f"{episode.name} \n {episode.speaker or ''} \n {episode.text}"))


def episode_row(tenant: str, episode: Episode, stub: bool, now: int) -> tuple[Any, ...]:
    """The EpisodicNode: uuid, group_id, name, source, source_description, content, attributes, valid_at, created_at."""
    source = {name: got for name, got in episode.source.__dict__.items() if got is not None}
    attributes = {"source": source, "session": episode.session, "speaker": episode.speaker, "stub": stub}
    return (
        str(episode.source.episode(tenant)),
        tenant,
        episode.name,
        episode.kind,
        episode.source.title or episode.source.id,
        episode.text,
        json.dumps(attributes, ensure_ascii=False),
        ticks(episode.said),
        now,
    )


def stub_of(claim: Claim, said: datetime) -> Episode:
    """What stands for a source's revision while only that it exists is known."""
    source = claim.source
    name = (source.title or "").strip()[:2000] or source.id
    text = "\n".join(part for part in (name, source.url, source.commit) if part)
    return Episode(name=name, text=text, kind="text", source=source, said=said, tenant=claim.tenant)


def episode_of_row(row: Mapping[str, Any]) -> Episode:
    """An episode from its row."""
    kept = json.loads(row["attributes"])
    return Episode(
        name=row["name"],
        text=row["content"],
        kind=row["source"],
        source=Source(**kept["source"]),
        said=instant_of(row["valid_at"]),
        session=kept["session"],
        speaker=kept["speaker"],
        tenant=row["group_id"],
    )


def _json(value: Literal_) -> str:
    if value is None:
        return "null"
    if type(value) is str:
        return encode_basestring(value)
    return repr(value) if type(value) in (int, float) else _JSON.encode(value)


@lru_cache(maxsize=4096)
def _source(*parts: str | None) -> str:
    return _JSON.encode({name: got for name, got in zip(Source.model_fields, parts, strict=True) if got is not None})


def _bounds(period: Period) -> str:
    return f"[{_json(period.start.text)},{_json(period.end.text if period.end else None)}]"


def period_of_texts(texts: list[str | None]) -> Period:
    """A period from the texts of its bounds."""
    start, end = texts
    assert start is not None
    return _period(start, end)


@lru_cache(maxsize=16384)
def _period(start: str, end: str | None) -> Period:
    return Period.model_construct(start=moment(start), end=moment(end) if end is not None else None)
