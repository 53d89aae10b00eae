"""What the processes do that write to one Neo4j server at once, and the claims that they tell it."""

import asyncio
import random
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event

from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Pattern, Source
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.periods import AsOf

NOW = moment("2030-01-01").latest
A_BATCH = 6


def all_claims() -> list[Claim]:
    """Claims about few things, on most of which many bear, in the order in which they were recorded."""
    chance = random.Random(8)

    def month(year: int) -> str:
        return f"{year}-{chance.randrange(1, 13):02}-01"

    claims = [
        Claim(
            subject=f"model {chance.randrange(6)}",
            predicate=chance.choice(["licence_code", "task"]),
            object=chance.choice("abc"),
            valid_from=month(2024),
            valid_to=chance.choice([None, month(2026)]),
            recorded_at=f"{month(2025)}T{number // 60:02}:{number % 60:02}:00Z",
            kind=chance.choice(["assert", "assert", "retract"]),
            source=Source(id=chance.choice(["page", "other page"])),
        )
        for number in range(240)
    ]
    return list({claim.id: claim for claim in claims}.values())


def told_by(writer: int) -> list[list[Claim]]:
    """The batches of a writer: half of all claims, in an order of its own."""
    chance, claims = random.Random(writer), all_claims()
    mine = chance.sample(claims, len(claims) // 2)
    return [mine[first : first + A_BATCH] for first in range(0, len(mine), A_BATCH)]


def write_in_my_order(where: Address, writer: int, start: Barrier, done: Connection) -> None:
    """Open the database when all others do, record the batches, and send how many claims were new."""

    async def run() -> None:
        start.wait()
        store = Neo4jStore(where, "us")
        for claims in told_by(writer):
            done.send((await store.record(claims, now=NOW)).new)
        await store.close()

    asyncio.run(run())


def read_until_told(where: Address, stop: Event, seen: Connection) -> None:
    """Read again and again, and send how many claims and how many facts there were."""

    async def run() -> None:
        store = Neo4jStore(where, "us")
        while not stop.is_set():
            claims = (await store.counts())["claims"]
            await store.search("licence task", AsOf.at(NOW), 10)
            seen.send((claims, len(await store.history(Pattern()))))
        await store.close()

    asyncio.run(run())
