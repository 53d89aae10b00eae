"""An embedder without a model: words of one meaning share a dimension, so that a vector has what no word has."""

from collections.abc import Sequence
from math import nan
from typing import Any
from zlib import crc32

from utterances import said

from modelatlas.graph.facts import Claim
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.graph.text import is_filler, words

_MEANINGS = ("film video clip movie 影片 视频", "buy price cost 价格", "talk speak voice 语音", "fast quick speed")
_SAME = {word: number for number, line in enumerate(_MEANINGS) for word in words(line)}


class Meanings:
    """Counts the meanings in a text; `asked` is every call."""

    def __init__(self, name: str = "meanings", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text."""
        self.asked.append(list(texts))
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> list[float]:
        vector = [0.0] * self.dimensions
        for word in words(text):
            if not is_filler(word):
                vector[_SAME.get(word, 8 + crc32(word.encode()) % (self.dimensions - 8))] += 1.0
        return vector


class Broken(Meanings):
    """Fails in one way, from the given call on."""

    def __init__(self, how: str, calls_before: int = 0) -> None:
        super().__init__()
        self.how = how
        self.calls_before = calls_before

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, or what the failure makes of them."""
        vectors = await super().embed(texts)
        if len(self.asked) <= self.calls_before:
            return vectors
        if self.how == "raises":
            raise ConnectionError("nobody answers")
        if self.how == "too few":
            return vectors[1:]
        if self.how == "too many":
            return [*vectors, vectors[0]]
        if self.how == "other dimensions":
            return [[*vectors[0], 1.0], *vectors[1:]]
        return [[nan] * self.dimensions, *vectors[1:]]


WAYS = {
    "raises": r"The embedder 'meanings' failed \(ConnectionError: nobody answers\)",
    "too few": "gave 0 vectors for 1 texts",
    "too many": "gave 2 vectors for 1 texts",
    "other dimensions": "gave 65 dimensions instead of 64",
    "not finite": "gave a vector with a number that is not finite",
}


def note(text: str, since: str | None = None, until: str | None = None, **other: Any) -> Claim:
    """A claim in the words of its source."""
    return said(text, since, until, predicate="note", fact=text, **other)


async def found(store: GraphStore, query: str, at: AsOf = EVER, limit: int = 10) -> list[str]:
    """The texts of the facts and episodes that are found, best first."""
    hits = await store.search(query, at, limit)
    return [hit.fact.text if hit.fact else hit.episode.text if hit.episode else "" for hit in hits]
