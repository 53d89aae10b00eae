"""What the tools made, kept by content: a file once, with a row of provenance for every run that made it.

Several processes share one store. A file is laid in its place, and taken out of it, only inside a write transaction
of the table, so that no row ever names a file that is not there. Every read and every removal is of one tenant.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import AwareDatetime

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import AmbiguousName, BadInput, StoreError
from modelatlas.tools.jobs.table_file import TableFile
from modelatlas.tools.media.measures import UnreadableMedia
from modelatlas.tools.media.streams import usual_type
from modelatlas.tools.workshop import Workshop

T = TypeVar("T")

_PIECE = 2**20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PREFIX = re.compile(r"[0-9a-f]{4,64}")
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS artifact (
        sha256 TEXT NOT NULL, job TEXT NOT NULL, tenant TEXT NOT NULL, made_at TEXT NOT NULL,
        tool TEXT NOT NULL, model TEXT NOT NULL, mime TEXT NOT NULL, bytes INTEGER NOT NULL, name TEXT NOT NULL,
        provenance TEXT NOT NULL, PRIMARY KEY (tenant, sha256, job)
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS artifact_by_time ON artifact (tenant, made_at)",
    "CREATE INDEX IF NOT EXISTS artifact_by_content ON artifact (sha256)",
)


class Provenance(Value):
    """How a file came to be: which run made it, from what (hashes by the field of the request), with what."""

    tenant: str
    job: str
    made_at: AwareDatetime
    tool: str
    model: str
    route: str
    weights_id: str | None
    weights_revision: str | None
    seed: int
    parameters: dict[str, Any]
    inputs: dict[str, str]
    wall_s: float
    licence: str | None
    ai_generated: bool


class Artifact(Value):
    """A kept file and one run that made it."""

    sha256: str
    mime: str
    bytes: int
    path: Path
    provenance: Provenance


class Removal(Value):
    """Which rows go, and how many files and bytes go with them because nothing else names them."""

    artifacts: tuple[Artifact, ...]
    files: int
    bytes: int


class Artifacts:
    """The store of one workshop. It blocks: an event loop calls it in a thread."""

    def __init__(self, workshop: Workshop) -> None:
        self._folder = workshop.artifacts
        self._table = TableFile(workshop.table)
        self._made = False

    def keep(self, path: Path, provenance: Provenance) -> Artifact:
        """Copy a file into the store and put its provenance on record, both or neither.

        Raises StoreError where the disk has no room.
        """
        try:
            suffix, mime = usual_type(path)
        except UnreadableMedia:
            suffix, mime = ".bin", "application/octet-stream"
        with self._copied(path) as (part, digest, size):
            name = f"{digest[:2]}/{digest}{suffix}"

            def lay(connection: sqlite3.Connection) -> None:
                with _room(self._folder):
                    _lay(part, self._folder / name, size)
                connection.execute(
                    "INSERT OR REPLACE INTO artifact VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        digest,
                        provenance.job,
                        provenance.tenant,
                        _instant(provenance.made_at),
                        provenance.tool,
                        provenance.model,
                        mime,
                        size,
                        name,
                        provenance.model_dump_json(),
                    ),
                )

            self._with_table(self._table.write, lay)
        return Artifact(sha256=digest, mime=mime, bytes=size, path=self._folder / name, provenance=provenance)

    def find(self, prefix: str, tenant: str) -> Artifact:
        """The artifact whose sha256 begins so, by the last run that made it. Raises BadInput for none or several."""
        return self.made_by(prefix, tenant)[0]

    def made_by(self, prefix: str, tenant: str) -> tuple[Artifact, ...]:
        """The one artifact whose sha256 begins so, once for every run that made it, the last one first."""
        start = prefix.strip().lower().removeprefix("artifact:")
        if not _PREFIX.fullmatch(start):
            raise BadInput(f"{prefix[:80]!r} names no artifact; give the first 4 or more of its hexadecimal digits.")
        rows = self._read("tenant = ? AND sha256 GLOB ?", (tenant, start + "*"))
        found = sorted({row.sha256 for row in rows})
        if not found:
            raise BadInput(f"No artifact begins with {start}; `modelatlas artifacts` lists what there is.")
        if len(found) > 1:
            raise AmbiguousName(start, [it[: len(start) + 8] for it in found])
        return tuple(rows)

    def listed(
        self,
        tenant: str,
        *,
        job: str | None = None,
        tool: str | None = None,
        model: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int | None = 100,
    ) -> list[Artifact]:
        """What a tenant's runs made, the last first; `since` is included, `until` is not."""
        terms: list[tuple[str, str | None]] = [
            ("tenant = ?", tenant),
            ("job = ?", job),
            ("tool = ?", tool),
            ("model = ?", model),
            ("made_at >= ?", _instant(since) if since else None),
            ("made_at < ?", _instant(until) if until else None),
        ]
        given = [(term, value) for term, value in terms if value is not None]
        return self._read(" AND ".join(term for term, _ in given), [value for _, value in given], limit)

    def forget(self, prefix: str, tenant: str) -> Removal:
        """Take one artifact of a tenant off the record; its file goes when no other row names it."""
        digest = self.find(prefix, tenant).sha256
        return self._remove("tenant = ? AND sha256 = ?", (tenant, digest))

    def removable(self, before: datetime, tenant: str | None) -> Removal:
        """What `prune` would remove now; nothing is touched."""
        where, values = _made_before(before, tenant)
        return self._with_table(self._table.read, lambda connection: self._removal(connection, where, values))

    def prune(self, before: datetime, tenant: str | None) -> Removal:
        """Remove what was made before an instant, of one tenant or (None) of all, and what a crash left behind."""
        removal = self._remove(*_made_before(before, tenant))
        self._with_table(self._table.write, lambda connection: self._sweep(connection, before))
        return removal

    def close(self) -> None:
        """Let go of the table; it is opened again when it is used again."""
        self._table.close()

    def _with_table(
        self, run: Callable[[Callable[[sqlite3.Connection], T]], T], work: Callable[[sqlite3.Connection], T]
    ) -> T:
        """Run the work in a transaction, on a file that has the table of artifacts."""
        if not self._made:
            self._table.write(lambda connection: [connection.execute(statement) for statement in _SCHEMA])
            self._made = True
        return run(work)

    def _read(self, where: str, values: Sequence[str | None], limit: int | None = None) -> list[Artifact]:
        return self._with_table(self._table.read, lambda connection: self._rows(connection, where, values, limit))

    def _rows(
        self, connection: sqlite3.Connection, where: str, values: Sequence[str | None], limit: int | None = None
    ) -> list[Artifact]:
        query = f"SELECT * FROM artifact WHERE {where} ORDER BY made_at DESC, job, sha256 LIMIT ?"
        return [
            Artifact(
                sha256=row["sha256"],
                mime=row["mime"],
                bytes=row["bytes"],
                path=self._folder / row["name"],
                provenance=Provenance.model_validate_json(row["provenance"]),
            )
            for row in connection.execute(query, (*values, -1 if limit is None else limit))
        ]

    def _removal(self, connection: sqlite3.Connection, where: str, values: Sequence[str]) -> Removal:
        rows = self._rows(connection, where, values)
        alone = connection.execute(
            f"SELECT max(bytes) AS bytes FROM artifact GROUP BY sha256 HAVING sum(NOT ({where})) = 0", values
        ).fetchall()
        return Removal(artifacts=tuple(rows), files=len(alone), bytes=sum(row["bytes"] for row in alone))

    def _remove(self, where: str, values: Sequence[str]) -> Removal:
        def rows(connection: sqlite3.Connection) -> Removal:
            removal = self._removal(connection, where, values)
            connection.execute(f"DELETE FROM artifact WHERE {where}", values)
            return removal

        # The rows are off the record for good before a file is touched: a crash in between leaves a file too many.
        removal = self._with_table(self._table.write, rows)
        paths = {it.path for it in removal.artifacts}
        self._table.write(lambda connection: _drop(connection, paths))
        return removal

    def _sweep(self, connection: sqlite3.Connection, before: datetime) -> None:
        """Remove old files that no row names: halves of copies, and what a crash kept from being removed."""
        files = (path for path in self._folder.glob("*/*") if path.is_file())
        _drop(connection, [path for path in files if path.stat().st_mtime < before.timestamp()])

    @contextmanager
    def _copied(self, path: Path) -> Iterator[tuple[Path, str, int]]:
        """A copy of a file on its way into the store, whole and on the disk, with its hash and size."""
        part = self._folder / "parts" / uuid4().hex
        digest, size = sha256(), 0
        try:
            with _room(self._folder):
                part.parent.mkdir(parents=True, exist_ok=True)
                with path.open("rb") as source, part.open("xb") as copy:
                    while piece := source.read(_PIECE):
                        digest.update(piece)
                        size += len(piece)
                        copy.write(piece)
                    copy.flush()
                    os.fsync(copy.fileno())
            yield part, digest.hexdigest(), size
        finally:
            with suppress(OSError):
                part.unlink()


def _lay(part: Path, place: Path, size: int) -> None:
    """Put the copy in its place, unless the file is there already."""
    if place.is_file() and place.stat().st_size == size:
        return
    place.parent.mkdir(exist_ok=True)
    part.chmod(0o444)
    part.replace(place)
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _drop(connection: sqlite3.Connection, paths: Iterable[Path]) -> None:
    """Remove those files of the store that no row names."""
    for path in paths:
        named = connection.execute("SELECT 1 FROM artifact WHERE sha256 = ? LIMIT 1", (path.stem,)).fetchone()
        if named is None:
            path.unlink(missing_ok=True)


def _made_before(before: datetime, tenant: str | None) -> tuple[str, tuple[str, ...]]:
    if tenant is None:
        return "made_at < ?", (_instant(before),)
    return "made_at < ? AND tenant = ?", (_instant(before), tenant)


def _instant(time: datetime) -> str:
    """A time as text that sorts as time does."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    """Tell a disk without room, or that cannot be written, in one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StoreError(
                f"There is no room in {folder} to keep what was made; nothing of it was kept: free some and run again,"
                " or remove old artifacts with `modelatlas artifacts prune`."
            ) from error
        raise StoreError(f"What was made could not be kept in {folder}: {error.strerror or error}.") from error
