"""Writes of Graphiti's clients: in the transaction that is given, or in one of their own."""

from collections.abc import Awaitable, Callable
from typing import Any

from graphiti_core.driver.query_executor import Transaction as GraphitiTransaction
from neo4j import AsyncTransaction
from neo4j.exceptions import ConstraintError

from modelatlas.graph.errors import StoreError
from modelatlas.graph.neo4j.server import Server, Transaction

Work = Callable[[Transaction], Awaitable[None]]


class OpenTransaction(GraphitiTransaction):
    """The writes of one `async with driver.transaction()`; Cypher as well."""

    def __init__(self, transaction: AsyncTransaction) -> None:
        self._transaction = transaction

    async def run(self, query: str, parameters: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        """The result of a query."""
        return await self._transaction.run(query, parameters, **kwargs)


async def write(server: Server, work: Work, within: Any = None) -> None:
    """Run the work in the transaction that is given, or in one of its own, which is tried again on what passes.

    Where another writer made the same uuid at the same time, the second try finds it.
    """
    if within is not None:
        await server.ability()
        await work(within)
        return
    try:
        await server.write(work)
    except StoreError as error:
        if not isinstance(error.__cause__, ConstraintError):
            raise
        await server.write(work)
