"""The few things that Graphiti asks in Cypher only, known by their text; there is no Cypher engine here.

The texts are those of graphiti-core 0.31: a saga by its name (`_get_or_create_saga`), how many episodes mention
an entity (`remove_episode`), and which entities are on record as duplicates of others.
"""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from modelatlas.graph.errors import StoreError
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.sqlite.graphiti import lookups

Answer = Callable[[sqlite3.Connection, Mapping[str, Any]], list[dict[str, Any]]]


class NoCypher(StoreError):
    """Graphiti, or a client of it, asked in Cypher for something that this driver does not know."""

    def __init__(self, query: str) -> None:
        super().__init__(
            f"This driver speaks no Cypher and does not know this query: {' '.join(query.split())[:100]};"
            " ask by the methods of Graphiti's nodes, edges and search."
        )


def answer(connection: sqlite3.Connection, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records that the query asks for. Raises NoCypher."""
    asked = " ".join(query.split())
    for start, found in _KNOWN.items():
        if asked.startswith(start):
            return found(connection, values)
    raise NoCypher(query)


def _saga_by_name(connection: sqlite3.Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    asked = ("uuid", "name", "group_id", "created_at", "first_episode_uuid", "last_episode_uuid")
    return [
        {name: row[name] for name in asked} | {"created_at": instant_of(row["created_at"])}
        for row in lookups.sagas_named(connection, values["name"], values["group_id"])
    ]


def _mention_count(connection: sqlite3.Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"episode_count": lookups.mention_counts(connection, [values["uuid"]])[values["uuid"]]}]


def _duplicates(connection: sqlite3.Connection, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    pairs = [
        (pair["src"], pair["dst"]) if isinstance(pair, Mapping) else (pair[0], pair[1])
        for pair in values["duplicate_node_uuids"]
    ]
    found = lookups.duplicates(connection, pairs)
    return [{"source_uuid": source, "target_uuid": target} for source, target in found]


_KNOWN: Mapping[str, Answer] = {
    "MATCH (s:Saga {name: $name, group_id: $group_id}) RETURN": _saga_by_name,
    "MATCH (e:Episodic)-[:MENTIONS]->(n:Entity {uuid: $uuid}) RETURN count(*) AS episode_count": _mention_count,
    "UNWIND $duplicate_node_uuids AS duplicate": _duplicates,
}
