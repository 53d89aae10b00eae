"""One SQLite file, opened for one writer and one reader of this process and any number of others.

WAL: readers see one snapshot and never block; writers of all processes queue on BEGIN IMMEDIATE. A batch is
one transaction, on disk before it is acknowledged.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.schema import migrate

T = TypeVar("T")

BUSY_SECONDS = 60.0


class Database:
    """The connections to one file, used in threads so that the event loop goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write = asyncio.Lock()
        self._read = asyncio.Lock()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _connect(path)
            migrate(self._writer, str(path))
            self._reader = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} cannot be opened as a modelatlas file: {error}.") from error

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on one snapshot of the file."""
        async with self._read:
            return await asyncio.to_thread(_transaction, self._reader, "BEGIN", work)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work as one transaction: on disk when this returns, or nothing of it."""
        async with self._write:
            return await asyncio.to_thread(_transaction, self._writer, "BEGIN IMMEDIATE", work)

    async def shrink(self) -> None:
        """Take what was deleted out of the file and its log for good."""

        def work() -> None:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        async with self._write, self._read:
            await asyncio.to_thread(work)

    async def close(self) -> None:
        """Close both connections, once the work in hand is done."""
        async with self._write, self._read:
            if not self._closed:
                self._closed = True
                self._reader.close()
                self._writer.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -65536")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _transaction(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    try:
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
