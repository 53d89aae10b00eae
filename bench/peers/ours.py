"""modelatlas itself, run like the peers: claims checked, laid over each other, kept with words and vectors."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

from bench.claims import NOW, batches
from bench.given import Asked, keys, queries
from bench.lookup import GivenVectors
from bench.machine import bytes_on_disk, peak_megabytes
from bench.peers.process import Job, Searched, Written, serve
from bench.peers.searching import within
from bench.timing import Call, in_turn
from bench.writing import TENANT
from modelatlas.graph.embedding import texts
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.near.placing import Placed, place

_LIMIT = 10


async def write(job: Job) -> Written:
    """Take the claims on record from lines of claims.jsonl, whatever time that needs."""
    from bench.vectors import vectors

    given, path = GivenVectors(), Path(job.file)
    store = GraphitiStore(path, TENANT, embedder=given)
    took: list[tuple[int, float]] = []
    checking = 0.0
    for batch in batches(job.claims):
        wanted = texts(batch)
        given.give(dict(zip(wanted, vectors(wanted), strict=True)))
        lines = [claim.line() for claim in batch]
        began = perf_counter()
        claims = [Claim.model_validate(line) for line in lines]
        checking += perf_counter() - began
        await store.record(claims, now=NOW)
        took.append((len(lines), perf_counter() - began))
    facts = (await store.counts())["facts"]
    await store.close()
    placing, placed = await _placed(path)
    seconds = sum(each for _, each in took) + placing
    note = f"{checking / seconds:.0%} of it checks lines; {_last_quarter(took):.2f} × the mean for the last quarter"
    if placed.moved:
        note += f"; {placing:.1f} s put {placed.moved:,} vectors into cells"
    if given.missed:
        note += f"; {given.missed:,} vectors were not given"
    return Written(facts, seconds, peak_megabytes(), bytes_on_disk(path), note)


async def search(job: Job) -> Searched:
    """Open the file in a new process, search it, then recall keys of it; the memory is that of searching."""
    given, asked, path = GivenVectors(), queries(Path(job.questions)), Path(job.questions)
    given.give({it.text: it.vector for it in asked})
    store = GraphitiStore(Path(job.file), TENANT, embedder=given)
    now, then = AsOf.at(NOW), AsOf.at(datetime.fromisoformat(job.past))
    searches: Mapping[str, Call[Asked]] = {
        "now": lambda it: store.search(it.text, now, _LIMIT),
        "then": lambda it: store.search(it.text, then, _LIMIT),
    }
    found = await within(job.seconds, searches, asked)
    recalls: Mapping[str, Call[list[str]]] = {
        "recall, now": lambda key: store.recall(Pattern(subject=key[0], predicate=key[1]), now),
        "recall, then": lambda key: store.recall(Pattern(subject=key[0], predicate=key[1]), then),
    }
    recalled = await in_turn(recalls, keys(path))
    await store.close()
    return replace(found, calls=found.calls | recalled)


async def _placed(path: Path) -> tuple[float, Placed]:
    """Put the vectors where a search of many looks for them, and how many seconds that took."""
    database = Database(path)
    began = perf_counter()
    placed = await place(database)
    seconds = perf_counter() - began
    await database.close()
    return seconds, placed


def _last_quarter(took: list[tuple[int, float]]) -> float:
    """What a claim of the last quarter took, by what one takes on average."""
    last = took[-max(1, len(took) // 4) :]
    mean = sum(each for _, each in took) / sum(count for count, _ in took)
    return sum(each for _, each in last) / sum(count for count, _ in last) / mean


if __name__ == "__main__":
    serve(write, search)
