"""What every test may ask for: a moment to call now, a store of each kind, and real servers."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from modelatlas.graph.embed import Embedder
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.store import GraphStore
from servers.loopback import NoServer
from servers.neo4j_parts import LTS, NEWEST, Line
from servers.neo4j_server import STARTS_SOON, Neo4jServer, RunningNeo4j
from servers.postgres_server import PostgresServer
from store_kinds import ALL, OpenStore

settings.register_profile("modelatlas", deadline=None)  # how long an example takes is no property of the code
settings.load_profile("modelatlas")


@pytest.fixture
def now() -> datetime:
    """The moment a test takes place."""
    return datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=ALL)
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Opens stores of each kind, on a file or a database with nothing in it; they are closed after the test."""
    opened: list[GraphStore] = []
    server: RunningNeo4j | None = request.getfixturevalue(request.param) if "neo4j" in request.param else None
    if server is not None:
        await server.wiped()

    def open_one(tenant: str = "us", embedder: Embedder | None = None) -> GraphStore:
        if server is not None:
            opened.append(Neo4jStore(Address.read(server.uri, server.user, server.password), tenant, embedder))
        elif request.param == "sqlite":
            opened.append(GraphitiStore(tmp_path / "atlas.sqlite", tenant, embedder))
        else:
            opened.append(MemoryStore(tenant, embedder))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
def store(open_store: OpenStore) -> GraphStore:
    """An empty store of each kind."""
    return open_store()


SERVERS = {"neo4j_lts", "neo4j_newest", "start_neo4j", "postgres"}
NEEDED = "MODELATLAS_TESTS_NEED_SERVERS"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a server is marked as one, so that it can be left out."""
    for item in items:
        if isinstance(item, pytest.Function) and SERVERS & set(item.fixturenames):
            item.add_marker(pytest.mark.service)


@contextmanager
def needed() -> Iterator[None]:
    """What a server needs is here, or the test is skipped and says what is not; where servers must be, it fails."""
    try:
        yield
    except NoServer as lacking:
        if os.environ.get(NEEDED):
            pytest.fail(str(lacking), pytrace=False)
        pytest.skip(str(lacking))


def one_for_all_tests(line: Line, variable: str, home: Path) -> Iterator[RunningNeo4j]:
    """The line's server: the one that the variable names, else one of the tests' own."""
    named = os.environ.get(variable)
    if named and os.environ.get(NEEDED):
        pytest.fail(
            f"{variable} names a server, but {NEEDED} asks for the tests' own; unset one of them.", pytrace=False
        )
    if named:
        running = RunningNeo4j.at(named)
        yield running
        running.closed()
        return
    server = Neo4jServer(line, home, flags=STARTS_SOON)
    with needed():
        server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def neo4j_lts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNeo4j]:
    """A Neo4j of the long-term line, which all tests share; `wiped` empties it."""
    yield from one_for_all_tests(LTS, "MODELATLAS_TEST_NEO4J_LTS", tmp_path_factory.mktemp("neo4j-lts"))


@pytest.fixture(scope="session")
def neo4j_newest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNeo4j]:
    """A Neo4j of the newest line, which all tests share; `wiped` empties it."""
    yield from one_for_all_tests(NEWEST, "MODELATLAS_TEST_NEO4J_NEWEST", tmp_path_factory.mktemp("neo4j-newest"))


@pytest.fixture
def start_neo4j(tmp_path: Path) -> Iterator[Callable[..., Neo4jServer]]:
    """Starts a Neo4j for this test alone, to be killed or set up as no other: a line, and what Neo4jServer takes."""
    started: list[Neo4jServer] = []

    def start(line: Line, home: Path | None = None, **given: Any) -> Neo4jServer:
        server = Neo4jServer(line, home or tmp_path / f"neo4j-{len(started)}", flags=STARTS_SOON, **given)
        started.append(server)
        with needed():
            server.start()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL, which all tests share; its `url` says where it is."""
    with tempfile.TemporaryDirectory(prefix="modelatlas-postgres-") as folder:
        server = PostgresServer(Path(folder))
        with needed():
            server.start()
        yield server
        server.stop()
