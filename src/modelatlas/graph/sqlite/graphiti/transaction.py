"""Several writes as one, for Graphiti's clients: all of them on disk, or none."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from graphiti_core.driver.query_executor import Transaction as GraphitiTransaction

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti import cypher

T = TypeVar("T")

_OPEN: ContextVar["Transaction | None"] = ContextVar("modelatlas_transaction", default=None)


class Transaction(GraphitiTransaction):
    """The writes of one `async with transaction(database)`; the first of them begins it.

    Until then other writers go on, so that what comes before it (an embedder's answer) may take its time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._begun = False
        self._one_at_a_time = asyncio.Lock()

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on what the transaction has written so far; of a work that fails nothing stays."""
        async with self._one_at_a_time:
            if not self._begun:
                await self._database.begin()
                self._begun = True
            return await self._database.within(work)

    async def run(self, query: str, **kwargs: Any) -> list[dict[str, Any]]:
        """What Graphiti asks in Cypher where it has no other way. Raises NoCypher for anything else."""
        return await self.write(lambda db: cypher.answer(db, query, kwargs))

    async def end(self, *, commit: bool) -> None:
        """Put it on disk, or take all of it back."""
        async with self._one_at_a_time:
            if self._begun:
                self._begun = False
                await self._database.end(commit=commit)

    def holds(self, database: Database) -> bool:
        """Whether a write beside this transaction would wait for it for ever."""
        return self._begun and database is self._database


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Transaction]:
    """Committed when the block ends, rolled back when it raises."""
    open_now = Transaction(database)
    token = _OPEN.set(open_now)
    try:
        try:
            yield open_now
        except BaseException:
            await asyncio.shield(open_now.end(commit=False))
            raise
        await asyncio.shield(open_now.end(commit=True))
    finally:
        _OPEN.reset(token)


async def write(database: Database, work: Callable[[sqlite3.Connection], T], within: object = None) -> T:
    """Run the work in the transaction that is given, or in one of its own.

    Raises StoreError for a write of its own inside an open transaction, for which it would wait for ever.
    """
    if isinstance(within, Transaction):
        return await within.write(work)
    around = _OPEN.get()
    if around is not None and around.holds(database):
        raise StoreError(
            "This write would wait for the transaction around it: give it that transaction (tx=…), or end it first."
        )
    return await database.write(work)
