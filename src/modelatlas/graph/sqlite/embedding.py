"""Where a SQLite file keeps the vectors of one tenant's facts, and how they are put in order for searches."""

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from modelatlas.graph.embed import Embedder
from modelatlas.graph.embedding import Signature, agrees
from modelatlas.graph.errors import StoreError
from modelatlas.graph.facts import Claim
from modelatlas.graph.sqlite import packing, sight, vectors
from modelatlas.graph.sqlite.database import Database

PLACED_AT_ONCE = 4_000  # so many vectors are soon compared one by one; a search of more wants their index


class SqliteShelf:
    """The vectors of a tenant in a file; `sign` and `check` are for transactions of the store."""

    def __init__(self, database: Database, tenant: str, embedder: Embedder | None) -> None:
        self._database = database
        self._tenant = tenant
        self._embedder = embedder
        self._waiting = 0

    async def signature(self) -> Signature | None:
        """Whose vectors are on record."""
        return await self._database.read(lambda db: _signature(db, self._tenant))

    async def not_on_record(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims that are not in the log."""
        return await self._database.read(lambda db: sight.not_on_record(db, self._tenant, claims))

    async def without_vector(self, last: int | None, limit: int) -> dict[int, str]:
        """The texts of the next facts after a row that have no vector, by row."""
        return await self._database.read(lambda db: sight.without_vector(db, self._tenant, last or 0, limit))

    async def give(self, texts: Mapping[int, str], made: Mapping[str, Sequence[float]]) -> int:
        """Give facts their vectors; how many, for some may be gone by then."""
        packed = {text: packing.pack(vector) for text, vector in made.items()}

        def work(connection: sqlite3.Connection) -> int:
            self.sign(connection, [self._tenant])
            same = [row for row, text in sight.texts_of(connection, texts).items() if text == texts[row]]
            vectors.put(connection, "edge", [(row, packed[texts[row]]) for row in same])
            return len(same)

        return await self._database.write(work)

    async def take_out(self) -> None:
        """Take out every vector of the tenant's facts, and whose they are."""
        await self._database.write(lambda db: _take_out(db, self._tenant))

    async def placed(self, written: int) -> None:
        """Bring the index of vectors up to date once so many were written that a search would read all those."""
        self._waiting += written
        if self._waiting >= PLACED_AT_ONCE:
            from modelatlas.graph.sqlite.near.placing import place  # numpy is loaded where there are vectors

            self._waiting = 0
            # What was recorded is on disk; without its place in the index it is found all the same, only slower.
            with contextlib.suppress(StoreError):
                await place(self._database)

    def check(self, connection: sqlite3.Connection) -> None:
        """Raises OtherEmbedder where the vectors on record are another's."""
        agrees(self._embedder, _signature(connection, self._tenant))

    def sign(self, connection: sqlite3.Connection, tenants: Iterable[str]) -> None:
        """Say in the file whose vectors are written. Raises OtherEmbedder where a tenant has another's."""
        if self._embedder is not None:
            for tenant in tenants:
                row = (tenant, self._embedder.name, self._embedder.dimensions)
                connection.execute("INSERT OR IGNORE INTO embedder (tenant, name, dimensions) VALUES (?, ?, ?)", row)
                agrees(self._embedder, _signature(connection, tenant))


def _signature(connection: sqlite3.Connection, tenant: str) -> Signature | None:
    row = connection.execute("SELECT name, dimensions FROM embedder WHERE tenant = ?", (tenant,)).fetchone()
    return None if row is None else (row["name"], row["dimensions"])


def _take_out(connection: sqlite3.Connection, tenant: str) -> None:
    connection.execute(
        "DELETE FROM edge_vector WHERE id IN (SELECT id FROM edge WHERE group_id = ? AND line IS NOT NULL)", (tenant,)
    )
    connection.execute("DELETE FROM embedder WHERE tenant = ?", (tenant,))
