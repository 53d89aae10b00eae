"""Graphiti on Kuzu, as graphiti-core ships it: a folder or file, one process."""

from dataclasses import replace
from pathlib import Path
from time import perf_counter

from graphiti_core.driver.driver import GraphProvider
from graphiti_core.driver.kuzu_driver import KuzuDriver
from graphiti_core.graph_queries import get_fulltext_indices

from bench.machine import bytes_on_disk, peak_megabytes
from bench.peers.graphiti_facts import GROUP, search_facts, write_facts
from bench.peers.process import Job, Searched, Written, serve


async def write(job: Job) -> Written:
    """Write the facts, then the full-text indices, which Graphiti leaves to its caller and Kuzu does not keep up."""
    driver = _driver(job)
    count, seconds = await write_facts(driver, job)
    began = perf_counter()
    for query in get_fulltext_indices(GraphProvider.KUZU):
        await driver.execute_query(query)
    indexing = perf_counter() - began
    await driver.execute_query("CHECKPOINT")
    note = f"full-text indices at the end: {indexing:.1f} s of it"
    return Written(count, seconds + indexing, peak_megabytes(), bytes_on_disk(Path(job.file)), note)


async def search(job: Job) -> Searched:
    """Open the file in a new process and search it."""
    found = await search_facts(_driver(job), job)
    return replace(found, note="words by Kuzu's BM25, which takes a run of Chinese for one word")


def _driver(job: Job) -> KuzuDriver:
    driver = KuzuDriver(job.file)
    # search_ with a group asks for it, and KuzuDriver alone has none.
    driver._database = GROUP
    return driver


if __name__ == "__main__":
    serve(write, search)
