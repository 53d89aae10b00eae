"""Writers at once, each a process of its own, on one Neo4j: how many claims a second all of them together take.

`python -m bench.peers.crowd crowd JOB WRITERS VECTORS` starts a server and its writers and prints one JSON object;
`… writer JOB NUMBER WRITERS VECTORS URI` is one writer, which waits for a line on its input. Each has the claims about
subjects of its own; sources and values are everybody's. All begin when the last is ready.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from time import perf_counter
from zlib import crc32

from bench.claims import NOW, claims
from bench.lookup import GivenVectors
from bench.peers.neo4j_server import served
from bench.peers.ours_on_neo4j import opened
from bench.peers.process import Job
from modelatlas.graph.embedding import texts
from modelatlas.graph.facts import Claim
from servers.neo4j_server import Neo4jServer, RunningNeo4j

BATCH = 500


async def _crowd(job: Job, writers: int, vectors: bool) -> dict[str, float]:
    """Start the server and the writers, let them go at once, and wait for the last."""
    with served(job) as server:
        store = opened(server, None)
        await store.counts()  # it makes the indexes
        started = [_writer(job, server, number, writers, vectors) for number in range(writers)]
        for one in started:
            _told(one)
        began = perf_counter()
        for one in started:
            _tell(one, "go")
        for one in started:
            _told(one)
        seconds = perf_counter() - began
        for one in started:
            one.communicate()
        kept = await store.counts()
        await store.close()
    if kept["claims"] != job.claims:
        raise SystemExit(f"{kept['claims']:,} claims are on record, not {job.claims:,}")
    return {"seconds": seconds, "facts": kept["facts"]}


def _writer(job: Job, server: Neo4jServer, number: int, writers: int, vectors: bool) -> subprocess.Popen[str]:
    told = [json.dumps(asdict(job)), str(number), str(writers), str(int(vectors)), server.uri]
    command = [sys.executable, "-W", "ignore", "-m", "bench.peers.crowd", "writer", *told]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _told(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    if not process.stdout.readline():
        raise SystemExit(f"a writer ended early, with {process.wait()}")


async def _write(job: Job, number: int, writers: int, vectors: bool, server: RunningNeo4j) -> None:
    from bench.vectors import vectors as vectors_of

    given = GivenVectors()
    own = (claim for claim in claims(job.claims) if crc32(claim.subject.encode()) % writers == number)
    batches = [list(batch) for batch in _batches(own)]
    wanted = list(dict.fromkeys(text for batch in batches for text in texts(batch)))
    if vectors and wanted:
        given.give(dict(zip(wanted, vectors_of(wanted), strict=True)))
    store = opened(server, given if vectors else None)
    await store.counts()
    print("ready", flush=True)
    sys.stdin.readline()
    for batch in batches:
        await store.record(batch, now=NOW)
    print("done", flush=True)
    await store.close()


def _batches(own: Iterator[Claim]) -> Iterator[list[Claim]]:
    while batch := list(islice(own, BATCH)):
        yield batch


def main() -> None:
    """Be the crowd, or one of it."""
    mode, job, *numbers = sys.argv[1], Job(**json.loads(sys.argv[2])), *sys.argv[3:]
    if mode == "crowd":
        writers, vectors = (int(number) for number in numbers)
        print(json.dumps(asyncio.run(_crowd(job, writers, bool(vectors)))))
        return
    number, writers, vectors = (int(it) for it in numbers[:3])
    asyncio.run(_write(job, number, writers, bool(vectors), RunningNeo4j(numbers[3], "neo4j", "")))


if __name__ == "__main__":
    main()
