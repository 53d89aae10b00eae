"""A connection to one Neo4j database: transactions that are retried, reads that see what was written here before.

A transaction function may run several times, and once more after a commit of which nobody knows whether it took
place: what it writes must come to the same when it is written again.
"""

import asyncio
import logging
import os
import random
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from neo4j import READ_ACCESS, WRITE_ACCESS, AsyncDriver, AsyncGraphDatabase, AsyncSession, AsyncTransaction
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
Transaction = AsyncTransaction
Failure = Neo4jError | DriverError
Records = list[dict[str, Any]]

PATIENCE = 60.0  # seconds for which a transaction is tried again while the server restarts or others hold its locks
_CONNECT = 10.0
_PAUSE, _LONGEST_PAUSE = 0.05, 2.0  # seconds before the second try, and before a later one: twice the last, at most
_PLACE = re.compile(r"Resolved\w*\(\('([^']*)', (\d+)[^)]*\)\)")  # as the driver shows an address

logging.getLogger("neo4j").addHandler(logging.NullHandler())  # else it says on stderr what a StoreError says


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
                connection_timeout=min(_CONNECT, self._patience),
                connection_acquisition_timeout=self._patience,
                notifications_min_severity="OFF",
                user_agent="modelatlas",
                telemetry_disabled=True,
            )
        return await self._ready(partial(self._ask, READ_ACCESS), partial(self._ask, WRITE_ACCESS), str(self.address))

    async def _ask(self, access: str, query: str, **values: Any) -> Records:
        async def once() -> Records:
            async with self._session(access) as session:
                result = await session.run(query, values)
                return [record.data() async for record in result]

        # A server that is not there when it is first asked is not waited for: its address may be wrong.
        return await self._patiently(once, lambda error: isinstance(error, TransientError))

    async def _run(self, access: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._session(access) as session, await session.begin_transaction() as tx:
                return await work(tx)

        # Where the connection broke while the server committed, the work finds what it wrote, if it did.
        return await self._patiently(once, lambda error: error.is_retryable() or isinstance(error, IncompleteCommit))

    async def _patiently(self, work: Callable[[], Awaitable[T]], passes: Callable[[Failure], bool]) -> T:
        """Do the work, and do it again after an error that passes, for as long as the patience lasts."""
        until, pause = monotonic() + self._patience, _PAUSE
        unknown: IncompleteCommit | None = None
        while True:
            try:
                return await work()
            except (Neo4jError, DriverError) as error:
                if isinstance(error, IncompleteCommit):
                    unknown = error
                if not passes(error) or monotonic() + pause > until:
                    if unknown is None or unknown is error:
                        raise
                    raise unknown from error
            await asyncio.sleep(random.uniform(pause / 2, pause))  # so that those who met do not meet again
            pause = min(2 * pause, _LONGEST_PAUSE)

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
    first = _first(error)
    reason = _reason(first)
    if "CredentialsExpired" in code:
        return f"The password of {address.user!r} at {address} must be changed before it can be used: change it there."
    if "AuthenticationRateLimit" in code:
        return f"{address} takes no more log-ins for a while after wrong ones; wait, and check the password."
    if isinstance(error, AuthError):
        who = f"refused the user {address.user!r}" if address.user is not None else "wants a user and password"
        return f"{address} {who}: set MODELATLAS_NEO4J_USER and MODELATLAS_NEO4J_PASSWORD."
    if "DatabaseNotFound" in code:
        return f"{address.uri} has no database {address.database!r}: name one that it has."
    if "Forbidden" in code or "AccessMode" in code or "ReadOnly" in code or "NotALeader" in code:
        return f"{address} does not let this user or server write ({reason}); name one that may, or only read."
    if isinstance(first, ssl.SSLCertVerificationError):
        return (
            f"The certificate of {address} cannot be trusted ({first.verify_message}): have the server show one that"
            " this machine trusts, or write +ssc for +s to take any certificate."
        )
    if isinstance(error, IncompleteCommit):
        return (
            f"The connection to {address} broke while it committed, and whether it did is not known: do this again"
            " once it answers; nothing is written twice."
        )
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        kind = "an encrypted Neo4j server" if "+" in address.uri else "a Neo4j server"
        return f"{address} does not answer as {kind} ({reason}): start it, or name another with --db."
    if isinstance(error, ConfigurationError):
        return f"{address} cannot be used ({reason}): modelatlas needs Neo4j 5.26 or newer."
    if "TransactionLogError" in code:
        return (
            f"{address} could not write to its disk, and nothing of this was written: see whether the disk is full,"
            " make room, and start the server again."
        )
    if "OutOfMemory" in code:
        return (
            f"{address} has too little memory for so large a transaction ({reason}); nothing of it was written: write"
            " less at a time, or let the server use more."
        )
    if isinstance(error, TransientError):
        return f"{address} could not finish this in time ({reason}); nothing of it was written: try again."
    return f"{address} failed ({code or type(error).__name__}: {reason}); nothing of this was written."


def _first(error: BaseException) -> BaseException:
    """The error that the others followed from."""
    earlier = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error.__cause__
    # What a server's own error goes back to says no more than it does.
    return error if earlier is None or isinstance(error, Neo4jError) else _first(earlier)


def _reason(error: BaseException) -> str:
    """The first sentence of an error, with places as people write them."""
    if isinstance(error, OSError):
        of_system = (error.errno or 0) > 0 and not isinstance(error, ssl.SSLError)
        said = os.strerror(error.errno or 0) if of_system else error.strerror
    else:
        said = str(error.message if isinstance(error, Neo4jError) else error)
    line = " ".join((said or type(error).__name__).split())
    return _PLACE.sub(r"\1:\2", line).split(". ")[0].rstrip(".")
