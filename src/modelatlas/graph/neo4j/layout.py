"""Facts, episodes and entities as properties of Neo4j's nodes and relationships, and back.

Graphiti's fields have Graphiti's names and types, so that any client of it reads them. What an as-of asks stands
beside them as whole microseconds since 1970 UTC, where an unknown start is ALWAYS and an open end is NEVER (an
index filters by ranges and knows no nulls), and as days, by which the full-text index filters.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from modelatlas.graph.facts import Episode, Fact
from modelatlas.graph.graphiti_rows import edge_words, episode_row, episode_words, instant_of
from modelatlas.graph.text import words

ALWAYS = -(2**62)
NEVER = 2**62

Properties = dict[str, Any]

RELATION_TIMES = ("valid_at", "invalid_at", "created_at", "expired_at")
EPISODE_TIMES = ("valid_at", "created_at")
ENTITY_TIMES = ("created_at",)

_FIRST_DAY, _LAST_DAY = "00000000", "99999999"
_TICKS_A_DAY = 86_400_000_000


@lru_cache(maxsize=1024)
def group_word(group_id: str) -> str:
    """A group as one word of the full-text indexes, whatever it is called."""
    return "g" + blake2b(group_id.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def day_of(count: int) -> str:
    """The day of that many microseconds since 1970 UTC as YYYYMMDD; of ALWAYS the first, of NEVER the last."""
    if count == ALWAYS:
        return _FIRST_DAY
    return _LAST_DAY if count == NEVER else _day(count // _TICKS_A_DAY)


@lru_cache(maxsize=65536)
def _day(number: int) -> str:
    return f"{instant_of(number * _TICKS_A_DAY):%Y%m%d}".rjust(8, "0")


def kept(on: str, times: tuple[str, ...], how: str = "=") -> str:
    """What sets a node or relationship to a row's `kept`, whose times are texts: the driver takes long over times."""
    instants = ", ".join(f"{on}.{name} = datetime(row.kept.{name})" for name in times)
    return f"{on} {how} row.kept, {instants}"


def relation(fact: Fact, row: tuple[Any, ...]) -> Properties:
    """The properties of the relationship that a fact is, from its values in the order of EDGE_COLUMNS."""
    uuid, tenant, _, _, name, text, episodes, valid_at, invalid_at, created_at, expired_at, attributes, line = row
    return {
        "uuid": uuid,
        "group_id": tenant,
        "group_word": group_word(tenant),
        "name": name,
        "fact": text,
        "episodes": json.loads(episodes),
        "attributes": attributes,
        "line": line.hex(),
        "words": edge_words(fact),
        "valid_at": _time(valid_at),
        "invalid_at": _time(invalid_at),
        "created_at": _time(created_at),
        **_from("valid_from", valid_at),
        **_until("valid_until", invalid_at),
        **_from("believed_from", created_at),
        **ended(expired_at),
    }


def ended(expired_at: int | None) -> Properties:
    """What a relationship says of when it ceased to be believed."""
    return {"expired_at": _time(expired_at), **_until("believed_until", expired_at)}


def entity(row: tuple[Any, ...]) -> Properties:
    """The properties of an entity's node, from its row; `labels` are for the node itself."""
    uuid, tenant, name, key, labels, attributes, created_at = row
    return {
        "uuid": uuid,
        "group_id": tenant,
        "group_word": group_word(tenant),
        "name": name,
        "name_key": key,
        "labels": json.loads(labels),
        "summary": "",
        "attributes": attributes,
        "words": " ".join(words(name)),
        "created_at": _time(created_at),
    }


def episode(tenant: str, told: Episode, stub: bool, now: int) -> Properties:
    """The properties of an episode's node, without its place in the log; a stub is found by no words."""
    uuid, _, name, source, described, content, attributes, said, _ = episode_row(tenant, told, stub, now)
    return {
        "uuid": uuid,
        "group_id": tenant,
        "group_word": group_word(tenant),
        "name": name,
        "source": source,
        "source_description": described,
        "content": content,
        "attributes": attributes,
        "entity_edges": [],
        "valid_at": _time(said),
        "created_at": _time(now),
        "source_id": told.source.id,
        "session": told.session,
        "speaker": told.speaker,
        "stub": stub,
        "said": said,
        "said_day": day_of(said),
        "words": None if stub else episode_words(told),
    }


def fact_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """What `fact_of_row` reads, from a record with the first of its episodes as `episode`."""
    return {**record, "episodes": f'["{record["episode"]}"]'}


def _time(count: int | None) -> str | None:
    return None if count is None else instant_of(count).isoformat()


def _from(name: str, count: int | None) -> Properties:
    start = ALWAYS if count is None else count
    return {name: start, f"{name}_day": day_of(start)}


def _until(name: str, count: int | None) -> Properties:
    end = NEVER if count is None else count
    return {name: end, f"{name}_day": day_of(end)}
