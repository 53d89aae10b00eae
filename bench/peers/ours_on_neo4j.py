"""modelatlas on a Neo4j server, run like the peers; how many of the ten nearest it finds is asked of it, too."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from time import perf_counter

from bench.claims import NOW, batches
from bench.exactness import share
from bench.given import Asked, queries
from bench.lookup import GivenVectors
from bench.machine import peak_megabytes
from bench.peers.atlas import search_and_recall, searches, take
from bench.peers.neo4j_server import (
    disk_note,
    memory_note,
    processor_seconds,
    served,
    server_megabytes,
    stored_bytes,
    warmed,
    warming_seconds,
)
from bench.peers.process import Job, Searched, Written, serve
from bench.writing import TENANT
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.periods import AsOf, Span
from modelatlas.graph.search import NEAR_ENOUGH
from servers.neo4j_server import RunningNeo4j

_LIMIT = 10
_TICK = timedelta(microseconds=1)


def opened(server: RunningNeo4j, given: GivenVectors | None) -> Neo4jStore:
    """A store on the server."""
    return Neo4jStore(Address.read(server.uri, server.user, server.password), TENANT, given)


async def write(job: Job) -> Written:
    """Take the claims on record; every index is there before and follows in the same transactions."""
    given, home = GivenVectors(), Path(job.file)
    with served(job) as server:
        await _written_before(server, given, job)
        store = opened(server, given)
        await store.counts()  # it makes the indexes
        before = processor_seconds(server)
        taken = await take(store, given, batches(job.claims))
        note = f"{taken.note}; {processor_seconds(server) - before:,.0f} s of a core in the server"
        await store.close()
        memory = peak_megabytes() + server_megabytes(server)
    return Written(taken.facts, taken.seconds, memory, stored_bytes(home), note, disk_note(home))


async def _written_before(server: RunningNeo4j, given: GivenVectors, job: Job) -> None:
    """Write for a while, then empty the database."""
    store, until = opened(server, given), perf_counter() + warming_seconds(job)
    await take(store, given, takewhile(lambda _: perf_counter() < until, batches(job.claims)))
    await store.close()
    await server.wiped()


async def search(job: Job) -> Searched:
    """Start a server on what was kept, search it, recall keys of it, and see which of the nearest it finds."""
    given, asked = GivenVectors(), queries(Path(job.questions))
    given.give({it.text: it.vector for it in asked})
    with served(job) as server:
        store = opened(server, given)
        await warmed(job, searches(store, job), asked)
        found = await search_and_recall(store, job)
        memory, note = peak_megabytes() + server_megabytes(server), memory_note(server)
        exact = [await _share(store, given, job, asked, at) for at in (NOW, datetime.fromisoformat(job.past))]
        await store.close()
    return replace(found, peak_megabytes=memory, exact=tuple(exact), note=note)


async def _share(store: Neo4jStore, given: GivenVectors, job: Job, asked: Sequence[Asked], at: datetime) -> float:
    """The share of the nearest that a search finds; a query without a word is searched for by its vector alone."""
    wordless = {"?" * number: it.vector for number, it in enumerate(asked, 1)}
    given.give(wordless)
    span = Span(start=at, end=at + _TICK)  # of a span every belief is a hit of its own
    as_of = AsOf(valid=span, believed=span)
    found = [[_id(hit.fact) for hit in await store.search(query, as_of, _LIMIT)] for query in wordless]
    return share(found, Path(job.facts), asked, at, NEAR_ENOUGH)


def _id(fact: object) -> str:
    return str(getattr(fact, "id", ""))


if __name__ == "__main__":
    serve(write, search)
