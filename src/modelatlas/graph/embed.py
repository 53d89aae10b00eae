"""What turns texts into vectors, and how its answers are checked before anything is kept."""

import math
from collections.abc import Sequence
from typing import Protocol

from modelatlas.graph.errors import StoreError

TEXTS_A_CALL = 256


class Embedder(Protocol):
    """Texts to vectors: texts that mean alike to vectors whose cosine is near 1.

    Vectors of one `name` are comparable with each other and with no others; all have `dimensions` numbers.
    """

    name: str
    dimensions: int

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text, in the same order."""
        ...


class EmbedderFailed(StoreError):
    """The embedder did not answer, or its answer is not what it was asked for."""

    def __init__(self, embedder: Embedder, what: str) -> None:
        super().__init__(f"The embedder {embedder.name!r} {what}; mend it, or go on without one.")


class OtherEmbedder(StoreError):
    """The vectors on record are of another embedder, with whose vectors these cannot be compared."""

    def __init__(self, embedder: Embedder, name: str, dimensions: int) -> None:
        super().__init__(
            f"The vectors on record are of the embedder {name!r} ({dimensions} dimensions) and cannot be compared with"
            f" those of {embedder.name!r} ({embedder.dimensions}): name that one, or make all vectors anew with this"
            " one (`modelatlas embed --anew`)."
        )


async def embedded(embedder: Embedder, texts: Sequence[str]) -> list[Sequence[float]]:
    """One vector a text, in the same order, asked for in calls of TEXTS_A_CALL texts.

    Raises EmbedderFailed where a call fails, or gives another number of vectors, other dimensions or infinite numbers.
    """
    found: list[Sequence[float]] = []
    for first in range(0, len(texts), TEXTS_A_CALL):
        asked = texts[first : first + TEXTS_A_CALL]
        try:
            vectors = await embedder.embed(asked)
            wrong = _wrong(vectors, len(asked), embedder.dimensions)
        except Exception as error:
            raise EmbedderFailed(embedder, f"failed ({type(error).__name__}: {error})") from error
        if wrong is not None:
            raise EmbedderFailed(embedder, wrong)
        found.extend(vectors)
    return found


def _wrong(vectors: Sequence[Sequence[float]], count: int, dimensions: int) -> str | None:
    if len(vectors) != count:
        return f"gave {len(vectors)} vectors for {count} texts"
    for vector in vectors:
        if len(vector) != dimensions:
            return f"gave {len(vector)} dimensions instead of {dimensions}"
        if not math.isfinite(_sum(vector)) and not all(map(math.isfinite, vector)):
            return "gave a vector with a number that is not finite"
    return None


def _sum(vector: Sequence[float]) -> float:
    """Their sum, which is finite only where all are; by the vector's own method where it is an array."""
    own = getattr(vector, "sum", None)
    return float(own() if own is not None else sum(vector))
