"""A SQLite file as an archive."""

import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from modelatlas.graph.embedding import Signature
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_rows import episode_of_row, episode_row, episode_words, instant_of
from modelatlas.graph.migration.archive import Belief, Logged, Told, Tombstone
from modelatlas.graph.sqlite import sight, vectors, writing
from modelatlas.graph.sqlite.database import Database

if TYPE_CHECKING:
    from modelatlas.graph.graphiti.kinds import Kind
    from modelatlas.graph.graphiti.rows import Rows
    from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

Row = sqlite3.Row

_PAGE = 2_000
_LONG = 100  # rows of a page where one may be a whole document
_TENANTS = {
    "tenant": ("claim", "forgotten", "tombstone", "embedder"),
    "group_id": ("entity", "episode", "edge", "community", "saga"),
}
_BELIEFS = (
    "SELECT e.uuid, e.group_id AS tenant, s.name AS subject, t.name AS target, e.name, e.fact,"
    " e.episodes ->> 0 AS episode, e.attributes, lower(hex(e.line)) AS line,"
    " e.valid_at, e.invalid_at, e.created_at, e.expired_at"
    " FROM edge e LEFT JOIN entity s ON s.uuid = e.source_node_uuid LEFT JOIN entity t ON t.uuid = e.target_node_uuid"
    " WHERE +e.group_id IN (SELECT value FROM json_each(?)) AND e.line IS NOT NULL AND e.uuid > ?"
    " ORDER BY e.uuid LIMIT ?"
)
_VECTORS = (
    "SELECT e.uuid, v.vector FROM edge e JOIN edge_vector v ON v.id = e.id"
    " WHERE +e.group_id IN (SELECT value FROM json_each(?)) AND e.line IS NOT NULL AND e.uuid > ?"
    " ORDER BY e.uuid LIMIT ?"
)
_EPISODES = (
    "SELECT * FROM episode WHERE +group_id = ? AND attributes ->> '$.source.id' IS NOT NULL AND id > ?"
    " ORDER BY id LIMIT ?"
)
_EPISODE = "uuid, group_id, name, source, source_description, content, attributes, valid_at, created_at"
_CLIENTS = {
    "edge": " AND line IS NULL",
    "episode": " AND (attributes ->> '$.source.id' IS NULL OR entity_edges <> '[]')",
}
_GIVEN = "(SELECT value FROM json_each(?))"
_FURTHER_TOLD = (
    f"SELECT uuid FROM edge WHERE +group_id IN {_GIVEN} AND uuid > ? AND line IS NOT NULL"
    " AND json_array_length(episodes) > 1 ORDER BY uuid LIMIT ?"
)


