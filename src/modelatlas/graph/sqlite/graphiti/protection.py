"""The rows of a modelatlas file that follow from the log of claims, and what clients may give them.

An edge with a `line` is a belief, an episode that names its `source` a document of ours.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from graphiti_core.edges import EntityEdge
from graphiti_core.nodes import EpisodicNode

from modelatlas.graph.graphiti.json_texts import json_text
from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind
from modelatlas.graph.graphiti.protection import check_belief, check_document, document, kept, renamed
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.sqlite.graphiti.columns import model


def saved_as_ours(connection: sqlite3.Connection, kind: Kind, row: sqlite3.Row, given: Any) -> bool:
    """Whether the row is ours and took what clients may give it. Raises BadInput for any other change."""
    if kind is RELATES_TO and row["line"] is not None:
        _save_belief(connection, row, given)
        return True
    if kind is EPISODE and _is_document(row):
        _save_document(connection, row, given)
        return True
    if kind is ENTITY and row["name"] != given.name and _is_believed_about(connection, row["uuid"]):
        raise renamed(given.uuid, row["name"])
    return False


def check_deleted(kind: Kind, rows: Iterable[sqlite3.Row]) -> None:
    """Raises BadInput where one of the rows is ours."""
    for row in rows:
        if (kind is RELATES_TO and row["line"] is not None) or (kind is EPISODE and _is_document(row)):
            raise kept(kind, row["uuid"])


def document_of(connection: sqlite3.Connection, row: sqlite3.Row, episode: EpisodicNode) -> EpisodicNode:
    """The episode as clients see it: of ours, with its source and the edges that rest on it."""
    if not _is_document(row):
        return episode
    return document(episode, _edges_on(connection, row), json.loads(row["attributes"]))


def _save_belief(connection: sqlite3.Connection, row: sqlite3.Row, edge: EntityEdge) -> None:
    check_belief(model(RELATES_TO, row), edge)
    connection.execute("UPDATE edge SET episodes = ? WHERE id = ?", (json_text(edge.episodes), row["id"]))
    if edge.fact_embedding is not None:
        vectors.put(connection, "edge", [(row["id"], packing.pack(edge.fact_embedding))])


def _save_document(connection: sqlite3.Connection, row: sqlite3.Row, node: EpisodicNode) -> None:
    check_document(document_of(connection, row, model(EPISODE, row)), node)
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
