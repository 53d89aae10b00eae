"""Carrying what one archive has into another, in parts that are each there once, so that it may stop anywhere."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence

from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import BadInput
from modelatlas.graph.migration.archive import Archive, Logged
from modelatlas.graph.migration.pairs import in_parts, in_step

_CLAIMS = 2_000  # recorded in one transaction
_EPISODES = 200
_IDS = 5_000
_VECTORS = 500


async def begun(source: Archive, target: Archive, tenant: str, progress: Progress) -> int:
    """How many claims of a tenant the target has already.

    Raises BadInput unless they are the first of the source's, each as it is there: anything else could not be made
    the same by recording more.
    """
    total = (await target.counts(tenant))["claims"]
    done = 0
    async for theirs, ours in in_step(source.log(tenant), target.log(tenant)):
        if ours is None:
            break
        if ours != theirs:
            raise BadInput(
                f"{target.name} has claims of {tenant!r} that {source.name} has not, or not as it has them (from claim"
                f" {done + 1:,} of its log on), so it cannot become the same: migrate into a new one, or to keep both,"
                f" `modelatlas export` from one and `modelatlas ingest` into the other."
            )
        done += 1
        progress(f"claims of {tenant} that are there", done, total)
    return done


async def carry(source: Archive, target: Archive, tenant: str, done: int, progress: Progress) -> Counter[str]:
    """Carry all of a tenant but its vectors; `done` claims of its log are there. How much was written."""
    carried: Counter[str] = Counter()
    totals = await source.counts(tenant)
    # What was erased comes first, so that it could not come back even in between.
    async for uuids in in_parts(source.forgotten(tenant), _IDS):
        await target.bury(tenant, uuids)
    await target.mark(tenant, await source.tombstones(tenant))
    seen = 0
    async for told in in_parts(source.episodes(tenant), _EPISODES):
        carried["episodes"] += await target.tell(tenant, told)
        seen += len(told)
        progress(f"episodes of {tenant}", seen, totals["episodes"])
    async for logged in in_parts(_after(source.log(tenant), done), _CLAIMS):
        await target.record(tenant, logged)
        carried["claims"] += len(logged)
        progress(f"claims of {tenant}", done + carried["claims"], totals["claims"])
    return carried


async def carry_vectors(source: Archive, target: Archive, tenants: Sequence[str], progress: Progress) -> int:
    """Give the tenants' beliefs the vectors that they have in the source; how many were given."""
    for tenant in tenants:
        if (signature := await source.signature(tenant)) is not None:
            await target.sign(tenant, signature)
    total = sum([(await source.counts(tenant))["facts"] for tenant in tenants])
    given = seen = 0
    async for vectors in in_parts(source.vectors(tenants), _VECTORS):
        given += await target.embed(vectors)
        seen += len(vectors)
        progress("vectors", seen, total)
    await target.settle()
    return given


async def of_others(source: Archive, target: Archive, tenants: Sequence[str]) -> list[str]:
    """The tenants whose vectors in the target are another embedder's than in the source."""
    found = []
    for tenant in tenants:
        own, theirs = await source.signature(tenant), await target.signature(tenant)
        if own is not None and theirs is not None and own != theirs:
            found.append(tenant)
    return found


async def _after(log: AsyncIterator[Logged], done: int) -> AsyncIterator[Logged]:
    left = done
    async for logged in log:
        if left:
            left -= 1
        else:
            yield logged
