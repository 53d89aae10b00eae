"""GraphStore over Graphiti's shapes in a SQLite file; the only writer of edges."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path

from modelatlas.graph.dates import iso
from modelatlas.graph.embed import Embedder
from modelatlas.graph.embedding import Embedding
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.reading import in_sight
from modelatlas.graph.sqlite import sight, writing
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.embedding import SqliteShelf
from modelatlas.graph.store import Forgotten, Recorded, no_progress, tenant_name


class GraphitiStore:
    """Keeps claims, and the beliefs that follow as Graphiti edges, in one SQLite file.

    With an embedder, what is recorded gets vectors and a search finds by words and by meaning. An embedder that
    fails is an error (EmbedderFailed) before anything is written or read, and so is one whose vectors are not those
    on record (OtherEmbedder).
    """

    def __init__(self, path: Path, tenant: str, embedder: Embedder | None = None) -> None:
        self.tenant = tenant_name(tenant)
        self._database = Database(path)
        self._shelf = SqliteShelf(self._database, tenant, embedder)
        self._embedding = Embedding(self._shelf, embedder)

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes on record in one transaction."""
        made = await self._embedding.of_new(claims)

        def work(connection: sqlite3.Connection) -> Recorded:
            if made:
                self._shelf.sign(connection, {claim.tenant or self.tenant for claim in claims})
            return writing.record(connection, self.tenant, claims, episodes, now, made)

        done = await self._database.write(work)
        await self._shelf.placed(done.new if made else 0)
        return done

    async def preview(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """What `record` would do, with nothing written."""
        return await self._database.read(lambda db: writing.preview(db, self.tenant, claims, episodes))

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        """The facts whose both periods may hold at the as-of."""
        return in_sight(await self._database.read(lambda db: sight.recall(db, self.tenant, about, as_of)), as_of)

    async def search(self, query: str, as_of: AsOf, limit: int) -> list[Hit]:
        """Facts and episodes in sight that have words of the query, or facts that mean alike; best first."""
        if limit <= 0 or not query.strip():
            return []
        vector = await self._embedding.of_query(query)

        def work(connection: sqlite3.Connection) -> list[Hit]:
            self._shelf.check(connection)
            return sight.search(connection, self.tenant, query, vector, as_of, limit)

        return await self._database.read(work)

    async def embed_missing(self, progress: Callable[[int], None] = no_progress) -> int:
        """Give a vector to every fact that was recorded without one, batch by batch; how many."""
        return await self._embedding.missing(progress)

    async def embed_anew(self, progress: Callable[[int], None] = no_progress) -> int:
        """Make every vector anew with this store's embedder; how many."""
        return await self._embedding.anew(progress)

    async def history(self, about: Pattern) -> list[Fact]:
        """Every belief ever held about it, in the order they came on record."""
        facts = await self.recall(about, EVER)
        return sorted(facts, key=lambda fact: (fact.believed.start.latest, fact.valid.start.latest, fact.id.hex))

    async def turns(self, session: str, as_of: AsOf, limit: int) -> list[Episode]:
        """The last turns of a conversation that were said by the as-of, oldest first."""
        return await self._database.read(lambda db: sight.turns(db, self.tenant, session, as_of, limit))

    async def forget(self, about: Pattern, *, now: datetime) -> Forgotten:
        """Erase what matches, take it out of the file, leave a tombstone."""
        if about == Pattern():
            raise BadInput("Say what to forget: a subject, a predicate or a source.")
        done = await self._database.write(lambda db: writing.forget(db, self.tenant, about, now))
        await self._database.shrink()
        return done

    async def names(self, within: str | None = None) -> dict[str, str]:
        """Every name, or those that stand in a text → the subject it names."""
        return await self._database.read(lambda db: sight.names(db, self.tenant, within))

    async def claims(self) -> AsyncIterator[Claim]:
        """The log of claims in the order it was taken on record, each with the time it counts from."""
        chunk = await self._claims_after(0)
        while chunk:
            for _, claim, ingested in chunk:
                if claim.recorded_at is not None:
                    yield claim
                else:
                    yield claim.model_copy(update={"recorded_at": iso(instant_of(ingested))})
            chunk = await self._claims_after(chunk[-1][0])

    async def _claims_after(self, last: int) -> list[tuple[int, Claim, int]]:
        return await self._database.read(lambda db: sight.claims_after(db, self.tenant, last, 5000))

    async def counts(self) -> dict[str, int]:
        """How many of each kind there are."""
        return await self._database.read(lambda db: sight.counts(db, self.tenant))

    async def close(self) -> None:
        """Close the file."""
        await self._database.close()