class FileArchive:
    """A file with all of its tenants."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._database = Database(path)
        self._driver: SqliteDriver | None = None

    @classmethod
    def of_atlas(cls, path: Path) -> "FileArchive":
        """The file of an atlas. Raises BadInput where there is none."""
        if not path.is_file() or not path.stat().st_size:
            raise BadInput(f"There is no atlas at {path}; name a file that has one, or a server's address.")
        return cls(path)

    async def tenants(self) -> list[str]:
        """Whoever has anything here."""
        parts = [f"SELECT {column} AS tenant FROM {table}" for column, those in _TENANTS.items() for table in those]
        return [row["tenant"] for row in await self._rows(f"{' UNION '.join(parts)} ORDER BY tenant")]

    async def of_no_tenant(self) -> int:
        """None: a file has no such rows."""
        return 0

    async def counts(self, tenant: str) -> dict[str, int]:
        """How many of each kind a tenant has."""
        return await self._database.read(lambda db: sight.counts(db, tenant))

    async def log(self, tenant: str) -> AsyncIterator[Logged]:
        """The claims of a tenant in the order they were taken on record."""
        query = "SELECT id, uuid, body, ingested_at FROM claim WHERE +tenant = ? AND id > ? ORDER BY id LIMIT ?"
        async for row in self._paged(query, tenant, "id", 0, _PAGE):
            yield Logged(row["uuid"], row["body"], row["ingested_at"])

    async def episodes(self, tenant: str) -> AsyncIterator[Told]:
        """The episodes of a tenant that claims may rest on, in the order they were taken on record."""
        async for row in self._paged(_EPISODES, tenant, "id", 0, _LONG):
            yield Told(episode_of_row(dict(row)), bool(json.loads(row["attributes"])["stub"]), row["created_at"])

    async def forgotten(self, tenant: str) -> AsyncIterator[str]:
        """The ids of what a tenant erased, sorted."""
        query = "SELECT uuid FROM forgotten WHERE tenant = ? AND uuid > ? ORDER BY uuid LIMIT ?"
        async for row in self._paged(query, tenant, "uuid", "", _PAGE):
            yield row["uuid"]

    async def tombstones(self, tenant: str) -> list[Tombstone]:
        """What the erasures of a tenant left."""
        return await self._database.read(lambda db: _tombstones(db, tenant))

    async def signature(self, tenant: str) -> Signature | None:
        """Whose vectors the facts of a tenant have."""
        found = await self._rows("SELECT name, dimensions FROM embedder WHERE tenant = ?", tenant)
        return (found[0]["name"], found[0]["dimensions"]) if found else None

    async def beliefs(self, tenants: Sequence[str]) -> AsyncIterator[Belief]:
        """Every belief of the tenants, sorted by `uuid`."""
        async for row in self._paged(_BELIEFS, json.dumps(list(tenants)), "uuid", "", _PAGE):
            yield dict(row)

    async def vectors(self, tenants: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
        """The vectors of the tenants' beliefs, sorted by uuid."""
        async for row in self._paged(_VECTORS, json.dumps(list(tenants)), "uuid", "", _LONG):
            yield row["uuid"], row["vector"]

    async def clients_rows(self, kind: "Kind", tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of all rows of a kind in these groups but beliefs, and documents that no client added to."""
        theirs = _CLIENTS.get(kind.name, "")
        query = f"SELECT id, uuid FROM {kind.name} WHERE +group_id IN {_GIVEN} AND id > ?{theirs} ORDER BY id LIMIT ?"
        async for row in self._paged(query, json.dumps(list(tenants)), "id", 0, _PAGE):
            yield row["uuid"]

    async def further_told(self, tenants: Sequence[str]) -> AsyncIterator[str]:
        """The ids of the beliefs that Graphiti's clients gave further episodes, sorted."""
        async for row in self._paged(_FURTHER_TOLD, json.dumps(list(tenants)), "uuid", "", _PAGE):
            yield row["uuid"]

    def rows(self) -> "Rows":
        """The rows that Graphiti's clients see."""
        from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver  # loads Graphiti

        if self._driver is None:
            self._driver = SqliteDriver(self._database.path)
        return self._driver.rows

    async def bury(self, tenant: str, uuids: Sequence[str]) -> None:
        """Keep these ids as those of what is not to come back."""
        rows = [(tenant, uuid) for uuid in uuids]
        await self._database.write(lambda db: db.executemany("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", rows))

    async def mark(self, tenant: str, tombstones: Sequence[Tombstone]) -> None:
        """Keep the tombstones that are not there."""
        query = "INSERT INTO tombstone (tenant, erased_at, claims, facts, episodes) VALUES (?, ?, ?, ?, ?)"

        def work(connection: sqlite3.Connection) -> None:
            missing = Counter(tombstones) - Counter(_tombstones(connection, tenant))
            connection.executemany(query, [(tenant, *stone) for stone in sorted(missing.elements())])

        await self._database.write(work)

    async def tell(self, tenant: str, told: Sequence[Told]) -> int:
        """Keep episodes as they are, where there is none or only a stub; how many were written."""
        given = {str(it.episode.source.episode(tenant)): it for it in told}
        held = await self._database.read(lambda db: _held(db, given))
        wanted = [it for uuid, it in given.items() if uuid not in held or (held[uuid] and not it.stub)]
        if wanted:
            await self._database.write(lambda db: _tell(db, tenant, wanted))
        return len(wanted)

    async def record(self, tenant: str, logged: Sequence[Logged]) -> None:
        """Take claims on record in this order, each as ingested when it was."""

        def work(connection: sqlite3.Connection) -> None:
            for at, part in groupby(logged, key=lambda it: it.ingested_at):
                claims = [Claim.from_log(it.uuid, it.body) for it in part]
                writing.record(connection, tenant, claims, (), instant_of(at))

        await self._database.write(work)

    async def sign(self, tenant: str, signature: Signature) -> None:
        """Say whose vectors a tenant has, where nobody's are."""
        query = "INSERT OR IGNORE INTO embedder (tenant, name, dimensions) VALUES (?, ?, ?)"
        await self._database.write(lambda db: db.execute(query, (tenant, *signature)))

    async def embed(self, vectors: Sequence[tuple[str, bytes]]) -> int:
        """Give beliefs that have none their vectors, by uuid; how many."""
        given = dict(vectors)
        if not await self._database.read(lambda db: _without_vector(db, given)):
            return 0
        return await self._database.write(lambda db: _embed(db, given))

    async def settle(self) -> None:
        """Put the vectors in order for searches."""
        if await self._rows("SELECT 1 FROM edge_vector LIMIT 1"):
            from modelatlas.graph.sqlite.near.placing import place  # numpy is loaded where there are vectors

            await place(self._database)

    async def close(self) -> None:
        """Close the file."""
        if self._driver is not None:
            await self._driver.close()
        await self._database.close()

    async def _rows(self, query: str, *values: object) -> list[Row]:
        return await self._database.read(lambda db: db.execute(query, values).fetchall())

    async def _paged(self, query: str, of: str, key: str, first: object, size: int) -> AsyncIterator[Row]:
        """The rows of a query that takes a tenant or a JSON list of them, the key to go on after, and how many."""
        last = first
        while page := await self._rows(query, of, last, size):
            for row in page:
                yield row
            last = page[-1][key]


def _tombstones(connection: sqlite3.Connection, tenant: str) -> list[Tombstone]:
    query = "SELECT erased_at, claims, facts, episodes FROM tombstone WHERE tenant = ?"
    return [Tombstone(*row) for row in connection.execute(query, (tenant,))]


def _held(connection: sqlite3.Connection, uuids: Iterable[str]) -> dict[str, bool]:
    """Those of the episodes that are here, and whether each is a stub."""
    query = f"SELECT uuid, attributes ->> '$.stub' AS stub FROM episode WHERE uuid IN {_GIVEN}"
    return {row["uuid"]: bool(row["stub"]) for row in connection.execute(query, (json.dumps(list(uuids)),))}


def _tell(connection: sqlite3.Connection, tenant: str, told: Sequence[Told]) -> None:
    first: int = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM episode").fetchone()[0]
    for rowid, it in enumerate(told, first):
        row = episode_row(tenant, it.episode, it.stub, it.created_at)
        # Where there is a stub it becomes the episode, so that what refers to it stays.
        connection.execute(
            f"INSERT INTO episode (id, {_EPISODE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uuid) DO UPDATE"
            f" SET (id, {_EPISODE}) = (excluded.id, {', '.join(f'excluded.{name}' for name in _EPISODE.split(', '))})",
            (rowid, *row),
        )
        if not it.stub:
            found_by = (rowid, episode_words(it.episode))
            connection.execute("INSERT INTO episode_words (rowid, words) VALUES (?, ?)", found_by)


def _without_vector(connection: sqlite3.Connection, uuids: Iterable[str]) -> dict[str, int]:
    query = (
        f"SELECT e.uuid, e.id FROM edge e WHERE e.uuid IN {_GIVEN}"
        " AND NOT EXISTS (SELECT 1 FROM edge_vector v WHERE v.id = e.id)"
    )
    return {row["uuid"]: row["id"] for row in connection.execute(query, (json.dumps(list(uuids)),))}


def _embed(connection: sqlite3.Connection, given: dict[str, bytes]) -> int:
    lacking = _without_vector(connection, given)
    vectors.put(connection, "edge", [(rowid, given[uuid]) for uuid, rowid in lacking.items()])
    return len(lacking)
