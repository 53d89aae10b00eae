"""What an as-of sees of the database: every read filters by both times before it ranks or limits."""

from collections.abc import Sequence
from typing import Any

from modelatlas.graph.facts import Claim, Episode, Fact, Pattern
from modelatlas.graph.graphiti_rows import entity_id, episode_of_row, fact_of_row
from modelatlas.graph.neo4j import sieve
from modelatlas.graph.neo4j.asking import ask, each
from modelatlas.graph.neo4j.layout import fact_row
from modelatlas.graph.neo4j.server import Transaction
from modelatlas.graph.periods import AsOf
from modelatlas.graph.reading import matches
from modelatlas.graph.text import name_key

FACT = (
    "r.uuid AS uuid, r.name AS name, r.fact AS fact, r.episodes[0] AS episode, r.attributes AS attributes,"
    " s.name AS subject"
)
EPISODE = (
    "e.uuid AS uuid, e.group_id AS group_id, e.name AS name, e.content AS content, e.source AS source, e.said AS said,"
    " e.attributes AS attributes"
)
# Graphiti's clients may keep relationships of their own here: those follow from no claim and are no facts.
# Told by a property that no index has alone: else a plan made while there was little scans all beliefs for each entity.
OURS = "r.valid_from IS NOT NULL"


async def recall(tx: Transaction, tenant: str, about: Pattern, as_of: AsOf) -> list[Fact]:
    """The facts of a pattern that may hold at the as-of, in no particular order."""
    seen = sieve.of_beliefs(tenant, as_of)
    subject = entity_id(tenant, about.subject, literal=False) if about.subject is not None else None
    start = "(s:Entity {uuid: $subject})" if subject is not None else "(s)"
    named = " AND r.name = $predicate" if about.predicate is not None else ""
    query = f"MATCH {start}-[r:RELATES_TO]->() WHERE {seen.where} AND {OURS}{named} RETURN {FACT}"
    result = await tx.run(query, {**seen.values, "subject": subject, "predicate": about.predicate})
    facts = [fact_of_row(fact_row(record.data())) async for record in result]
    return [fact for fact in facts if matches(fact, about)]


async def of_lines(tx: Transaction, seen: sieve.Sieve, lines: Sequence[str]) -> list[Fact]:
    """The facts of some lines that are in sight."""
    query = f"UNWIND $rows AS line MATCH (s)-[r:RELATES_TO {{line: line}}]->() WHERE {seen.where} RETURN {FACT}"
    return [fact_of_row(fact_row(row)) async for row in each(tx, query, lines, **seen.values)]


async def turns(tx: Transaction, tenant: str, session: str, as_of: AsOf, limit: int) -> list[Episode]:
    """The last turns of a conversation, oldest first."""
    said = sieve.of_episodes(tenant, as_of)
    query = (
        f"MATCH (e:Episodic {{group_id: $tenant, session: $session}}) WHERE {said.where} RETURN {EPISODE}"
        " ORDER BY e.said DESC, e.place DESC LIMIT $limit"
    )
    found = await ask(tx, query, session=session, limit=max(limit, 0), **said.values)
    return [told(row) for row in found][::-1]


async def names(tx: Transaction, tenant: str, within: str | None) -> dict[str, str]:
    """Every name → the subject it names; with a text, only the names that stand in it."""
    key = None if within is None else name_key(within).encode(errors="replace").decode()
    stands = "" if key is None else " AND $key CONTAINS n.name_key"
    given = (
        f"MATCH (s)-[r:RELATES_TO {{group_id: $tenant, name: 'name'}}]->(n) WHERE {OURS}{stands}"
        " RETURN n.name AS name, s.name AS subject ORDER BY s.name DESC"
    )
    own = (
        f"MATCH (n:Entity {{group_id: $tenant}}) WHERE n.name_key IS NOT NULL{stands}"
        f" AND EXISTS {{ (n)-[r:RELATES_TO]->() WHERE {OURS} }} RETURN n.name AS name"
    )
    found = {row["name"]: row["subject"] for row in await ask(tx, given, tenant=tenant, key=key)}
    return found | {row["name"]: row["name"] for row in await ask(tx, own, tenant=tenant, key=key)}


async def claims_after(
    tx: Transaction, tenant: str, last: tuple[int, str], limit: int
) -> list[tuple[tuple[int, str], Claim, int]]:
    """The next claims of the log: place, claim, when it was ingested."""
    query = (
        "MATCH (c:Claim) WHERE c.tenant = $tenant AND c.place >= $place AND NOT (c.place = $place AND c.uuid <= $uuid)"
        " RETURN c.place AS place, c.uuid AS uuid, c.body AS body, c.ingested_at AS ingested_at"
        " ORDER BY c.place, c.uuid LIMIT $limit"
    )
    found = await ask(tx, query, tenant=tenant, place=last[0], uuid=last[1], limit=limit)
    return [((row["place"], row["uuid"]), Claim.model_validate_json(row["body"]), row["ingested_at"]) for row in found]


async def counts(tx: Transaction, tenant: str) -> dict[str, int]:
    """How many of each kind there are."""
    patterns = {
        "claims": "(c:Claim {tenant: $tenant})",
        "facts": f"()-[r:RELATES_TO {{group_id: $tenant}}]->() WHERE {OURS}",
        "entities": "(n:Entity {group_id: $tenant})",
        "episodes": "(e:Episodic {group_id: $tenant})",
        "tombstones": "(t:Tombstone {tenant: $tenant})",
    }
    return {
        name: (await ask(tx, f"MATCH {pattern} RETURN count(*) AS count", tenant=tenant))[0]["count"]
        for name, pattern in patterns.items()
    }


def told(row: dict[str, Any]) -> Episode:
    """An episode from its record."""
    return episode_of_row({**row, "valid_at": row["said"]})
