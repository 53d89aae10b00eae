"""What one transaction of a write does: claims into the log, and the edges that follow from it.

Only the lines a batch touches are read again and followed anew; of their edges those that no longer follow go,
new ones come, and one that merely ended gets its end.
"""

import gc
import json
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from modelatlas.graph.beliefs import Entry, beliefs, earliest_reach, entry
from modelatlas.graph.facts import Claim, Episode, Pattern
from modelatlas.graph.graphiti_rows import instant_of, line_key, ticks
from modelatlas.graph.reading import matches
from modelatlas.graph.revision import laid_over, tellers
from modelatlas.graph.sqlite import told_episodes
from modelatlas.graph.sqlite.standing import COMPARED, Vectors, reconcile, rows_of, rows_with
from modelatlas.graph.store import Forgotten, Recorded

Row = sqlite3.Row

_ALWAYS = -(2**62)  # before any time, in microseconds
_NONE: Vectors = {}
# What keeps an entity on record: our edges, and what Graphiti's clients may have at it.
_AT_AN_ENTITY = (
    *("edge WHERE source_node_uuid", "edge WHERE target_node_uuid"),
    *("mention WHERE target_node_uuid", "member WHERE target_node_uuid"),
)
_LINES = 200  # followed at a time; what a part needed is let go of before the next


def record(
    connection: sqlite3.Connection,
    home: str,
    claims: Sequence[Claim],
    episodes: Sequence[Episode],
    now: datetime,
    vectors: Vectors | None = None,
) -> Recorded:
    """Take claims and episodes on record; claims without a tenant go to `home`.

    `vectors` are those of the `texts` of the claims, by text; a fact whose text has none there is kept without.
    """
    new = forgotten = 0
    with _no_collector():
        by_tenant: dict[str, dict[str, Claim]] = defaultdict(dict)
        for claim in claims:
            by_tenant[claim.tenant or home].setdefault(claim.id.hex, claim)
        for tenant, given in by_tenant.items():
            known = _present(connection, "claim", tenant, given)
            erased = _present(connection, "forgotten", tenant, given)
            fresh = {uuid: claim for uuid, claim in given.items() if uuid not in known and uuid not in erased}
            _take(connection, tenant, fresh, vectors or _NONE, now)
            told_episodes.stub(connection, tenant, fresh.values(), now)
            new += len(fresh)
            forgotten += len(erased)
    written = sum(told_episodes.tell(connection, it.tenant or home, it, now) for it in episodes)
    return Recorded(new=new, known=len(claims) - new - forgotten, forgotten=forgotten, episodes=written)


def preview(
    connection: sqlite3.Connection, home: str, claims: Sequence[Claim], episodes: Sequence[Episode]
) -> Recorded:
    """What `record` would count."""
    by_tenant: dict[str, set[str]] = defaultdict(set)
    for claim in claims:
        by_tenant[claim.tenant or home].add(claim.id.hex)
    known = sum(len(_present(connection, "claim", tenant, ids)) for tenant, ids in by_tenant.items())
    erased = sum(len(_present(connection, "forgotten", tenant, ids)) for tenant, ids in by_tenant.items())
    new = sum(len(ids) for ids in by_tenant.values()) - known - erased
    told = {str(episode.source.episode(episode.tenant or home)) for episode in episodes}
    query = "SELECT uuid FROM episode WHERE attributes ->> '$.stub' = 0 AND uuid IN ({})"
    told -= {row["uuid"] for row in rows_of(connection, query, told)}
    told -= {row["uuid"] for row in rows_of(connection, "SELECT uuid FROM forgotten WHERE uuid IN ({})", told)}
    return Recorded(new=new, known=len(claims) - new - erased, forgotten=erased, episodes=len(told))


