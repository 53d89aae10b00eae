"""Graphiti on the same Neo4j, as graphiti-core ships it: its driver, its indexes, its bulk writes and hybrid search."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from graphiti_core.driver.neo4j_driver import Neo4jDriver

from bench.given import queries
from bench.machine import peak_megabytes
from bench.peers.graphiti_facts import search_facts, searches, write_facts
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
from servers.neo4j_server import Neo4jServer


async def write(job: Job) -> Written:
    """Write the facts until they or the seconds are out."""
    home = Path(job.file)
    async with _opened(job) as (driver, server):
        await write_facts(driver, replace(job, seconds=warming_seconds(job)))
        await server.wiped()
        before = processor_seconds(server)
        count, seconds = await write_facts(driver, job)
        note = f"no constraint, no vector index; {processor_seconds(server) - before:,.0f} s of a core in the server"
        memory = peak_megabytes() + server_megabytes(server)
    return Written(count, seconds, memory, stored_bytes(home), note, disk_note(home))


async def search(job: Job) -> Searched:
    """Start a server on what was kept and search it."""
    async with _opened(job) as (driver, server):
        await warmed(job, searches(driver, job), queries(Path(job.questions)))
        found = await search_facts(driver, job)
        memory, note = peak_megabytes() + server_megabytes(server), memory_note(server)
    return replace(found, peak_megabytes=memory, note=note)


@asynccontextmanager
async def _opened(job: Job) -> AsyncIterator[tuple[Neo4jDriver, Neo4jServer]]:
    with served(job) as server:
        driver = Neo4jDriver(server.uri, server.user, server.password)
        # It has begun to make its indexes by itself.
        assert driver._init_task is not None
        await driver._init_task
        await driver.execute_query("CALL db.awaitIndexes(3600)")
        yield driver, server
        await driver.close()


if __name__ == "__main__":
    serve(write, search)
