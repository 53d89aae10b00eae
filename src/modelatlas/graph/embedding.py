"""The vectors of one tenant's facts: made by one embedder, kept with the facts. What every store does alike."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from modelatlas.graph.embed import TEXTS_A_CALL, Embedder, OtherEmbedder, embedded
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim
from modelatlas.graph.reading import text_of

Signature = tuple[str, int]  # an embedder's name and dimensions


class Shelf(Protocol):
    """Where a store keeps the vectors of one tenant; a place is a store's own name of a fact, in order."""

    async def signature(self) -> Signature | None:
        """Whose vectors are on record."""
        ...

    async def not_on_record(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims that are not in the log."""
        ...

    async def without_vector(self, last: Any | None, limit: int) -> dict[Any, str]:
        """The texts of the next facts after a place that have no vector, by place."""
        ...

    async def give(self, texts: Mapping[Any, str], made: Mapping[str, Sequence[float]]) -> int:
        """Give the facts that are still there the vectors of their texts, and sign; how many."""
        ...

    async def take_out(self) -> None:
        """Take out every vector of the tenant, and the signature."""
        ...

    async def placed(self, written: int) -> None:
        """Put what was written in order for searches, where the store does so itself."""
        ...


class Embedding:
    """What an embedder gives the facts of a tenant; without one, nothing."""

    def __init__(self, shelf: Shelf, embedder: Embedder | None) -> None:
        self.embedder = embedder
        self._shelf = shelf
        self._checked = False

    async def of_query(self, query: str) -> Sequence[float] | None:
        """The vector of a query, or None; a search says `agrees` once more. Raises EmbedderFailed, OtherEmbedder."""
        if self.embedder is None:
            return None
        if not self._checked:
            agrees(self.embedder, await self._shelf.signature())
            self._checked = True
        (vector,) = await embedded(self.embedder, [query.encode(errors="replace").decode()])
        return vector

    async def of_new(self, claims: Sequence[Claim]) -> dict[str, Sequence[float]]:
        """A vector for every text that recording the claims will add. Raises EmbedderFailed, OtherEmbedder."""
        if self.embedder is None or not claims:
            return {}
        fresh = await self._shelf.not_on_record(claims)
        new = texts(fresh)
        if new:
            agrees(self.embedder, await self._shelf.signature())
        return dict(zip(new, await embedded(self.embedder, new), strict=True))

    async def missing(self, progress: Callable[[int], None]) -> int:
        """Give a vector to every fact that was recorded without one; how many.

        Each batch is on disk before the next begins, so one that was interrupted goes on where it stopped.
        """
        embedder, last, done = self._needed(), None, 0
        while facts := await self._shelf.without_vector(last, TEXTS_A_CALL):
            agrees(embedder, await self._shelf.signature())
            different = list(dict.fromkeys(facts.values()))
            made = dict(zip(different, await embedded(embedder, different), strict=True))
            given = await self._shelf.give(facts, made)
            last, done = max(facts), done + given
            progress(given)
            await self._shelf.placed(len(facts))
        return done

    async def anew(self, progress: Callable[[int], None]) -> int:
        """Take out every vector of the tenant's facts and make them with this embedder; how many."""
        self._needed()
        await self._shelf.take_out()
        return await self.missing(progress)

    def _needed(self) -> Embedder:
        if self.embedder is None:
            raise BadInput(
                "There is no embedder to make vectors with; name one in the environment"
                " (MODELATLAS_EMBEDDER_BASE_URL, _MODEL, _DIMENSIONS), or open the store with one."
            )
        return self.embedder


def texts(claims: Iterable[Claim]) -> list[str]:
    """The sentences of the facts that claims may give rise to, once each: what to embed before they are recorded."""
    return list(dict.fromkeys(text_of(claim) for claim in claims if claim.kind == "assert"))


def agrees(embedder: Embedder | None, signature: Signature | None) -> None:
    """Raises OtherEmbedder where the vectors on record are another's."""
    if embedder is not None and signature is not None and signature != (embedder.name, embedder.dimensions):
        raise OtherEmbedder(embedder, *signature)
