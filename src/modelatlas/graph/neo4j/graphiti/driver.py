"""A Neo4j database as a Graphiti graph: `Graphiti(graph_driver=Neo4jGraph(uri, user, password), …)`.

It is Graphiti's own driver, so that Cypher runs as it does there, with interfaces of ours for all that Graphiti
itself asks. The database is made ready (constraints, indexes) when it is first asked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from graphiti_core.driver.neo4j_driver import Neo4jDriver

from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.graphiti.finder import Neo4jFinder
from modelatlas.graph.neo4j.graphiti.lookups import Neo4jLookups
from modelatlas.graph.neo4j.graphiti.rows import Neo4jRows
from modelatlas.graph.neo4j.graphiti.writes import OpenTransaction
from modelatlas.graph.neo4j.server import Server


class Neo4jGraph(DriverOfKinds, Neo4jDriver):  # type: ignore[misc]
    """One database of a server; a group is a property, so one driver serves all groups."""

    def __init__(self, uri: str, user: str | None = None, password: str | None = None, database: str = "neo4j") -> None:
        super().__init__(uri, user, password, database)
        self._connect(Address(uri, database, user, password))

    def _connect(self, address: Address) -> None:
        self._server = Server(address)
        self.furnish(Neo4jRows(self._server), Neo4jLookups(self._server), Neo4jFinder(self._server))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[OpenTransaction]:
        """The writes that are given it as `tx`: committed when the block ends, none of them when it raises."""
        await self._server.ability()
        async with self.client.session(database=self._database) as session, await session.begin_transaction() as begun:
            yield OpenTransaction(begun)
            await begun.commit()

    async def build_indices_and_constraints(self, delete_existing: bool = False) -> None:
        """Make what is missing of our constraints and indexes; those that there are stay."""
        await self._server.ability()

    async def delete_all_indexes(self) -> None:
        """Nothing to do: the indexes belong to the database, and a store beside this driver needs them."""

    def with_database(self, database: str) -> "Neo4jGraph":
        """A driver of another database of the server."""
        found = cast(Neo4jGraph, super().with_database(database))
        here = self._server.address
        found._connect(Address(here.uri, database, here.user, here.password))
        return found

    async def close(self) -> None:
        """Let go of the connections."""
        await super().close()
        await self._server.close()
