"""A copy of an atlas in one plain file, as of one moment, made beside the name that it is to have."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from modelatlas.graph.care.findings import Finding
from modelatlas.graph.errors import BadInput
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.structure import damage, full_text
from modelatlas.graph.sqlite.schema import version_of

_PAGES = 2048  # copied between two reports


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A name beside the target for what is not whole yet; what is left under it goes."""
    part = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        yield part
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)


def copy_pages(source: sqlite3.Connection, path: Path, part: Path, errand: Errand) -> None:
    """Copy the file of a connection, page by page; others' writes go on meanwhile.

    Raises BadInput for a file with nothing in it, StoreError for one that is not ours, sqlite3.Error.
    """
    if version_of(source, str(path)) == 0:
        raise BadInput(f"{path} has nothing in it; name an atlas or a backup of one.")
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        copy.execute("PRAGMA journal_mode = OFF")
        # While it is read in a transaction the file stands still; else a copy begins again after every write.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()

        def report(_: int, left: int, total: int) -> None:
            errand.reached("copy", total - left, total)

        try:
            source.backup(copy, pages=_PAGES, progress=report)
        finally:
            source.execute("ROLLBACK")
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")  # the copy needs no log beside it, not even to be read


def wrong_with(part: Path, errand: Errand) -> list[Finding]:
    """What is wrong with a copy as a file."""
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous = OFF")
        errand.watch(copy)
        found = [*damage(copy, errand), *full_text(copy, errand)]
    errand.reached("copy", 1, 1)
    return found


def take_place(part: Path, target: Path) -> None:
    """Give the copy its name, once it is on disk."""
    _to_disk(part)
    os.replace(part, target)
    with suppress(OSError):  # some systems cannot open a folder
        _to_disk(target.parent)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
