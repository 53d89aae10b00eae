"""Fixtures: one place of each kind as our store and as a Graphiti graph. A module takes them with `pytest_plugins`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from graphiti_parts import CLAIMS, DOCUMENT, NOW, OTHERS

from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti.driver import DriverOfKinds
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.graphiti.driver import Neo4jGraph
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver
from modelatlas.graph.store import GraphStore
from servers.neo4j_server import RunningNeo4j

KINDS = [
    "sqlite",
    pytest.param("neo4j_lts", marks=pytest.mark.service),
    pytest.param("neo4j_newest", marks=pytest.mark.service),
]


@pytest.fixture(params=KINDS)
async def server(request: pytest.FixtureRequest) -> RunningNeo4j | None:
    """The server that the test's graph is on, with nothing in it; None for a file."""
    if request.param == "sqlite":
        return None
    found: RunningNeo4j = request.getfixturevalue(request.param)
    await found.wiped()
    return found


@pytest.fixture(params=["neo4j_lts", "neo4j_newest"])
async def on_a_server(request: pytest.FixtureRequest) -> AsyncIterator[Neo4jGraph]:
    """A Graphiti graph on a server, with nothing in it."""
    server: RunningNeo4j = request.getfixturevalue(request.param)
    await server.wiped()
    driver = Neo4jGraph(server.uri, server.user, server.password)
    yield driver
    await driver.close()


@pytest.fixture
async def ours(server: RunningNeo4j | None, tmp_path: Path) -> AsyncIterator[GraphStore]:
    """Our own store of the tenant `us`."""
    store: GraphStore = (
        GraphitiStore(tmp_path / "atlas.sqlite", "us")
        if server is None
        else Neo4jStore(Address(server.uri, "neo4j", server.user, server.password), "us")
    )
    yield store
    await store.close()


@pytest.fixture
async def driver(server: RunningNeo4j | None, tmp_path: Path) -> AsyncIterator[DriverOfKinds]:
    """The same place as a Graphiti graph."""
    driver: DriverOfKinds = (
        SqliteDriver(str(tmp_path / "atlas.sqlite"))
        if server is None
        else Neo4jGraph(server.uri, server.user, server.password)
    )
    yield driver
    await driver.close()  # type: ignore[no-untyped-call]


@pytest.fixture
async def told(ours: GraphStore) -> list[Fact]:
    """What is believed once the claims of `us` and of `them` are on record."""
    await ours.record([*CLAIMS, OTHERS], [DOCUMENT], now=NOW)
    return await ours.history(Pattern())
