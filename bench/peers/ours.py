"""modelatlas itself in a SQLite file, run like the peers: claims checked, laid over each other, kept to be searched."""

from pathlib import Path
from time import perf_counter

from bench.claims import batches
from bench.given import queries
from bench.lookup import GivenVectors
from bench.machine import bytes_on_disk, peak_megabytes
from bench.peers.atlas import search_and_recall, take
from bench.peers.process import Job, Searched, Written, serve
from bench.writing import TENANT
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.placing import Placed, place


async def write(job: Job) -> Written:
    """Take the claims on record, then have the index of vectors in order."""
    given, path = GivenVectors(), Path(job.file)
    store = GraphitiStore(path, TENANT, embedder=given)
    taken = await take(store, given, batches(job.claims))
    await store.close()
    placing, placed = await _placed(path)
    note = taken.note
    if placed.moved:
        note += f"; {placing:.1f} s put {placed.moved:,} vectors into cells"
    return Written(taken.facts, taken.seconds + placing, peak_megabytes(), bytes_on_disk(path), note)


async def search(job: Job) -> Searched:
    """Open the file in a new process, search it, then recall keys of it."""
    given = GivenVectors()
    given.give({it.text: it.vector for it in queries(Path(job.questions))})
    store = GraphitiStore(Path(job.file), TENANT, embedder=given)
    found = await search_and_recall(store, job)
    await store.close()
    return found


async def _placed(path: Path) -> tuple[float, Placed]:
    """Put the vectors where a search of many looks for them, and how many seconds that took."""
    database = Database(path)
    began = perf_counter()
    placed = await place(database)
    seconds = perf_counter() - began
    await database.close()
    return seconds, placed


if __name__ == "__main__":
    serve(write, search)
