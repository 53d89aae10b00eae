"""The tables of a modelatlas file, and how an older file becomes a newer one.

Entities, episodes, communities, sagas and the edges between them are Graphiti's. Times are whole microseconds
since 1970 UTC; of a coarse bound an edge's columns hold the outermost instants, so that a filter on them sees
all that may hold, and `attributes` the exact text. The log of claims is append-only and alone decides what the
edges with a `line` are; an erased claim leaves its id in `forgotten`, and a tombstone.

Words and vectors stand apart from the rows they are of, under the same `id`, and go with them. `edge_sight`
has what an as-of asks of an edge and nothing else, so that a filter reads few pages.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from modelatlas.graph.errors import StoreError
from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.sqlite.near.vector_tables import VECTOR_TABLES
from modelatlas.graph.text import words

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

_SECOND = """
CREATE TABLE new_entity (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  name TEXT NOT NULL, name_key TEXT NOT NULL, labels TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '',
  attributes TEXT NOT NULL DEFAULT '{}', created_at INTEGER NOT NULL
) STRICT;
INSERT INTO new_entity (uuid, group_id, name, name_key, labels, summary, attributes, created_at)
  SELECT uuid, group_id, name, name_key, labels, summary, attributes, created_at FROM entity ORDER BY rowid;
CREATE TABLE entity_vector (
  id INTEGER PRIMARY KEY REFERENCES entity (id) ON DELETE CASCADE, vector BLOB NOT NULL
) STRICT;
INSERT INTO entity_vector (id, vector)
  SELECT n.id, e.name_embedding FROM entity e JOIN new_entity n ON n.uuid = e.uuid WHERE e.name_embedding IS NOT NULL;
DROP TABLE entity;
ALTER TABLE new_entity RENAME TO entity;
CREATE INDEX entity_name ON entity (group_id, name_key);

ALTER TABLE episode ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE episode ADD COLUMN entity_edges TEXT NOT NULL DEFAULT '[]';
ALTER TABLE episode ADD COLUMN episode_metadata TEXT;
UPDATE episode SET
  entity_edges = coalesce(attributes -> '$.entity_edges', '[]'),
  episode_metadata = nullif(attributes -> '$.episode_metadata', 'null'),
  attributes = json_remove(attributes, '$.entity_edges', '$.episode_metadata');
CREATE INDEX episode_sight ON episode (id, group_id, valid_at, attributes ->> '$.source.id');
CREATE INDEX episode_session ON episode (group_id, attributes ->> '$.session', valid_at)
  WHERE attributes ->> '$.session' IS NOT NULL;

CREATE TABLE edge_vector (
  id INTEGER PRIMARY KEY REFERENCES edge (id) ON DELETE CASCADE, vector BLOB NOT NULL
) STRICT;
INSERT INTO edge_vector (id, vector) SELECT id, fact_embedding FROM edge WHERE fact_embedding IS NOT NULL;
ALTER TABLE edge DROP COLUMN fact_embedding;
ALTER TABLE edge ADD COLUMN reference_time INTEGER;
UPDATE edge SET
  reference_time = microseconds(attributes ->> '$.reference_time'),
  attributes = json_remove(attributes, '$.reference_time')
  WHERE line IS NULL;
DROP INDEX edge_subject;
CREATE INDEX edge_source ON edge (source_node_uuid, name);
CREATE INDEX edge_episode ON edge (episodes ->> 0);
CREATE INDEX edge_sight ON edge (id, group_id, valid_at, invalid_at, created_at, expired_at, line);

CREATE TABLE embedder (tenant TEXT PRIMARY KEY, name TEXT NOT NULL, dimensions INTEGER NOT NULL) STRICT;

