"""An atlas run like the peers, whichever store keeps it: claims checked and taken on record, then searched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import perf_counter

from bench.claims import NOW
from bench.given import Asked, keys, queries
from bench.lookup import GivenVectors
from bench.peers.process import Job, Searched
from bench.peers.searching import within
from bench.timing import Call, in_turn
from modelatlas.graph.embedding import texts
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore

_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Taken:
    """How many facts followed from the claims, in how many seconds, and what else to know."""

    facts: int
    seconds: float
    note: str


async def take(store: GraphStore, given: GivenVectors, batches: Iterable[list[Claim]]) -> Taken:
    """Take the claims on record from lines of claims.jsonl, whatever time that needs; their vectors are given."""
    from bench.vectors import vectors

    took: list[tuple[int, float]] = []
    checking = 0.0
    for batch in batches:
        wanted = texts(batch)
        given.give(dict(zip(wanted, vectors(wanted), strict=True)))
        lines = [claim.line() for claim in batch]
        began = perf_counter()
        claims = [Claim.model_validate(line) for line in lines]
        checking += perf_counter() - began
        await store.record(claims, now=NOW)
        took.append((len(lines), perf_counter() - began))
    facts = (await store.counts())["facts"]
    seconds = sum(each for _, each in took)
    note = f"{checking / seconds:.0%} of it checks lines; {_last_quarter(took):.2f} × the mean for the last quarter"
    if given.missed:
        note += f"; {given.missed:,} vectors were not given"
    return Taken(facts, seconds, note)


def searches(store: GraphStore, job: Job) -> Mapping[str, Call[Asked]]:
    """Searching now and in the past."""
    now, then = AsOf.at(NOW), AsOf.at(datetime.fromisoformat(job.past))
    return {
        "now": lambda it: store.search(it.text, now, _LIMIT),
        "then": lambda it: store.search(it.text, then, _LIMIT),
    }


async def search_and_recall(store: GraphStore, job: Job) -> Searched:
    """Search, then recall keys; the memory is that of searching."""
    now, then, path = AsOf.at(NOW), AsOf.at(datetime.fromisoformat(job.past)), Path(job.questions)
    found = await within(job.seconds, searches(store, job), queries(path))
    recalls: Mapping[str, Call[list[str]]] = {
        "recall, now": lambda key: store.recall(Pattern(subject=key[0], predicate=key[1]), now),
        "recall, then": lambda key: store.recall(Pattern(subject=key[0], predicate=key[1]), then),
    }
    return replace(found, calls=found.calls | await in_turn(recalls, keys(path)))


def _last_quarter(took: list[tuple[int, float]]) -> float:
    """What a claim of the last quarter took, by what one takes on average."""
    last = took[-max(1, len(took) // 4) :]
    mean = sum(each for _, each in took) / sum(count for count, _ in took)
    return sum(each for _, each in last) / sum(count for count, _ in last) / mean
