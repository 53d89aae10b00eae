"""The edges that stand for the beliefs of claims: which go, which end, which are born, with their words and vectors."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from modelatlas.graph.beliefs import Belief
from modelatlas.graph.facts import Fact
from modelatlas.graph.graphiti_rows import EDGE_COLUMNS, edge_words, ticks
from modelatlas.graph.revision import Edge, Node, revision
from modelatlas.graph.sqlite import packing, vectors
from modelatlas.graph.text import words

Row = sqlite3.Row
Vectors = Mapping[str, Sequence[float]]

COMPARED = "e.id, e.uuid, e.fact, e.expired_at, e.attributes, e.line"
_PLACES = ", ".join("?" * len(EDGE_COLUMNS.split(",")))


def reconcile(
    connection: sqlite3.Connection,
    tenant: str,
    wanted: Iterable[Belief],
    standing: Mapping[str, Row],
    given: Vectors,
    now: datetime,
) -> int:
    """Make the standing edges (uuid → its COMPARED columns) those of the wanted beliefs; how many are gone.

    An edge that is born has the vector given for its text, else that of a standing edge with the same text.
    """
    made = revision(tenant, wanted, standing)
    packed = _packed(connection, {fact.text for fact, _ in made.born}, standing, given)
    connection.executemany("DELETE FROM edge WHERE id = ?", [(row["id"],) for row in made.gone])
    ended = [(expired_at, attributes, row["id"]) for row, expired_at, attributes in made.ended]
    connection.executemany("UPDATE edge SET expired_at = ?, attributes = ? WHERE id = ?", ended)
    _insert_entities(connection, tenant, made.nodes, ticks(now))
    _insert_edges(connection, made.born, packed)
    return len(made.gone)


def rows_of(connection: sqlite3.Connection, query: str, keys: Iterable[str], *before: object) -> Iterator[Row]:
    """The rows of a query that has `{}` where the keys go."""
    yield from connection.execute(query.format("SELECT value FROM json_each(?)"), (*before, json.dumps(list(keys))))


def rows_with(connection: sqlite3.Connection, query: str, values: Iterable[tuple[object, ...]]) -> Iterator[Row]:
    """The rows of a query that has `{}` where these rows go, as VALUES."""
    every = iter(values)
    while chunk := list(islice(every, 5_000)):
        places = f"({', '.join('?' * len(chunk[0]))})"
        flat = [value for row in chunk for value in row]
        yield from connection.execute(query.format(f"VALUES {', '.join([places] * len(chunk))}"), flat)


def _packed(
    connection: sqlite3.Connection, texts: set[str], standing: Mapping[str, Row], given: Vectors
) -> dict[str, bytes]:
    packed = {text: packing.pack(given[text]) for text in texts & given.keys()}
    same = {row["id"]: row["fact"] for row in standing.values() if row["fact"] in texts and row["fact"] not in packed}
    return packed | {same[rowid]: blob for rowid, blob in vectors.get(connection, "edge", same).items()}


def _insert_entities(connection: sqlite3.Connection, tenant: str, nodes: Mapping[str, Node], now: int) -> None:
    known = {row["uuid"] for row in rows_of(connection, "SELECT uuid FROM entity WHERE uuid IN ({})", nodes)}
    new = [row_of(tenant, fact, now) for uuid, (row_of, fact) in nodes.items() if uuid not in known]
    first = _next_id(connection, "entity")
    connection.executemany(
        "INSERT INTO entity (id, uuid, group_id, name, name_key, labels, attributes, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(rowid, *row) for rowid, row in enumerate(new, first)],
    )
    texts = [(rowid, " ".join(words(row[2]))) for rowid, row in enumerate(new, first)]
    connection.executemany("INSERT INTO entity_words (rowid, words) VALUES (?, ?)", texts)


def _insert_edges(
    connection: sqlite3.Connection, born: Sequence[tuple[Fact, Edge]], packed: Mapping[str, bytes]
) -> None:
    first = _next_id(connection, "edge")
    rows = [(rowid, *edge) for rowid, (_, edge) in enumerate(born, first)]
    connection.executemany(f"INSERT INTO edge (id, {EDGE_COLUMNS}) VALUES (?, {_PLACES})", rows)
    texts = [(rowid, edge_words(fact)) for rowid, (fact, _) in enumerate(born, first)]
    connection.executemany("INSERT INTO edge_words (rowid, words) VALUES (?, ?)", texts)
    having = [(rowid, packed[fact.text]) for rowid, (fact, _) in enumerate(born, first) if fact.text in packed]
    vectors.put(connection, "edge", having)


def _next_id(connection: sqlite3.Connection, table: str) -> int:
    found: int = connection.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()[0]
    return found
