"""Cosines of packed vectors, the same to the last bit wherever a vector stands among others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.packing import dimensions, pack, unpack

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]

_BLUR = 1e-5  # more than float32 takes from the cosine of two unit vectors


def unit(blobs: Sequence[bytes]) -> Doubles:
    """The vectors at length one, as rows; a zero vector stays zero. They must be of the same dimensions."""
    wide = len(blobs[0]) % 4 if blobs else 0
    if all(len(blob) % 4 == wide for blob in blobs) and not wide:
        rows = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), -1).astype(np.float64)
    else:
        rows = np.array([unpack(blob) for blob in blobs], np.float64)
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    rows /= np.where(largest > 0, largest, 1)
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    rows /= np.where(length > 0, length, 1)
    return rows


def dots(rows: Floats, query: Floats) -> Floats:
    """The dot product of each row with the query, in this thread: BLAS would wait for others on a busy machine."""
    found: Floats = np.einsum("ij,j->i", rows, query)
    return found


class Ranking:
    """The best of the vectors it was given, by cosine with the query; those of other dimensions are left out.

    A zero vector has no direction: it is never found, and as a query finds nothing.
    """

    def __init__(self, query: Sequence[float], limit: int, min_score: float) -> None:
        packed = pack(query)
        self.query: Doubles = unit([packed])[0]
        self.dimensions = dimensions(packed)
        self.limit = limit if self.query.any() else 0
        self.least = 2 * min_score - 1
        self._min_score = min_score
        self._rough: Floats = self.query.astype(np.float32)
        self._best: list[tuple[float, int]] = []

    @property
    def full(self) -> bool:
        """Whether there are as many as are wanted."""
        return len(self._best) >= self.limit

    @property
    def last(self) -> float:
        """The cosine that a further vector must beat once the ranking is full."""
        return -2 * self._best[-1][0] - 1 if self.full and self._best else self.least

    def take(self, ids: Sequence[int], blobs: Sequence[bytes]) -> None:
        """Rank these as well; none may be given twice."""
        if not self.limit:
            return
        chosen = self._hopeful(blobs)
        if not chosen:
            return
        rows = unit([blobs[place] for place in chosen])
        scores = (1 + np.clip((rows * self.query).sum(axis=1), -1, 1)) / 2
        found = [
            (-float(score), ids[place])
            for place, score, row in zip(chosen, scores, rows, strict=True)
            if score >= self._min_score and row.any()
        ]
        self._best = sorted(self._best + found)[: self.limit]

    def scores(self) -> list[tuple[int, float]]:
        """The ids of the best with their score, (1 + cosine) / 2, best first; ties by id."""
        return [(found, -negative) for negative, found in self._best]

    def _hopeful(self, blobs: Sequence[bytes]) -> list[int]:
        """The places of those that a look in float32 does not rule out."""
        alike = [place for place, blob in enumerate(blobs) if dimensions(blob) == self.dimensions]
        if len(alike) <= self.limit or any(len(blobs[place]) % 4 for place in alike):
            return alike
        rows = np.frombuffer(b"".join(blobs[place] for place in alike), "<f4").reshape(len(alike), -1)
        with np.errstate(all="ignore"):
            lengths = np.einsum("ij,ij->i", rows, rows)
            rough = dots(rows, self._rough) / np.sqrt(lengths)
        sure = (lengths > 1e-20) & (lengths < 1e20)
        rough[~sure] = np.inf
        worst = np.partition(rough, len(rough) - self.limit)[len(rough) - self.limit]
        bar = max(float(worst), self.last, self.least) - _BLUR
        return [alike[place] for place in np.flatnonzero(rough >= bar)]