def forget(connection: sqlite3.Connection, tenant: str, about: Pattern, now: datetime) -> Forgotten:
    """Erase what matches: claims, the beliefs that rest on them, documents nothing else rests on."""
    query = "SELECT id, line, body, ingested_at FROM claim WHERE tenant = ?"
    log = connection.execute(query, (tenant,))
    if about.subject is not None:
        log = connection.execute(f"{query} AND subject = ?", (tenant, about.subject))
    erased = [(row, claim) for row in log if matches(claim := _claim(row["body"]), about)]
    exported = [claim.dated(instant_of(row["ingested_at"])) for row, claim in erased]
    tombs = [(tenant, claim.id.hex) for claim in (*exported, *(claim for _, claim in erased))]
    connection.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", tombs)
    connection.executemany("DELETE FROM claim WHERE id = ?", [(row["id"],) for row, _ in erased])
    lines = {row["line"] for row, _ in erased}
    query = "SELECT source_node_uuid, target_node_uuid FROM edge WHERE line IN ({})"
    ends = {uuid for row in rows_with(connection, query, [(line,) for line in lines]) for uuid in row}
    facts = _follow(connection, tenant, lines, _NONE, now)
    touched = {str(claim.source.episode(tenant)) for _, claim in erased}
    episodes = _erase_episodes(connection, tenant, touched, about)
    ended = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {end} = entity.uuid)" for end in _AT_AN_ENTITY)
    query = f"DELETE FROM entity WHERE uuid IN (SELECT value FROM json_each(?)) AND {ended}"
    connection.execute(query, (json.dumps(list(ends)),))
    done = Forgotten(claims=len(erased), facts=facts, episodes=episodes)
    if done.claims or done.episodes:
        row = (tenant, ticks(now), done.claims, done.facts, done.episodes)
        connection.execute("INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES (?,?,?,?,?)", row)
        for table in ("edge_words", "entity_words", "episode_words"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")
    return done


def _take(
    connection: sqlite3.Connection, tenant: str, fresh: Mapping[str, Claim], vectors: Vectors, now: datetime
) -> None:
    """Put claims that are new into the log, and make the edges of their lines what follows."""
    moment_of_ingestion = ticks(now)
    entries: dict[bytes, list[Entry]] = defaultdict(list)
    rows = []
    for uuid, claim in fresh.items():
        key, laid = line_key(tenant, claim), entry(claim, now)
        entries[key].append(laid)
        latest = ticks(laid.recorded.latest)
        rows.append((uuid, tenant, key, claim.subject, claim.canonical, latest, moment_of_ingestion))
    last = _last_recorded(connection, entries)
    # Where all new claims come after all in the log, nothing moves before them.
    back = {key for key in last if last[key] >= min(ticks(laid.recorded.latest) for laid in entries[key])}
    connection.executemany(
        "INSERT INTO claim (uuid, tenant, line, subject, body, recorded_at, ingested_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    onward = ((key, laid) for key, laid in entries.items() if key not in back)
    while part := dict(islice(onward, _LINES)):
        _append(connection, tenant, part, last, vectors, now)
    _follow(connection, tenant, back, vectors, now)


@contextmanager
def _no_collector() -> Iterator[None]:
    """A batch makes many values and no cycles, which the cycle collector would go through again and again."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _last_recorded(connection: sqlite3.Connection, lines: Iterable[bytes]) -> dict[bytes, int]:
    """When the last claim in the log of each line was recorded; nothing of a line that has none."""
    query = (
        "WITH asked (line) AS ({})"
        " SELECT line, (SELECT max(recorded_at) FROM claim WHERE claim.line = asked.line) AS last FROM asked"
    )
    found = {row["line"]: row["last"] for row in rows_with(connection, query, ((line,) for line in lines))}
    return {line: last for line, last in found.items() if last is not None}


def _append(
    connection: sqlite3.Connection,
    tenant: str,
    entries: Mapping[bytes, Sequence[Entry]],
    logged: Collection[bytes],
    vectors: Vectors,
    now: datetime,
) -> None:
    """Lay claims over the beliefs of their lines; those that they cannot reach are not even read."""
    reached = _within_reach(connection, {key: laid for key, laid in entries.items() if key in logged})
    query = "SELECT uuid, body, ingested_at FROM claim WHERE tenant = ? AND uuid IN ({})"
    told = {row["uuid"]: _entry(row) for row in rows_of(connection, query, tellers(reached), tenant)}
    wanted, touched = laid_over(entries, reached, told)
    reconcile(connection, tenant, wanted, touched, vectors, now)


def _within_reach(connection: sqlite3.Connection, entries: Mapping[bytes, Sequence[Entry]]) -> dict[bytes, list[Row]]:
    asked = []
    for key, laid in entries.items():
        asked.append((key, *(_ALWAYS if it is None else ticks(it) for it in earliest_reach(laid))))
    query = (
        f"WITH asked (line, valid_from, recorded_from) AS ({{}}) SELECT {COMPARED}"
        " FROM asked CROSS JOIN edge e ON e.line = asked.line"
        " WHERE (e.invalid_at IS NULL OR e.invalid_at >= valid_from)"
        " AND (e.expired_at IS NULL OR e.expired_at >= recorded_from)"
    )
    found: dict[bytes, list[Row]] = defaultdict(list)
    for row in rows_with(connection, query, asked):
        found[row["line"]].append(row)
    return found


def _entry(row: Row) -> Entry:
    return entry(Claim.from_log(row["uuid"], row["body"]), instant_of(row["ingested_at"]))


def _follow(
    connection: sqlite3.Connection, tenant: str, lines: Collection[bytes], vectors: Vectors, now: datetime
) -> int:
    """Make the edges of the lines those that follow from the whole log; how many no longer do."""
    log: dict[bytes, list[Entry]] = defaultdict(list)
    query = "SELECT line, uuid, body, ingested_at FROM claim WHERE line IN ({})"
    for row in rows_with(connection, query, [(line,) for line in lines]):
        log[row["line"]].append(_entry(row))
    query = f"SELECT {COMPARED} FROM edge e WHERE e.line IN ({{}})"
    standing = {row["uuid"]: row for row in rows_with(connection, query, [(line,) for line in lines])}
    wanted = [belief for laid in log.values() for belief in beliefs(laid)]
    return reconcile(connection, tenant, wanted, standing, vectors, now)


def _erase_episodes(connection: sqlite3.Connection, tenant: str, touched: set[str], about: Pattern) -> int:
    if about.source is not None and about == Pattern(source=about.source):
        query = "SELECT uuid FROM episode WHERE group_id = ? AND attributes ->> '$.source.id' = ?"
        touched |= {row["uuid"] for row in connection.execute(query, (tenant, about.source))}
    left = {
        str(_claim(row["body"]).source.episode(tenant))
        for row in connection.execute("SELECT body FROM claim WHERE tenant = ?", (tenant,))
    }
    return told_episodes.erase(connection, tenant, touched - left)


def _present(connection: sqlite3.Connection, table: str, tenant: str, uuids: Iterable[str]) -> set[str]:
    query = f"SELECT uuid FROM {table} WHERE tenant = ? AND uuid IN ({{}})"
    return {row["uuid"] for row in rows_of(connection, query, uuids, tenant)}


def _claim(body: str) -> Claim:
    return Claim.model_validate_json(body)
