"""Whether an atlas file is sound: whole as a file, and what follows from its log of claims to the last column."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from modelatlas.graph.care.findings import LISTED, Finding, Soundness
from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite.care import errand
from modelatlas.graph.sqlite.care.attachments import attachments
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.placement import misplaced
from modelatlas.graph.sqlite.care.reckoning import erased_claims, reckon
from modelatlas.graph.sqlite.care.structure import damage, full_text, missing_tables, unreadable
from modelatlas.graph.sqlite.connection import BUSY_SECONDS
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.faults import is_damage, told
from modelatlas.graph.sqlite.schema import MIGRATIONS, version_of

_COUNTED = {
    "claims": "claim",
    "beliefs": "edge WHERE line IS NOT NULL",
    "other edges": "edge WHERE line IS NULL",
    "entities": "entity",
    "episodes": "episode",
    "communities": "community",
    "sagas": "saga",
}


async def check(path: Path, *, progress: Progress | None = None) -> Soundness:
    """Look at everything in the file as of one moment; others may go on reading and writing it.

    An older file is first brought to this program's schema. Raises BadInput where there is no file, StoreError
    where it cannot be opened as an atlas.
    """
    try:
        older = await asyncio.to_thread(_is_older, path)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise told(error) from error
        return Soundness(checked={}, unchecked=(), found=1, findings=(unreadable("tables", error),))
    if older:
        database = await asyncio.to_thread(Database, path)
        await database.close()
    return await errand.run(lambda errand: _checked(path, errand), progress)


def _is_older(path: Path) -> bool:
    if not path.is_file():
        raise BadInput(f"There is no atlas at {path}; name one with --db.")
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        version = version_of(connection, str(path))
    if version == 0:
        raise BadInput(f"{path} has nothing in it; name an atlas with --db.")
    return version < len(MIGRATIONS)


def _checked(path: Path, errand: Errand) -> Soundness:
    findings: list[Finding] = []
    unchecked: list[str] = []
    found = 0
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            connection.text_factory = _lenient
            connection.execute("PRAGMA cache_size = -65536")
            errand.watch(connection)
            for finding in _everything(connection, errand, unchecked):
                found += 1
                if len(findings) < LISTED:
                    findings.append(finding)
            checked = _counts(connection)
    except sqlite3.Error as error:
        raise told(error) from error
    return Soundness(checked=checked, unchecked=tuple(unchecked), found=found, findings=tuple(findings))


def _everything(connection: sqlite3.Connection, errand: Errand, unchecked: list[str]) -> Iterator[Finding]:
    try:
        yield from full_text(connection, errand)
    except sqlite3.Error as error:
        unchecked.append(f"The full-text indexes were not checked against their texts: {error}.")
    connection.execute("BEGIN")
    yield from damage(connection, errand)
    yield from _readable("tables", errand, missing_tables(connection))
    yield from _readable("claims and beliefs", errand, reckon(connection, errand))
    yield from _readable("erased claims", errand, erased_claims(connection))
    yield from _readable("rows", errand, attachments(connection, errand))
    yield from _readable("vectors", errand, misplaced(connection, errand))


def _readable(part: str, errand: Errand, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of a part; that it cannot be read to its end is one too."""
    try:
        yield from findings
    except sqlite3.Error as error:
        yield unreadable(part, error)
    errand.reached(part, 1, 1)


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows there are of what was looked at, where they can be counted."""
    found = {}
    for name, table in _COUNTED.items():
        try:
            found[name] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        except sqlite3.Error:
            continue
    return found


def _lenient(text: bytes) -> str:
    """Text that is no UTF-8 any more is to be reported, not to end the check."""
    return text.decode(errors="replace")
