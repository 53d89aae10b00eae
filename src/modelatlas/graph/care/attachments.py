"""What is wrong with a row that stands beside the beliefs: what it is found by, and what it goes between."""

import json
from collections.abc import Iterator

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.care.reckoning import Row
from modelatlas.graph.graphiti_rows import episode_of_row, episode_words
from modelatlas.graph.text import name_key, words


def of_episode(row: Row, again: str) -> Iterator[Finding]:
    """Of a document, its id, and of any episode the words it is found by; `valid_at` is in microseconds."""
    kept = json.loads(row["attributes"])
    expected: str | None = _worded(row["name"], row["source_description"], row["content"])
    if "source" in kept:
        fields = ("name", "content", "source", "attributes", "valid_at", "group_id")
        episode = episode_of_row({name: row[name] for name in fields})
        expected = None if kept["stub"] else episode_words(episode)
        if row["uuid"] != str(episode.source.episode(row["group_id"])):
            what = f"The episode {row['uuid']} has not the id of its source {episode.source.id[:80]!r}"
            yield Finding(kind="episode", where=row["uuid"], what=what, remedy=again)
    if row["words"] != expected:
        yield _unfound("episode", row, again)


def of_entity(row: Row, again: str) -> Iterator[Finding]:
    """The words and the name that an entity is found by."""
    if row["name_key"] != name_key(row["name"]):
        what = f"The entity {row['uuid']} ({row['name'][:80]!r}) is not found by its name"
        yield Finding(kind="entity", where=row["uuid"], what=what, remedy=again)
    yield from of_community(row, again)


def of_community(row: Row, again: str) -> Iterator[Finding]:
    """The words that a community is found by."""
    if row["words"] != _worded(row["name"], row["summary"]):
        yield _unfound("node", row, again)


def of_edge(row: Row, again: str) -> Iterator[Finding]:
    """The ends of an edge of Graphiti's clients, and the words it is found by."""
    yield from of_ends(row)
    if row["words"] != _worded(row["fact"], row["name"]):
        yield _unfound("edge", row, again)


def of_ends(row: Row) -> Iterator[Finding]:
    """The ends of an edge of Graphiti's clients."""
    for end in ("source", "target"):
        if row[f"{end}_group"] != row["group_id"]:
            node = row[f"{end}_node_uuid"]
            what = f"The {end} {node} of the edge {row['uuid']} is no entity of its group"
            yield Finding(kind="reference", where=row["uuid"], what=what, remedy="delete the edge")


def unreadable(kind: str, uuid: object, remedy: str) -> Finding:
    """That a row cannot be read as what it should be."""
    return Finding(kind="table", where=str(uuid), what=f"The {kind} {uuid} cannot be read", remedy=remedy)


def _worded(*parts: str) -> str:
    return " ".join(words(" \n ".join(parts)))


def _unfound(kind: str, row: Row, again: str) -> Finding:
    what = f"A search does not find the {kind} {row['uuid']} ({row['name'][:80]!r}) by all its words"
    return Finding(kind="words", where=row["uuid"], what=what, remedy=again)
