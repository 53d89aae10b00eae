"""The beliefs reckoned anew from the log of claims, some lines at a time, and what of the database is otherwise.

Others may write meanwhile, and two queries see two moments: a line that looks wrong is looked at again, and only
what two looks in a row find is told, or what is still wrong, each time in another way, at the last. A look during
which the claims of a line changed has seen nothing of it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import neo4j.time

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.care.progress import Progress
from modelatlas.graph.care.reckoning import Layout, line_findings
from modelatlas.graph.facts import Claim, Fact
from modelatlas.graph.graphiti_rows import edge_row, ends, line_key
from modelatlas.graph.neo4j import layout
from modelatlas.graph.neo4j.asking import ask, each
from modelatlas.graph.neo4j.care.remedies import AGAIN, REMEDIES, RESTORE
from modelatlas.graph.neo4j.server import Server, Transaction

Row = dict[str, Any]
Found = dict[str, list[Finding]]  # by line

_LINES = 200
_LOOKS = 12
_PAUSE = 0.2  # seconds, for a writer to be done
_NEXT = (
    "MATCH (c:Claim) WHERE c.line > $last RETURN DISTINCT c.line AS line ORDER BY line LIMIT $size",
    "MATCH ()-[r:RELATES_TO]->() WHERE r.line > $last RETURN DISTINCT r.line AS line ORDER BY line LIMIT $size",
)
_CLAIMS = "UNWIND $rows AS line MATCH (c:Claim {line: line}) RETURN c.line AS line, c {.*} AS kept"
_BELIEFS = (
    "UNWIND $rows AS line MATCH (s)-[r:RELATES_TO {line: line}]->(t) RETURN line, r {.*, fact_embedding: null} AS kept,"
    " s.group_id AS source_group, s.name AS source_name, t.group_id AS target_group, t.name AS target_name"
)
_IDS = "UNWIND $rows AS line MATCH (c:Claim {line: line}) RETURN c.line AS line, collect(c.uuid) AS uuids"
_LAST = "UNWIND $rows AS line MATCH (l:Line {key: line}) RETURN line, l.last AS last"
_TOLD = (
    "UNWIND $rows AS row MATCH (e:Episodic {uuid: row.uuid}) WHERE e.group_id = row.tenant"
    " RETURN row.tenant AS tenant, row.uuid AS uuid"
)
_ASTRAY = {
    "MATCH (c:Claim) WHERE c.line IS NULL OR NOT c.line IS :: STRING RETURN c.uuid AS uuid": "claim",
    "MATCH ()-[r:RELATES_TO]->() WHERE r.line IS NOT NULL AND NOT r.line IS :: STRING RETURN r.uuid AS uuid": "belief",
}
_EMPTY = "MATCH (l:Line) WHERE l.last IS NOT NULL AND NOT EXISTS { MATCH (c:Claim {line: l.key}) } RETURN l.key AS line"


async def reckon(server: Server, progress: Progress) -> AsyncIterator[Finding]:
    """Claims that are not what they were, and beliefs that are not what follows from the claims."""
    total = (await server.read(lambda tx: ask(tx, "MATCH (c:Claim) RETURN count(*) AS count")))[0]["count"]
    done, last = 0, ""
    while lines := await server.read(partial(_next, last=last)):
        last = lines[-1]
        seen, found, written = await server.read(partial(_look, lines=lines))
        done += seen
        progress("claims", done, total)
        for findings in (await _persisting(server, found, written)).values():
            for finding in findings:
                yield finding
    for query, kind in _ASTRAY.items():
        for row in await server.read(partial(ask, query=query)):
            what = f"The {kind} {row['uuid']} is of no line"
            yield Finding(kind="claim" if kind == "claim" else "belief", where=row["uuid"], what=what, remedy=RESTORE)
    for row in await server.read(lambda tx: ask(tx, _EMPTY)):
        what = f"The line {row['line']} says when its last claim was recorded, and has none"
        yield Finding(kind="claim", where=row["line"], what=what, remedy=AGAIN)


async def _next(tx: Transaction, last: str) -> list[str]:
    """The next lines that have claims or beliefs, in order."""
    both = [[row["line"] for row in await ask(tx, query, last=last, size=_LINES)] for query in _NEXT]
    return sorted({*both[0], *both[1]})[:_LINES]


async def _persisting(server: Server, found: Found, written: set[str]) -> Found:
    """What is found again: a writer may have been in the middle of it, or the line been written at every look."""
    told: Found = {}
    for look in range(_LOOKS):
        doubtful = [*found, *written]
        if not doubtful:
            break
        await asyncio.sleep(min(_PAUSE * look, 1))
        _, again, written = await server.read(partial(_look, lines=doubtful))
        told |= {line: findings for line, findings in again.items() if findings == found.get(line)}
        found = {line: findings for line, findings in again.items() if line not in told}
    return told | found


async def _look(tx: Transaction, lines: Sequence[str]) -> tuple[int, Found, set[str]]:
    """How many claims the lines have, what is wrong with those that are not as they should be, and which were written
    meanwhile."""
    claims: dict[str, list[Row]] = defaultdict(list)
    async for row in each(tx, _CLAIMS, lines):
        claims[row["line"]].append(defaultdict(lambda: None, row["kept"]))
    beliefs: dict[str, list[Row]] = defaultdict(list)
    async for row in each(tx, _BELIEFS, lines):
        beliefs[row["line"]].append(defaultdict(lambda: None, plain(row["kept"]) | _ends(row)))
    last = {row["line"]: row["last"] async for row in each(tx, _LAST, lines)}
    asked = [{"tenant": row["tenant"], "uuid": row["episode"]} for rows in claims.values() for row in rows]
    told = {(row["tenant"], row["uuid"]) async for row in each(tx, _TOLD, asked)}
    found = {}
    for line in lines:
        findings = list(_findings(claims[line], beliefs[line], told))
        findings += _last(line, claims[line], last.get(line))
        if findings:
            found[line] = findings
    after = {row["line"]: set(row["uuids"]) async for row in each(tx, _IDS, found)}
    written = {line for line in found if after.get(line, set()) != {row["uuid"] for row in claims[line]}}
    kept = {line: findings for line, findings in found.items() if line not in written}
    return sum(map(len, claims.values())), kept, written


def _findings(claims: Sequence[Row], beliefs: Sequence[Row], told: set[tuple[str, str]]) -> Iterable[Finding]:
    return line_findings(_LAYOUT, claims, beliefs, lambda tenant, uuid: (tenant, uuid) in told)


def _last(line: str, claims: Sequence[Row], last: int | None) -> list[Finding]:
    recorded = [row["recorded_at"] for row in claims if isinstance(row["recorded_at"], int)]
    if not recorded or last == max(recorded):
        return []
    what = f"The line {line} says {last} of when its last claim was recorded, which is {max(recorded)}"
    return [Finding(kind="claim", where=line, what=what, remedy=AGAIN)]


def plain(kept: Mapping[str, Any]) -> Row:
    """Properties with their times as the layout writes them."""
    return {
        name: value.to_native().isoformat() if isinstance(value, neo4j.time.DateTime) else value
        for name, value in kept.items()
    }


def _ends(row: Mapping[str, Any]) -> Row:
    return {f"{end}_{name}": row[f"{end}_{name}"] for end in ("source", "target") for name in ("group", "name")}


def _claim(tenant: str, claim: Claim, recorded: int) -> Row:
    return {
        "uuid": claim.id.hex,
        "line": line_key(tenant, claim).hex(),
        "subject": claim.subject,
        "recorded_at": recorded,
        "episode": str(claim.source.episode(tenant)),
    }


def _belief(tenant: str, fact: Fact) -> Row:
    kept = layout.relation(fact, edge_row(tenant, fact, *ends(tenant, fact)))
    return {name: value for name, value in kept.items() if name != "words"}


_LAYOUT = Layout(_claim, _belief, lambda row: str(row["uuid"]), REMEDIES)
