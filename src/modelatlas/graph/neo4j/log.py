"""The log of claims: which are on record, which were erased, and the lines that writers take in turn.

A line is what bears on one key of one source. Whoever writes claims of a line holds the line's node until its
transaction ends, so that of two writers the second sees all that the first wrote, and beliefs follow from all claims.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelatlas.graph.beliefs import Entry, entry
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.neo4j.asking import ask, each, run
from modelatlas.graph.neo4j.server import Transaction

_CLAIM = "c.uuid AS uuid, c.line AS line, c.body AS body, c.ingested_at AS ingested_at"


@dataclass(frozen=True, slots=True)
class Presence:
    """Of some claims, by id: which are in the log, which this batch itself wrote, which were erased."""

    known: set[str]
    own: set[str]
    erased: set[str]


async def presence(tx: Transaction, tenant: str, uuids: Iterable[str], batch: str | None = None) -> Presence:
    """What the log has of these claims. A batch that finds its own has committed already, and nobody was told."""
    query = (
        "UNWIND $rows AS uuid OPTIONAL MATCH (c:Claim {tenant: $tenant, uuid: uuid})"
        " OPTIONAL MATCH (f:Forgotten {tenant: $tenant, uuid: uuid}) WITH uuid, c, f"
        " WHERE c IS NOT NULL OR f IS NOT NULL"
        " RETURN uuid, c IS NOT NULL AS known, c.batch = $batch AS own, f IS NOT NULL AS erased"
    )
    found = Presence(set(), set(), set())
    async for row in each(tx, query, uuids, tenant=tenant, batch=batch):
        if row["own"]:
            found.own.add(row["uuid"])
        elif row["known"]:
            found.known.add(row["uuid"])
        elif row["erased"]:
            found.erased.add(row["uuid"])
    return found


async def erased_of(tx: Transaction, tenant: str, uuids: Iterable[str]) -> set[str]:
    """Those of the claims and episodes that were erased."""
    query = "UNWIND $rows AS uuid MATCH (f:Forgotten {tenant: $tenant, uuid: uuid}) RETURN f.uuid AS uuid"
    return {row["uuid"] async for row in each(tx, query, uuids, tenant=tenant)}


async def hold(tx: Transaction, lines: Iterable[str]) -> None:
    """Wait until nobody else writes to these lines, and keep others from them; always in one order."""
    query = "UNWIND $rows AS key MERGE (l:Line {key: key}) SET l.key = key"
    await run(tx, query, sorted(lines))


async def last_recorded(tx: Transaction, lines: Iterable[str]) -> dict[str, int]:
    """When the last claim of each line that has claims was recorded."""
    query = "UNWIND $rows AS key MATCH (l:Line {key: key}) WHERE l.last IS NOT NULL RETURN l.key AS key, l.last AS last"
    return {row["key"]: row["last"] async for row in each(tx, query, lines)}


async def place(tx: Transaction) -> int:
    """Where in the log a batch begins: the server's own time, in microseconds."""
    query = "WITH datetime.realtime() AS at RETURN at.epochSeconds * 1000000 + at.microsecond AS place"
    found: int = (await ask(tx, query))[0]["place"]
    return found


async def append(tx: Transaction, rows: Iterable[Mapping[str, Any]]) -> None:
    """Put claims into the log."""
    await run(tx, "UNWIND $rows AS row CREATE (c:Claim) SET c = row", rows)


async def move_on(tx: Transaction, last: Mapping[str, int]) -> None:
    """Say when the last claim of each line was recorded."""
    rows = [{"key": key, "last": at} for key, at in last.items()]
    query = (
        "UNWIND $rows AS row MATCH (l:Line {key: row.key})"
        " SET l.last = CASE WHEN l.last > row.last THEN l.last ELSE row.last END"
    )
    await run(tx, query, rows)


async def of_lines(tx: Transaction, lines: Iterable[str]) -> AsyncIterator[tuple[str, Entry]]:
    """Every claim of the lines, with its line."""
    async for row in each(tx, f"UNWIND $rows AS line MATCH (c:Claim {{line: line}}) RETURN {_CLAIM}", lines):
        yield row["line"], entry_of(row)


async def entries(tx: Transaction, tenant: str, uuids: Iterable[str]) -> dict[str, Entry]:
    """The claims with these ids."""
    query = f"UNWIND $rows AS uuid MATCH (c:Claim {{tenant: $tenant, uuid: uuid}}) RETURN {_CLAIM}"
    return {row["uuid"]: entry_of(row) async for row in each(tx, query, uuids, tenant=tenant)}


async def lines_about(tx: Transaction, tenant: str, subject: str | None) -> AsyncIterator[tuple[str, str]]:
    """The line and the text of every claim of a tenant, or of those about a subject."""
    only = "" if subject is None else ", subject: $subject"
    query = f"MATCH (c:Claim {{tenant: $tenant{only}}}) RETURN c.line AS line, c.body AS body"
    result = await tx.run(query, {"tenant": tenant, "subject": subject})
    async for record in result:
        yield record["line"], record["body"]


async def erase(tx: Transaction, tenant: str, uuids: Collection[str], tombs: Iterable[str]) -> None:
    """Take claims out of the log, and keep their ids as those of what is not to come back."""
    query = "UNWIND $rows AS uuid MATCH (c:Claim {tenant: $tenant, uuid: uuid}) DELETE c"
    await run(tx, query, uuids, tenant=tenant)
    await bury(tx, tenant, tombs)


async def bury(tx: Transaction, tenant: str, uuids: Iterable[str]) -> None:
    """Keep the ids of what was erased."""
    query = "UNWIND $rows AS uuid MERGE (f:Forgotten {tenant: $tenant, uuid: uuid})"
    await run(tx, query, sorted(set(uuids)), tenant=tenant)


async def shorten(tx: Transaction, lines: Iterable[str]) -> None:
    """Say anew when the last claim of each line was recorded; a line without claims goes."""
    query = (
        "UNWIND $rows AS key MATCH (l:Line {key: key})"
        " CALL (l) { MATCH (c:Claim {line: l.key}) RETURN max(c.recorded_at) AS last }"
        " SET l.last = last WITH l, last WHERE last IS NULL DELETE l"
    )
    await run(tx, query, lines)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """A claim of the log as an entry."""
    return entry(Claim.from_log(row["uuid"], row["body"]), instant_of(row["ingested_at"]))
