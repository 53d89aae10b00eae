"""What follows from the log of claims stays as it follows, whatever Graphiti's clients save or delete.

An edge with a `line` is a belief: clients read it like any other, may give it its vector and further episodes,
and are refused whatever else would change it. An episode that names its `source` is a document of ours: clients
read it with its source as `episode_metadata` and the edges that rest on it as `entity_edges`, and may add others
to those. What is neither is the clients' own.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EpisodicNode

from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.sqlite.graphiti.columns import json_text
from modelatlas.graph.sqlite.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind


def saved_as_ours(connection: sqlite3.Connection, kind: Kind, row: sqlite3.Row, given: Any) -> bool:
    """Whether the row is ours and took what clients may give it. Raises BadInput for any other change."""
    if kind is RELATES_TO and row["line"] is not None:
        _save_belief(connection, row, given)
        return True
    if kind is EPISODE and _is_document(row):
        _save_document(connection, row, given)
        return True
    if kind is ENTITY and row["name"] != given.name and _is_believed_about(connection, row["uuid"]):
        raise BadInput(f"The entity {given.uuid} cannot be renamed: beliefs are about {row['name'][:80]!r}.")
    return False


def check_deleted(kind: Kind, rows: Iterable[sqlite3.Row]) -> None:
    """Raises BadInput where one of the rows is ours."""
    for row in rows:
        if kind is RELATES_TO and row["line"] is not None:
            raise BadInput(f"The edge {row['uuid']} is a belief, which follows from claims: retract or forget those.")
        if kind is EPISODE and _is_document(row):
            raise BadInput(f"The episode {row['uuid']} is a document that claims may rest on: forget its source.")


def document_of(connection: sqlite3.Connection, row: sqlite3.Row, episode: EpisodicNode) -> EpisodicNode:
    """The episode as clients see it: of ours, with its source and the edges that rest on it."""
    if not _is_document(row):
        return episode
    resting = _edges_on(connection, row)
    seen = [*resting, *(uuid for uuid in episode.entity_edges if uuid not in resting)]
    return episode.model_copy(update={"entity_edges": seen, "episode_metadata": json.loads(row["attributes"])})


def _save_belief(connection: sqlite3.Connection, row: sqlite3.Row, edge: EntityEdge) -> None:
    belief, free = RELATES_TO.read(row), {"fact_embedding", "episodes"}
    changed = belief.model_dump(exclude=free) != edge.model_dump(exclude=free)
    if changed or edge.episodes[:1] != belief.episodes[:1]:
        raise BadInput(f"The edge {edge.uuid} is a belief, which follows from claims: record a claim to change it.")
    connection.execute("UPDATE edge SET episodes = ? WHERE id = ?", (json_text(edge.episodes), row["id"]))
    if edge.fact_embedding is not None:
        vectors.put(connection, "edge", [(row["id"], packing.pack(edge.fact_embedding))])


def _save_document(connection: sqlite3.Connection, row: sqlite3.Row, node: EpisodicNode) -> None:
    document, free = document_of(connection, row, EPISODE.read(row)), {"entity_edges", "labels"}
    if document.model_dump(exclude=free) != node.model_dump(exclude=free):
        raise BadInput(f"The episode {node.uuid} is a document on record, which stays as it was read.")
    resting = _edges_on(connection, row)
    added = [uuid for uuid in node.entity_edges if uuid not in resting]
    connection.execute("UPDATE episode SET entity_edges = ? WHERE id = ?", (json_text(added), row["id"]))


def _edges_on(connection: sqlite3.Connection, row: sqlite3.Row) -> list[str]:
    """The edges that rest on an episode: an edge's first episode is where it comes from."""
    rows = connection.execute(
        "SELECT uuid FROM edge WHERE episodes ->> 0 = ? AND group_id = ? ORDER BY id", (row["uuid"], row["group_id"])
    )
    return [found["uuid"] for found in rows]


def _is_document(row: sqlite3.Row) -> bool:
    return "source" in json.loads(row["attributes"])


def _is_believed_about(connection: sqlite3.Connection, uuid: str) -> bool:
    query = "SELECT 1 FROM edge WHERE {} = ? AND line IS NOT NULL"
    return any(
        connection.execute(query.format(end), (uuid,)).fetchone() for end in ("source_node_uuid", "target_node_uuid")
    )
