"""EpisodicNodes as Graphiti's clients save and read them.

An episode of ours names its `source` in its attributes: clients read it, its source as `episode_metadata` and
the edges that rest on it as `entity_edges`, may add others to those, and are refused any other change. An
episode of theirs keeps its edges and metadata in its attributes.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.nodes import EpisodeType, EpisodicNode

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.sqlite.graphiti_columns import GIVEN, by_uuids, checked, count, held, json_text
from modelatlas.graph.text import words

_SAVE = """
INSERT INTO episode
  (uuid, group_id, name, source, source_description, content, attributes, valid_at, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uuid) DO UPDATE SET
  name = excluded.name, source = excluded.source, source_description = excluded.source_description,
  content = excluded.content, attributes = excluded.attributes, valid_at = excluded.valid_at,
  created_at = excluded.created_at
RETURNING id
"""


def save(connection: sqlite3.Connection, nodes: Iterable[EpisodicNode]) -> None:
    """Create or replace the episodes, all or none, and what a search finds them by."""
    for node in nodes:
        checked("episode", node.uuid, node.group_id, node.model_dump())
        row = held(connection, "episode", node.uuid, node.group_id)
        if row is not None and _is_ours(row):
            _save_ours(connection, row, node)
            continue
        attributes = {"entity_edges": node.entity_edges, "episode_metadata": node.episode_metadata}
        values = (
            node.uuid,
            node.group_id,
            node.name,
            node.source.value,
            node.source_description,
            node.content,
            json_text(attributes),
            count(node.valid_at),
            count(node.created_at),
        )
        rowid = connection.execute(_SAVE, values).fetchone()[0]
        connection.execute("DELETE FROM episode_words WHERE rowid = ?", (rowid,))
        text = " ".join(words(f"{node.name} \n {node.source_description} \n {node.content}"))
        connection.execute("INSERT INTO episode_words (rowid, words) VALUES (?, ?)", (rowid, text))


def last_said(
    connection: sqlite3.Connection,
    reference_time: datetime,
    last_n: int,
    group_ids: Sequence[str] | None,
    source: EpisodeType | None,
) -> list[EpisodicNode]:
    """The last episodes said by then, oldest first; of all groups for None, of none for an empty list."""
    rows = connection.execute(
        f"SELECT * FROM episode WHERE valid_at <= ? AND (? OR group_id IN {GIVEN}) AND (? OR source = ?)"
        " ORDER BY valid_at DESC, created_at DESC, uuid DESC LIMIT ?",
        (
            count(reference_time),
            group_ids is None,
            json.dumps(list(group_ids or ())),
            source is None,
            source.value if source else None,
            max(last_n, 0),
        ),
    )
    return of_rows(connection, rows.fetchall()[::-1])


def about(connection: sqlite3.Connection, entity: str) -> list[EpisodicNode]:
    """The episodes that the edges at an entity rest on, in the order they were said."""
    rows = connection.execute(
        "SELECT * FROM episode WHERE (group_id, uuid) IN (SELECT e.group_id, cited.value FROM edge e,"
        " json_each(e.episodes) cited WHERE e.target_node_uuid = ? OR"
        " (e.group_id = (SELECT group_id FROM entity WHERE uuid = ?) AND e.source_node_uuid = ?))"
        " ORDER BY valid_at, created_at, uuid",
        (entity, entity, entity),
    )
    return of_rows(connection, rows.fetchall())


def delete(connection: sqlite3.Connection, uuids: Iterable[str], group_id: str | None) -> None:
    """Take out the episodes. Raises BadInput for one of ours."""
    gone = by_uuids(connection, "episode", uuids, group_id)
    for row in gone:
        if _is_ours(row):
            raise BadInput(f"The episode {row['uuid']} is a document that claims may rest on: forget its source.")
    keys = [(row["id"],) for row in gone]
    connection.executemany("DELETE FROM episode_words WHERE rowid = ?", keys)
    connection.executemany("DELETE FROM episode WHERE id = ?", keys)


def of_rows(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[EpisodicNode]:
    """The episodes of rows, in their order."""
    resting = _edges_on(connection, [row["uuid"] for row in rows if _is_ours(row)])
    return [_of_row(row, resting[row["group_id"], row["uuid"]]) for row in rows]


def of_bulk(given: EpisodicNode | Mapping[str, Any]) -> EpisodicNode:
    """An episode of a bulk save, where Graphiti gives a mapping."""
    return given if isinstance(given, EpisodicNode) else EpisodicNode.model_validate(given)


def _of_row(row: sqlite3.Row, resting: Sequence[str]) -> EpisodicNode:
    kept = json.loads(row["attributes"])
    given = kept.pop("entity_edges", [])
    return EpisodicNode(
        uuid=row["uuid"],
        name=row["name"],
        group_id=row["group_id"],
        created_at=instant_of(row["created_at"]),
        source=EpisodeType(row["source"]),
        source_description=row["source_description"],
        content=row["content"],
        valid_at=instant_of(row["valid_at"]),
        entity_edges=[*resting, *given],
        episode_metadata=kept if _is_ours(row) else kept["episode_metadata"],
    )


def _save_ours(connection: sqlite3.Connection, row: sqlite3.Row, node: EpisodicNode) -> None:
    resting = _edges_on(connection, [node.uuid])[node.group_id, node.uuid]
    document, free = _of_row(row, resting), {"entity_edges", "labels"}
    if document.model_dump(exclude=free) != node.model_dump(exclude=free):
        raise BadInput(f"The episode {node.uuid} is a document on record, which stays as it was read.")
    added = [uuid for uuid in node.entity_edges if uuid not in resting]
    attributes = json.loads(row["attributes"]) | {"entity_edges": added}
    connection.execute("UPDATE episode SET attributes = ? WHERE id = ?", (json_text(attributes), row["id"]))


def _edges_on(connection: sqlite3.Connection, episodes: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """The edges of each group that rest on each episode: an edge's first episode is where it comes from."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    if episodes:
        rows = connection.execute(
            f"SELECT group_id, episodes ->> 0 AS episode, uuid FROM edge WHERE episodes ->> 0 IN {GIVEN} ORDER BY id",
            (json.dumps(list(episodes)),),
        )
        for row in rows:
            found[row["group_id"], row["episode"]].append(row["uuid"])
    return found


def _is_ours(row: sqlite3.Row) -> bool:
    return "source" in json.loads(row["attributes"])
