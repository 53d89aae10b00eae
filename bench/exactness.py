"""How many of the ten nearest facts the store's search by vector finds, against a cosine of every fact."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from graphiti_core.search.search_filters import SearchFilters

from bench.given import Asked, Given, facts
from bench.peers.graphiti_facts import as_of
from bench.vectors import Vectors, vectors
from bench.writing import TENANT
from modelatlas.graph.graphiti.searching import Search
from modelatlas.graph.graphiti_rows import ticks
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

_LIMIT = 10
_AT_ONCE = 4_000
_ROUNDING = 1e-5


async def shares(atlas: Path, given: Path, asked: Sequence[Asked], pasts: Sequence[datetime | None]) -> list[float]:
    """For each past, None for all facts of any time, the share of the ten nearest that is found in a SQLite file."""
    driver = SqliteDriver(atlas)
    found = [share(await _near(driver, asked, past), given, asked, past) for past in pasts]
    await driver.close()
    return found


def share(
    found: Sequence[Sequence[str]], given: Path, asked: Sequence[Asked], past: datetime | None, least: float = 0.0
) -> float:
    """The share of the ten nearest facts that was found, over all queries.

    A fact as near as the tenth is one of the ten; one whose (1 + cosine) / 2 is under the least is not looked for.
    """
    wanted = {uuid for uuids in found for uuid in uuids}
    scores, best = _exactly(given, np.asarray([it.vector for it in asked], dtype=np.float32), past, wanted)
    bar = np.maximum(best[0], 2 * least - 1)
    near = sum(
        scores[uuid][number] >= bar[number] - _ROUNDING
        for number, uuids in enumerate(found)
        for uuid in uuids
        if uuid in scores
    )
    return float(near) / int((best >= bar).sum())


async def _near(driver: SqliteDriver, asked: Sequence[Asked], past: datetime | None) -> list[list[str]]:
    sight, search = SearchFilters() if past is None else as_of(past), Search().edge_similarity_search
    return [
        [edge.uuid for edge in await search(driver, it.vector, None, None, sight, [TENANT], _LIMIT, 0.0)]
        for it in asked
    ]


def _exactly(
    given: Path, queries: Vectors, past: datetime | None, wanted: Collection[str]
) -> tuple[dict[str, Vectors], Vectors]:
    """The cosines of the wanted facts in sight, and those of the ten nearest to each query, the nearest last."""
    best = np.full((0, len(queries)), -1, dtype=np.float32)
    scores: dict[str, Vectors] = {}
    for batch in _in_sight(given, past):
        cosines = vectors([fact.text for fact in batch]) @ queries.T
        scores |= {fact.uuid: cosines[number] for number, fact in enumerate(batch) if fact.uuid in wanted}
        best = np.sort(np.concatenate([best, cosines]), axis=0)[-_LIMIT:]
    return scores, best


def _in_sight(given: Path, past: datetime | None) -> Iterator[list[Given]]:
    for batch in facts(given, _AT_ONCE):
        if seen := batch if past is None else [fact for fact in batch if _held(fact, ticks(past))]:
            yield seen


def _held(fact: Given, at: int) -> bool:
    begun = fact.created_at <= at and (fact.valid_at is None or fact.valid_at <= at)
    return begun and all(end is None or end > at for end in (fact.invalid_at, fact.expired_at))
