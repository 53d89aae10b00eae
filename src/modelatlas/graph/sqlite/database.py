"""One SQLite file, opened for one writer and a few readers of this process and any number of others.

WAL: readers see one snapshot and never block; writers of all processes queue on BEGIN IMMEDIATE. A batch is
one transaction, on disk before it is acknowledged.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.connection import BUSY_SECONDS, connect, transacted
from modelatlas.graph.sqlite.faults import primary, told

T = TypeVar("T")

READERS = 4
_STEPS = 20_000  # of SQLite, a millisecond or so
SHRINK_SECONDS = 5.0


class StillRead(StoreError):
    """Another process reads the file, so that its old pages could not be taken out."""

    def __init__(self) -> None:
        super().__init__(
            "What was asked is off the record, but another process still reads the file, so its old pages are not yet"
            " gone; forget the same again once that process has closed it."
        )


class Reader:
    """A connection that one thread at a time reads by."""

    def __init__(self, path: Path) -> None:
        self._alone = threading.Lock()
        self._connection = connect(path)

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on one snapshot of the file; where the caller is cancelled it is interrupted."""
        cancelled = threading.Event()

        def interruptible(connection: sqlite3.Connection) -> T:
            connection.set_progress_handler(cancelled.is_set, _STEPS)
            return work(connection)

        return await _whole(lambda: _transaction(self._connection, self._alone, "BEGIN", interruptible), cancelled.set)

    def close(self) -> None:
        """Close it, once the work in hand is done."""
        with self._alone:
            self._connection.close()


class Database:
    """The connections to one file, used in threads so that the event loop goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write = asyncio.Lock()
        self._places = asyncio.Semaphore(READERS)
        self._idle: list[Reader] = []
        # A cancelled caller lets go of the lock above while its thread still writes: this one is the thread's own.
        self._writing = threading.Lock()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = connect(path)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path} cannot be opened as a modelatlas file: {error}.") from error

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on one snapshot of the file, beside other reads and writes."""
        async with self._places:
            if self._closed:
                raise StoreError(f"{self.path} was closed; open it again.")
            reader = self._idle.pop() if self._idle else await _whole(lambda: Reader(self.path))
            try:
                return await reader.read(work)
            finally:
                self._idle.append(reader)

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work as one transaction: on disk when this returns, or nothing of it."""
        async with self._write:
            return await asyncio.to_thread(
                _in_words, lambda: _transaction(self._writer, self._writing, "BEGIN IMMEDIATE", work)
            )

    async def begin(self) -> None:
        """Begin a transaction that goes on until `end`; meanwhile other writers wait."""
        begun = False

        def work() -> None:
            nonlocal begun
            self._writing.acquire()
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                begun = True
            finally:
                if not begun:
                    self._writing.release()

        await self._write.acquire()
        try:
            await _whole(work)
        except BaseException:
            if begun:
                await self.end(commit=False)
            else:
                self._write.release()
            raise

    async def within(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work in the transaction that was begun: all of it, or nothing."""
        return await _whole(lambda: _savepoint(self._writer, work))

    async def end(self, *, commit: bool) -> None:
        """End the transaction that was begun: on disk when this returns, or nothing of it."""

        def work() -> None:
            try:
                if commit:
                    self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                self._writing.release()

        try:
            await _whole(work)
        finally:
            self._write.release()

    async def shrink(self) -> None:
        """Take what was deleted out of the file and its log for good. Raises StillRead while others read it."""

        def work() -> bool:
            with self._writing:
                self._writer.execute(f"PRAGMA busy_timeout = {int(SHRINK_SECONDS * 1000)}")
                try:
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    self._writer.execute("VACUUM")
                    busy: int = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                finally:
                    self._writer.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
                return not busy

        async with self._alone():
            try:
                done = await asyncio.to_thread(work)
            except sqlite3.Error as error:
                if primary(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise told(error) from error
                raise StillRead from error
        if not done:
            raise StillRead

    async def close(self) -> None:
        """Close all connections, once the work in hand is done."""

        def work() -> None:
            for reader in self._idle:
                reader.close()
            with self._writing:
                self._writer.close()

        async with self._alone():
            if not self._closed:
                self._closed = True
                await asyncio.to_thread(work)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """While no one of this process reads or writes."""
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._write)
            for _ in range(READERS):
                await held.enter_async_context(self._places)
            yield


async def _whole(work: Callable[[], T], when_cancelled: Callable[[], None] | None = None) -> T:
    """Run the work in a thread; it is finished when this ends, even where the caller was cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(_in_words, work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        if when_cancelled is not None:
            when_cancelled()
        await asyncio.wait([running])
        raise


def _in_words(work: Callable[[], T]) -> T:
    try:
        return work()
    except sqlite3.Error as error:
        raise told(error) from error


def _savepoint(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    if not connection.in_transaction:
        raise StoreError("The transaction was taken back when a write of it failed; begin a new one.")
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO work")
            connection.execute("RELEASE work")
        raise
    connection.execute("RELEASE work")
    return result


def _transaction(
    connection: sqlite3.Connection, alone: threading.Lock, begin: str, work: Callable[[sqlite3.Connection], T]
) -> T:
    with alone:
        return transacted(connection, begin, work)
