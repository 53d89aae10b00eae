"""GraphStore over Graphiti's shapes in a Neo4j database."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from uuid import uuid4

from modelatlas.graph.dates import iso
from modelatlas.graph.embed import Embedder
from modelatlas.graph.embedding import Embedding
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Fact, Hit, Pattern
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.neo4j import searching, sight, writing
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.embedding import Neo4jShelf, told
from modelatlas.graph.neo4j.server import PATIENCE, Server, Transaction
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.reading import in_sight
from modelatlas.graph.store import Forgotten, Recorded, no_progress, tenant_name

_BEGINNING = (-1, "")


class Neo4jStore:
    """Keeps claims, and the beliefs that follow as Graphiti edges, on a Neo4j server; many processes may write.

    With an embedder it does what `GraphitiStore` does with one. Whatever the server fails at is a StoreError, after
    trying again for `patience` seconds; nothing of that write is then on record, or the error says that it may be.
    """

    def __init__(
        self, address: Address, tenant: str, embedder: Embedder | None = None, *, patience: float = PATIENCE
    ) -> None:
        self.tenant = tenant_name(tenant)
        self._server = Server(address, patience)
        self._shelf = Neo4jShelf(self._server, tenant, embedder)
        self._embedding = Embedding(self._shelf, embedder)

    async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """Take claims and episodes on record in one transaction."""
        made = told(await self._server.ability(), await self._embedding.of_new(claims))
        batch = uuid4().hex

        async def work(tx: Transaction) -> Recorded:
            if made:
                await self._shelf.sign(tx, {claim.tenant or self.tenant for claim in claims})
            return await writing.record(tx, self.tenant, claims, episodes, now, batch, made)

        return await self._server.write(work)

    async def preview(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
        """What `record` would do, with nothing written."""
        return await self._server.read(lambda tx: writing.preview(tx, self.tenant, claims, episodes))

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        """The facts whose both periods may hold at the as-of."""
        return in_sight(await self._server.read(lambda tx: sight.recall(tx, self.tenant, about, as_of)), as_of)

    async def search(self, query: str, as_of: AsOf, limit: int) -> list[Hit]:
        """Facts and episodes in sight that have words of the query, or facts that mean alike; best first."""
        if limit <= 0 or not query.strip():
            return []
        ability = await self._server.ability()
        vector = await self._embedding.of_query(query)

        async def work(tx: Transaction) -> list[Hit]:
            await self._shelf.check(tx)
            return await searching.search(tx, ability, self.tenant, query, vector, as_of, limit)

        return await self._server.read(work)

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
        return await self._server.read(lambda tx: sight.turns(tx, self.tenant, session, as_of, limit))

    async def forget(self, about: Pattern, *, now: datetime) -> Forgotten:
        """Erase what matches, leave a tombstone."""
        if about == Pattern():
            raise BadInput("Say what to forget: a subject, a predicate or a source.")
        batch = uuid4().hex
        return await self._server.write(lambda tx: writing.forget(tx, self.tenant, about, now, batch))

    async def names(self, within: str | None = None) -> dict[str, str]:
        """Every name, or those that stand in a text → the subject it names."""
        return await self._server.read(lambda tx: sight.names(tx, self.tenant, within))

    async def claims(self) -> AsyncIterator[Claim]:
        """The log of claims in the order it was taken on record, each with the time it counts from."""
        chunk = await self._claims_after(_BEGINNING)
        while chunk:
            for _, claim, ingested in chunk:
                if claim.recorded_at is not None:
                    yield claim
                else:
                    yield claim.model_copy(update={"recorded_at": iso(instant_of(ingested))})
            chunk = await self._claims_after(chunk[-1][0])

    async def _claims_after(self, last: tuple[int, str]) -> list[tuple[tuple[int, str], Claim, int]]:
        return await self._server.read(lambda tx: sight.claims_after(tx, self.tenant, last, 5000))

    async def counts(self) -> dict[str, int]:
        """How many of each kind there are."""
        return await self._server.read(lambda tx: sight.counts(tx, self.tenant))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()
