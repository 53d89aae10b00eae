"""The episodes that claims rest on: a stub while only its source is known, then its text."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from modelatlas.graph.facts import Claim, Episode
from modelatlas.graph.graphiti_rows import stub_of, ticks
from modelatlas.graph.neo4j import layout, log
from modelatlas.graph.neo4j.asking import each, run
from modelatlas.graph.neo4j.layout import Properties
from modelatlas.graph.neo4j.server import Transaction

_HELD = (
    "UNWIND $rows AS row MERGE (e:Episodic {uuid: row.uuid})"
    f" ON CREATE SET {layout.kept('e', layout.EPISODE_TIMES)}, e.stub = true"
)
_TELL = (
    # Its own uuid is set once more to hold the node, so that of two writers the second sees what the first wrote.
    f"{_HELD} SET e.uuid = row.uuid WITH e, row WHERE e.stub SET {layout.kept('e', layout.EPISODE_TIMES, '+=')}"
)


async def stub(tx: Transaction, tenant: str, claims: Iterable[Claim], now: datetime, place: int) -> None:
    """Write an episode for every source revision that came without its text."""
    told_by = {str(claim.source.episode(tenant)): claim for claim in claims}
    query = "UNWIND $rows AS uuid MATCH (e:Episodic {uuid: uuid}) RETURN e.uuid AS uuid"
    known = {row["uuid"] async for row in each(tx, query, told_by)}
    rows: list[Properties] = []
    for uuid, claim in told_by.items():
        if uuid not in known:
            told = stub_of(claim, claim.recorded(now).latest)
            kept = layout.episode(tenant, told, True, ticks(now)) | {"place": place + len(rows)}
            rows.append({"uuid": uuid, "kept": kept})
    await run(tx, _HELD, sorted(rows, key=lambda row: str(row["uuid"])))


async def tell(tx: Transaction, home: str, episodes: Sequence[Episode], now: datetime, place: int, batch: str) -> int:
    """Write episodes with their texts, unless they have one or are forgotten; how many were written."""
    by_tenant: dict[str, dict[str, Episode]] = {}
    for episode in episodes:
        tenant = episode.tenant or home
        by_tenant.setdefault(tenant, {}).setdefault(str(episode.source.episode(tenant)), episode)
    written = 0
    for tenant, told in by_tenant.items():
        erased = await log.erased_of(tx, tenant, told)
        rows: list[Properties] = []
        for uuid, episode in told.items():
            if uuid not in erased:
                kept = layout.episode(tenant, episode, False, ticks(now))
                rows.append({"uuid": uuid, "kept": kept | {"place": place + len(rows), "batch": batch}})
        await run(tx, _TELL, sorted(rows, key=lambda row: str(row["uuid"])))
        told_now = [row["uuid"] for row in rows]
        query = "UNWIND $rows AS uuid MATCH (e:Episodic {uuid: uuid, batch: $batch}) RETURN e.uuid AS uuid"
        written += len([row async for row in each(tx, query, told_now, batch=batch)])
    return written


async def erase(tx: Transaction, tenant: str, uuids: Collection[str]) -> int:
    """Erase episodes, which stay forgotten; how many there were."""
    query = "UNWIND $rows AS uuid MATCH (e:Episodic {uuid: uuid}) DETACH DELETE e RETURN uuid"
    gone = {row["uuid"] async for row in each(tx, query, uuids)}
    await log.bury(tx, tenant, gone)
    return len(gone)
