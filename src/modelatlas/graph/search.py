"""Fusion of ranked lists, as pure functions; what is ranked has passed the time filter before."""

from collections.abc import Sequence

from modelatlas.graph.facts import Episode, Fact, Hit

RECIPROCAL_OFFSET = 60  # k of Cormack, Clarke and Büttcher 2009


def fused(facts: Sequence[Fact], episodes: Sequence[Episode], limit: int) -> list[Hit]:
    """One list from two, by reciprocal rank; facts before episodes of the same rank."""
    hits = [Hit(score=1 / (RECIPROCAL_OFFSET + rank), fact=fact, episode=None) for rank, fact in enumerate(facts, 1)]
    hits += [
        Hit(score=1 / (RECIPROCAL_OFFSET + rank), fact=None, episode=episode)
        for rank, episode in enumerate(episodes, 1)
    ]
    hits.sort(key=lambda hit: (-hit.score, hit.fact is None))
    return hits[: max(limit, 0)]
