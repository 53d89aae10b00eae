"""The vectors nearest to a query among the rows in sight.

Vectors in a heap are all compared, exactly. Of a trained index the nearest cells are probed: the codes in them say
which rows to look at first, those that the sieve lets through are compared exactly, and the cosine of the last of
the best says which further cells can hold a better one. Whatever the codes say, each row found is in sight, its
score exact, and no row in sight is passed over while there are fewer than were asked for: with a least score,
none that by its code may have it.
"""

import json
import math
import sqlite3
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.near.blocks import Ids, load, probe, unnamed
from modelatlas.graph.sqlite.near.cells import Cells, Estimate
from modelatlas.graph.sqlite.near.similarity import Floats, Ranking
from modelatlas.graph.sqlite.near.training import FEW
from modelatlas.graph.sqlite.near.vector_tables import Kind
from modelatlas.graph.sqlite.sieve import Sieve

_FIRST = 24  # cells looked into at once
_AT_ONCE = 1024
GIVEN = "json_each(?)"


def nearest(
    connection: sqlite3.Connection,
    kind: Kind,
    query: Sequence[float],
    sieve: Sieve,
    limit: int,
    min_score: float = 0.0,
    group_ids: Sequence[str] | None = None,
) -> list[tuple[int, float]]:
    """The rows that the sieve lets through with their score, (1 + cosine) / 2, best first; ties by id.

    `group_ids` are the groups whose rows the sieve lets through, None for any. Vectors of other dimensions than the
    query cannot be compared and are not found; nor are zero vectors. Raises BadInput for a query that is no vector.
    """
    ranking = Ranking(query, limit, min_score)
    if ranking.limit <= 0:
        return []
    search = _Search(connection, kind, sieve, ranking)
    heaps, trained = _indices(connection, kind, ranking.dimensions, group_ids)
    search.heaps(heaps)
    if trained:
        search.cells([load(connection, index) for index in trained])
    return ranking.scores()


class _Search:
    def __init__(self, connection: sqlite3.Connection, kind: Kind, sieve: Sieve, ranking: Ranking) -> None:
        self._connection = connection
        self._kind = kind
        self._sieve = sieve
        self._ranking = ranking
        # A cosine with what a centroid or a code leaves out is spread like 1 / sqrt(dimensions), of which trained
        # vectors use a few hundred at most. At 384 dimensions: 0.17, 0.1 and 158 rows, with which recall@10 was
        # measured as 0.95 to 0.98 at 100,000 and a million vectors, with all or a fifth of them in sight.
        spread = 1 / math.sqrt(min(ranking.dimensions, 384))
        self._margin, self._blur, self._looks = 3.3 * spread, 2 * spread, int(3100 * spread)
        self._compared: set[int] = set()
        self._ids: Ids = np.empty(0, np.int64)
        self._cosines: Floats = np.empty(0, np.float32)

    def heaps(self, heaps: Sequence[int]) -> None:
        """Compare what is in the heaps."""
        self._compare(f"{GIVEN} h CROSS JOIN {self._kind}_code c ON c.heap = h.value", "c.id", heaps)

    def cells(self, trained: Sequence[Cells]) -> None:
        """Probe the indices: the nearest cells, then all that can hold a better one than the last of the best."""
        ranking = self._ranking
        queries = [Estimate(cells, ranking.query) for cells in trained]
        left = [np.ones(len(query.near), bool) for query in queries]
        self._probe(queries, left, [np.sort(query.near)[-_FIRST:][0] for query in queries])
        self._refine(20 + ranking.limit)
        if not ranking.full and self._few():
            return
        self._probe(queries, left, [ranking.last - self._margin] * len(queries))
        self._refine(self._looks + ranking.limit)
        if not ranking.full:
            self._probe(queries, left, [-math.inf] * len(queries))
            self._refine(self._looks + ranking.limit)

    def _probe(self, queries: Sequence[Estimate], left: Sequence[NDArray[np.bool_]], bars: Sequence[float]) -> None:
        """Take in what is in the cells not yet looked into whose centroid's cosine reaches the bar."""
        for query, unseen, bar in zip(queries, left, bars, strict=True):
            chosen = np.flatnonzero(unseen & (query.near >= bar))
            unseen[chosen] = False
            ids, cosines = probe(self._connection, self._kind, query, chosen)
            self._ids, self._cosines = np.concatenate([self._ids, ids]), np.concatenate([self._cosines, cosines])

    def _refine(self, looks: int) -> None:
        """Compare the candidates in sight, the likeliest first, so many and until no further one is needed."""
        ranking, seen, size = self._ranking, 0, looks
        while len(self._ids):
            likeliest = float(self._cosines.max())
            if likeliest < ranking.least - self._blur:
                return
            if ranking.full and (seen >= looks or likeliest < ranking.last - self._blur):
                return
            order = np.argpartition(-self._cosines, min(size, len(self._ids) - 1))
            part, self._ids, self._cosines = (
                self._ids[order[:size]],
                self._ids[order[size:]],
                self._cosines[order[size:]],
            )
            seen += self._compare(f"{GIVEN} c", "c.value", part.tolist())
            size *= 2

    def _few(self) -> bool:
        """Compare all that is in sight where that is few, and say whether it was."""
        kind, sieve = self._kind, self._sieve
        rows = unnamed(self._connection).execute(
            f"SELECT r.id FROM {kind} r {sieve.index} CROSS JOIN {kind}_code c ON c.id = r.id"
            f" WHERE ({sieve.where}) AND c.heap IS NULL LIMIT ?",
            (*sieve.values, FEW + 1),
        )
        ids = [row[0] for row in rows]
        if len(ids) > FEW:
            return False
        self._compare(f"{GIVEN} c", "c.value", [rowid for rowid in ids if rowid not in self._compared])
        return True

    def _compare(self, given: str, key: str, values: Sequence[int]) -> int:
        """Rank those of the given rows that are in sight; how many are."""
        kind, sieve = self._kind, self._sieve
        cursor = unnamed(self._connection).execute(
            f"SELECT r.id, v.vector FROM {given} CROSS JOIN {kind} r {sieve.index} ON r.id = {key}"
            f" CROSS JOIN {kind}_vector v ON v.id = r.id WHERE {sieve.where}",
            (json.dumps(values), *sieve.values),
        )
        before = len(self._compared)
        while rows := cursor.fetchmany(_AT_ONCE):
            ids = [row[0] for row in rows]
            self._ranking.take(ids, [row[1] for row in rows])
            self._compared.update(ids)
        return len(self._compared) - before


def _indices(
    connection: sqlite3.Connection, kind: Kind, dimensions: int, group_ids: Sequence[str] | None
) -> tuple[list[int], list[int]]:
    """The heaps of the groups, and their trained indices for vectors of so many dimensions."""
    query, values = "SELECT id, dimensions FROM vector_index WHERE kind = ?", [str(kind)]
    if group_ids is not None:
        query += " AND group_id IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(list(group_ids)))
    rows = connection.execute(query, values).fetchall()
    return (
        [row["id"] for row in rows if row["dimensions"] is None],
        [row["id"] for row in rows if row["dimensions"] == dimensions],
    )
