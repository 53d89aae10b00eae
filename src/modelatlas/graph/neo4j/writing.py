"""What one transaction of a write does: claims into the log, and the relationships that follow from it.

Only the lines a batch touches are read again and followed anew. Every step comes to the same when it is run again:
a batch knows its own claims by its id, also when it committed and the answer was lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from modelatlas.graph.beliefs import Entry, beliefs, entry
from modelatlas.graph.facts import Claim, Episode, Pattern
from modelatlas.graph.graphiti_rows import line_key, ticks
from modelatlas.graph.neo4j import log, standing, told_episodes
from modelatlas.graph.neo4j.asking import ask, each
from modelatlas.graph.neo4j.server import Transaction
from modelatlas.graph.neo4j.standing import Vectors
from modelatlas.graph.reading import matches
from modelatlas.graph.revision import laid_over, tellers
from modelatlas.graph.store import Forgotten, Recorded

_NONE: Vectors = {}
_LINES = 4_000  # followed at a time; what a part needed is let go of before the next


async def record(
    tx: Transaction,
    home: str,
    claims: Sequence[Claim],
    episodes: Sequence[Episode],
    now: datetime,
    batch: str,
    vectors: Vectors | None = None,
) -> Recorded:
    """Take claims and episodes on record; claims without a tenant go to `home`.

    `batch` names this write, the same each time it is run again. `vectors` are those of the texts of the claims, by
    text; a fact whose text has none there is kept without.
    """
    new = forgotten = 0
    place = await log.place(tx)
    for tenant, given in _by_tenant(home, claims).items():
        known = (await log.presence(tx, tenant, given, batch)).known
        fresh = {uuid: claim for uuid, claim in given.items() if uuid not in known}
        lines = {uuid: line_key(tenant, claim).hex() for uuid, claim in fresh.items()}
        await log.hold(tx, set(lines.values()))
        # Only now nobody else writes to these lines, and what is on record there stays so.
        there = await log.presence(tx, tenant, fresh, batch)
        taken = {uuid: claim for uuid, claim in fresh.items() if uuid not in there.known | there.own | there.erased}
        await _take(tx, tenant, taken, lines, vectors or _NONE, now, batch, place)
        await told_episodes.stub(tx, tenant, taken.values(), now, place)
        new += len(taken) + len(there.own)
        forgotten += len(there.erased)
        place += len(taken)
    told = await told_episodes.tell(tx, home, episodes, now, place, batch)
    return Recorded(new=new, known=len(claims) - new - forgotten, forgotten=forgotten, episodes=told)


async def preview(tx: Transaction, home: str, claims: Sequence[Claim], episodes: Sequence[Episode]) -> Recorded:
    """What `record` would count."""
    new = forgotten = told = 0
    for tenant, given in _by_tenant(home, claims).items():
        there = await log.presence(tx, tenant, given)
        new += len(given.keys() - there.known - there.erased)
        forgotten += len(there.erased)
    by_tenant: dict[str, set[str]] = defaultdict(set)
    for episode in episodes:
        tenant = episode.tenant or home
        by_tenant[tenant].add(str(episode.source.episode(tenant)))
    query = "UNWIND $rows AS uuid MATCH (e:Episodic {uuid: uuid}) WHERE NOT e.stub RETURN e.uuid AS uuid"
    for tenant, uuids in by_tenant.items():
        held = {row["uuid"] async for row in each(tx, query, uuids)}
        told += len(uuids - held - await log.erased_of(tx, tenant, uuids))
    return Recorded(new=new, known=len(claims) - new - forgotten, forgotten=forgotten, episodes=told)


async def forget(tx: Transaction, tenant: str, about: Pattern, now: datetime, batch: str) -> Forgotten:
    """Erase what matches: claims, the beliefs that rest on them, documents nothing else rests on.

    `batch` names this write, as it does for `record`.
    """
    query = (
        "MATCH (t:Tombstone {tenant: $tenant, batch: $batch})"
        " RETURN t.claims AS claims, t.facts AS facts, t.episodes AS episodes"
    )
    for row in await ask(tx, query, tenant=tenant, batch=batch):
        return Forgotten(**row)
    asked = log.lines_about(tx, tenant, about.subject)
    lines = {line async for line, body in asked if matches(Claim.model_validate_json(body), about)}
    await log.hold(tx, lines)
    erased: dict[str, Entry] = {}
    async for _, laid in log.of_lines(tx, lines):
        if matches(laid.claim, about):
            erased[laid.claim.id.hex] = laid
    # What an export tells has the time it counts from, and so another id; it is not to come back either.
    await log.erase(tx, tenant, erased.keys(), {*erased, *(laid.place for laid in erased.values())})
    ends = await standing.ends_of(tx, lines)
    facts = await _follow(tx, tenant, lines, _NONE, now)
    await log.shorten(tx, lines)
    touched = {str(laid.claim.source.episode(tenant)) for laid in erased.values()}
    episodes = await _erase_episodes(tx, tenant, touched, about)
    await standing.delete_lonely(tx, ends)
    done = Forgotten(claims=len(erased), facts=facts, episodes=episodes)
    if done.claims or done.episodes:
        query = "CREATE (t:Tombstone) SET t = $kept"
        await ask(tx, query, kept={"tenant": tenant, "erased_at": ticks(now), "batch": batch, **done.model_dump()})
    return done


def _by_tenant(home: str, claims: Iterable[Claim]) -> dict[str, dict[str, Claim]]:
    found: dict[str, dict[str, Claim]] = defaultdict(dict)
    for claim in claims:
        found[claim.tenant or home].setdefault(claim.id.hex, claim)
    return found


async def _take(
    tx: Transaction,
    tenant: str,
    fresh: Mapping[str, Claim],
    lines: Mapping[str, str],
    vectors: Vectors,
    now: datetime,
    batch: str,
    place: int,
) -> None:
    """Put claims that are new into the log, and make the relationships of their lines what follows."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    rows = []
    for number, (uuid, claim) in enumerate(fresh.items()):
        laid = entry(claim, now)
        entries[lines[uuid]].append(laid)
        rows.append(
            {
                "tenant": tenant,
                "uuid": uuid,
                "line": lines[uuid],
                "subject": claim.subject,
                "episode": str(claim.source.episode(tenant)),
                "body": claim.canonical,
                "recorded_at": ticks(laid.recorded.latest),
                "ingested_at": ticks(now),
                "place": place + number,
                "batch": batch,
            }
        )
    last = await log.last_recorded(tx, entries)
    await log.append(tx, rows)
    latest = {line: max(ticks(laid.recorded.latest) for laid in those) for line, those in entries.items()}
    await log.move_on(tx, latest)
    # Where all new claims come after all in the log, nothing moves before them.
    back = {line for line in last if last[line] >= min(ticks(laid.recorded.latest) for laid in entries[line])}
    onward = [line for line in entries if line not in back]
    for first in range(0, len(onward), _LINES):
        part = {line: entries[line] for line in onward[first : first + _LINES]}
        await _append(tx, tenant, part, last.keys(), vectors, now)
    await _follow(tx, tenant, back, vectors, now)


