"""One connection to a file that is ours, in WAL and with this program's schema, and one transaction on it."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from modelatlas.graph.sqlite.faults import primary
from modelatlas.graph.sqlite.schema import migrate, version_of

T = TypeVar("T")

BUSY_SECONDS = 60.0


def connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that is ours, with this program's schema; another's is refused as it is."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        version_of(connection, str(path))
        turn_to_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        migrate(connection, str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def transacted(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """Run the work between BEGIN and COMMIT; all of it is taken back where it fails."""
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def turn_to_wal(connection: sqlite3.Connection) -> None:
    """Keep a log ahead of the file; SQLite does not itself wait when two processes turn a new file at once."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            with closing(connection.execute("PRAGMA journal_mode = WAL")) as answer:
                answer.fetchall()
            return
        except sqlite3.OperationalError as error:
            if primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.005)
