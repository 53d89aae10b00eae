"""Read → claims → record: streaming, in batches of one transaction each, and idempotent."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode
from modelatlas.graph.store import GraphStore, Recorded
from modelatlas.ingest.document import Document, Rejected
from modelatlas.ingest.readers import files, read

BATCH = 4000  # claims a transaction

Progress = Callable[[int], None]


class Summary(Value):
    """What an ingestion did; `known` were on record already, `forgotten` had been erased and stay so."""

    new: int
    known: int
    forgotten: int
    episodes: int
    rejected: tuple[Rejected, ...]
    rejections: int

    def json_value(self) -> dict[str, object]:
        """The summary as JSON."""
        return self.model_dump(mode="json")


KEPT_REJECTIONS = 1000


async def ingest(store: GraphStore, paths: Sequence[Path], *, now: datetime, progress: Progress) -> Summary:
    """Record every document of the paths; a bad line is left out and reported, the rest lands whole."""
    return await _run(store, _documents(paths), now, progress, store.record)


async def rehearse(store: GraphStore, paths: Sequence[Path], *, now: datetime, progress: Progress) -> Summary:
    """What `ingest` would do, with nothing written."""
    seen: set[int] = set()

    def unseen(id: UUID) -> bool:
        before = len(seen)
        seen.add(id.int)
        return len(seen) > before

    async def known(claims: Sequence[Claim], episodes: Sequence[Episode], *, now: datetime) -> Recorded:
        first = [claim for claim in claims if unseen(claim.id)]
        done = await store.preview(first, [it for it in episodes if unseen(it.id)], now=now)
        return done.model_copy(update={"known": done.known + len(claims) - len(first)})

    return await _run(store, _documents(paths), now, progress, known)


async def ingest_strictly(store: GraphStore, paths: Sequence[Path], *, now: datetime, progress: Progress) -> Summary:
    """Ingest only if every line is good. Raises BadInput with the first bad one, before writing anything."""
    for found in _documents(paths):
        if isinstance(found, Rejected):
            raise BadInput(f"{found}. Nothing was written.")
    return await ingest(store, paths, now=now, progress=progress)


async def _run(
    store: GraphStore,
    documents: Iterable[Document | Rejected],
    now: datetime,
    progress: Progress,
    take: Callable[..., Awaitable[Recorded]],
) -> Summary:
    claims: list[Claim] = []
    episodes: list[Episode] = []
    rejected: list[Rejected] = []
    rejections = 0
    totals = {"new": 0, "known": 0, "forgotten": 0, "episodes": 0}

    async def land() -> None:
        done = await take(claims, episodes, now=now)
        for name in totals:
            totals[name] += getattr(done, name)
        progress(len(claims) + len(episodes))
        claims.clear()
        episodes.clear()

    for found in documents:
        if isinstance(found, Rejected):
            rejections += 1
            rejected += [found] if rejections <= KEPT_REJECTIONS else []
            continue
        claims.extend(found.claims)
        episodes += [found.episode] if found.episode else []
        if len(claims) + len(episodes) >= BATCH:
            await land()
    if claims or episodes:
        await land()
    return Summary(**totals, rejected=tuple(rejected), rejections=rejections)


def _documents(paths: Sequence[Path]) -> Iterable[Document | Rejected]:
    for path in [it for given in paths for it in files(given)]:
        yield from read(path)
