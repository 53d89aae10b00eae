"""What one transaction of a write does: claims into the log, and the edges that follow from it.

Only the lines a batch touches are read again and followed anew; of their edges those that no longer follow go,
new ones come, and one that merely ended gets its end.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from modelatlas.graph.beliefs import Belief, Entry, beliefs, beliefs_on, earliest_reach, entry
from modelatlas.graph.facts import Claim, Episode, Fact, Pattern
from modelatlas.graph.graphiti_rows import (
    EDGE_COLUMNS,
    edge_row,
    edge_words,
    episode_row,
    episode_words,
    instant_of,
    line_key,
    period_of_texts,
    subject_row,
    target_row,
    ticks,
)
from modelatlas.graph.reading import fact_of, matches
from modelatlas.graph.store import Forgotten, Recorded

T = TypeVar("T")

_ALWAYS = -(2**62)  # before any time, in microseconds
_PLACES = ", ".join("?" * len(EDGE_COLUMNS.split(",")))


def record(
    connection: sqlite3.Connection, home: str, claims: Sequence[Claim], episodes: Sequence[Episode], now: datetime
) -> Recorded:
    """Take claims and episodes on record; claims without a tenant go to `home`."""
    moment_of_ingestion = ticks(now)
    by_tenant: dict[str, dict[str, Claim]] = defaultdict(dict)
    for claim in claims:
        by_tenant[claim.tenant or home].setdefault(claim.id.hex, claim)
    new = forgotten = 0
    for tenant, given in by_tenant.items():
        known = _present(connection, "claim", tenant, given)
        erased = _present(connection, "forgotten", tenant, given)
        fresh = {uuid: claim for uuid, claim in given.items() if uuid not in known and uuid not in erased}
        entries: dict[bytes, list[Entry]] = defaultdict(list)
        rows = []
        for uuid, claim in fresh.items():
            key, laid = line_key(tenant, claim), entry(claim, now)
            entries[key].append(laid)
            latest = ticks(laid.recorded.latest)
            rows.append((uuid, tenant, key, claim.subject, claim.canonical, latest, moment_of_ingestion))
        appended = {key: entries.pop(key) for key in _lines_that_go_on(connection, entries)}
        connection.executemany(
            "INSERT INTO claim (uuid, tenant, line, subject, body, recorded_at, ingested_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        _stub_episodes(connection, tenant, fresh.values(), now)
        _append(connection, tenant, appended, now)
        _follow(connection, tenant, set(entries), now)
        new += len(fresh)
        forgotten += len(erased)
    written = sum(_write_episode(connection, episode.tenant or home, episode, False, now) for episode in episodes)
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
    told -= {row["uuid"] for row in _chunks(connection, query, told)}
    told -= {row["uuid"] for row in _chunks(connection, "SELECT uuid FROM forgotten WHERE uuid IN ({})", told)}
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
    ends = {uuid for row in _chunks(connection, query, lines) for uuid in row}
    facts = _follow(connection, tenant, lines, now)
    touched = {str(claim.source.episode(tenant)) for _, claim in erased}
    episodes = _erase_episodes(connection, tenant, touched, about)
    connection.execute(
        "DELETE FROM entity WHERE uuid IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.group_id = entity.group_id AND e.source_node_uuid = entity.uuid)"
        " AND NOT EXISTS (SELECT 1 FROM edge WHERE target_node_uuid = entity.uuid)",
        (json.dumps(list(ends)),),
    )
    done = Forgotten(claims=len(erased), facts=facts, episodes=episodes)
    if done.claims or done.episodes:
        row = (tenant, ticks(now), done.claims, done.facts, done.episodes)
        connection.execute("INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES (?,?,?,?,?)", row)
        connection.execute("INSERT INTO edge_words (edge_words) VALUES ('optimize')")
        connection.execute("INSERT INTO episode_words (episode_words) VALUES ('optimize')")
    return done


def _lines_that_go_on(connection: sqlite3.Connection, entries: dict[bytes, list[Entry]]) -> list[bytes]:
    """The lines whose new claims were all recorded after every claim in the log, so that nothing moves before them."""
    query = "SELECT line, max(recorded_at) AS last FROM claim WHERE line IN ({}) GROUP BY line"
    last = {row["line"]: row["last"] for row in _chunks(connection, query, entries)}
    return [
        key
        for key, laid in entries.items()
        if key not in last or last[key] < min(ticks(it.recorded.latest) for it in laid)
    ]


def _append(connection: sqlite3.Connection, tenant: str, entries: dict[bytes, list[Entry]], now: datetime) -> None:
    """Lay claims over the beliefs of their lines; those that they cannot reach are not even read."""
    standing: dict[str, sqlite3.Row] = {}
    by_line: dict[bytes, list[sqlite3.Row]] = {}
    for key, laid in entries.items():
        by_line[key] = _within_reach(connection, key, laid)
        standing |= {row["uuid"]: row for row in by_line[key]}
    told_by = {json.loads(row["attributes"])["claims"][0] for row in standing.values()}
    query = "SELECT uuid, body, ingested_at FROM claim WHERE tenant = ? AND uuid IN ({})"
    told = {row["uuid"]: row for row in _chunks(connection, query, told_by, tenant)}
    wanted = [
        belief
        for key, laid in entries.items()
        for belief in beliefs_on([_belief(row, told) for row in by_line[key]], laid)
    ]
    _reconcile(connection, tenant, wanted, standing, now)


def _within_reach(connection: sqlite3.Connection, key: bytes, laid: Sequence[Entry]) -> list[sqlite3.Row]:
    valid_from, recorded_from = earliest_reach(laid)
    return connection.execute(
        "SELECT id, uuid, expired_at, attributes FROM edge WHERE line = ?"
        " AND (invalid_at IS NULL OR invalid_at >= ?) AND (expired_at IS NULL OR expired_at >= ?)",
        (key, *(_ALWAYS if it is None else ticks(it) for it in (valid_from, recorded_from))),
    ).fetchall()


def _belief(row: sqlite3.Row, told: dict[str, sqlite3.Row]) -> Belief:
    kept = json.loads(row["attributes"])
    claim = told[kept["claims"][0]]
    return Belief(
        entry=entry(_claim(claim["body"]), instant_of(claim["ingested_at"])),
        valid=period_of_texts(kept["valid"]),
        believed=period_of_texts(kept["believed"]),
        claims=tuple(UUID(hex=it) for it in kept["claims"]),
        ended_by=UUID(hex=kept["ended_by"]) if kept["ended_by"] else None,
    )


def _follow(connection: sqlite3.Connection, tenant: str, touched: set[bytes], now: datetime) -> int:
    """Make the edges of the touched lines those that follow from the whole log; how many no longer do."""
    log: dict[bytes, list[Entry]] = defaultdict(list)
    for row in _chunks(connection, "SELECT line, body, ingested_at FROM claim WHERE line IN ({})", touched):
        log[row["line"]].append(entry(_claim(row["body"]), instant_of(row["ingested_at"])))
    standing: dict[str, sqlite3.Row] = {}
    for row in _chunks(connection, "SELECT id, uuid, expired_at, attributes FROM edge WHERE line IN ({})", touched):
        standing[row["uuid"]] = row
    return _reconcile(connection, tenant, [it for laid in log.values() for it in beliefs(laid)], standing, now)


def _reconcile(
    connection: sqlite3.Connection,
    tenant: str,
    wanted: Iterable[Belief],
    standing: dict[str, sqlite3.Row],
    now: datetime,
) -> int:
    """Make the standing edges those that are wanted; how many are gone."""
    moment_of_ingestion = ticks(now)
    ended: list[tuple[Any, ...]] = []
    born: list[tuple[Fact, tuple[Any, ...]]] = []
    nodes: dict[str, tuple[Any, ...]] = {}
    for belief in wanted:
        fact = fact_of(belief, tenant)
        source, target = subject_row(tenant, fact, moment_of_ingestion), target_row(tenant, fact, moment_of_ingestion)
        edge = edge_row(tenant, fact, source[0], target[0])
        held = standing.pop(edge[0], None)
        if held is None:
            nodes[source[0]], nodes[target[0]] = source, target
            born.append((fact, edge))
        elif (held["expired_at"], held["attributes"]) != (edge[10], edge[11]):
            ended.append((edge[10], edge[11], held["id"]))
    gone = [(row["id"],) for row in standing.values()]
    connection.executemany("DELETE FROM edge_words WHERE rowid = ?", gone)
    connection.executemany("DELETE FROM edge WHERE id = ?", gone)
    connection.executemany("UPDATE edge SET expired_at = ?, attributes = ? WHERE id = ?", ended)
    _insert_entities(connection, nodes.values())
    _insert_edges(connection, born)
    return len(gone)


def _insert_entities(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO entity (uuid, group_id, name, name_key, labels, attributes, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _insert_edges(connection: sqlite3.Connection, born: Sequence[tuple[Fact, tuple[Any, ...]]]) -> None:
    first = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM edge").fetchone()[0]
    rows = [(first + number, *row) for number, (_, row) in enumerate(born)]
    connection.executemany(f"INSERT INTO edge (id, {EDGE_COLUMNS}) VALUES (?, {_PLACES})", rows)
    texts = [(first + number, edge_words(fact)) for number, (fact, _) in enumerate(born)]
    connection.executemany("INSERT INTO edge_words (rowid, words) VALUES (?, ?)", texts)


def _stub_episodes(connection: sqlite3.Connection, tenant: str, claims: Iterable[Claim], now: datetime) -> None:
    """An episode for every source revision that came without its text."""
    by_source = {claim.source.episode(tenant): claim for claim in claims}
    for claim in by_source.values():
        _write_episode(connection, tenant, _stub_episode(claim, claim.recorded(now).latest), True, now)


def _stub_episode(claim: Claim, said: datetime) -> Episode:
    """The episode of a source of which only its name is known."""
    source = claim.source
    name = (source.title or "").strip()[:2000] or source.id
    text = "\n".join(part for part in (name, source.url, source.commit) if part)
    return Episode(name=name, text=text, kind="text", source=source, said=said, tenant=claim.tenant)


def _write_episode(connection: sqlite3.Connection, tenant: str, episode: Episode, stub: bool, now: datetime) -> int:
    row = episode_row(tenant, episode, stub, ticks(now))
    if not stub and _present(connection, "forgotten", tenant, row[:1]):
        return 0
    held = connection.execute("SELECT id, attributes FROM episode WHERE uuid = ?", (row[0],)).fetchone()
    if held is not None and (stub or not json.loads(held["attributes"])["stub"]):
        return 0
    if held is not None:
        connection.execute("DELETE FROM episode_words WHERE rowid = ?", (held["id"],))
        connection.execute("DELETE FROM episode WHERE id = ?", (held["id"],))
    cursor = connection.execute(
        "INSERT INTO episode (uuid, group_id, name, source, source_description, content, attributes, valid_at,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    if not stub:
        words = (cursor.lastrowid, episode_words(episode))
        connection.execute("INSERT INTO episode_words (rowid, words) VALUES (?, ?)", words)
    return 0 if stub else 1


def _erase_episodes(connection: sqlite3.Connection, tenant: str, touched: set[str], about: Pattern) -> int:
    if about.source is not None and about == Pattern(source=about.source):
        query = "SELECT uuid FROM episode WHERE group_id = ? AND attributes ->> '$.source.id' = ?"
        touched |= {row["uuid"] for row in connection.execute(query, (tenant, about.source))}
    left = {
        str(_claim(row["body"]).source.episode(tenant))
        for row in connection.execute("SELECT body FROM claim WHERE tenant = ?", (tenant,))
    }
    gone = 0
    for uuid in touched - left:
        row = connection.execute("SELECT id FROM episode WHERE uuid = ?", (uuid,)).fetchone()
        if row is not None:
            connection.execute("DELETE FROM episode_words WHERE rowid = ?", (row["id"],))
            connection.execute("DELETE FROM episode WHERE id = ?", (row["id"],))
            connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (tenant, uuid))
            gone += 1
    return gone


def _present(connection: sqlite3.Connection, table: str, tenant: str, uuids: Iterable[str]) -> set[str]:
    query = f"SELECT uuid FROM {table} WHERE tenant = ? AND uuid IN ({{}})"
    return {row["uuid"] for row in _chunks(connection, query, uuids, tenant)}


def _chunks(connection: sqlite3.Connection, query: str, keys: Iterable[Any], *before: object) -> Iterator[sqlite3.Row]:
    every = iter(keys)
    while chunk := list(islice(every, 10_000)):
        yield from connection.execute(query.format(", ".join("?" * len(chunk))), (*before, *chunk))


def _claim(body: str) -> Claim:
    return Claim.model_validate_json(body)
