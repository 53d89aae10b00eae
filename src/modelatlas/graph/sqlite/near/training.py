"""When a group of vectors gets an index, and the centroids of one, by k-means of faiss."""

import math

import numpy as np

from modelatlas.graph.sqlite.near.blocks import Ids
from modelatlas.graph.sqlite.near.similarity import Floats

FEW = 3000  # comparing 3,000 vectors of 384 dimensions takes 5 ms, which is what a search of 100,000 in cells takes
_GROWN = 4
_A_CELL = 40
_ROUNDS = 10


def due(vectors: int, trained_on: int) -> bool:
    """Whether so many vectors want an index other than the one trained on fewer (0: none)."""
    return vectors >= FEW and vectors > _GROWN * trained_on


def cells(vectors: int) -> int:
    """How many cells so many vectors get."""
    return max(1, min(int(4 * math.sqrt(vectors)), vectors // 39))


def sample(ids: Ids) -> Ids:
    """Those to train on, drawn at random but the same of the same, in ascending order."""
    wanted = min(len(ids), _A_CELL * cells(len(ids)))
    drawn: Ids = np.sort(np.random.default_rng(len(ids)).choice(ids, wanted, replace=False))
    return drawn


def turn(dimensions: int) -> Floats:
    """A random rotation, the same for the same dimensions."""
    drawn = np.random.default_rng(dimensions).normal(size=(dimensions, dimensions))
    return np.linalg.qr(drawn)[0].astype(np.float32)


def centroids(rows: Floats, vectors: int) -> Floats:
    """The centroids for so many vectors, of which the turned unit vectors are a sample."""
    from faiss import Kmeans  # an extra, loaded where it is used

    kmeans = Kmeans(
        rows.shape[1],
        min(cells(vectors), len(rows)),
        niter=_ROUNDS,
        spherical=True,
        seed=1,
        min_points_per_centroid=1,
        max_points_per_centroid=_A_CELL,
    )
    kmeans.train(rows)
    assert kmeans.centroids is not None
    found: Floats = np.nan_to_num(kmeans.centroids)
    return found
