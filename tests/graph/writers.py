"""What the processes of test_many_processes do; imported once, in the process that they are forked from."""

import asyncio
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from modelatlas.graph.dates import moment
from modelatlas.graph.facts import Claim, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.text import words
from modelatlas.graph.vocabulary import predicates, words_for

OWN, SHARED = 15, 3
NOW = moment("2030-01-01").latest

# Read before the fork, so that a writer is killed while it writes and not while it reads a dictionary.
words(f"warm 图像编辑 {words_for('task', 'editing')} {len(predicates())}")


def batch(number: int) -> list[Claim]:
    """What batch `number` says: a task of each of its own models, and its number as the licence of the shared ones."""
    recorded = f"2025-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"

    def said(subject: str, predicate: str, object: str) -> Claim:
        return Claim(
            subject=subject,
            predicate=predicate,
            object=object,
            valid_from="2024-01-01",
            recorded_at=recorded,
            source=Source(id="page"),
        )

    own = [said(f"model {number}.{place}", "task", f"batch {number}") for place in range(OWN)]
    return [*own, *(said(f"shared {place}", "licence_code", f"v{number}") for place in range(SHARED))]


def write_batches(path: Path, numbers: Sequence[int], acknowledged: Connection) -> None:
    """Record batch after batch, and send the number of each once it is recorded."""

    async def run() -> None:
        store = GraphitiStore(path, "us")
        for number in numbers:
            await store.record(batch(number), now=NOW)
            acknowledged.send(number)
        await store.close()

    asyncio.run(run())


def write_claims(path: Path, lines: Sequence[str], start: Barrier) -> None:
    """Open the file when all others do, and record the claims one by one."""

    async def run() -> None:
        start.wait()
        store = GraphitiStore(path, "us")
        for line in lines:
            await store.record([Claim.model_validate_json(line)], now=NOW)
        await store.close()

    asyncio.run(run())


def heavy_modules() -> list[str]:
    """Those of the heavy third parties that are imported in this process."""
    return sorted({"graphiti_core", "langgraph", "torch", "neo4j", "openai"} & sys.modules.keys())