CREATE TABLE community (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  name TEXT NOT NULL, labels TEXT NOT NULL, summary TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX community_group ON community (group_id);
CREATE TABLE community_vector (
  id INTEGER PRIMARY KEY REFERENCES community (id) ON DELETE CASCADE, vector BLOB NOT NULL
) STRICT;
CREATE TABLE saga (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  name TEXT NOT NULL, labels TEXT NOT NULL, summary TEXT NOT NULL, created_at INTEGER NOT NULL,
  first_episode_uuid TEXT, last_episode_uuid TEXT,
  last_summarized_at INTEGER, last_summarized_episode_valid_at INTEGER
) STRICT;
CREATE INDEX saga_name ON saga (group_id, name);

CREATE TABLE mention (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  source_node_uuid TEXT NOT NULL REFERENCES episode (uuid) ON DELETE CASCADE,
  target_node_uuid TEXT NOT NULL REFERENCES entity (uuid) ON DELETE CASCADE, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX mention_source ON mention (source_node_uuid);
CREATE INDEX mention_target ON mention (target_node_uuid);
CREATE TABLE member (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  source_node_uuid TEXT NOT NULL REFERENCES community (uuid) ON DELETE CASCADE,
  target_node_uuid TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX member_source ON member (source_node_uuid);
CREATE INDEX member_target ON member (target_node_uuid);
CREATE TABLE saga_episode (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  source_node_uuid TEXT NOT NULL REFERENCES saga (uuid) ON DELETE CASCADE,
  target_node_uuid TEXT NOT NULL REFERENCES episode (uuid) ON DELETE CASCADE, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX saga_episode_source ON saga_episode (source_node_uuid);
CREATE INDEX saga_episode_target ON saga_episode (target_node_uuid);
CREATE TABLE next_episode (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL CHECK (group_id <> ''),
  source_node_uuid TEXT NOT NULL REFERENCES episode (uuid) ON DELETE CASCADE,
  target_node_uuid TEXT NOT NULL REFERENCES episode (uuid) ON DELETE CASCADE, created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX next_episode_source ON next_episode (source_node_uuid);
CREATE INDEX next_episode_target ON next_episode (target_node_uuid);
"""

_SECOND_WORDS = """
CREATE VIRTUAL TABLE entity_words USING fts5 (words, tokenize = "unicode61 remove_diacritics 0");
CREATE VIRTUAL TABLE community_words USING fts5 (words, tokenize = "unicode61 remove_diacritics 0");
INSERT INTO entity_words (rowid, words) SELECT id, words_of(name || ' ' || summary) FROM entity;
CREATE TRIGGER entity_gone AFTER DELETE ON entity BEGIN
  DELETE FROM entity_words WHERE rowid = old.id;
  DELETE FROM member WHERE target_node_uuid = old.uuid;
END;
CREATE TRIGGER episode_gone AFTER DELETE ON episode BEGIN
  DELETE FROM episode_words WHERE rowid = old.id;
END;
CREATE TRIGGER community_gone AFTER DELETE ON community BEGIN
  DELETE FROM community_words WHERE rowid = old.id;
  DELETE FROM member WHERE target_node_uuid = old.uuid;
END;
CREATE TRIGGER edge_gone AFTER DELETE ON edge BEGIN
  DELETE FROM edge_words WHERE rowid = old.id;
END;
"""

MIGRATIONS = (_FIRST, _SECOND + VECTOR_TABLES + _SECOND_WORDS)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file to this program's schema. Raises StoreError for a foreign or a newer file."""
    if version_of(connection, path) == len(MIGRATIONS):
        return
    for name, function in _FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that others refer to can only be replaced without them
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_version(connection, path), len(MIGRATIONS)):
            for statement in _statements(MIGRATIONS[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StoreError(f"{path} has rows that refer to none; restore a backup of it.")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
        for name in _FUNCTIONS:
            connection.create_function(name, 1, None)


def version_of(connection: sqlite3.Connection, path: str) -> int:
    """The schema of the file at one moment, 0 for an empty one. Raises StoreError for a foreign or a newer file."""
    connection.execute("BEGIN")
    try:
        return _version(connection, path)
    finally:
        if connection.in_transaction:
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


def _microseconds(text: str | None) -> int | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    return ticks(instant if instant.tzinfo else instant.replace(tzinfo=UTC))


def _words_of(text: str) -> str:
    return " ".join(words(text))


_FUNCTIONS: dict[str, Callable[..., str | int | None]] = {"microseconds": _microseconds, "words_of": _words_of}
