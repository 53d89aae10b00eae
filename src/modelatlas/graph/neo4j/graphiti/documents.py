"""Rows as Graphiti's nodes and edges, among them documents with the edges that rest on them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from modelatlas.graph.graphiti.kinds import EPISODE, Kind
from modelatlas.graph.graphiti.protection import document
from modelatlas.graph.neo4j.asking import each
from modelatlas.graph.neo4j.graphiti.properties import model
from modelatlas.graph.neo4j.server import Transaction

Row = Mapping[str, Any]

# An edge's first episode is where it comes from: of a belief that of its claims, of a client's edge as it says.
_RESTING = (
    "UNWIND $rows AS row CALL (row) {"
    " MATCH (c:Claim {episode: row.uuid}) WITH DISTINCT row, c.line AS line"
    " MATCH ()-[e:RELATES_TO {line: line}]->() WHERE e.episodes[0] = row.uuid RETURN e"
    " UNION MATCH ()-[e:RELATES_TO {first_episode: row.uuid}]->() RETURN e"
    " } WITH row, e WHERE e.group_id = row.group_id"
    " RETURN row.uuid AS episode, e.uuid AS edge ORDER BY e.created_at, e.uuid"
)


async def models(tx: Transaction, kind: Kind, rows: Sequence[Row]) -> list[Any]:
    """The nodes or edges of rows, in their order, without vectors."""
    found = [model(kind, row) for row in rows]
    if kind is not EPISODE or not any(is_document(row) for row in rows):
        return found
    told = [{"uuid": row["uuid"], "group_id": row["group_id"]} for row in rows if is_document(row)]
    resting: dict[str, list[str]] = defaultdict(list)
    async for row in each(tx, _RESTING, told):
        resting[row["episode"]].append(row["edge"])
    return [
        document(it, resting[it.uuid], json.loads(row["attributes"])) if is_document(row) else it
        for row, it in zip(rows, found, strict=True)
    ]


def is_document(row: Row) -> bool:
    """Whether an episode is ours."""
    return row.get("source_id") is not None
