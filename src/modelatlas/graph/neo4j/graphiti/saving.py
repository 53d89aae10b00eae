"""How nodes and edges are written: what is on record is read and held, everything is checked, then written."""

from collections.abc import Mapping, Sequence
from typing import Any

from graphiti_core.errors import NodeNotFoundError

from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti.kinds import ENTITY, EPISODE, RELATES_TO, Kind
from modelatlas.graph.graphiti.protection import check_belief, check_document, check_group, renamed
from modelatlas.graph.neo4j.asking import ask, each
from modelatlas.graph.neo4j.graphiti.documents import is_document, models
from modelatlas.graph.neo4j.graphiti.patterns import ends, gone, pattern, row, target
from modelatlas.graph.neo4j.graphiti.properties import is_incomparable, labels, model, properties, vector
from modelatlas.graph.neo4j.server import Transaction

Row = Mapping[str, Any]


async def save(tx: Transaction, kind: Kind, given: Sequence[Any]) -> None:
    """Create or replace nodes or edges, no uuid twice; all are checked before any is written."""
    held = await _held_nodes(tx, kind, given) if kind.ends is None else await _held_edges(tx, kind, given)
    beliefs, documents, others = [], [], []
    for it in given:
        found: Row | None = held[it.uuid]["held"] if it.uuid in held else None
        if found is not None:
            check_group(found["group_id"], it)
        if found is not None and kind is RELATES_TO and found.get("line") is not None:
            check_belief(model(kind, found), it)
            beliefs.append({"uuid": it.uuid, "episodes": it.episodes, **_vector(kind, it, None)})
        elif found is not None and kind is EPISODE and is_document(found):
            documents.append(await _document(tx, found, it))
        else:
            if found is not None and kind is ENTITY and found["name"] != it.name:
                await _check_renamed(tx, found)
            others.append(_row(kind, it, found))
    if kind.ends is not None:
        _place(others, held)
    await _write_beliefs(tx, beliefs)
    await _write(tx, "MATCH (n:Episodic {uuid: row.uuid}) SET n.entity_edges = row.added", documents)
    await (_write_nodes if kind.ends is None else _write_edges)(tx, kind, others, held)


async def _held_nodes(tx: Transaction, kind: Kind, given: Sequence[Any]) -> dict[str, Row]:
    """The nodes on record; their uuids are set once more so that nobody else changes them meanwhile."""
    query = f"UNWIND $rows AS uuid MATCH (n:{kind.label} {{uuid: uuid}}) SET n.uuid = uuid RETURN {row(kind)} AS held"
    return {it["held"]["uuid"]: it async for it in each(tx, query, sorted(it.uuid for it in given))}


async def _held_edges(tx: Transaction, kind: Kind, given: Sequence[Any]) -> dict[str, Row]:
    """For each edge the one on record, and the places of its ends, where they are in its group."""
    query = (
        f"UNWIND $rows AS row OPTIONAL MATCH ()-[n:{kind.label} {{uuid: row.uuid}}]->() SET n.uuid = row.uuid"
        f" WITH row, n {ends(kind)}"
        f" RETURN row.uuid AS uuid, CASE WHEN n IS NULL THEN null ELSE {row(kind)} END AS held,"
        f" elementId(s) AS source, {target(kind)} AS target"
    )
    rows = [
        {"uuid": it.uuid, "group_id": it.group_id, "source": it.source_node_uuid, "target": it.target_node_uuid}
        for it in sorted(given, key=lambda it: str(it.uuid))
    ]
    return {it["uuid"]: it async for it in each(tx, query, rows)}


def _row(kind: Kind, it: Any, found: Row | None) -> dict[str, Any]:
    made = {"uuid": it.uuid, "group_id": it.group_id, "properties": properties(kind, it, found is not None)}
    if kind is ENTITY:
        made["labels"] = labels(it)
        made["gone"] = sorted(set(found["labels"] if found else ()) - set(made["labels"]))
    if kind.ends is not None:
        made |= {"from": it.source_node_uuid, "to": it.target_node_uuid}
    return made | _vector(kind, it, found)


def _vector(kind: Kind, it: Any, found: Row | None) -> dict[str, Any]:
    """A node comes back from a read without its vector: saved again with the same text it keeps the one it has."""
    if kind.vector is None:
        return {}
    given = getattr(it, kind.vector.field)
    values = None if given is None else vector(given)
    same = found is not None and found.get(kind.vector.text) == getattr(it, kind.vector.text)
    return {"vector": values, "incomparable": is_incomparable(values), "keeps": given is None and same}


async def _document(tx: Transaction, found: Row, it: Any) -> dict[str, Any]:
    document = (await models(tx, EPISODE, [found]))[0]
    check_document(document, it)
    own = found.get("entity_edges") or ()
    resting = [uuid for uuid in document.entity_edges if uuid not in own]
    return {"uuid": it.uuid, "added": [uuid for uuid in it.entity_edges if uuid not in resting]}


