"""Reading about one model: recall at now and in the past, history, diff; against the naive peer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence, Sized
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from bench.claims import NOW, PAST, SEED, batches, claims, read_by
from bench.peer import FoldedLog
from bench.table import Line
from bench.timing import Timed, in_turn
from bench.writing import TENANT, atlas_path, peer_path
from modelatlas.agent.atlas import Atlas
from modelatlas.graph.difference import difference
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import AsOf

About = tuple[str, str | None]  # subject, predicate

_AS_OFS = {"now": AsOf.at(NOW), f"as of {PAST:%Y-%m-%d}": AsOf.at(PAST)}
_NOW, _THEN = _AS_OFS


async def lines(folder: Path, sizes: Sequence[int], reads: int) -> AsyncIterator[Line]:
    """Every read at every size, each so many times."""
    for size in sizes:
        store = GraphitiStore(atlas_path(folder, size), TENANT)
        peer = FoldedLog(peer_path(folder, size))
        subjects = _asked(size, reads)
        for what, asked in (("(subject)", [(name, None) for name, _ in subjects]), ("(subject, predicate)", subjects)):
            async for line in _recall(store, peer, what, asked, size):
                yield line
        yield await _compared(store, peer, subjects, size)
        async for line in _others(store, [name for name, _ in subjects], size):
            yield line
        await store.close()
        peer.close()
    async for line in _in_memory(min(sizes)):
        yield line


def _asked(size: int, reads: int) -> list[About]:
    """Models that were on record in the past, each with a predicate that it has."""
    known = {model.name for model in read_by(size, PAST)}
    said: dict[str, list[str]] = {}
    for claim in claims(size):
        if claim.subject in known:
            said.setdefault(claim.subject, []).append(claim.predicate)
    random, names = Random(SEED), sorted(said)
    return [(name, random.choice(said[name])) for name in random.choices(names, k=reads)]


async def _recall(
    store: GraphitiStore, peer: FoldedLog, what: str, asked: Sequence[About], size: int
) -> AsyncIterator[Line]:
    def recall(as_of: AsOf) -> Callable[[About], Awaitable[Sized]]:
        return lambda about: store.recall(Pattern(subject=about[0], predicate=about[1]), as_of)

    def fold(instant: datetime) -> Callable[[About], Awaitable[Sized]]:
        async def read(about: About) -> list[dict[str, Any]]:
            return peer.recall(*about, instant, instant)

        return read

    calls = {name: recall(as_of) for name, as_of in _AS_OFS.items()}
    calls |= {"peer": fold(NOW), "peer then": fold(PAST)}
    found = await in_turn(calls, asked)
    yield _line("recall", f"recall {what}, {_NOW}", size, found[_NOW])
    yield _line("recall", f"recall {what}, {_THEN}", size, found[_THEN], found[_NOW], _NOW)
    to = f"recall {what}"
    yield _line("recall", f"peer folds {what}, {_NOW}", size, found["peer"], found[_NOW], f"{to}, {_NOW}")
    yield _line("recall", f"peer folds {what}, {_THEN}", size, found["peer then"], found[_THEN], f"{to}, {_THEN}")


async def _compared(store: GraphitiStore, peer: FoldedLog, asked: Sequence[About], size: int) -> Line:
    """How often store and peer give other answers to the same question."""
    different = 0
    for subject, _ in asked:
        for as_of, instant in zip(_AS_OFS.values(), (NOW, PAST), strict=True):
            facts = await store.recall(Pattern(subject=subject), as_of)
            folded = peer.recall(subject, None, instant, instant)
            different += {_answer(fact) for fact in facts} != {_said(claim) for claim in folded}
    return Line(
        group="recall",
        what="store and peer differ",
        claims=size,
        figure=different,
        unit="recalls",
        note=f"of {2 * len(asked):,} compared, answer by answer",
    )


async def _others(store: GraphitiStore, names: Sequence[str], size: int) -> AsyncIterator[Line]:
    before, after = _AS_OFS[_THEN], _AS_OFS[_NOW]
    atlas = Atlas(store, lambda: NOW)

    async def differences(name: str) -> list[Fact]:
        about = Pattern(subject=name)
        found = difference(await store.recall(about, before), await store.recall(about, after))
        return [*found.added, *found.ended, *(change.after[0] for change in found.changed)]

    async def by_name(name: str) -> tuple[Fact, ...]:
        return (await atlas.recall(name.lower().replace("-", " "))).facts

    calls: dict[str, Callable[[str], Awaitable[Sized]]] = {
        "history (subject)": lambda name: store.history(Pattern(subject=name)),
        "diff (subject), past and now": differences,
        "atlas.recall: the name found first, then resolved": by_name,
        "recall (subject), now": lambda name: store.recall(Pattern(subject=name), after),
    }
    found = await in_turn(calls, names)
    now = found.pop("recall (subject), now")
    for what, timed in found.items():
        line = _line("history and diff", what, size, timed, now, "recall (subject), now")
        yield replace(line, note=timed.note())


async def _in_memory(size: int) -> AsyncIterator[Line]:
    store = MemoryStore(TENANT)
    for batch in batches(size):
        await store.record(batch, now=NOW)
    names = [name for name, _ in _asked(size, 3)]
    found = await in_turn(
        {name: _recall_of(store, as_of) for name, as_of in _AS_OFS.items()},
        names,
    )
    what = "MemoryStore follows all beliefs anew, (subject)"
    yield _line("recall", f"{what}, {_NOW}", size, found[_NOW])
    yield _line("recall", f"{what}, {_THEN}", size, found[_THEN], found[_NOW], _NOW)


def _recall_of(store: MemoryStore, as_of: AsOf) -> Callable[[str], Awaitable[Sized]]:
    return lambda name: store.recall(Pattern(subject=name), as_of)


def _line(group: str, what: str, size: int, timed: Timed, base: Timed | None = None, to: str = "") -> Line:
    return Line(
        group=group,
        what=what,
        claims=size,
        figure=timed.p50,
        p95=timed.p95,
        unit="ms",
        ratio=timed.p50 / base.p50 if base else None,
        to=to,
        note=timed.note(base),
    )


def _answer(fact: Fact) -> tuple[str, ...]:
    return fact.predicate, fact.source.id, str(fact.object), repr(fact.value), str(fact.unit)


def _said(claim: dict[str, Any]) -> tuple[str, ...]:
    value = claim.get("value")
    return claim["predicate"], claim["source"]["id"], str(claim.get("object")), repr(value), str(claim.get("unit"))
