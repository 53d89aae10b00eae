"""Where several servers share their sessions: one LangGraph thread a session, checkpointed in PostgreSQL.

What was said in a session is remembered by the graph, as episodes, and a follow-up is answered from there. Here stands
the state of the session's thread. Every turn begins with a clean one and leaves one checkpoint when it is over, so any
server sees how each answer was reached (`aget_state_history`). A turn that was cut off leaves no checkpoint, or one
whose unfinished steps the next turn puts aside; two turns at once each leave their own.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from modelatlas.graph.errors import BadInput, StoreError

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg import AsyncConnection, Error
    from psycopg_pool import AsyncConnectionPool

    Connection = AsyncConnection[dict[str, Any]]
    Connections = AsyncConnectionPool[Connection]

CONNECT_SECONDS = 10
SET_UP_SECONDS = 60
CONNECTIONS = 8
SETTING_UP = 0x6D6F64656C61746C  # the advisory lock of whoever makes the tables

Parameters = dict[str, Any]


class CheckpointsFailed(StoreError):
    """The PostgreSQL that keeps the checkpoints of sessions cannot serve."""


@dataclass(frozen=True)
class Thread:
    """A session's thread, and what saves its checkpoints."""

    id: str
    saver: "BaseCheckpointSaver[str]"


class Checkpoints:
    """The threads of sessions in one PostgreSQL; nothing connects before the first turn of a session.

    The servers of one atlas share one database; another atlas needs another. It must keep text as UTF8. Whichever
    server comes first makes the tables; from then on a role that may read, write and delete in them is enough.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("postgresql://", "postgres://")):
            raise BadInput(
                "Checkpoints are kept in PostgreSQL; give a URL such as postgresql://user:password@host:5432/database."
            )
        self._url = url
        self._opening = asyncio.Lock()
        self._pool: Connections | None = None

    @asynccontextmanager
    async def thread(self, tenant: str, session: str) -> AsyncIterator[Thread]:
        """The session's thread, for one turn. Raises CheckpointsFailed where it cannot be read or saved."""
        async with self._served() as pool:
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

            # A saver lets one coroutine at a time reach the pool, so each turn has its own.
            yield Thread(thread_id(tenant, session), AsyncPostgresSaver(pool))

    async def drop(self, tenant: str) -> None:
        """Delete the threads of a tenant; its sessions go on from their turns in the graph."""
        async with self._served() as pool, pool.connection() as connection, connection.transaction():
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                await connection.execute(f"DELETE FROM {table} WHERE starts_with(thread_id, %s)", [_prefix(tenant)])

    async def close(self) -> None:
        """Let go of the connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @asynccontextmanager
    async def _served(self) -> AsyncIterator["Connections"]:
        """The connections, opened when first needed; what PostgreSQL refuses is told in one sentence."""
        try:
            import langgraph.checkpoint.postgres.aio  # noqa: F401
            from psycopg import Error
        except ImportError:
            raise BadInput(
                "Checkpoints in PostgreSQL need more packages; install them with: pip install 'modelatlas[postgres]'."
            ) from None
        parameters = _parameters(self._url)
        try:
            async with self._opening:
                if self._pool is None:
                    self._pool = await _opened(parameters)
            yield self._pool
        except Error as error:
            raise CheckpointsFailed(
                f"The PostgreSQL of the checkpoints, {_place(parameters)}, cannot be used ({_reason(error)});"
                " see that it runs and that the URL has the right user, password and database."
            ) from error


def thread_id(tenant: str, session: str) -> str:
    """The id of a session's thread: of one length whatever the names are, and no other tenant's."""
    return _prefix(tenant) + _digest(session)


def _prefix(tenant: str) -> str:
    return f"{_digest(tenant)}-"


def _digest(name: str) -> str:
    return blake2b(name.encode(), digest_size=16).hexdigest()


def _parameters(url: str) -> Parameters:
    """What a URL says, beside what the saver needs. Raises BadInput, without a word of the URL, for one cut wrongly."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.rows import dict_row

    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        given = {"host": "@"}
    cut_wrongly = any("@" in str(given.get(part, "")) for part in ("host", "dbname"))
    if cut_wrongly or not str(given.get("port", "5432")).replace(",", "").isdigit():
        raise BadInput(
            "The URL of the checkpoints cannot be read; in its password write @ as %40, / as %2F, : as %3A, % as %25."
        )
    ours = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row, "client_encoding": "utf8"}
    waits = {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": 1000 * CONNECT_SECONDS}
    return {"application_name": "modelatlas", **waits, **given, **ours}


def _place(parameters: Parameters) -> str:
    return f"{parameters.get('host', 'a local socket')}:{parameters.get('port', '5432')}"


def _reason(error: "Error") -> str:
    """What PostgreSQL said, without the words that only repeat where it is."""
    said = error.diag.message_primary or str(error).strip() or type(error).__name__
    return said.splitlines()[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")


async def _opened(parameters: Parameters) -> "Connections":
    """A pool on a database whose tables are there."""
    from psycopg_pool import AsyncConnectionPool

    await _set_up(parameters)
    pool: Connections = AsyncConnectionPool(
        kwargs=parameters,
        min_size=0,
        max_size=CONNECTIONS,
        timeout=CONNECT_SECONDS,
        check=AsyncConnectionPool.check_connection,
        open=False,
    )
    await pool.open()
    return pool


async def _set_up(parameters: Parameters) -> None:
    """Make the tables if they are not there yet, one server at a time.

    The lock is tried again and again, not waited for: making an index waits for every statement under way, and so
    would wait for the servers that wait for the lock.
    """
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection

    place = _place(parameters)
    async with await AsyncConnection.connect(**parameters) as connection:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise BadInput(
                f"The database of the checkpoints at {place} keeps text as {encoding}; give one made with"
                " ENCODING 'UTF8'."
            )
        if await _is_set_up(connection):
            return
        try:
            async with asyncio.timeout(SET_UP_SECONDS):
                while not await _locked(connection):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                await AsyncPostgresSaver(connection).setup()
        except TimeoutError:
            raise CheckpointsFailed(
                f"The tables of the checkpoints at {place} could not be made within {SET_UP_SECONDS} seconds; see which"
                " transaction stays open there and try again."
            ) from None


async def _is_set_up(connection: "Connection") -> bool:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg.errors import UndefinedTable

    try:
        found = await connection.execute("SELECT max(v) AS version FROM checkpoint_migrations")
    except UndefinedTable:
        return False
    row = await found.fetchone()
    return row is not None and row["version"] is not None and row["version"] >= len(AsyncPostgresSaver.MIGRATIONS) - 1


async def _locked(connection: "Connection") -> bool:
    """Whether this server may make the tables; the lock goes with the connection."""
    found = await connection.execute("SELECT pg_try_advisory_lock(%s) AS ours", [SETTING_UP])
    row = await found.fetchone()
    return row is not None and bool(row["ours"])
