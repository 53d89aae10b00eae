"""Vectors in cells around trained centroids, each with a code of one bit a dimension that estimates its cosine.

The code is RaBitQ's (Gao and Long, 2024): the signs of what is left of a unit vector without its centroid, and one
factor, so that cosine(q, v) is about q·centroid + factor * q·signs. The signs of many are met with the query, cut to
four bits, by counting bits. A block is a page of such codes: 64 for 384 dimensions.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelatlas.graph.sqlite.similarity import Doubles, Floats

_PAGE = 3900
_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class Cells:
    """A trained index: what its vectors are near to."""

    id: int
    centroids: Floats

    @property
    def slots(self) -> int:
        """How many codes a block holds."""
        return max(8, _PAGE // (8 + layout(self.centroids.shape[1]).itemsize))

    def nearest(self, rows: Floats) -> NDArray[np.int64]:
        """The cell of each of the unit vectors."""
        found = np.empty(len(rows), np.int64)
        for first in range(0, len(rows), _AT_ONCE):
            found[first : first + _AT_ONCE] = (rows[first : first + _AT_ONCE] @ self.centroids.T).argmax(axis=1)
        return found

    def codes(self, rows: Floats, cells: NDArray[np.int64]) -> list[bytes]:
        """The code of each of the unit vectors, which may stand in any cell."""
        left = rows - self.centroids[cells]
        signs, size = left > 0, np.abs(left).sum(axis=1)
        made = np.zeros(len(rows), layout(rows.shape[1]))
        packed = np.packbits(signs, axis=1)
        made["bits"].view(np.uint8).reshape(len(rows), -1)[:, : packed.shape[1]] = packed
        made["factor"] = (left * left).sum(axis=1) / np.where(size > 0, size, 1)
        return [code.tobytes() for code in made]


class Estimate:
    """The query, cut to four bits a dimension; what it rounds off is far less than what the signs do."""

    def __init__(self, query: Doubles) -> None:
        self.query: Floats = query.astype(np.float32)
        self._low = float(query.min())
        self._step = (float(query.max()) - self._low) / 15
        cut = np.rint((query - self._low) / (self._step or 1)).astype(np.uint8)
        self._sum = float(cut.sum()) * self._step + self._low * len(query)
        self._planes = np.zeros((4, layout(len(query))["bits"].shape[0]), "<u8")
        for plane in range(4):
            packed = np.packbits(cut >> plane & 1)
            self._planes[plane].view(np.uint8)[: len(packed)] = packed

    def cosines(self, centres: Floats, codes: bytes) -> Floats:
        """What the codes of some blocks, joined, say of the cosine; `centres` has the centroid's cosine for each."""
        read = np.frombuffer(codes, layout(len(self.query)))
        bits = np.ascontiguousarray(read["bits"].T)
        set_ = np.bitwise_count(bits).sum(axis=0, dtype=np.int32)
        met = np.zeros(len(read), np.int32)
        for plane in range(4):
            met += np.bitwise_count(bits & self._planes[plane][:, None]).sum(axis=0, dtype=np.int32) << plane
        signed = 2 * (self._low * set_ + self._step * met) - self._sum
        return (centres + read["factor"] * signed).astype(np.float32)


def layout(dimensions: int) -> np.dtype[np.void]:
    """How a code is laid out: its signs in words of 64 bits, and its factor."""
    return np.dtype([("bits", "<u8", (-(-dimensions // 64),)), ("factor", "<f4")])