async def _append(
    tx: Transaction,
    tenant: str,
    entries: Mapping[str, Sequence[Entry]],
    logged: Collection[str],
    vectors: Vectors,
    now: datetime,
) -> None:
    """Lay claims over the beliefs of their lines; those that they cannot reach are not even read."""
    reached = await standing.within_reach(tx, {line: laid for line, laid in entries.items() if line in logged})
    told = await log.entries(tx, tenant, tellers(reached))
    wanted, touched = laid_over(entries, reached, told)
    await standing.reconcile(tx, tenant, wanted, touched, vectors, now)


async def _follow(tx: Transaction, tenant: str, lines: Collection[str], vectors: Vectors, now: datetime) -> int:
    """Make the relationships of the lines those that follow from the whole log; how many no longer do."""
    if not lines:
        return 0
    laid: dict[str, list[Entry]] = defaultdict(list)
    async for line, told in log.of_lines(tx, lines):
        laid[line].append(told)
    held = await standing.of_lines(tx, lines)
    wanted = [belief for entries in laid.values() for belief in beliefs(entries)]
    return await standing.reconcile(tx, tenant, wanted, held, vectors, now)


async def _erase_episodes(tx: Transaction, tenant: str, touched: set[str], about: Pattern) -> int:
    if about.source is not None and about == Pattern(source=about.source):
        query = "MATCH (e:Episodic {group_id: $tenant, source_id: $source}) RETURN e.uuid AS uuid"
        touched |= {row["uuid"] for row in await ask(tx, query, tenant=tenant, source=about.source)}
    query = "UNWIND $rows AS uuid MATCH (c:Claim {episode: uuid}) RETURN DISTINCT uuid"
    left = {row["uuid"] async for row in each(tx, query, touched)}
    return await told_episodes.erase(tx, tenant, touched - left)
