"""Whether the database has the constraints and indexes of an atlas, each as it should be and ready."""

from collections.abc import AsyncIterator
from typing import Any

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.care.remedies import RESTORE
from modelatlas.graph.neo4j.schema import SHOW, Index, indexes, is_made
from modelatlas.graph.neo4j.server import Server

_OPEN = "open the atlas with any command, which makes it"


async def structure(server: Server) -> AsyncIterator[Finding]:
    """Constraints and indexes that are missing, not ready or otherwise, and rows that only a constraint keeps apart."""
    ability = await server.ability()
    there = await server.read(lambda tx: ask(tx, SHOW))
    for index in indexes(ability):
        same = [row for row in there if is_made(index, row)]
        if not same:
            async for finding in _lacking(server, index, there):
                yield finding
        elif not any(row["state"] == "ONLINE" for row in same):
            what = f"The index {index.name} is {same[0]['state']} and not ready"
            remedy = f"wait until it is ONLINE; where it has failed, drop it and {_OPEN}"
            yield Finding(kind="table", where=index.name, what=what, remedy=remedy)


async def _lacking(server: Server, index: Index, there: list[dict[str, Any]]) -> AsyncIterator[Finding]:
    called = "constraint" if index.kind == "UNIQUE" else "index"
    if any(row["name"] == index.name for row in there):
        what = f"The {called} {index.name} is not the one of an atlas"
        remedy = f"`DROP {called.upper()} {index.name}`, then {_OPEN}"
    else:
        what, remedy = f"The {called} {index.name} is missing", _OPEN
    yield Finding(kind="table", where=index.name, what=what, remedy=remedy)
    if index.kind == "UNIQUE":
        fields = ", ".join(f"n.{field}" for field in index.fields)
        pattern = f"(n:{index.of})" if index.on_nodes else f"()-[n:{index.of}]->()"
        query = f"MATCH {pattern} WITH [{fields}] AS key, count(*) AS found WHERE found > 1 RETURN key, found"
        for row in await server.read(lambda tx: ask(tx, query)):
            key = " ".join(map(str, row["key"]))
            what = f"There are {row['found']} of {index.of} {key} where there can be one"
            yield Finding(kind="reference", where=key, what=what, remedy=RESTORE)
