"""One connection to a file that is ours, in WAL and with this program's schema."""

import sqlite3
import time
from pathlib import Path

from modelatlas.graph.sqlite.schema import migrate, version_of

BUSY_SECONDS = 60.0


def connect(path: Path) -> sqlite3.Connection:
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
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
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
