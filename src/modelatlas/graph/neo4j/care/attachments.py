"""Whether what stands beside the beliefs is as it should be: episodes, entities, clients' edges, vectors, erasures."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any

from modelatlas.graph.care.attachments import of_community, of_edge, of_ends, of_entity, of_episode, unreadable
from modelatlas.graph.care.findings import Finding
from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.neo4j import layout
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.care.reckoning import plain
from modelatlas.graph.neo4j.care.remedies import AGAIN, RESTORE
from modelatlas.graph.neo4j.server import Server
from modelatlas.graph.neo4j.sight import OURS, told

Row = dict[str, Any]
_PAGE = 500
_KINDS = {
    "episode": "(n:Episodic)",
    "entity": "(n:Entity)",
    "community": "(n:Community)",
    "edge": "()-[n:RELATES_TO]->()",
}
_ENDS = (
    ", source_node_uuid: startNode(n).uuid, target_node_uuid: endNode(n).uuid,"
    " source_group: startNode(n).group_id, target_group: endNode(n).group_id"
)
_ERASED = (
    "MATCH (f:Forgotten) MATCH (c:Claim {tenant: f.tenant, uuid: f.uuid}) RETURN c.uuid AS uuid, c.tenant AS tenant"
)
_MISSHAPED = (
    f"MATCH (e:Embedder) MATCH ()-[r:RELATES_TO {{group_id: e.tenant}}]->() WHERE {OURS}"
    " AND r.fact_embedding IS NOT NULL AND size(r.fact_embedding) <> e.dimensions"
    " RETURN r.uuid AS uuid, size(r.fact_embedding) AS size, e.dimensions AS dimensions"
)


async def attachments(server: Server, progress: Progress) -> AsyncIterator[Finding]:
    """What is wrong with whatever follows from no claim, and with what only stands beside one."""
    for kind in _KINDS:
        async for finding in _of_kind(server, kind, progress):
            yield finding
    for row in await server.read(lambda tx: ask(tx, _ERASED)):
        what = f"The claim {row['uuid']} of {row['tenant']!r} is on record although it was erased"
        yield Finding(kind="claim", where=row["uuid"], what=what, remedy="forget it again")
    progress("vectors", 0, 1)
    for row in await server.read(lambda tx: ask(tx, _MISSHAPED)):
        what = f"The vector of the belief {row['uuid']} has {row['size']} dimensions instead of {row['dimensions']}"
        remedy = "make all vectors anew with `modelatlas embed --anew`"
        yield Finding(kind="vector", where=row["uuid"], what=what, remedy=remedy)


async def _of_kind(server: Server, kind: str, progress: Progress) -> AsyncIterator[Finding]:
    seen, last = 0, ""
    while rows := await _rows(server, kind, f"n.uuid > $key ORDER BY n.uuid LIMIT {_PAGE}", last):
        seen, last = seen + len(rows), rows[-1]["uuid"]
        progress(f"rows of {kind}", seen, seen)
        wrong = [row["uuid"] for row in rows if list(_findings(kind, row))]
        if wrong:  # a writer may have been in the middle of it
            for row in await _rows(server, kind, "n.uuid IN $key", wrong):
                for finding in _findings(kind, row):
                    yield finding


async def _rows(server: Server, kind: str, where: str, key: str | list[str]) -> list[Row]:
    ours, more = ("n.line IS NULL AND ", _ENDS) if kind == "edge" else ("", "")
    condition, _, order = where.partition(" ORDER BY ")
    query = (
        f"MATCH {_KINDS[kind]} WHERE {ours}{condition}"
        f" RETURN n {{.*, name_embedding: null, fact_embedding: null{more}}} AS kept"
        f"{' ORDER BY ' if order else ''}{order}"
    )
    found = await server.read(lambda tx: ask(tx, query, key=key))
    return [defaultdict(lambda: None, plain(row["kept"])) for row in found]


def _findings(kind: str, row: Row) -> Iterator[Finding]:
    try:
        yield from _LOOKS[kind](row)
        if row["group_word"] not in (None, layout.group_word(row["group_id"])):
            what = f"A search in the group {row['group_id']!r} does not find the {kind} {row['uuid']}"
            yield Finding(kind="words", where=row["uuid"], what=what, remedy=AGAIN)
    except (ValueError, TypeError, LookupError, AttributeError, AtlasError, OverflowError):
        yield unreadable(kind, row["uuid"], RESTORE)


def _episode(row: Row) -> Iterator[Finding]:
    kept = json.loads(row["attributes"] or "{}")
    if "source" not in kept:
        if _has_words(row):
            yield from of_episode({**row, "attributes": "{}"}, AGAIN)
        return
    yield from of_episode({**row, "words": row["words"], "valid_at": row["said"]}, AGAIN)
    created = ticks(datetime.fromisoformat(row["created_at"]))
    expected = layout.episode(row["group_id"], told(row), kept["stub"], created)
    apart = {"uuid", "words", "group_word", "entity_edges"}  # told above, or what clients may add to
    wrong = [name for name, value in expected.items() if name not in apart and row[name] != value]
    if wrong:
        what = f"The episode {row['uuid']} ({row['name'][:80]!r}) is stored otherwise ({', '.join(wrong)})"
        yield Finding(kind="episode", where=row["uuid"], what=what, remedy=AGAIN)


def _entity(row: Row) -> Iterator[Finding]:
    return of_entity(row, AGAIN) if _has_words(row) else iter(())


def _community(row: Row) -> Iterator[Finding]:
    return of_community(row, AGAIN) if _has_words(row) else iter(())


def _edge(row: Row) -> Iterator[Finding]:
    return of_edge(row, AGAIN) if _has_words(row) else of_ends(row)


def _has_words(row: Row) -> bool:
    """Whether it was written by us: what Graphiti's own driver wrote has no words, and is not found by any."""
    return row["group_word"] is not None


_LOOKS: dict[str, Callable[[Row], Iterator[Finding]]] = {
    "episode": _episode,
    "entity": _entity,
    "community": _community,
    "edge": _edge,
}
