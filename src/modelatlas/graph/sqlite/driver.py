"""A modelatlas file as a Graphiti graph: what Graphiti's own classes save to and read from.

Importing graphiti_core sends nothing: only constructing its `Graphiti` does, unless the environment has
GRAPHITI_TELEMETRY_ENABLED off by then. The import does load the first .env file above its own folder.
"""

from pathlib import Path
from typing import Any, NoReturn

from graphiti_core.driver.driver import GraphDriver, GraphProvider

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.graphiti_operations import SqliteOperations


class NoCypher(StoreError):
    """Graphiti asked for something that the operations of this driver do not have."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"This driver speaks no Cypher; it does not offer what Graphiti asked for: {asked}.")


class SqliteDriver(GraphDriver):
    """One modelatlas file; a group is a column of its tables, so one driver serves all groups."""

    # GraphProvider is closed. Kuzu is the nearest: a file in this process, and the only provider for which
    # Graphiti hands over attributes as one JSON text instead of mixing them with a node's own fields.
    provider = GraphProvider.KUZU

    def __init__(self, path: Path | str) -> None:
        self.database = Database(Path(path))
        self.graph_operations_interface = SqliteOperations()
        self._database = ""

    async def execute_query(self, cypher_query_: str, **kwargs: Any) -> NoReturn:
        """Raises NoCypher."""
        raise NoCypher(" ".join(cypher_query_.split())[:100])

    def session(self, database: str | None = None) -> NoReturn:
        """Raises NoCypher."""
        raise NoCypher("a session of queries")

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
