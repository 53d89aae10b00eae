"""Every peer at every size, one process after the other, each given the facts that our store holds at that size."""

import asyncio
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.claims import PAST
from bench.exactness import shares
from bench.given import Asked, some_keys, write_facts, write_questions
from bench.peers.process import Job, PeerFailed, Searched, Written, search, write
from bench.queries import queries
from bench.vectors import vectors
from modelatlas.graph.graphiti_rows import ticks

OURS = "ours"
OURS_ON_NEO4J = "ours_on_neo4j"
GRAPHITI_ON_NEO4J = "graphiti_on_neo4j"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is asked, how many seconds a peer may write, and search, at one size, and of which line a server is."""

    of_each_kind: int
    keys: int
    seconds: float
    line: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer's module, and the Python that runs it; without one, why there is none."""

    name: str
    python: Path | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A peer at one size: what it wrote and searched, or why it did not; `facts` is how many it was given.

    `exact` is the share of the ten nearest that ours finds by vector, now (in a file among all facts) and in the past.
    """

    name: str
    claims: int
    facts: int
    written: Written | None
    searched: Searched | None
    why: str = ""
    exact: tuple[float, ...] = ()


def runs(folder: Path, sizes: Sequence[int], peers: Sequence[Peer], effort: Effort) -> Iterator[Run]:
    """Run ours and the peers; a peer whose time was out at one size is not tried at a larger one."""
    ours, *others = peers
    last: dict[str, Run] = {}
    for size in sizes:
        job = _job(folder, size, effort)
        yield (own := _own(ours, job, effort))
        for peer in others:
            before = last.get(peer.name)
            if why := peer.why or _not_reached(before, own.facts):
                yield Run(peer.name, size, own.facts, None, None, why)
                continue
            last[peer.name] = run = _run(peer, replace(job, file=str(folder / f"{peer.name}-{size}")), own.facts)
            yield run
            _remove(folder, f"{peer.name}-{size}")
        _remove(folder, f"{OURS}-{size}")
        _remove(folder, f"facts-{size}")


def _job(folder: Path, size: int, effort: Effort) -> Job:
    return Job(
        claims=size,
        facts=str(folder / f"facts-{size}.jsonl"),
        questions=str(folder / f"questions-{size}.json"),
        file=str(folder / f"{OURS}-{size}.sqlite"),
        past=PAST.isoformat(),
        seconds=effort.seconds,
        line=effort.line,
    )


def _own(ours: Peer, job: Job, effort: Effort) -> Run:
    """Ours, and then the facts and questions for all."""
    assert ours.python is not None
    written = write(ours.python, ours.name, job)
    facts = write_facts(Path(job.file), Path(job.facts))
    texts = queries(job.claims, effort.of_each_kind)
    asked = [Asked(text, vector) for text, vector in zip(texts, vectors(texts).tolist(), strict=True)]
    write_questions(asked, some_keys(Path(job.facts), ticks(PAST), effort.keys), Path(job.questions))
    searched = search(ours.python, ours.name, job)
    if searched.left_out:
        raise PeerFailed(f"{ours.name} could not search: {searched.left_out}")
    found = asyncio.run(shares(Path(job.file), Path(job.facts), asked, (None, PAST)))
    return Run(ours.name, job.claims, facts, written, searched, exact=tuple(found))


def _run(peer: Peer, job: Job, facts: int) -> Run:
    assert peer.python is not None
    try:
        written = write(peer.python, peer.name, job)
    except PeerFailed as error:
        if peer.name == OURS_ON_NEO4J:
            raise
        return Run(peer.name, job.claims, facts, None, None, str(error))
    try:
        searched = search(peer.python, peer.name, job)
    except PeerFailed as error:
        if peer.name == OURS_ON_NEO4J:
            raise
        return Run(peer.name, job.claims, facts, written, None, str(error))
    return Run(peer.name, job.claims, facts, written, searched, exact=searched.exact)


def _not_reached(before: Run | None, facts: int) -> str:
    """Why the peer is not tried at this size, after it had no time for all facts of the size before."""
    if before is None:
        return ""
    if before.written is None:
        return before.why
    if before.written.facts == before.facts:
        return ""
    rate = before.written.facts / before.written.seconds
    return f"not reached: {rate:,.0f} facts/s would take {facts / rate / 60:,.0f} minutes"


def _remove(folder: Path, stem: str) -> None:
    for path in folder.glob(f"{stem}*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
