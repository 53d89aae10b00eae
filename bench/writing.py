"""Writing claims: each store in a process of its own, for its peak memory; the files stay for the reads after it.

`python -m bench.writing KIND PATH CLAIMS` is that process; it prints one JSON object.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from bench.claims import NOW, batches
from bench.machine import bytes_on_disk, peak_megabytes
from bench.peer import FoldedLog
from bench.table import Line
from modelatlas.graph.facts import Claim
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore

TENANT = "bench"

Record = Callable[[Sequence[Claim]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Written:
    """What one process wrote, and what it took."""

    claims: int
    facts: int | None
    seconds: float
    last_quarter: float
    peak_megabytes: float
    idle_megabytes: float
    bytes: int


def written(kind: str, path: Path, size: int) -> Written:
    """Write so many synthetic claims in a process of its own."""
    command = [sys.executable, "-m", "bench.writing", kind, str(path), str(size)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
    return Written(**json.loads(done.stdout))


def atlas_path(folder: Path, size: int) -> Path:
    """Where the store of so many claims is."""
    return folder / f"atlas-{size}.sqlite"


def peer_path(folder: Path, size: int) -> Path:
    """Where the peer's table of so many claims is."""
    return folder / f"peer-{size}.sqlite"


async def lines(folder: Path, sizes: Sequence[int]) -> AsyncIterator[Line]:
    """Write each size with each store."""
    for size in sizes:
        store = written("store", atlas_path(folder, size), size)
        memory = written("memory", folder / "none", size)
        peer = await _write("peer", peer_path(folder, size), size)
        for line in (*_speed(size, store, memory, peer), *_space(size, store, memory, peer)):
            yield line


def _speed(size: int, store: Written, memory: Written, peer: Written) -> Iterator[Line]:
    def line(what: str, of: Written, to: Written | None, name: str, note: str) -> Line:
        ratio = to.seconds / of.seconds if to else None
        rate = of.claims / of.seconds
        return Line(
            group="write", what=what, claims=size, figure=rate, unit="claims/s", ratio=ratio, to=name, note=note
        )

    slower = store.last_quarter / (store.seconds / 4)
    note = f"batches of 4,000; {store.facts:,} beliefs; a claim of the last quarter took × {slower:.2f} of the mean"
    yield line("GraphitiStore on SQLite", store, None, "", note)
    yield line("MemoryStore, beliefs followed once", memory, store, "GraphitiStore on SQLite", "no file, no search")
    yield line("append-only table (peer)", peer, store, "GraphitiStore on SQLite", "no beliefs, no search")


def _space(size: int, store: Written, memory: Written, peer: Written) -> Iterator[Line]:
    for what, of in (("GraphitiStore on SQLite", store), ("append-only table (peer)", peer)):
        ratio = None if of is store else (of.bytes / of.claims) / (store.bytes / store.claims)
        to = "" if of is store else "GraphitiStore on SQLite"
        yield Line(
            group="space",
            what=f"{what}: on disk",
            claims=size,
            figure=of.bytes / of.claims,
            unit="bytes/claim",
            ratio=ratio,
            to=to,
        )
    for what, of in (("GraphitiStore on SQLite", store), ("MemoryStore", memory)):
        yield Line(
            group="space",
            what=f"{what}: peak memory of the writing process",
            claims=size,
            figure=of.peak_megabytes,
            unit="MiB",
            note=f"{of.idle_megabytes:.0f} MiB before the first claim",
        )


async def _write(kind: str, path: Path, size: int) -> Written:
    idle = peak_megabytes()
    async with _opened(kind, path) as (record, count_facts):
        took: list[tuple[int, float]] = []
        for batch in batches(size):
            began = perf_counter()
            await record(batch)
            took.append((len(batch), perf_counter() - began))
        began = perf_counter()
        facts = await count_facts()
        # MemoryStore follows the beliefs when it reads, the others when they write.
        following = perf_counter() - began if kind == "memory" else 0.0
        peak = peak_megabytes()
    seconds = sum(each for _, each in took)
    last, weight = took[-max(1, len(took) // 4) :], size / 4
    last_quarter = sum(each for _, each in last) / sum(count for count, _ in last) * weight
    return Written(size, facts, seconds + following, last_quarter, peak, idle, bytes_on_disk(path))


@asynccontextmanager
async def _opened(kind: str, path: Path) -> AsyncIterator[tuple[Record, Callable[[], Awaitable[int | None]]]]:
    if kind == "peer":
        log = FoldedLog(path)

        async def append(claims: Sequence[Claim]) -> None:
            log.record(claims, NOW)

        async def none() -> None:
            return None

        yield append, none
        log.close()
        return
    store = GraphitiStore(path, TENANT) if kind == "store" else MemoryStore(TENANT)

    async def facts() -> int:
        return (await store.counts())["facts"]

    yield lambda claims: store.record(claims, now=NOW), facts
    await store.close()


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_write(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))))