async def _check_renamed(tx: Transaction, found: Row) -> None:
    query = "MATCH (:Entity {uuid: $uuid})-[r:RELATES_TO]-() WHERE r.line IS NOT NULL RETURN r.uuid AS uuid LIMIT 1"
    if await ask(tx, query, uuid=found["uuid"]):
        raise renamed(found["uuid"], found["name"])


def _place(others: Sequence[dict[str, Any]], held: Mapping[str, Row]) -> None:
    """Give each edge the places of its ends. Raises NodeNotFoundError for one that is not there."""
    for it in others:
        for end, uuid in (("source", it["from"]), ("target", it["to"])):
            it[end] = held[it["uuid"]][end]
            if it[end] is None:
                raise NodeNotFoundError(uuid)


async def _write_beliefs(tx: Transaction, beliefs: Sequence[Row]) -> None:
    await _write(tx, "MATCH ()-[n:RELATES_TO {uuid: row.uuid}]->() SET n.episodes = row.episodes", beliefs)
    given = [it for it in beliefs if it["vector"] is not None]
    query = "MATCH ()-[n:RELATES_TO {uuid: row.uuid}]->()"
    await _write(tx, f"{query} SET n.fact_embedding = row.vector, n.incomparable = row.incomparable", given)


async def _write_nodes(tx: Transaction, kind: Kind, rows: Sequence[Row], held: Mapping[str, Row]) -> None:
    how = "+=" if kind.keeps_what_is_not_given else "="
    query = (
        f"MERGE (n:{kind.label} {{uuid: row.uuid}}) ON CREATE SET n.group_id = row.group_id"
        f" WITH n, row WHERE n.group_id = row.group_id {_set(kind, how)}"
    )
    if kind is ENTITY:
        query += " SET n:$(row.labels) REMOVE n:$(row.gone)"
    written = await _write(tx, query, rows)
    for it in rows:
        if it["uuid"] not in written:
            raise BadInput(f"The uuid {it['uuid']} was taken in another group meanwhile; give a new one.")


async def _write_edges(tx: Transaction, kind: Kind, rows: Sequence[dict[str, Any]], held: Mapping[str, Row]) -> None:
    moved = [it for it in rows if _moves(it, held[it["uuid"]]["held"])]
    if moved:
        await _take_up(tx, kind, moved)
    query = (
        "MATCH (s) WHERE elementId(s) = row.source MATCH (t) WHERE elementId(t) = row.target"
        f" MERGE (s)-[n:{kind.label} {{uuid: row.uuid}}]->(t) WITH n, row {_set(kind, '=')}"
    )
    written = await _write(tx, query, rows)
    for it in rows:
        if it["uuid"] not in written:
            raise NodeNotFoundError(it["from"])


def _moves(it: Row, found: Row | None) -> bool:
    return found is not None and (it["from"], it["to"]) != (found["source_node_uuid"], found["target_node_uuid"])


async def _take_up(tx: Transaction, kind: Kind, moved: Sequence[dict[str, Any]]) -> None:
    """Take out edges that are then written between other nodes, with the vectors they keep."""
    uuids = [it["uuid"] for it in moved]
    if kind.vector is not None:
        field = f"n.{kind.vector.field}"
        query = f"MATCH {pattern(kind)} WHERE n.uuid IN $uuids RETURN n.uuid AS uuid, {field} AS vector"
        had = {it["uuid"]: it["vector"] for it in await ask(tx, query, uuids=uuids)}
        for it in moved:
            if it["keeps"]:
                it["vector"] = had[it["uuid"]]
                it |= {"incomparable": is_incomparable(it["vector"]), "keeps": False}
    await ask(tx, f"MATCH {pattern(kind)} WHERE n.uuid IN $uuids {gone(kind)}", uuids=uuids)


def _set(kind: Kind, how: str) -> str:
    if kind.vector is None:
        return f"SET n {how} row.properties"
    field = f"n.{kind.vector.field}"
    return (
        f"WITH n, row, CASE WHEN row.keeps THEN {field} ELSE row.vector END AS vector,"
        " CASE WHEN row.keeps THEN n.incomparable ELSE row.incomparable END AS incomparable"
        f" SET n {how} row.properties SET {field} = vector, n.incomparable = incomparable"
    )


async def _write(tx: Transaction, query: str, rows: Sequence[Row]) -> set[str]:
    """Run a query for each of the rows; the uuids that it wrote."""
    if not rows:
        return set()
    return {it["uuid"] async for it in each(tx, f"UNWIND $rows AS row {query} RETURN row.uuid AS uuid", rows)}
