"""One SQLite file, opened for one writer and one reader of this process and any number of others.

WAL: readers see one snapshot and never block; writers of all processes queue on BEGIN IMMEDIATE. A batch is
one transaction, on disk before it is acknowledged.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.schema import migrate, version_of

T = TypeVar("T")

_STILL_READ = (
    "What was asked is off the record, but another process still reads the file, so its old pages are not yet gone;"
    " forget the same again once that process has closed it"
)

BUSY_SECONDS = 60.0
SHRINK_SECONDS = 5.0


class Database:
    """The connections to one file, used in threads so that the event loop goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write = asyncio.Lock()
        self._read = asyncio.Lock()
        # A cancelled caller lets go of the locks above while its thread still works: these are the thread's own.
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _connect(path)
            self._reader = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} cannot be opened as a modelatlas file: {error}.") from error

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on one snapshot of the file."""
        async with self._read:
            return await asyncio.to_thread(_transaction, self._reader, self._reading, "BEGIN", work)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work as one transaction: on disk when this returns, or nothing of it."""
        async with self._write:
            return await asyncio.to_thread(_transaction, self._writer, self._writing, "BEGIN IMMEDIATE", work)

    async def shrink(self) -> None:
        """Take what was deleted out of the file and its log for good. Raises StoreError while others still read it."""

        def work() -> bool:
            with self._writing, self._reading:
                self._writer.execute(f"PRAGMA busy_timeout = {int(SHRINK_SECONDS * 1000)}")
                try:
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    self._writer.execute("VACUUM")
                    busy: int = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    self._writer.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
                return not busy

        async with self._write, self._read:
            try:
                done = await asyncio.to_thread(work)
            except sqlite3.Error as error:
                raise StoreError(f"{_STILL_READ} ({error}).") from error
        if not done:
            raise StoreError(f"{_STILL_READ}.")

    async def close(self) -> None:
        """Close both connections, once the work in hand is done."""

        def work() -> None:
            with self._writing, self._reading:
                self._reader.close()
                self._writer.close()

        async with self._write, self._read:
            if not self._closed:
                self._closed = True
                await asyncio.to_thread(work)


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is ours, with this program's schema; another's is refused as it is."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        version_of(connection, str(path))
        _keep_a_log_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -65536")
        migrate(connection, str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def _keep_a_log_ahead(connection: sqlite3.Connection) -> None:
    """Turn to WAL; SQLite does not itself wait when two processes turn a new file at once."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.005)


def _transaction(
    connection: sqlite3.Connection, alone: threading.Lock, begin: str, work: Callable[[sqlite3.Connection], T]
) -> T:
    try:
        with alone:
            connection.execute(begin)
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
    except sqlite3.Error as error:
        raise StoreError(f"The atlas file could not be used: {error}.") from error
    return result
