"""A connection to one Neo4j database: transactions that are retried, reads that see what was written here before.

A transaction function may run several times, and once more after a commit of which nobody knows whether it took
place: what it writes must come to the same when it is written again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncDriver, AsyncGraphDatabase, AsyncManagedTransaction, AsyncSession
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)

from modelatlas.graph.errors import StoreError
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.schema import Ability, Ask, prepare

T = TypeVar("T")
Transaction = AsyncManagedTransaction
Records = list[dict[str, Any]]

PATIENCE = 60.0  # seconds for which a transaction is tried again while the server restarts or others hold its locks
_CONNECT = 10.0
_UNKNOWN_COMMITS = 3


class Server:
    """One database of a server, connected when it is first asked; by then made ready for an atlas, or as asked."""

    def __init__(
        self,
        address: Address,
        patience: float = PATIENCE,
        ready: Callable[[Ask, Ask, str], Awaitable[Ability]] = prepare,
    ) -> None:
        self.address = address
        self._patience = patience
        self._ready = ready
        self._driver: AsyncDriver | None = None
        self._bookmarks = AsyncGraphDatabase.bookmark_manager()
        self._opening = asyncio.Lock()
        self._ability: Ability | None = None

    async def ability(self) -> Ability:
        """What the server can do. Raises StoreError where it does not answer, refuses, or is too old."""
        async with self._opening:
            if self._ability is None:
                self._ability = await self._told(self._open())
            return self._ability

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run reads as one transaction, on any server of a cluster that has what was written here before."""
        await self.ability()
        return await self._told(self._run(READ_ACCESS, work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run writes as one transaction: all of it or nothing, tried again on what passes."""
        await self.ability()
        return await self._told(self._run(WRITE_ACCESS, work))

    async def close(self) -> None:
        """Let go of the connections."""
        driver, self._driver, self._ability = self._driver, None, None
        if driver is not None:
            await driver.close()

    async def _open(self) -> Ability:
        if self._driver is None:
            address = self.address
            self._driver = AsyncGraphDatabase.driver(
                address.uri,
                auth=(address.user, address.password or "") if address.user is not None else None,
                connection_timeout=_CONNECT,
                connection_acquisition_timeout=self._patience,
                max_transaction_retry_time=self._patience,
                notifications_min_severity="OFF",
                user_agent="modelatlas",
                telemetry_disabled=True,
            )
        return await self._ready(partial(self._ask, READ_ACCESS), partial(self._ask, WRITE_ACCESS), str(self.address))

    async def _ask(self, access: str, query: str, **values: Any) -> Records:
        async with self._session(access) as session:
            result = await session.run(query, values)
            return [record.data() async for record in result]

    async def _run(self, access: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        unknown = 0
        while True:
            try:
                async with self._session(access) as session:
                    execute = session.execute_read if access == READ_ACCESS else session.execute_write
                    return await execute(work)
            except IncompleteCommit:
                # The connection broke while the server committed. Run again, it finds what it wrote, if it did.
                unknown += 1
                if unknown > _UNKNOWN_COMMITS:
                    raise

    @asynccontextmanager
    async def _session(self, access: str) -> AsyncIterator[AsyncSession]:
        assert self._driver is not None
        async with self._driver.session(
            database=self.address.database, default_access_mode=access, bookmark_manager=self._bookmarks
        ) as session:
            yield session

    async def _told(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except (Neo4jError, DriverError, OSError) as error:
            raise StoreError(_sentence(self.address, error)) from error


def _sentence(address: Address, error: Exception) -> str:
    """What went wrong, and what to do, for the person who asked."""
    code = error.code or "" if isinstance(error, Neo4jError) else ""
    told = str(error.message if isinstance(error, Neo4jError) else error)
    message = " ".join(told.split()).rstrip(".")
    if "CredentialsExpired" in code:
        return f"The password of {address.user!r} at {address} must be changed before it can be used: change it there."
    if "AuthenticationRateLimit" in code:
        return f"{address} takes no more log-ins for a while after wrong ones; wait, and check the password."
    if isinstance(error, AuthError):
        who = f"refused the user {address.user!r}" if address.user is not None else "wants a user and password"
        return f"{address} {who}: set MODELATLAS_NEO4J_USER and MODELATLAS_NEO4J_PASSWORD."
    if "DatabaseNotFound" in code:
        return f"{address.uri} has no database {address.database!r}; name one that it has: {message}."
    if "Forbidden" in code or "AccessMode" in code or "ReadOnly" in code or "NotALeader" in code:
        return f"{address} does not let this user or server write ({message}); name one that may, or only read."
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return f"{address} does not answer ({message}): start it, or name another with --db."
    if isinstance(error, ConfigurationError):
        return f"{address} cannot be used: {message}."
    if isinstance(error, TransientError):
        return f"{address} could not finish this in time ({message}); nothing of it was written: try again."
    return f"{address} failed ({code or type(error).__name__}: {message}); nothing of this was written."
