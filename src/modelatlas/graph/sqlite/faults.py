"""What SQLite says when a disk or a file fails it, as one sentence with what to do."""

import sqlite3

from modelatlas.graph.errors import StoreError

DAMAGED = "see `modelatlas check`, and bring a backup back with `modelatlas restore FILE`"

_DAMAGE = f"The atlas file is damaged ({{error}}); {DAMAGED}."
_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full ({error}), so nothing of this was written; make room and do it again:"
    " all that was on record before is still there.",
    sqlite3.SQLITE_IOERR: "The disk did not do what the atlas file needs ({error}): it may be full, over a quota or"
    " failing; nothing of this was written, and all that was on record before is still there.",
    sqlite3.SQLITE_READONLY: "The atlas file may only be read here ({error}), so nothing was written; give this user"
    " the right to write the file and its folder, or name another file with --db.",
    sqlite3.SQLITE_CANTOPEN: "The atlas file, or what SQLite keeps beside it, cannot be opened ({error}); its folder"
    " must be one that this user may write to.",
    sqlite3.SQLITE_BUSY: "Another process has held the atlas file for too long ({error}); try again when it is done.",
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
}


def told(error: sqlite3.Error) -> StoreError:
    """The error as a person should read it."""
    if str(error) == "malformed JSON" or str(error).startswith("Could not decode to UTF-8"):
        return StoreError(_DAMAGE.format(error=error))
    return StoreError(_SENTENCES.get(primary(error), "The atlas file could not be used: {error}.").format(error=error))


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is damaged, or no SQLite file at all."""
    return primary(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def primary(error: sqlite3.Error) -> int:
    """SQLite's result code without its details; 0 where the error is not SQLite's own."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
