"""One value that was revised very often: the case in which following and folding have the most to do."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.claims import NOW, revisions
from bench.peer import FoldedLog
from bench.table import Line
from bench.timing import in_turn
from bench.writing import TENANT
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf

_DAYS = tuple(range(1, 21))


async def lines(folder: Path, count: int) -> AsyncIterator[Line]:
    """Write all revisions but the last, write the last, read at twenty past days."""
    store, peer = GraphitiStore(folder / "revised.sqlite", TENANT), FoldedLog(folder / "revised-peer.sqlite")
    *before, last = revisions(count)
    for what, claims in ((f"{count - 1:,} revisions of one value", before), ("one more revision of it", [last])):
        began = perf_counter()
        await store.record(claims, now=NOW)
        took = (perf_counter() - began) * 1000
        yield Line(group="one value often revised", what=f"write {what}", claims=count, figure=took, unit="ms")
    peer.record([*before, last], NOW)
    about = Pattern(subject=last.subject, predicate=last.predicate)

    async def fold(day: int) -> list[dict[str, Any]]:
        instant = NOW - timedelta(days=day)
        return peer.recall(last.subject, last.predicate, instant, instant)

    calls: dict[str, Callable[[int], Awaitable[Sized]]] = {
        "recall, as of a past day": lambda day: store.recall(about, AsOf.at(NOW - timedelta(days=day))),
        "peer folds, as of a past day": fold,
    }
    found = await in_turn(calls, _DAYS)
    ours = found["recall, as of a past day"]
    for what, timed in found.items():
        yield Line(
            group="one value often revised",
            what=what,
            claims=count,
            figure=timed.p50,
            p95=timed.p95,
            unit="ms",
            ratio=None if timed is ours else timed.p50 / ours.p50,
            to="" if timed is ours else "recall, as of a past day",
            note=f"{timed.given:.1f} given a read",
        )
    await store.close()
    peer.close()
