"""GraphStore over Graphiti's shapes in a SQLite file; the only writer of edges."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

from modelatlas.graph.dates import iso
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.reading import in_sight
from modelatlas.graph.search import fused
from modelatlas.graph.sqlite import sight, writing
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.store import Forgotten, Recorded


class GraphitiStore:
    """Keeps claims, and the beliefs that follow as Graphiti edges, in one SQLite file."""

    def __init__(self, path: Path, tenant: str) -> None:
        if not tenant:
            raise BadInput("A tenant needs a name; an empty one would be everybody's.")
        self.tenant = tenant
        self._database = Database(path)

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes on record in one transaction."""
        return await self._database.write(lambda db: writing.record(db, self.tenant, claims, episodes, now))

    async def preview(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """What `record` would do, with nothing written."""
        return await self._database.read(lambda db: writing.preview(db, self.tenant, claims, episodes))

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        """The facts whose both periods may hold at the as-of."""
        return in_sight(await self._database.read(lambda db: sight.recall(db, self.tenant, about, as_of)), as_of)

    async def search(self, query: str, as_of: AsOf, limit: int) -> list[Hit]:
        """Facts and episodes in sight that have words of the query, best first."""
        expression = sight.match_expression(query)
        if expression is None or limit <= 0:
            return []
        facts, episodes = await self._database.read(
            lambda db: (
                sight.search_facts(db, self.tenant, expression, as_of, limit),
                sight.search_episodes(db, self.tenant, expression, as_of, limit),
            )
        )
        return fused(facts, episodes, limit)

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
