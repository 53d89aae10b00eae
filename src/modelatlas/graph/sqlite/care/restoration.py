"""A restoration: a backup becomes the content of an atlas, in one transaction that its other users see as one write."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.sqlite.care import errand
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.plain_copy import beside, copy_pages, take_place, wrong_with
from modelatlas.graph.sqlite.care.structure import missing_tables
from modelatlas.graph.sqlite.connection import BUSY_SECONDS
from modelatlas.graph.sqlite.faults import is_damage, told
from modelatlas.graph.sqlite.schema import migrate, version_of

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_WAIT = 0.1  # seconds between two tries to be the one that writes


async def restore(path: Path, backup: Path, keep: Path | None, *, progress: Progress | None = None) -> Path | None:
    """Make the atlas what the backup is, in this program's schema; with `keep`, what it was goes there first.

    Gives back where it was kept; None where there was nothing to keep. The backup is checked before anything
    changes. Raises BadInput where it is none, StoreError where a disk fails; the atlas is then as it was.
    """
    return await errand.run(lambda errand: _restored(path, backup, keep, errand), progress)


def _restored(path: Path, backup: Path, keep: Path | None, errand: Errand) -> Path | None:
    if not backup.is_file():
        raise BadInput(f"There is no backup at {backup}; name a file that `modelatlas backup` made.")
    if path.exists() and backup.samefile(path):
        raise BadInput(f"{backup} is the atlas itself; name a backup of it.")
    if keep is not None and keep.exists():
        raise BadInput(f"{keep} is there already, so what the atlas is now cannot be kept there; name another file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside(path) as part:
            _make_ready(backup, part, errand)
            version = _version(path)
            keep = None if version == 0 else keep
            if version is None:
                _put_in_place(path, part, keep)
            else:
                _write_into(path, part, keep, errand)
        return keep
    except sqlite3.Error as error:
        raise told(error) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be restored: {error.strerror}.") from error


def _make_ready(backup: Path, part: Path, errand: Errand) -> None:
    """A copy of the backup that is whole and has this program's schema."""
    try:
        with closing(_read_only(backup)) as source:
            copy_pages(source, backup, part, errand)
        wrong = wrong_with(part, errand)
        if not wrong:
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                copy.execute("PRAGMA synchronous = OFF")
                migrate(copy, str(backup))
                wrong = list(missing_tables(copy))
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        raise BadInput(f"{backup} is damaged, or no backup ({error}); nothing was changed, name another.") from error
    if wrong:
        raise BadInput(f"{backup} is damaged, so nothing was changed; name another backup ({wrong[0].what}).")


def _version(path: Path) -> int | None:
    """The schema of the atlas, 0 where there is none yet, None where the file is too damaged to be opened.

    Raises StoreError where the file is not ours or of a newer program.
    """
    if not path.exists():
        return 0
    try:
        # One that could write would clear the log away, which is to be kept with a damaged file.
        with closing(_read_only(path)) as connection:
            return version_of(connection, str(path))
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
    return None


def _put_in_place(path: Path, part: Path, keep: Path | None) -> None:
    """Put the copy where a file is that nobody can open."""
    log = path.with_name(f"{path.name}-wal")
    if keep is not None:
        if log.exists():
            shutil.copy2(log, keep.with_name(f"{keep.name}-wal"))
        shutil.copy2(path, keep)
    for beside_it in (log, path.with_name(f"{path.name}-shm")):  # they would be read as the copy's own
        beside_it.unlink(missing_ok=True)
    take_place(part, path)


def _write_into(path: Path, part: Path, keep: Path | None, errand: Errand) -> None:
    """Write the copy over the atlas as one transaction; what it was is kept while nobody else can write."""
    with (
        closing(sqlite3.connect(part, isolation_level=None)) as copy,
        closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as atlas,
    ):
        atlas.execute("PRAGMA journal_mode = WAL")
        atlas.execute("PRAGMA synchronous = FULL")
        (size,) = atlas.execute("PRAGMA page_size").fetchone()
        if copy.execute("PRAGMA page_size").fetchone() != (size,):
            copy.execute(f"PRAGMA page_size = {size}")
            copy.execute("VACUUM")
        (pages,) = copy.execute("PRAGMA page_count").fetchone()
        last = time.monotonic() + BUSY_SECONDS
        kept = keep is None

        def report(status: int, left: int, total: int) -> None:
            nonlocal kept
            if status in _BUSY and time.monotonic() > last:
                raise StoreError("Another process has been writing for too long; restore again when it is done.")
            if status not in _BUSY and not kept:
                _keep(path, keep, errand)
                kept = True
            if status != sqlite3.SQLITE_DONE:
                errand.reached("restore", total - left, total)

        # In several steps: after the first one others can only read, and what they read is what was.
        copy.backup(atlas, pages=max(1, pages // 50), progress=report, sleep=_WAIT)


def _keep(path: Path, keep: Path | None, errand: Errand) -> None:
    assert keep is not None
    with (
        beside(keep) as part,
        closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as atlas,
    ):
        copy_pages(atlas, path, part, errand)
        shutil.copymode(path, part)
        take_place(part, keep)


def _read_only(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
