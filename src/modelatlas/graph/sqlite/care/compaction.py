"""Compaction: what was deleted leaves the file, what a search reads stands together, vectors get their index."""

import sqlite3

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import StoreError
from modelatlas.graph.sqlite.care.structure import full_text_indexes
from modelatlas.graph.sqlite.database import Database, StillRead
from modelatlas.graph.sqlite.near.placing import place


class Compacted(Value):
    """How many bytes the file and its log took."""

    before: int
    after: int


async def compact(database: Database) -> Compacted:
    """Put words and vectors in order for searches, empty the log, and give back the pages that nothing uses.

    Raises StoreError while another process reads or writes the file.
    """
    before = _bytes(database)
    await place(database)
    await database.write(_optimize)
    try:
        await database.shrink()
    except StillRead as error:
        raise StoreError(
            "The file was not made smaller, because another process is reading or writing it;"
            " nothing is lost: compact it again once that process is done."
        ) from error
    return Compacted(before=before, after=_bytes(database))


def _optimize(connection: sqlite3.Connection) -> None:
    for name in full_text_indexes(connection):
        connection.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")


def _bytes(database: Database) -> int:
    parts = (database.path, database.path.with_name(f"{database.path.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
