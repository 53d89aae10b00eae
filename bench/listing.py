"""The real history of models.dev: all of it ingested, then recall compared with replaying the events.

`python -m bench.listing HISTORY PATH` is the process that ingests; it prints one JSON object.
"""

import asyncio
import json
import lzma
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sized
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

from bench.claims import SEED
from bench.machine import bytes_on_disk, peak_megabytes
from bench.table import Line
from bench.timing import in_turn
from bench.writing import TENANT
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.ingest.pipeline import ingest

GROUP = "models.dev"
_GONE = object()
_TICK = timedelta(microseconds=1)

Changes = list[tuple[datetime, object]]  # from when, the value, or _GONE
Question = tuple[str, str, datetime]  # entity, field, date


@dataclass(frozen=True, slots=True)
class Ingested:
    """What the ingesting process did, and what it took."""

    claims: int
    facts: int
    known: int
    rejected: int
    seconds: float
    peak_megabytes: float
    bytes: int


async def lines(folder: Path, history: Path, events: int | None, checks: int) -> AsyncIterator[Line]:
    """Ingest the history, or its first so many events; check and time random questions of it."""
    if not _there(history):
        yield Line(group=GROUP, what="ingest", figure=None, unit="", note=f"left out: {history} is not there")
        return
    given, path = _cut(history, events, folder / "history.jsonl"), folder / "listing.sqlite"
    took = _ingested(given, path)
    for line in _cost(took):
        yield line
    replayed = _replayed(given)
    store = GraphitiStore(path, TENANT)
    questions = _questions(replayed, checks)
    now = max(changes[-1][0] for changes in replayed.values()) + timedelta(days=1)
    yield await _checked(store, replayed, questions, now)
    async for line in _recall(store, _later(replayed, min(checks, 500), now), now, took.claims):
        yield line
    await store.close()


def _there(history: Path) -> bool:
    return history.exists()


def _cut(history: Path, events: int | None, to: Path) -> Path:
    """The history itself, or a copy of its first so many events."""
    if events is None:
        return history
    with to.open("w", encoding="utf-8") as copy:
        copy.writelines(islice(_text(history), events))
    return to


def _ingested(history: Path, path: Path) -> Ingested:
    """Ingest the history in a process of its own."""
    command = [sys.executable, "-m", "bench.listing", str(history), str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
    return Ingested(**json.loads(done.stdout))


def _cost(took: Ingested) -> Iterator[Line]:
    def line(what: str, figure: float, unit: str, note: str = "") -> Line:
        return Line(group=GROUP, what=what, claims=took.claims, figure=figure, unit=unit, note=note)

    note = f"read, checked, written: {took.facts:,} beliefs, {took.known} events twice, {took.rejected} rejected"
    yield line("ingest", took.seconds, "s", note)
    yield line("ingest: speed", took.claims / took.seconds, "claims/s")
    yield line("ingest: peak memory", took.peak_megabytes, "MiB")
    yield line("file", took.bytes / 1024**2, "MiB", f"{took.bytes / took.claims:,.0f} bytes/claim")


async def _checked(
    store: GraphitiStore, replayed: dict[tuple[str, str], Changes], questions: list[Question], now: datetime
) -> Line:
    """Ask each question both by what is known now and as it stood, and compare with the replay."""
    wrong = 0
    for entity, field, date in questions:
        expected = _value_at(replayed[entity, field], date)
        for as_of in (AsOf(valid=date, believed=now), AsOf.at(date)):
            found = await store.recall(Pattern(subject=entity, predicate=field), as_of)
            wrong += not _same(found, expected)
    return Line(
        group=GROUP,
        what="recall and replay differ",
        claims=None,
        figure=wrong,
        unit="recalls",
        note=f"of {2 * len(questions):,} compared at random dates, half by what is believed now, half believed then",
    )


async def _recall(store: GraphitiStore, questions: list[Question], now: datetime, size: int) -> AsyncIterator[Line]:
    def recall(whole: bool, then: bool) -> Callable[[Question], Awaitable[Sized]]:
        return lambda it: store.recall(
            Pattern(subject=it[0], predicate=None if whole else it[1]), AsOf.at(it[2] if then else now)
        )

    for what, whole in (("(entity)", True), ("(entity, field)", False)):
        found = await in_turn({"now": recall(whole, False), "then": recall(whole, True)}, questions)
        for name, timed in found.items():
            then = name == "then"
            yield Line(
                group=GROUP,
                what=f"recall {what}, {'as of the random date' if then else 'now'}",
                claims=size,
                figure=timed.p50,
                p95=timed.p95,
                unit="ms",
                ratio=timed.p50 / found["now"].p50 if then else None,
                to="now" if then else "",
                note=timed.note(found["now"] if then else None),
            )


def _text(history: Path) -> Iterator[str]:
    with (
        lzma.open(history, "rt", encoding="utf-8") if history.suffix == ".xz" else history.open(encoding="utf-8") as it
    ):
        yield from it


def _replayed(path: Path) -> dict[tuple[str, str], Changes]:
    found: dict[tuple[str, str], Changes] = {}
    for text in _text(path):
        event: dict[str, Any] = json.loads(text)
        value = _GONE if event["op"] == "retract" else event["new"]
        found.setdefault((event["entity"], event["field"]), []).append((datetime.fromisoformat(event["tx"]), value))
    return found


def _questions(replayed: dict[tuple[str, str], Changes], count: int) -> list[Question]:
    """Half at any date of the history, a quarter at the very instant of a change, a quarter just before one."""
    random, keys = Random(SEED), list(replayed)
    dates = [when for changes in replayed.values() for when, _ in changes]
    first, last = min(dates), max(dates)
    found = []
    for number in range(count):
        entity, field = key = random.choice(keys)
        anywhen = first + random.random() * (last - first)
        change = random.choice(replayed[key])[0]
        found.append((entity, field, (anywhen, change, anywhen, change - _TICK)[number % 4]))
    return found


def _later(replayed: dict[tuple[str, str], Changes], count: int, now: datetime) -> list[Question]:
    """Questions at any date from the first change of their field on."""
    random, keys = Random(SEED + 1), list(replayed)
    found = []
    for entity, field in random.choices(keys, k=count):
        first = replayed[entity, field][0][0]
        found.append((entity, field, first + random.random() * (now - first)))
    return found


def _value_at(changes: Changes, date: datetime) -> object:
    return next((value for when, value in reversed(changes) if when <= date), _GONE)


def _same(found: list[Fact], expected: object) -> bool:
    if expected is _GONE:
        return found == []
    if len(found) != 1 or found[0].certainty != "certain":
        return False
    held = found[0].value
    if repr(held) == repr(expected):
        return True
    nested = isinstance(expected, list | dict) and isinstance(held, str)
    return nested and json.loads(str(held)) == expected


async def _ingest(history: Path, path: Path) -> Ingested:
    store = GraphitiStore(path, TENANT)
    began = perf_counter()
    done = await ingest(store, [history], now=datetime.now().astimezone(), progress=lambda _: None)
    seconds = perf_counter() - began
    facts, peak = (await store.counts())["facts"], peak_megabytes()
    await store.close()
    return Ingested(done.new, facts, done.known, done.rejections, seconds, peak, bytes_on_disk(path))


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_ingest(Path(sys.argv[1]), Path(sys.argv[2]))))))
