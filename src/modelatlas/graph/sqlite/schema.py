"""The tables of a modelatlas file, and how an older file becomes a newer one.

Entities, episodes and edges are Graphiti's EntityNode, EpisodicNode and EntityEdge. Times are whole
microseconds since 1970 UTC; of a coarse bound an edge's columns hold the outermost instants, so that a filter
on them sees all that may hold, and `attributes` the exact text. The log of claims is append-only and alone
decides what the edges are; an erased claim leaves its id in `forgotten`, and a tombstone.
"""

import sqlite3

from modelatlas.graph.errors import StoreError

APPLICATION_ID = 0x6D61746C  # "matl"

_FIRST = """
CREATE TABLE entity (
  uuid TEXT PRIMARY KEY, group_id TEXT NOT NULL CHECK (group_id <> ''),
  name TEXT NOT NULL, name_key TEXT NOT NULL, labels TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}', name_embedding BLOB, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX entity_name ON entity (group_id, name_key);

CREATE TABLE episode (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  name TEXT NOT NULL, source TEXT NOT NULL, source_description TEXT NOT NULL, content TEXT NOT NULL,
  attributes TEXT NOT NULL DEFAULT '{}', valid_at INTEGER NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX episode_said ON episode (group_id, valid_at);

CREATE TABLE edge (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  source_node_uuid TEXT NOT NULL REFERENCES entity (uuid),
  target_node_uuid TEXT NOT NULL REFERENCES entity (uuid),
  name TEXT NOT NULL, fact TEXT NOT NULL, fact_embedding BLOB, episodes TEXT NOT NULL,
  valid_at INTEGER, invalid_at INTEGER, created_at INTEGER NOT NULL, expired_at INTEGER,
  attributes TEXT NOT NULL DEFAULT '{}', line BLOB
) STRICT;
CREATE INDEX edge_subject ON edge (group_id, source_node_uuid, name);
CREATE INDEX edge_target ON edge (target_node_uuid);
CREATE INDEX edge_predicate ON edge (group_id, name);
CREATE INDEX edge_line ON edge (line);

CREATE TABLE claim (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, tenant TEXT NOT NULL CHECK (tenant <> ''),
  line BLOB NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, ingested_at INTEGER NOT NULL,
  UNIQUE (tenant, uuid)
) STRICT;
CREATE INDEX claim_line ON claim (line, recorded_at);
CREATE INDEX claim_subject ON claim (tenant, subject);

CREATE TABLE tombstone (
  id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, erased_at INTEGER NOT NULL,
  claims INTEGER NOT NULL, facts INTEGER NOT NULL, episodes INTEGER NOT NULL
) STRICT;
CREATE TABLE forgotten (tenant TEXT NOT NULL, uuid TEXT NOT NULL, PRIMARY KEY (tenant, uuid)) STRICT;

CREATE VIRTUAL TABLE edge_words USING fts5 (words, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE episode_words USING fts5 (words, tokenize = "unicode61 remove_diacritics 0");
"""

MIGRATIONS = (_FIRST,)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file to this program's schema. Raises StoreError for a foreign or a newer file."""
    if version_of(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_version(connection, path), len(MIGRATIONS)):
            for statement in _statements(MIGRATIONS[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def version_of(connection: sqlite3.Connection, path: str) -> int:
    """The schema of the file at one moment, 0 for an empty one. Raises StoreError for a foreign or a newer file."""
    connection.execute("BEGIN")
    try:
        return _version(connection, path)
    finally:
        connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, path: str) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise StoreError(f"{path} is a SQLite file of another program; name a new file with --db.")
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{path} was written by a newer modelatlas (schema {version}, this one knows {len(MIGRATIONS)}); "
            "upgrade modelatlas."
        )
    return version


def _statements(script: str) -> list[str]:
    found, begun = [], ""
    for part in script.split(";"):
        begun += part + ";"
        if sqlite3.complete_statement(begun):
            found.append(begun)
            begun = ""
    return found
