"""What every peer is given: the facts that our store holds, and the queries with their vectors."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random

_FACTS = (
    "SELECT e.uuid, e.source_node_uuid, e.target_node_uuid, s.name, t.name, e.name, e.fact, e.valid_at, e.invalid_at,"
    " e.created_at, e.expired_at FROM edge e JOIN entity s ON s.uuid = e.source_node_uuid"
    " JOIN entity t ON t.uuid = e.target_node_uuid ORDER BY e.id"
)


@dataclass(frozen=True, slots=True)
class Given:
    """One fact; its times are microseconds since 1970 UTC, None where unknown or still open."""

    uuid: str
    subject: str
    target: str
    subject_name: str
    target_name: str
    predicate: str
    text: str
    valid_at: int | None
    invalid_at: int | None
    created_at: int
    expired_at: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One query with its vector."""

    text: str
    vector: list[float]


def write_facts(atlas: Path, to: Path) -> int:
    """Write the facts of an atlas to a file, a line each, in the order they were taken in; how many there are."""
    connection = sqlite3.connect(atlas)
    count = 0
    try:
        with to.open("w", encoding="utf-8") as file:
            for row in connection.execute(_FACTS):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
    finally:
        connection.close()
    return count


def facts(path: Path, at_once: int) -> Iterator[list[Given]]:
    """The facts of the file, so many at once."""
    with path.open(encoding="utf-8") as file:
        while batch := [Given(*json.loads(line)) for line in islice(file, at_once)]:
            yield batch


def some_keys(path: Path, until: int, count: int) -> list[list[str]]:
    """So many facts of the file that were on record by then, each as its subject and predicate, the same each time."""
    known = [(it.subject_name, it.predicate) for batch in facts(path, 1000) for it in batch if it.created_at <= until]
    return [list(about) for about in Random(len(known)).choices(known, k=count)]


def write_questions(queries: Sequence[Asked], keys: Sequence[list[str]], to: Path) -> None:
    """Write what is searched for and what is recalled to a file."""
    said = {"queries": [asdict(it) for it in queries], "keys": keys}
    to.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def queries(path: Path) -> list[Asked]:
    """What the file has to search for."""
    return [Asked(**it) for it in json.loads(path.read_text(encoding="utf-8"))["queries"]]


def keys(path: Path) -> list[list[str]]:
    """What the file has to recall: subject and predicate of each."""
    found: list[list[str]] = json.loads(path.read_text(encoding="utf-8"))["keys"]
    return found
