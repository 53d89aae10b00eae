"""The vectors of one tenant's facts: made by one embedder, kept with the facts, and put in order for searches."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence

from modelatlas.graph.embed import TEXTS_A_CALL, Embedder, OtherEmbedder, embedded
from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Claim
from modelatlas.graph.sqlite import packing, sight, vectors, writing
from modelatlas.graph.sqlite.database import Database

PLACED_AT_ONCE = 4_000  # so many vectors are soon compared one by one; a search of more wants their index


class Embedding:
    """What an embedder gives the facts of a tenant; without one, nothing."""

    def __init__(self, database: Database, tenant: str, embedder: Embedder | None) -> None:
        self._database = database
        self._tenant = tenant
        self._embedder = embedder
        self._waiting = 0
        self._checked = False

    async def of_query(self, query: str) -> Sequence[float] | None:
        """The vector of a query, or None; a search says `check` once more. Raises EmbedderFailed, OtherEmbedder."""
        if self._embedder is None:
            return None
        if not self._checked:
            await self._database.read(self.check)
            self._checked = True
        (vector,) = await embedded(self._embedder, [query.encode(errors="replace").decode()])
        return vector

    async def of_new(self, claims: Sequence[Claim]) -> dict[str, Sequence[float]]:
        """A vector for every text that recording the claims will add. Raises EmbedderFailed, OtherEmbedder."""
        if self._embedder is None or not claims:
            return {}
        fresh = await self._database.read(lambda db: sight.not_on_record(db, self._tenant, claims))
        texts = writing.texts(fresh)
        if texts:
            await self._database.read(self.check)
        return dict(zip(texts, await embedded(self._embedder, texts), strict=True))

    def check(self, connection: sqlite3.Connection) -> None:
        """Raises OtherEmbedder where the vectors on record are another's."""
        _check(connection, self._tenant, self._embedder)

    def sign(self, connection: sqlite3.Connection, tenants: Iterable[str]) -> None:
        """Say in the file whose vectors are written. Raises OtherEmbedder where a tenant has another's."""
        if self._embedder is not None:
            for tenant in tenants:
                row = (tenant, self._embedder.name, self._embedder.dimensions)
                connection.execute("INSERT OR IGNORE INTO embedder (tenant, name, dimensions) VALUES (?, ?, ?)", row)
                _check(connection, tenant, self._embedder)

    async def placed(self, written: int) -> None:
        """Bring the index of vectors up to date once so many were written that a search would read all those."""
        self._waiting += written
        if self._waiting >= PLACED_AT_ONCE:
            from modelatlas.graph.sqlite.near.placing import place  # numpy is loaded where there are vectors

            self._waiting = 0
            # What was recorded is on disk; without its place in the index it is found all the same, only slower.
            with contextlib.suppress(StoreError):
                await place(self._database)

    async def missing(self, progress: Callable[[int], None]) -> int:
        """Give a vector to every fact that was recorded without one; how many.

        Each batch is on disk before the next begins, so one that was interrupted goes on where it stopped.
        """
        embedder, last, done = self._needed(), 0, 0
        while facts := await self._without_vector(last):
            given = await self._embed(embedder, facts)
            last, done = max(facts), done + given
            progress(given)
            await self.placed(len(facts))
        return done

    async def anew(self, progress: Callable[[int], None]) -> int:
        """Take out every vector of the tenant's facts and make them with this embedder; how many."""
        self._needed()
        await self._database.write(lambda db: _take_out(db, self._tenant))
        return await self.missing(progress)

    def _needed(self) -> Embedder:
        if self._embedder is None:
            raise BadInput(
                "There is no embedder to make vectors with; name one in the environment"
                " (MODELATLAS_EMBEDDER_BASE_URL, _MODEL, _DIMENSIONS), or open the store with one."
            )
        return self._embedder

    async def _without_vector(self, last: int) -> dict[int, str]:
        return await self._database.read(lambda db: sight.without_vector(db, self._tenant, last, TEXTS_A_CALL))

    async def _embed(self, embedder: Embedder, facts: Mapping[int, str]) -> int:
        """Give facts their vectors; how many, for some may be gone by then."""
        await self._database.read(lambda db: _check(db, self._tenant, embedder))
        texts = list(dict.fromkeys(facts.values()))
        made = dict(zip(texts, map(packing.pack, await embedded(embedder, texts)), strict=True))

        def work(connection: sqlite3.Connection) -> int:
            self.sign(connection, [self._tenant])
            same = [row for row, text in sight.texts_of(connection, facts).items() if text == facts[row]]
            vectors.put(connection, "edge", [(row, made[facts[row]]) for row in same])
            return len(same)

        return await self._database.write(work)


def _check(connection: sqlite3.Connection, tenant: str, embedder: Embedder | None) -> None:
    row = connection.execute("SELECT name, dimensions FROM embedder WHERE tenant = ?", (tenant,)).fetchone()
    if embedder is not None and row is not None and tuple(row) != (embedder.name, embedder.dimensions):
        raise OtherEmbedder(embedder, row["name"], row["dimensions"])


def _take_out(connection: sqlite3.Connection, tenant: str) -> None:
    connection.execute(
        "DELETE FROM edge_vector WHERE id IN (SELECT id FROM edge WHERE group_id = ? AND line IS NOT NULL)", (tenant,)
    )
    connection.execute("DELETE FROM embedder WHERE tenant = ?", (tenant,))
