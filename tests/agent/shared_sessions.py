"""Fixtures: servers of one atlas file that share their sessions through one PostgreSQL.

A test module takes them with `pytest_plugins`, beside `asked_atlas`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from threads import Serve

from modelatlas.agent.atlas import Atlas
from modelatlas.agent.checkpoints import Checkpoints
from modelatlas.graph.graphiti_store import GraphitiStore
from servers.postgres_server import PostgresServer


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database of the test's own, with nothing in it."""
    name = f"sessions_{uuid4().hex}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    yield f"{postgres.url.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def serve(own_file: Path, database: str) -> Serve:
    """Opens a server with connections of its own; all read and write the same file and the same sessions.

    They go by one clock, which ticks a second whenever it is read.
    """
    seconds = count()

    def now() -> datetime:
        return datetime(2026, 11, 23, 13, tzinfo=UTC) + timedelta(seconds=next(seconds))

    @asynccontextmanager
    async def opened(tenant: str = "main", kind: type[GraphitiStore] = GraphitiStore) -> AsyncIterator[Atlas]:
        store, checkpoints = kind(own_file, tenant), Checkpoints(database)
        try:
            yield Atlas(store, now, checkpoints)
        finally:
            await checkpoints.close()
            await store.close()

    return opened
