"""The relationships that stand for the beliefs of claims: which go, which end, which are born, with their vectors."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from neo4j.vector import Vector

from modelatlas.graph.beliefs import Belief, Entry, earliest_reach
from modelatlas.graph.facts import Fact
from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.neo4j import layout
from modelatlas.graph.neo4j.asking import each, run
from modelatlas.graph.neo4j.layout import ALWAYS, NEVER
from modelatlas.graph.neo4j.server import Transaction
from modelatlas.graph.revision import Edge, Node, revision

Row = dict[str, Any]
Told = list[float] | Vector  # a vector as a server takes it
Vectors = Mapping[str, Told]

_COMPARED = (
    "r.uuid AS uuid, r.fact AS fact, r.attributes AS attributes, r.line AS line,"
    f" CASE r.believed_until WHEN {NEVER} THEN null ELSE r.believed_until END AS expired_at"
)
# Each is found by an index that is named: a plan made while there was little would else scan all of them for each row.
_BY_UUID = "MATCH ()-[r:RELATES_TO {{uuid: {0}}}]->() USING INDEX SEEK r:RELATES_TO(uuid)".format
_BY_LINE = "MATCH (s)-[r:RELATES_TO {{line: {0}}}]->(t) USING INDEX SEEK r:RELATES_TO(line)".format
_BORN = (
    "UNWIND $rows AS row MATCH (s:Entity {uuid: row.source}) MATCH (t:Entity {uuid: row.target})"
    f" CREATE (s)-[r:RELATES_TO]->(t) SET {layout.kept('r', layout.RELATION_TIMES)}"
)
_WITH_VECTOR = f"{_BORN} WITH r, row CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector)"


async def of_lines(tx: Transaction, lines: Iterable[str]) -> dict[str, Row]:
    """Every belief of the lines, by uuid."""
    query = f"UNWIND $rows AS line {_BY_LINE('line')} RETURN {_COMPARED}"
    return {row["uuid"]: row async for row in each(tx, query, lines)}


async def within_reach(tx: Transaction, entries: Mapping[str, Sequence[Entry]]) -> dict[str, list[Row]]:
    """The beliefs of each line that its new claims may change."""
    asked = []
    for line, laid in entries.items():
        valid, recorded = earliest_reach(laid)
        asked.append({"line": line, "valid": _count(valid), "recorded": _count(recorded)})
    query = (
        f"UNWIND $rows AS row {_BY_LINE('row.line')}"
        f" WHERE r.valid_until >= row.valid AND r.believed_until >= row.recorded RETURN {_COMPARED}"
    )
    found: dict[str, list[Row]] = defaultdict(list)
    async for row in each(tx, query, asked):
        found[row["line"]].append(row)
    return found


async def reconcile(
    tx: Transaction,
    tenant: str,
    wanted: Iterable[Belief],
    standing: Mapping[str, Row],
    given: Vectors,
    now: datetime,
) -> int:
    """Make the standing relationships (uuid → row) those of the wanted beliefs; how many are gone.

    One that is born has the vector given for its text, else that of a standing one with the same text.
    """
    made = revision(tenant, wanted, standing)
    vectors = await _vectors(tx, {fact.text for fact, _ in made.born}, standing, given)
    if made.gone:
        # Without its uuid first, the newest servers refuse another of that uuid later in the transaction.
        query = f"UNWIND $rows AS uuid {_BY_UUID('uuid')} REMOVE r.uuid DELETE r"
        await run(tx, query, [row["uuid"] for row in made.gone])
    if made.ended:
        ended = [
            {"uuid": row["uuid"], "kept": {"attributes": attributes, **layout.ended(expired_at)}}
            for row, expired_at, attributes in made.ended
        ]
        change = layout.kept("r", ("expired_at",), "+=")
        await run(tx, f"UNWIND $rows AS row {_BY_UUID('row.uuid')} SET {change}", ended)
    await _insert_entities(tx, tenant, made.nodes, ticks(now))
    await _insert(tx, made.born, vectors)
    return len(made.gone)


async def delete_lonely(tx: Transaction, uuids: Iterable[str]) -> None:
    """Take out those of the entities at which nothing is left."""
    await run(tx, "UNWIND $rows AS uuid MATCH (n:Entity {uuid: uuid}) WHERE NOT (n)--() DELETE n", uuids)


async def ends_of(tx: Transaction, lines: Iterable[str]) -> set[str]:
    """The entities that the beliefs of the lines go between."""
    query = f"UNWIND $rows AS line {_BY_LINE('line')} RETURN s.uuid AS source, t.uuid AS target"
    return {uuid async for row in each(tx, query, lines) for uuid in (row["source"], row["target"])}


async def _vectors(tx: Transaction, texts: set[str], standing: Mapping[str, Row], given: Vectors) -> dict[str, Told]:
    found: dict[str, Told] = {text: given[text] for text in texts & given.keys()}
    alike = {row["fact"]: row["uuid"] for row in standing.values() if row["fact"] in texts and row["fact"] not in found}
    if alike:
        query = (
            f"UNWIND $rows AS uuid {_BY_UUID('uuid')} WHERE r.fact_embedding IS NOT NULL"
            " RETURN r.fact AS fact, r.fact_embedding AS vector"
        )
        found |= {row["fact"]: row["vector"] async for row in each(tx, query, alike.values())}
    return found


async def _insert_entities(tx: Transaction, tenant: str, nodes: Mapping[str, Node], now: int) -> None:
    query = "UNWIND $rows AS uuid MATCH (n:Entity {uuid: uuid}) RETURN n.uuid AS uuid"
    known = {row["uuid"] async for row in each(tx, query, nodes)}
    rows = []
    for uuid in sorted(nodes.keys() - known):
        row_of, fact = nodes[uuid]
        kept = layout.entity(row_of(tenant, fact, now))
        rows.append({"uuid": uuid, "labels": kept.pop("labels"), "kept": kept})
    made = layout.kept("n", layout.ENTITY_TIMES)
    query = f"UNWIND $rows AS row MERGE (n:Entity {{uuid: row.uuid}}) ON CREATE SET {made}, n:$(row.labels)"
    await run(tx, query, rows)


async def _insert(tx: Transaction, born: Sequence[tuple[Fact, Edge]], vectors: Vectors) -> None:
    having, without = [], []
    for fact, edge in born:
        row = {"source": edge[2], "target": edge[3], "kept": layout.relation(fact, edge)}
        if fact.text in vectors:
            having.append({**row, "vector": vectors[fact.text]})
        else:
            without.append(row)
    await run(tx, _WITH_VECTOR, having)
    await run(tx, _BORN, without)


def _count(instant: datetime | None) -> int:
    return ALWAYS if instant is None else ticks(instant)
