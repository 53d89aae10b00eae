"""Where a Neo4j database keeps the vectors of one tenant's facts."""

from collections.abc import Iterable, Mapping, Sequence

from neo4j.vector import Vector

from modelatlas.graph.embed import Embedder
from modelatlas.graph.embedding import Signature, agrees
from modelatlas.graph.facts import Claim
from modelatlas.graph.neo4j import log
from modelatlas.graph.neo4j.asking import ask, each, run
from modelatlas.graph.neo4j.schema import Ability
from modelatlas.graph.neo4j.server import Server, Transaction
from modelatlas.graph.neo4j.sight import OURS
from modelatlas.graph.neo4j.standing import Vectors


class Neo4jShelf:
    """The vectors of a tenant in a database; `sign` and `check` are for transactions of the store."""

    def __init__(self, server: Server, tenant: str, embedder: Embedder | None) -> None:
        self._server = server
        self._tenant = tenant
        self._embedder = embedder

    async def signature(self) -> Signature | None:
        """Whose vectors are on record."""
        return await self._server.read(lambda tx: _signature(tx, self._tenant))

    async def not_on_record(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims that are not in the log."""

        async def work(tx: Transaction) -> list[Claim]:
            tenants = {claim.tenant or self._tenant for claim in claims}
            uuids = [claim.id.hex for claim in claims]
            known = {tenant: (await log.presence(tx, tenant, uuids)).known for tenant in tenants}
            return [claim for claim in claims if claim.id.hex not in known[claim.tenant or self._tenant]]

        return await self._server.read(work)

    async def without_vector(self, last: str | None, limit: int) -> dict[str, str]:
        """The texts of the next facts after an id that have no vector, by id."""
        query = (
            "MATCH ()-[r:RELATES_TO]->() USING INDEX r:RELATES_TO(uuid) WHERE r.uuid > $last AND r.group_id = $tenant"
            f" AND {OURS} AND r.fact_embedding IS NULL"
            " RETURN r.uuid AS uuid, r.fact AS fact ORDER BY r.uuid LIMIT $limit"
        )
        asked = {"last": last or "", "tenant": self._tenant, "limit": limit}
        found = await self._server.read(lambda tx: ask(tx, query, **asked))
        return {row["uuid"]: row["fact"] for row in found}

    async def give(self, texts: Mapping[str, str], made: Mapping[str, Sequence[float]]) -> int:
        """Give facts their vectors; how many, for some may be gone by then."""
        vectors = told(await self._server.ability(), made)
        rows = [{"uuid": uuid, "fact": text, "vector": vectors[text]} for uuid, text in texts.items()]
        query = (
            "UNWIND $rows AS row MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->() USING INDEX SEEK r:RELATES_TO(uuid)"
            " WHERE r.fact = row.fact"
            " CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector) RETURN r.uuid AS uuid"
        )

        async def work(tx: Transaction) -> int:
            await self.sign(tx, [self._tenant])
            return len([row async for row in each(tx, query, rows)])

        return await self._server.write(work)

    async def take_out(self) -> None:
        """Take out every vector of the tenant's facts, and whose they are."""

        async def work(tx: Transaction) -> None:
            query = f"MATCH ()-[r:RELATES_TO {{group_id: $tenant}}]->() WHERE {OURS} REMOVE r.fact_embedding"
            await ask(tx, query, tenant=self._tenant)
            await ask(tx, "MATCH (e:Embedder {tenant: $tenant}) DELETE e", tenant=self._tenant)

        await self._server.write(work)

    async def placed(self, written: int) -> None:
        """Nothing to do: the server's own index has it."""

    async def check(self, tx: Transaction) -> None:
        """Raises OtherEmbedder where the vectors on record are another's."""
        if self._embedder is not None:
            agrees(self._embedder, await _signature(tx, self._tenant))

    async def sign(self, tx: Transaction, tenants: Iterable[str]) -> None:
        """Say in the database whose vectors are written. Raises OtherEmbedder where a tenant has another's."""
        if self._embedder is not None:
            own = {"name": self._embedder.name, "dimensions": self._embedder.dimensions}
            rows = [{"tenant": tenant, **own} for tenant in sorted(tenants)]
            await run(tx, "UNWIND $rows AS row MERGE (e:Embedder {tenant: row.tenant}) ON CREATE SET e = row", rows)
            for tenant in tenants:
                agrees(self._embedder, await _signature(tx, tenant))


def told(ability: Ability, made: Mapping[str, Sequence[float]]) -> Vectors:
    """The vectors as the server takes them: each as one value where it knows such, else as a list of numbers.

    As one value a vector costs both sides a fifth of what a list does; what is kept is the same.
    """
    if not made:
        return {}
    import numpy as np  # loaded where there are vectors

    if not ability.vectors:
        return {text: np.asarray(vector, np.float64).tolist() for text, vector in made.items()}
    return {text: Vector(np.asarray(vector, ">f4").tobytes(), "f32") for text, vector in made.items()}


async def _signature(tx: Transaction, tenant: str) -> Signature | None:
    query = "MATCH (e:Embedder {tenant: $tenant}) RETURN e.name AS name, e.dimensions AS dimensions"
    found = await ask(tx, query, tenant=tenant)
    return (found[0]["name"], found[0]["dimensions"]) if found else None
