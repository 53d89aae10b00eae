"""Work on an empty store of one kind, as often as a property has examples."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.store import GraphStore
from servers.neo4j_server import RunningNeo4j

T = TypeVar("T")


class Run(Protocol):
    """Runs work on an empty store of one kind, and gives what it gives; `slower` than others, it is asked less."""

    slower: int

    def __call__(self, work: Callable[[GraphStore], Awaitable[T]]) -> T: ...


class InMemory:
    """Runs work on a store in memory."""

    slower = 1

    def __call__(self, work: Callable[[GraphStore], Awaitable[T]]) -> T:
        async def run() -> T:
            return await work(MemoryStore("us"))

        return asyncio.run(run())


class InAFile:
    """Runs work on a store in a new file, which goes afterwards."""

    slower = 1

    def __call__(self, work: Callable[[GraphStore], Awaitable[T]]) -> T:
        async def run(folder: str) -> T:
            store = GraphitiStore(Path(folder) / "atlas.sqlite", "us")
            try:
                return await work(store)
            finally:
                await store.close()

        with tempfile.TemporaryDirectory() as folder:
            return asyncio.run(run(folder))


class OnAServer:
    """Runs work on a store on a server, which is emptied before; the connections last."""

    slower = 12

    def __init__(self, server: RunningNeo4j) -> None:
        self._server = server
        self._runner = asyncio.Runner()
        self._store = Neo4jStore(Address.read(server.uri, server.user, server.password), "us")

    def __call__(self, work: Callable[[GraphStore], Awaitable[T]]) -> T:
        async def run() -> T:
            await self._server.wiped()
            return await work(self._store)

        return self._runner.run(run())

    def close(self) -> None:
        """Let go of the connections."""
        self._runner.run(self._store.close())
        self._runner.close()


with_memory = InMemory()
with_sqlite = InAFile()


def examples(count: int) -> settings:
    """So many examples, the same at every run."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def on_every_store(count: int, **drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[Run], None]]:
    """A property as a test of each kind of store, on so many examples; on a slower store on fewer."""

    def decorate(check: Callable[..., None]) -> Callable[[Run], None]:
        def test(run: Run) -> None:
            @examples(max(count // run.slower, 2))
            @given(**drawn)
            def holds(**values: Any) -> None:
                check(run, **values)

            holds()

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
