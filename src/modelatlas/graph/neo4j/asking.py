"""A query within a transaction, and its records; many values go in parts, so that no one message is large."""

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import Any

from modelatlas.graph.neo4j.server import Records, Transaction

A_PART = 1_000
# What has rows seeks each by its key, which no growth of the database makes another plan better for.
_KEEPING = "CYPHER replan=skip "


class Part(list[Any]):
    """Values for one message. The driver writes them all out for its log, whether that is kept or not."""

    def __repr__(self) -> str:
        return f"<{len(self)} rows>"


async def ask(tx: Transaction, query: str, **values: Any) -> Records:
    """The records of a query."""
    result = await tx.run(query, values)
    return [record.data() async for record in result]


async def each(tx: Transaction, query: str, rows: Iterable[Any], **values: Any) -> AsyncIterator[dict[str, Any]]:
    """The records of a query that has the rows as `$rows`, asked for a part of them at a time."""
    every = iter(rows)
    while part := Part(islice(every, A_PART)):
        for record in await ask(tx, _KEEPING + query, rows=part, **values):
            yield record


async def run(tx: Transaction, query: str, rows: Iterable[Any], **values: Any) -> None:
    """Run a query that has the rows as `$rows` and gives nothing, a part of them at a time."""
    every = iter(rows)
    while part := Part(islice(every, A_PART)):
        await (await tx.run(_KEEPING + query, {"rows": part, **values})).consume()
