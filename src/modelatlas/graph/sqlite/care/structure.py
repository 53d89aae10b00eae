"""Whether the file itself is whole: its pages, its tables, what its rows refer to, and its full-text indexes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.remedies import RESTORE
from modelatlas.graph.sqlite.faults import primary
from modelatlas.graph.sqlite.schema import migrate


def damage(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """What is wrong with pages, indexes and references, of a file of any schema."""
    errand.reached("pages", 0, 1)
    try:
        for row in connection.execute("PRAGMA integrity_check"):
            if row[0] != "ok":
                message = " ".join(str(row[0]).replace("*** in database main ***", "").split())
                yield Finding(kind="page", where="file", what=f"The file is damaged: {message}", remedy=RESTORE)
    except sqlite3.Error as error:
        yield unreadable("pages", error)
    errand.reached("references", 0, 1)
    try:
        for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            place = f"{table} {row}"
            what = f"Row {row} of {table} refers to a row of {parent} that is not there"
            yield Finding(kind="reference", where=place, what=what, remedy=RESTORE)
    except sqlite3.Error as error:
        yield unreadable("references", error)


def full_text(connection: sqlite3.Connection, errand: Errand) -> Iterator[Finding]:
    """Full-text indexes that are not what their own texts come to. Needs the right to write; writes nothing.

    Raises sqlite3.Error where the file cannot be written.
    """
    for name in full_text_indexes(connection):
        errand.reached("full text", 0, 1)
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('integrity-check')")
        except sqlite3.Error as error:
            if primary(error) == sqlite3.SQLITE_READONLY:
                raise
            what = f"The full-text index {name} is not what its texts come to ({error})"
            yield Finding(kind="words", where=name, what=what, remedy=RESTORE)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


def full_text_indexes(connection: sqlite3.Connection) -> list[str]:
    """The names of the file's full-text indexes."""
    query = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%' ORDER BY name"
    return [row[0] for row in connection.execute(query)]


def missing_tables(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Tables, columns, indexes and triggers of this program's schema that the file has not."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        migrate(model, "memory")
        expected = _parts(model)
    for part in sorted(expected - _parts(connection)):
        yield Finding(kind="table", where=part, what=f"The {part} is missing", remedy=RESTORE)


def unreadable(part: str, error: sqlite3.Error) -> Finding:
    """That a part of the file could not be read to its end."""
    return Finding(kind="page", where=part, what=f"The {part} cannot be read to their end ({error})", remedy=RESTORE)


def _parts(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT type, name FROM sqlite_schema WHERE sql IS NOT NULL")
    columns = connection.execute(
        "SELECT c.name, t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'"
    )
    return {f"{kind} {name}" for kind, name in rows} | {f"column {name} of {table}" for name, table in columns}
