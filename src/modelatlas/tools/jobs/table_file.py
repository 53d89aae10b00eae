"""The SQLite file that several processes keep jobs in: WAL, one transaction a change, faults in one sentence."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.connection import BUSY_SECONDS, transacted, turn_to_wal
from modelatlas.graph.sqlite.faults import primary
from modelatlas.tools.jobs.rows import SCHEMA, columns_differ

T = TypeVar("T")

_FULL = (
    "The disk does not take what the table of jobs needs to write ({error}): it may be full or over a quota; make room"
    " and do it again, all that was in {path} before is still there."
)
_DAMAGED = (
    "The table of jobs at {path} is damaged ({error}); move the file away and a new one is begun: what the jobs made is"
    " still in the folder beside it."
)
_CLOSED_TO_US = (
    "The table of jobs at {path} cannot be opened or written ({error}); its folder must be one that this user may"
    " write to."
)
_SENTENCES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_READONLY: _CLOSED_TO_US,
    sqlite3.SQLITE_CANTOPEN: _CLOSED_TO_US,
    sqlite3.SQLITE_PERM: _CLOSED_TO_US,
    sqlite3.SQLITE_BUSY: "Another process has held the table of jobs at {path} for too long ({error}); try again.",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class TableFailed(StoreError):
    """The table of jobs cannot serve: full, damaged, not ours to write, or of another release."""


class TableFile:
    """One connection to the file, made when first used, for any thread of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._alone = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work on one snapshot. Raises TableFailed."""
        return self._transaction("BEGIN", "FULL", work)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the work as one transaction: on disk when this returns, or nothing of it. Raises TableFailed."""
        return self._transaction("BEGIN IMMEDIATE", "FULL", work)

    def note(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Write what may be forgotten when the machine loses its power, as how far a job is. Raises TableFailed."""
        return self._transaction("BEGIN IMMEDIATE", "NORMAL", work)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is used again."""
        with self._alone:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _transaction(self, begin: str, synchronous: str, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._alone:
            try:
                connection = self._connection = self._connection or self._opened()
                connection.execute(f"PRAGMA synchronous = {synchronous}")
                return transacted(connection, begin, work)
            except sqlite3.Error as error:
                raise self._told(error) from error
            except OSError as error:
                raise TableFailed(_CLOSED_TO_US.format(path=self.path, error=error)) from error

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            turn_to_wal(connection)
            if columns_differ(connection):
                connection.execute("BEGIN IMMEDIATE")
                if connection.execute("SELECT 1 FROM sqlite_schema WHERE name IN ('job', 'worker')").fetchone() is None:
                    for statement in SCHEMA:
                        connection.execute(statement)
                connection.execute("COMMIT")
            if wrong := columns_differ(connection):
                raise TableFailed(
                    f"The table of jobs at {self.path} was made by another release of modelatlas ({wrong}); use that"
                    " release, or move the file away and a new one is begun."
                )
        except BaseException:
            connection.close()
            raise
        return connection

    def _told(self, error: sqlite3.Error) -> TableFailed:
        sentence = _SENTENCES.get(primary(error), "The table of jobs at {path} could not be used: {error}.")
        return TableFailed(sentence.format(path=self.path, error=error))
