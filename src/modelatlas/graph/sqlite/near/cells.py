"""Vectors in cells around trained centroids, each with a code of one bit a dimension that estimates its cosine.

The code is RaBitQ's (Gao and Long, 2024): the signs of what is left of a unit vector without its centroid, and one
factor, so that cosine(q, v) is about q·centroid + factor * q·signs. The signs of many are met with the query, cut to
four bits, by counting bits. All are turned at random before, so that no dimension has more to say than others. A
block is a page of such codes: 64 for 384 dimensions.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.near.similarity import Doubles, Floats, dots

_PAGE = 3900
_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Cells:
    """A trained index: how vectors are turned, and the turned centroids that they are near to."""

    id: int
    turn: Floats
    centroids: Floats

    @property
    def dimensions(self) -> int:
        """How many values a vector has."""
        return len(self.turn)

    @property
    def slots(self) -> int:
        """How many codes a block holds."""
        return max(8, _PAGE // (8 + layout(self.dimensions).itemsize))

    def nearest(self, rows: Floats) -> NDArray[np.int64]:
        """The cell of each of the turned unit vectors."""
        found = np.empty(len(rows), np.int64)
        for first in range(0, len(rows), _AT_ONCE):
            found[first : first + _AT_ONCE] = (rows[first : first + _AT_ONCE] @ self.centroids.T).argmax(axis=1)
        return found

    def codes(self, rows: Floats, cells: NDArray[np.int64]) -> list[bytes]:
        """The code of each of the turned unit vectors, which may stand in any cell."""
        left = rows - self.centroids[cells]
        signs, size = left > 0, np.abs(left).sum(axis=1)
        made = np.zeros(len(rows), layout(rows.shape[1]))
        packed = np.packbits(signs, axis=1)
        made["bits"].view(np.uint8)[:, : packed.shape[1]] = packed
        made["factor"] = (left * left).sum(axis=1) / np.where(size > 0, size, 1)
        return [code.tobytes() for code in made]


class Estimate:
    """A query to an index, cut to four bits a dimension; what that rounds off is far less than what the signs do."""

    def __init__(self, cells: Cells, given: Doubles) -> None:
        query = dots(cells.turn.T, given.astype(np.float32))
        self.cells = cells
        self.near = dots(cells.centroids, query)
        self._low = float(query.min())
        self._step = (float(query.max()) - self._low) / 15
        self._dimensions = len(query)
        cut = np.rint((query - self._low) / (self._step or 1)).astype(np.uint8)
        self._sum = float(cut.sum()) * self._step + self._low * len(query)
        self._planes = np.zeros((4, layout(len(query))["bits"].shape[0]), "<u8")
        for plane in range(4):
            packed = np.packbits(cut >> plane & 1)
            self._planes[plane].view(np.uint8)[: len(packed)] = packed

    def cosines(self, cells: NDArray[np.int64], codes: bytes) -> Floats:
        """What joined codes say of the cosines; `cells` has the cell of each."""
        read = np.frombuffer(codes, layout(self._dimensions))
        bits = np.ascontiguousarray(read["bits"].T)
        set_ = np.bitwise_count(bits).sum(axis=0, dtype=np.int32)
        met = np.zeros(len(read), np.int32)
        for plane in range(4):
            met += np.bitwise_count(bits & self._planes[plane][:, None]).sum(axis=0, dtype=np.int32) << plane
        signed = 2 * (self._low * set_ + self._step * met) - self._sum
        estimated: Floats = (self.near[cells] + read["factor"] * signed).astype(np.float32)
        return estimated


@cache
def layout(dimensions: int) -> np.dtype[np.void]:
    """How a code is laid out: its signs in words of 64 bits, and its factor."""
    return np.dtype([("bits", "<u8", (-(-dimensions // 64),)), ("factor", "<f4")])
