"""A Neo4j database as an archive."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from modelatlas.graph.embedding import Signature
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_rows import instant_of
from modelatlas.graph.migration.archive import Belief, Logged, Told, Tombstone
from modelatlas.graph.neo4j import layout, log, sight, writing
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.asking import ask, each, run
from modelatlas.graph.neo4j.layout import ALWAYS, NEVER
from modelatlas.graph.neo4j.schema import as_it_is
from modelatlas.graph.neo4j.server import Records, Server, Transaction
from modelatlas.graph.sqlite.packing import pack, unpack

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.kinds import Kind
    from modelatlas.graph.graphiti.rows import Rows

_PAGE = 2_000
_LONG = 100  # rows of a page where one may be a whole document
_TENANTS = {
    "tenant": ("Claim", "Forgotten", "Tombstone", "Embedder"),
    "group_id": ("Entity", "Episodic", "Community", "Saga"),
}
_LOG = (
    "MATCH (c:Claim) WHERE c.tenant = $of AND c.place >= $place AND NOT (c.place = $place AND c.uuid <= $uuid)"
    " RETURN c.place AS place, c.uuid AS uuid, c.body AS body, c.ingested_at AS ingested_at"
    " ORDER BY c.place, c.uuid LIMIT $size"
)
_EPISODES = (
    "MATCH (e:Episodic) WHERE e.group_id = $of AND e.place >= $place"
    " AND NOT (e.place = $place AND e.uuid <= $uuid) AND e.source_id IS NOT NULL"
    f" RETURN {sight.EPISODE}, e.place AS place, e.stub AS stub,"
    " e.created_at.epochSeconds * 1000000 + e.created_at.microsecond AS created_at"
    " ORDER BY e.place, e.uuid LIMIT $size"
)
_FORGOTTEN = (
    "MATCH (f:Forgotten) WHERE f.tenant = $of AND f.uuid > $uuid RETURN f.uuid AS uuid ORDER BY f.uuid LIMIT $size"
)
_OF_TENANT = (
    "MATCH (s)-[r:RELATES_TO]->(t) USING INDEX r:RELATES_TO(uuid)"
    f" WHERE r.uuid > $uuid AND r.group_id IN $of AND {sight.OURS}"
)
_BELIEFS = (
    f"{_OF_TENANT} RETURN r.uuid AS uuid, r.group_id AS tenant, s.name AS subject, t.name AS target, r.name AS name,"
    " r.fact AS fact, r.episodes[0] AS episode, r.attributes AS attributes, r.line AS line, r.valid_from AS valid_at,"
    " r.valid_until AS invalid_at, r.believed_from AS created_at, r.believed_until AS expired_at"
    " ORDER BY r.uuid LIMIT $size"
)
_VECTORS = (
    f"{_OF_TENANT} AND r.fact_embedding IS NOT NULL RETURN r.uuid AS uuid, r.fact_embedding AS vector"
    " ORDER BY r.uuid LIMIT $size"
)
_CLIENTS = {
    "edge": " AND n.line IS NULL",
    "episode": " AND (n.source_id IS NULL OR size(n.entity_edges) > 0)",
}
_TELL = (
    "UNWIND $rows AS row OPTIONAL MATCH (h:Episodic {uuid: row.uuid}) WITH row, h"
    " WHERE h IS NULL OR (h.stub AND NOT row.kept.stub) MERGE (e:Episodic {uuid: row.uuid})"
    f" SET {layout.kept('e', layout.EPISODE_TIMES, '+=')}"
)
_LACKING = (
    "UNWIND $rows AS row MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->() WHERE r.fact_embedding IS NULL"
    " RETURN r.uuid AS uuid"
)
_GIVE = "UNWIND $rows AS row MATCH ()-[r:RELATES_TO {uuid: row.uuid}]->() WHERE r.fact_embedding IS NULL"
_NARROW = f"{_GIVE} CALL db.create.setRelationshipVectorProperty(r, 'fact_embedding', row.vector)"
_WIDE = f"{_GIVE} SET r.fact_embedding = row.vector"  # single precision would not say it exactly


class ServerArchive:
    """A database with all of its tenants."""

    def __init__(self, server: Server) -> None:
        self.name = str(server.address)
        self._server = server

    @classmethod
    def of_atlas(cls, address: Address) -> "ServerArchive":
        """The database of an atlas, in which nothing is made; the first question raises BadInput where it has none."""
        return cls(Server(address, ready=as_it_is))

    async def tenants(self) -> list[str]:
        """Whoever has anything here."""
        parts = [
            f"MATCH (n:{label}) RETURN DISTINCT n.{name} AS tenant"
            for name, those in _TENANTS.items()
            for label in those
        ]
        return sorted(row["tenant"] for row in await self._ask(" UNION ".join(parts)) if row["tenant"])

    async def of_no_tenant(self) -> int:
        """How many nodes of Graphiti's clients are of no group."""
        labels = "|".join(_TENANTS["group_id"])
        query = f"MATCH (n:{labels}) WHERE n.group_id = '' OR n.group_id IS NULL RETURN count(*) AS count"
        found: int = (await self._ask(query))[0]["count"]
        return found

    async def counts(self, tenant: str) -> dict[str, int]:
        """How many of each kind a tenant has."""
        return await self._server.read(lambda tx: sight.counts(tx, tenant))

    async def log(self, tenant: str) -> AsyncIterator[Logged]:
        """The claims of a tenant in the order they were taken on record."""
        async for row in self._paged(_LOG, tenant, _PAGE):
            yield Logged(row["uuid"], row["body"], row["ingested_at"])

    async def episodes(self, tenant: str) -> AsyncIterator[Told]:
        """The episodes of a tenant that claims may rest on, in the order they were taken on record."""
        async for row in self._paged(_EPISODES, tenant, _LONG):
            yield Told(sight.told(row), row["stub"], row["created_at"])

    async def forgotten(self, tenant: str) -> AsyncIterator[str]:
        """The ids of what a tenant erased, sorted."""
        async for row in self._paged(_FORGOTTEN, tenant, _PAGE):
            yield row["uuid"]

    async def tombstones(self, tenant: str) -> list[Tombstone]:
        """What the erasures of a tenant left."""
        return await self._server.read(lambda tx: _tombstones(tx, tenant))

    async def signature(self, tenant: str) -> Signature | None:
        """Whose vectors the facts of a tenant have."""
        query = "MATCH (e:Embedder {tenant: $tenant}) RETURN e.name AS name, e.dimensions AS dimensions"
        found = await self._ask(query, tenant=tenant)
        return (found[0]["name"], found[0]["dimensions"]) if found else None

    async def beliefs(self, tenants: Sequence[str]) -> AsyncIterator[Belief]:
        """Every belief of the tenants, sorted by `uuid`."""
        async for row in self._paged(_BELIEFS, tenants, _PAGE):
            unknown = [name for name in ("valid_at", "invalid_at", "expired_at") if row[name] in (ALWAYS, NEVER)]
            yield row | dict.fromkeys(unknown)

    async def vectors(self, tenants: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
        """The vectors of the tenants' beliefs, sorted by uuid."""
        async for row in self._paged(_VECTORS, tenants, _LONG):
            yield row["uuid"], pack(row["vector"])

    async def clients_rows(self, kind: "Kind", tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of all rows of a kind in these groups but beliefs, and documents that no client added to."""
        pattern = f"(n:{kind.label})" if kind.ends is None else f"()-[n:{kind.label}]->()"
        theirs = _CLIENTS.get(kind.name, "")
        query = (
            f"MATCH {pattern} USING INDEX n:{kind.label}(uuid) WHERE n.uuid > $uuid AND n.group_id IN $of"
            f"{theirs} RETURN n.uuid AS uuid ORDER BY n.uuid LIMIT $size"
        )
        async for row in self._paged(query, tenants, _PAGE):
            yield row["uuid"]

    async def further_told(self, tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of the beliefs that Graphiti's clients gave further episodes, sorted."""
        query = f"{_OF_TENANT} AND size(r.episodes) > 1 RETURN r.uuid AS uuid ORDER BY r.uuid LIMIT $size"
        async for row in self._paged(query, tenants, _PAGE):
            yield row["uuid"]

    def rows(self) -> "Rows":
        """The rows that Graphiti's clients see."""
        from modelatlas.graph.neo4j.graphiti.rows import Neo4jRows  # loads Graphiti

        return Neo4jRows(self._server)

    async def bury(self, tenant: str, uuids: Sequence[str]) -> None:
        """Keep these ids as those of what is not to come back."""
        await self._server.write(lambda tx: log.bury(tx, tenant, uuids))

    async def mark(self, tenant: str, tombstones: Sequence[Tombstone]) -> None:
        """Keep the tombstones that are not there."""

        async def work(tx: Transaction) -> None:
            missing = Counter(tombstones) - Counter(await _tombstones(tx, tenant))
            rows = [{"tenant": tenant, **stone._asdict()} for stone in sorted(missing.elements())]
            await run(tx, "UNWIND $rows AS row CREATE (t:Tombstone) SET t = row", rows)

        await self._server.write(work)

    async def tell(self, tenant: str, told: Sequence[Told]) -> int:
        """Keep episodes as they are, where there is none or only a stub; how many were written."""
        given = {str(it.episode.source.episode(tenant)): it for it in told}
        query = "UNWIND $rows AS uuid MATCH (e:Episodic {uuid: uuid}) RETURN e.uuid AS uuid, e.stub AS stub"

        async def work(tx: Transaction) -> int:
            held = {row["uuid"]: row["stub"] async for row in each(tx, query, given)}
            wanted = {uuid: it for uuid, it in given.items() if uuid not in held or (held[uuid] and not it.stub)}
            if wanted:
                first = await log.place(tx)
                rows = [
                    {"uuid": uuid, "kept": layout.episode(tenant, *it) | {"place": first + number}}
                    for number, (uuid, it) in enumerate(wanted.items())
                ]
                await run(tx, _TELL, rows)
            return len(wanted)

        return await self._server.write(work)

    async def record(self, tenant: str, logged: Sequence[Logged]) -> None:
        """Take claims on record in this order, each as ingested when it was."""
        batch = uuid4().hex

        async def work(tx: Transaction) -> None:
            for at, part in groupby(logged, key=lambda it: it.ingested_at):
                claims = [Claim.from_log(it.uuid, it.body) for it in part]
                await writing.record(tx, tenant, claims, (), instant_of(at), batch)

        await self._server.write(work)

    async def sign(self, tenant: str, signature: Signature) -> None:
        """Say whose vectors a tenant has, where nobody's are."""
        query = "MERGE (e:Embedder {tenant: $tenant}) ON CREATE SET e.name = $name, e.dimensions = $dimensions"
        name, dimensions = signature
        await self._server.write(lambda tx: ask(tx, query, tenant=tenant, name=name, dimensions=dimensions))

    async def embed(self, vectors: Sequence[tuple[str, bytes]]) -> int:
        """Give beliefs that have none their vectors, by uuid; how many."""
        given = dict(vectors)
        lacking = await self._server.read(lambda tx: _lacking(tx, given))

        async def work(tx: Transaction) -> None:
            for query, narrow in ((_NARROW, True), (_WIDE, False)):
                those = [uuid for uuid in lacking if (len(given[uuid]) % 4 == 0) is narrow]
                await run(tx, query, [{"uuid": uuid, "vector": unpack(given[uuid])} for uuid in those])

        if lacking:
            await self._server.write(work)
        return len(lacking)

    async def settle(self) -> None:
        """Nothing to do: the server's own indexes have it."""

    async def close(self) -> None:
        """Let go of the connections."""
        await self._server.close()

    async def _ask(self, query: str, **values: Any) -> Records:
        return await self._server.read(lambda tx: ask(tx, query, **values))

    async def _paged(self, query: str, of: str | Sequence[str], size: int) -> AsyncIterator[dict[str, Any]]:
        """The rows of a query that takes a tenant or several, where to go on after, and how many."""
        last: dict[str, Any] = {"place": ALWAYS, "uuid": ""}
        while page := await self._ask(query, of=of if isinstance(of, str) else list(of), size=size, **last):
            for row in page:
                yield row
            last = {"place": page[-1].get("place"), "uuid": page[-1]["uuid"]}


async def _tombstones(tx: Transaction, tenant: str) -> list[Tombstone]:
    query = (
        "MATCH (t:Tombstone {tenant: $tenant})"
        " RETURN t.erased_at AS erased_at, t.claims AS claims, t.facts AS facts, t.episodes AS episodes"
    )
    return [Tombstone(**row) for row in await ask(tx, query, tenant=tenant)]


async def _lacking(tx: Transaction, uuids: Iterable[str]) -> list[str]:
    return [row["uuid"] async for row in each(tx, _LACKING, [{"uuid": uuid} for uuid in uuids])]
