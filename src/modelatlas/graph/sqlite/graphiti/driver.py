"""A modelatlas file as a Graphiti graph: `Graphiti(graph_driver=SqliteDriver(path), …)`.

Importing graphiti_core sends nothing: only constructing its `Graphiti` does, unless the environment has
GRAPHITI_TELEMETRY_ENABLED off by then. The import does load the first .env file above its own folder.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from graphiti_core.driver.driver import GraphDriverSession, GraphProvider

from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti import cypher
from modelatlas.graph.sqlite.graphiti.answers import SqliteLookups
from modelatlas.graph.sqlite.graphiti.finder import SqliteFinder
from modelatlas.graph.sqlite.graphiti.rows import SqliteRows
from modelatlas.graph.sqlite.graphiti.transaction import Transaction, transaction

T = TypeVar("T")

Records = list[dict[str, Any]]


class SqliteDriver(DriverOfKinds):
    """One modelatlas file; a group is a column of its tables, so one driver serves all groups."""

    # GraphProvider is closed. Kuzu is the nearest: a file in this process, and the only provider for which
    # Graphiti hands over attributes as one JSON text instead of mixing them with a node's own fields.
    provider = GraphProvider.KUZU

    def __init__(self, path: Path | str) -> None:
        self.database = Database(Path(path))
        self.furnish(SqliteRows(self.database), SqliteLookups(self.database), SqliteFinder(self.database))
        self._database = ""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """The writes that are given it as `tx`: on disk when the block ends, none of them when it raises."""
        async with transaction(self.database) as begun:
            yield begun

    def session(self, database: str | None = None) -> "SqliteSession":
        """A session; `execute_write` of it is one transaction."""
        return SqliteSession(self)

    async def execute_query(self, cypher_query_: str, **kwargs: Any) -> tuple[Records, None, None]:
        """What Graphiti asks in Cypher where it has no other way. Raises NoCypher for anything else."""
        return await self.database.read(lambda db: cypher.answer(db, cypher_query_, kwargs)), None, None

    async def close(self) -> None:
        """Close the file."""
        await self.database.close()

    async def build_indices_and_constraints(self, delete_existing: bool = False) -> None:
        """Nothing to do: opening the file brought its tables and indices up to date."""

    async def delete_all_indexes(self) -> None:
        """Nothing to do: the indices belong to the file."""

    def clone(self, database: str) -> "SqliteDriver":
        """The driver itself."""
        return self


class SqliteSession(GraphDriverSession):
    """A session of a driver; it holds nothing between calls."""

    provider = SqliteDriver.provider

    def __init__(self, driver: SqliteDriver) -> None:
        self._driver = driver

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, query: str, **kwargs: Any) -> Records:
        """What Graphiti asks in Cypher where it has no other way. Raises NoCypher for anything else."""
        return (await self._driver.execute_query(query, **kwargs))[0]

    async def execute_write(self, func: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """Call the function with a transaction: on disk when it returns, nothing of it when it raises."""
        async with self._driver.transaction() as begun:
            return await func(begun, *args, **kwargs)

    async def close(self) -> None:
        """Nothing to let go of."""
