"""EntityNodes as Graphiti's clients save and read them."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphiti_core.nodes import EntityNode

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.sqlite import entity_edges
from modelatlas.graph.sqlite.graphiti_columns import GIVEN, blob, by_uuids, checked, count, held, json_text
from modelatlas.graph.text import name_key

# A node comes back from a read without its vector: saved again under the same name it keeps the one it has.
_SAVE = """
INSERT INTO entity (uuid, group_id, name, name_key, labels, summary, attributes, name_embedding, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (uuid) DO UPDATE SET
  name_embedding = coalesce(excluded.name_embedding, iif(name = excluded.name, name_embedding, NULL)),
  name = excluded.name, name_key = excluded.name_key, labels = excluded.labels, summary = excluded.summary,
  attributes = excluded.attributes, created_at = excluded.created_at
"""


def save(connection: sqlite3.Connection, nodes: Iterable[EntityNode]) -> None:
    """Create or replace the nodes, all or none. Raises BadInput for renaming what our beliefs are about."""
    for node in nodes:
        checked("entity", node.uuid, node.group_id, node.model_dump(exclude={"name_embedding"}))
        row = held(connection, "entity", node.uuid, node.group_id)
        if row is not None and row["name"] != node.name and _is_believed_about(connection, node.uuid):
            raise BadInput(f"The entity {node.uuid} cannot be renamed: beliefs are about {row['name'][:80]!r}.")
        connection.execute(
            _SAVE,
            (
                node.uuid,
                node.group_id,
                node.name,
                name_key(node.name),
                json.dumps(list(dict.fromkeys([*node.labels, "Entity"]))),
                node.summary,
                json_text(node.attributes),
                blob(node.name_embedding),
                count(node.created_at),
            ),
        )


def by_names(connection: sqlite3.Connection, names: Sequence[str], group_ids: Sequence[str]) -> list[EntityNode]:
    """The nodes of these groups with exactly these names."""
    rows = connection.execute(
        f"SELECT * FROM entity WHERE group_id IN {GIVEN} AND name_key IN {GIVEN} AND name IN {GIVEN} ORDER BY uuid",
        (json.dumps(group_ids), json.dumps([name_key(name) for name in names]), json.dumps(names)),
    )
    return [of_row(row) for row in rows]


def delete(connection: sqlite3.Connection, uuids: Iterable[str], group_id: str | None) -> None:
    """Take out the nodes and every edge at them. Raises BadInput where a belief of ours is about one."""
    gone = [row["uuid"] for row in by_uuids(connection, "entity", uuids, group_id)]
    entity_edges.delete(connection, [row["uuid"] for row in entity_edges.at_nodes(connection, gone)], None)
    connection.execute(f"DELETE FROM entity WHERE uuid IN {GIVEN}", (json.dumps(gone),))


def of_row(row: sqlite3.Row) -> EntityNode:
    """A node without its vector, which Graphiti's clients load when they want it."""
    return EntityNode(
        uuid=row["uuid"],
        name=row["name"],
        group_id=row["group_id"],
        labels=json.loads(row["labels"]),
        created_at=instant_of(row["created_at"]),
        summary=row["summary"],
        attributes=json.loads(row["attributes"]),
    )


def of_bulk(given: EntityNode | Mapping[str, Any]) -> EntityNode:
    """A node of a bulk save, where Graphiti gives a mapping with the attributes as JSON text."""
    if isinstance(given, EntityNode):
        return given
    return EntityNode.model_validate({**given, "attributes": json.loads(given["attributes"])})


def _is_believed_about(connection: sqlite3.Connection, uuid: str) -> bool:
    return any(row["line"] is not None for row in entity_edges.at_nodes(connection, [uuid]))
