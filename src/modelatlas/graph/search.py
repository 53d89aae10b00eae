"""Fusion of ranked lists, and context, as pure functions; what is ranked has passed the time filter before."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import fsum
from typing import TypeVar
from uuid import UUID

from modelatlas.graph.facts import Episode

T = TypeVar("T")

RECIPROCAL_OFFSET = 60  # k of Cormack, Clarke and Büttcher 2009
NEIGHBOUR_SHARE = 0.5
NEAR_ENOUGH = 0.6  # (1 + cosine) / 2 from which a fact is taken to be about what was asked, as Graphiti's searches do


def fused(lists: Iterable[Sequence[T]], limit: int) -> list[tuple[T, float]]:
    """One list from several by reciprocal rank fusion, each thing once with its score, best first.

    A thing scores the sum of 1 / (RECIPROCAL_OFFSET + rank) over the lists that have it; of equals the one of the
    earlier list comes first.
    """
    score: dict[T, float] = {}
    for ranking in lists:
        for rank, thing in enumerate(dict.fromkeys(ranking), 1):
            score[thing] = score.get(thing, 0.0) + 1 / (RECIPROCAL_OFFSET + rank)
    return sorted(score.items(), key=lambda item: -item[1])[: max(limit, 0)]


def in_context(scores: Mapping[T, float], adjacent: Iterable[tuple[T, T]]) -> dict[T, float]:
    """The scores of turns, each with a share of those of the turns next to it in the conversation.

    One step of score propagation, as passage retrieval smooths a passage by those around it: a turn's own score
    plus NEIGHBOUR_SHARE times the own scores of the turn before and the turn after it. Turns without a score
    neither give nor get any, so a turn that matches alone keeps its score.
    """
    beside: dict[T, list[float]] = {turn: [] for turn in scores}
    for one, other in set(adjacent):
        if one in scores and other in scores:
            beside[one].append(scores[other])
            beside[other].append(scores[one])
    return {turn: score + NEIGHBOUR_SHARE * fsum(beside[turn]) for turn, score in scores.items()}


def adjacent_turns(episodes: Iterable[Episode]) -> set[tuple[UUID, UUID]]:
    """The pairs of turns that follow each other in a session, by when they were said."""
    sessions: dict[str, list[Episode]] = {}
    for episode in episodes:
        if episode.session is not None:
            sessions.setdefault(episode.session, []).append(episode)
    return {
        (one.id, other.id)
        for turns in sessions.values()
        for one, other in pairwise(sorted(turns, key=lambda it: (it.said, it.id.hex)))
    }
