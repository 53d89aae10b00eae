"""How a migration is done in a test, and what a file has to compare."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from modelatlas.graph.migration import carrying
from modelatlas.graph.migration.migration import Migrated, migrate
from modelatlas.graph.migration.opening import opened
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.opening import open_store
from modelatlas.graph.store import GraphStore

Place = Path | Address
TENANTS = ("them", "us")
TABLES = (
    *("claim", "forgotten", "tombstone", "embedder", "edge", "entity", "episode", "community", "saga"),
    *("mention", "member", "saga_episode", "next_episode"),
)
NOT_KEPT = {"id", "labels"}  # a row's place in its table; the labels of a node are in no order


async def migrated(origin: Place, to: Place, tenant: str | None = None, **more: Any) -> Migrated:
    """What a migration does and finds."""
    async with opened(origin, to) as (source, target):
        return await migrate(source, target, tenant, **more)


@asynccontextmanager
async def reading(place: Place, tenant: str) -> AsyncIterator[GraphStore]:
    """A store to read, without an embedder."""
    store = open_store(place, tenant)
    try:
        yield store
    finally:
        await store.close()


def kept(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of a file by its content, the log and its episodes in their order; every vector by its row's id."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = {}
        for table in TABLES:
            order = "tenant, id" if table == "claim" else "group_id, id" if table == "episode" else "1, 2"
            rows = connection.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()
            found[table] = [{name: row[name] for name in row.keys() if name not in NOT_KEPT} for row in rows]  # noqa: SIM118
            if table == "episode":
                found["others"] = [row for row in found[table] if "source" not in json.loads(row["attributes"])]
                found[table] = [row for row in found[table] if row not in found["others"]]
            if table != "claim":
                found["others" if table == "episode" else table].sort(key=repr)
        for kind in ("edge", "entity", "community"):
            query = f"SELECT r.uuid, v.vector FROM {kind}_vector v JOIN {kind} r USING (id) ORDER BY r.uuid"
            found[f"{kind}_vector"] = [dict(row) for row in connection.execute(query)]
        return found


def migrate_until(origin: Place, to: Place, part: str, pausing: bool, said: Connection) -> None:
    """Migrate in small parts, and say when a part is reached; then wait to be killed, or go on meanwhile."""
    carrying._CLAIMS = carrying._EPISODES = carrying._VECTORS = 3
    reached = False

    def progress(now: str, done: int, total: int) -> None:
        nonlocal reached
        if now == part and not reached:
            reached = True
            said.send(now)
            if pausing:
                threading.Event().wait()

    asyncio.run(migrated(origin, to, progress=progress))
