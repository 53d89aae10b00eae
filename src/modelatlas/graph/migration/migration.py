"""A migration: what may be carried is decided first, all of it is carried, and then compared."""

from collections import Counter
from collections.abc import Sequence

from modelatlas.graph.care.findings import LISTED
from modelatlas.graph.care.progress import Progress, unseen
from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput
from modelatlas.graph.migration.archive import Archive
from modelatlas.graph.migration.carrying import begun, carry, carry_vectors, of_others
from modelatlas.graph.migration.comparison import Comparison


class Migrated(Value):
    """How much was there already, was carried and was compared, and what was left behind.

    Of very many differences only the first are listed.
    """

    tenants: tuple[str, ...]
    there: int
    carried: dict[str, int]
    left: tuple[str, ...]
    compared: dict[str, int]
    found: int
    differences: tuple[str, ...]


async def migrate(
    source: Archive,
    target: Archive,
    tenant: str | None = None,
    *,
    with_vectors: bool = True,
    progress: Progress = unseen,
) -> Migrated:
    """Make the target what the source is, for one tenant or for all, and compare them; the source is only read.

    Interrupted, the same migration goes on where it stopped. Raises BadInput where the target has claims that are not
    the first of the source's, before anything is written.
    """
    tenants = await _tenants(source, tenant)
    done = {name: await begun(source, target, name, progress) for name in tenants}
    carried: Counter[str] = Counter(claims=0, episodes=0, vectors=0)
    for name in tenants:
        carried.update(await carry(source, target, name, done[name], progress))
    foreign = await of_others(source, target, tenants) if with_vectors else []
    embedded = [name for name in tenants if name not in foreign] if with_vectors else []
    carried["vectors"] = await carry_vectors(source, target, embedded, progress)
    carried["other nodes and edges"], refused = await _carry_clients_rows(source, target, tenants, progress)
    groupless = await source.of_no_tenant() if tenant is None else 0
    comparison = Comparison(source, target, tenants, progress)
    found, listed = 0, list[str]()
    async for difference in comparison.differences(embedded):
        found += 1
        if len(listed) < LISTED:
            listed.append(difference)
    return Migrated(
        tenants=tuple(tenants),
        there=sum(done.values()),
        carried=dict(carried),
        left=(*_left(target, foreign, groupless), *refused[:LISTED]),
        compared=dict(comparison.compared),
        found=found,
        differences=tuple(listed),
    )


async def _tenants(source: Archive, tenant: str | None) -> list[str]:
    every = await source.tenants()
    if tenant is None:
        return every
    if tenant not in every:
        there = ", ".join(every[:10]) if every else "nobody"
        raise BadInput(f"{source.name} has nothing of the tenant {tenant!r}; there is {there}.")
    return [tenant]


async def _carry_clients_rows(
    source: Archive, target: Archive, tenants: Sequence[str], progress: Progress
) -> tuple[int, list[str]]:
    from modelatlas.graph.migration.clients_rows import carry_clients_rows  # loads Graphiti

    return await carry_clients_rows(source, target, tenants, progress)


def _left(target: Archive, foreign: Sequence[str], groupless: int) -> list[str]:
    """What was not carried, each as a sentence."""
    left = [
        f"The vectors of {tenant!r} were left behind: {target.name} has another embedder's for that tenant; make those"
        " that are missing with `modelatlas embed`."
        for tenant in foreign
    ]
    if groupless:
        count = "1 node" if groupless == 1 else f"{groupless:,} nodes"
        left.append(f"{count} of Graphiti's clients with no group_id stayed behind, with their edges; give them one.")
    return left
