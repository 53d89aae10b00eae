"""EntityEdges as Graphiti's clients save and read them.

An edge with a `line` is a belief, which follows from the log of claims. Clients read it like any other, may
give it its vector and further episodes, and are refused whatever else would change it. An edge without one is
the clients' own, and our beliefs leave it alone.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.errors import NodeNotFoundError

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.sqlite.graphiti_columns import (
    GIVEN,
    blob,
    by_uuids,
    checked,
    count,
    count_of,
    held,
    json_text,
)
from modelatlas.graph.text import words

_COLUMNS = (
    "uuid, group_id, source_node_uuid, target_node_uuid, name, fact, episodes,"
    " valid_at, invalid_at, created_at, expired_at, attributes, fact_embedding"
)
_SAVE = f"""
INSERT INTO edge ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uuid) DO UPDATE SET
  fact_embedding = coalesce(excluded.fact_embedding, iif(fact = excluded.fact, fact_embedding, NULL)),
  source_node_uuid = excluded.source_node_uuid, target_node_uuid = excluded.target_node_uuid,
  name = excluded.name, fact = excluded.fact, episodes = excluded.episodes, valid_at = excluded.valid_at,
  invalid_at = excluded.invalid_at, created_at = excluded.created_at, expired_at = excluded.expired_at,
  attributes = excluded.attributes
RETURNING id
"""


def save(connection: sqlite3.Connection, edges: Iterable[EntityEdge]) -> None:
    """Create or replace the edges, all or none, and what a search finds them by.

    Raises NodeNotFoundError where an endpoint is not in the edge's group, BadInput for a change of a belief.
    """
    for edge in edges:
        checked("edge", edge.uuid, edge.group_id, edge.model_dump(exclude={"fact_embedding"}))
        row = held(connection, "edge", edge.uuid, edge.group_id)
        if row is not None and row["line"] is not None:
            _save_belief(connection, row, edge)
            continue
        ends = (edge.source_node_uuid, edge.target_node_uuid)
        found = {node["uuid"] for node in by_uuids(connection, "entity", ends, edge.group_id)}
        for uuid in ends:
            if uuid not in found:
                raise NodeNotFoundError(uuid)
        rowid = connection.execute(_SAVE, _values(edge)).fetchone()[0]
        connection.execute("DELETE FROM edge_words WHERE rowid = ?", (rowid,))
        text = " ".join(words(f"{edge.fact} \n {edge.name}"))
        connection.execute("INSERT INTO edge_words (rowid, words) VALUES (?, ?)", (rowid, text))


def between(connection: sqlite3.Connection, source: str, target: str) -> list[EntityEdge]:
    """The edges from one node to the other."""
    rows = connection.execute(
        "SELECT e.* FROM entity n JOIN edge e ON e.group_id = n.group_id AND e.source_node_uuid = n.uuid"
        " WHERE n.uuid = ? AND e.target_node_uuid = ? ORDER BY e.id",
        (source, target),
    )
    return [of_row(row) for row in rows]


def at_nodes(connection: sqlite3.Connection, uuids: Sequence[str]) -> list[sqlite3.Row]:
    """The rows of the edges that start or end at the nodes, in the order they were written."""
    chosen = json.dumps(list(uuids))
    return connection.execute(
        "SELECT * FROM edge WHERE id IN (SELECT e.id FROM entity n JOIN edge e ON e.group_id = n.group_id"
        f" AND e.source_node_uuid = n.uuid WHERE n.uuid IN {GIVEN} UNION ALL"
        f" SELECT id FROM edge WHERE target_node_uuid IN {GIVEN}) ORDER BY id",
        (chosen, chosen),
    ).fetchall()


def delete(connection: sqlite3.Connection, uuids: Iterable[str], group_id: str | None) -> None:
    """Take out the edges. Raises BadInput for a belief of ours."""
    gone = by_uuids(connection, "edge", uuids, group_id)
    for row in gone:
        if row["line"] is not None:
            raise BadInput(f"The edge {row['uuid']} is a belief, which follows from claims: retract or forget those.")
    keys = [(row["id"],) for row in gone]
    connection.executemany("DELETE FROM edge_words WHERE rowid = ?", keys)
    connection.executemany("DELETE FROM edge WHERE id = ?", keys)


def of_row(row: sqlite3.Row) -> EntityEdge:
    """An edge without its vector, which Graphiti's clients load when they want it."""
    attributes = json.loads(row["attributes"])
    reference = attributes.pop("reference_time", None)
    return EntityEdge(
        uuid=row["uuid"],
        group_id=row["group_id"],
        source_node_uuid=row["source_node_uuid"],
        target_node_uuid=row["target_node_uuid"],
        name=row["name"],
        fact=row["fact"],
        episodes=json.loads(row["episodes"]),
        created_at=instant_of(row["created_at"]),
        expired_at=None if row["expired_at"] is None else instant_of(row["expired_at"]),
        valid_at=None if row["valid_at"] is None else instant_of(row["valid_at"]),
        invalid_at=None if row["invalid_at"] is None else instant_of(row["invalid_at"]),
        reference_time=None if reference is None else datetime.fromisoformat(reference),
        attributes=attributes,
    )


def of_bulk(given: EntityEdge | Mapping[str, Any]) -> EntityEdge:
    """An edge of a bulk save, where Graphiti gives a mapping with the attributes as JSON text."""
    if isinstance(given, EntityEdge):
        return given
    return EntityEdge.model_validate({**given, "attributes": json.loads(given["attributes"])})


def _values(edge: EntityEdge) -> tuple[Any, ...]:
    # As with Graphiti's own drivers no attribute can be named `reference_time`: the field is kept there.
    attributes = {name: got for name, got in edge.attributes.items() if name != "reference_time"}
    if edge.reference_time is not None:
        attributes["reference_time"] = edge.reference_time
    return (
        edge.uuid,
        edge.group_id,
        edge.source_node_uuid,
        edge.target_node_uuid,
        edge.name,
        edge.fact,
        json.dumps(edge.episodes, ensure_ascii=False),
        count_of(edge.valid_at),
        count_of(edge.invalid_at),
        count(edge.created_at),
        count_of(edge.expired_at),
        json_text(attributes),
        blob(edge.fact_embedding),
    )


def _save_belief(connection: sqlite3.Connection, row: sqlite3.Row, edge: EntityEdge) -> None:
    belief, free = of_row(row), {"fact_embedding", "episodes"}
    changed = belief.model_dump(exclude=free) != edge.model_dump(exclude=free)
    if changed or edge.episodes[:1] != belief.episodes[:1]:
        raise BadInput(f"The edge {edge.uuid} is a belief, which follows from claims: record a claim to change it.")
    connection.execute(
        "UPDATE edge SET episodes = ?, fact_embedding = coalesce(?, fact_embedding) WHERE id = ?",
        (json.dumps(edge.episodes, ensure_ascii=False), blob(edge.fact_embedding), row["id"]),
    )
