"""GraphStore over Graphiti's shapes in a SQLite file; the only writer of edges."""

import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from modelatlas.graph.dates import iso
from modelatlas.graph.embed import TEXTS_A_CALL, Embedder, embedded
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.reading import in_sight
from modelatlas.graph.sqlite import sight, vectors, writing
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.store import Forgotten, Recorded

PLACED_AT_ONCE = 4_000  # compared one by one these take some 5 ms of a search


class GraphitiStore:
    """Keeps claims, and the beliefs that follow as Graphiti edges, in one SQLite file.

    With an embedder, what is recorded gets vectors and a search finds by words and by meaning. An embedder that
    fails is an error (EmbedderFailed) before anything is written or read.
    """

    def __init__(self, path: Path, tenant: str, embedder: Embedder | None = None) -> None:
        if not tenant:
            raise BadInput("A tenant needs a name; an empty one would be everybody's.")
        self.tenant = tenant
        self._embedder = embedder
        self._waiting = 0
        self._database = Database(path)

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes on record in one transaction."""
        made = await self._vectors(claims)
        done = await self._database.write(lambda db: writing.record(db, self.tenant, claims, episodes, now, made))
        await self._placed(done.new if made else 0)
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
        vector = None
        if self._embedder is not None:
            (vector,) = await embedded(self._embedder, [query.encode(errors="replace").decode()])
        return await self._database.read(lambda db: sight.search(db, self.tenant, query, vector, as_of, limit))

    async def embed_missing(self) -> int:
        """Give a vector to every fact that was recorded without one; how many there were.

        Each batch is on disk before the next begins, so one that was interrupted goes on where it stopped.
        """
        if self._embedder is None:
            raise BadInput("There is no embedder to make vectors with; open the store with one.")
        last = done = 0
        while facts := await self._without_vector(last):
            done += await self._embed(self._embedder, facts)
            last = max(facts)
            await self._placed(len(facts))
        return done

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

    async def _vectors(self, claims: Sequence[Claim]) -> dict[str, Sequence[float]]:
        """A vector for every text that recording the claims will add."""
        if self._embedder is None or not claims:
            return {}
        fresh = await self._database.read(lambda db: sight.not_on_record(db, self.tenant, claims))
        texts = writing.texts(fresh)
        return dict(zip(texts, await embedded(self._embedder, texts), strict=True))

    async def _placed(self, written: int) -> None:
        """Bring the index of vectors up to date once so many were written that a search would read all those."""
        self._waiting += written
        if self._waiting >= PLACED_AT_ONCE:
            from modelatlas.graph.sqlite.placing import place  # numpy is loaded where there are vectors

            self._waiting = 0
            await place(self._database)

    async def _without_vector(self, last: int) -> dict[int, str]:
        return await self._database.read(lambda db: sight.without_vector(db, self.tenant, last, TEXTS_A_CALL))

    async def _embed(self, embedder: Embedder, facts: Mapping[int, str]) -> int:
        """Give facts their vectors; how many, for some may be gone by then."""
        texts = list(dict.fromkeys(facts.values()))
        made = dict(zip(texts, map(vectors.pack, await embedded(embedder, texts)), strict=True))
        return await self._database.write(lambda db: _add_vectors(db, facts, made))


def _add_vectors(connection: sqlite3.Connection, facts: Mapping[int, str], made: Mapping[str, bytes]) -> int:
    """Keep the vectors of those facts that are still the same; how many."""
    same = [row for row, text in sight.texts_of(connection, facts).items() if text == facts[row]]
    vectors.put(connection, "edge", [(row, made[facts[row]]) for row in same])
    return len(same)
