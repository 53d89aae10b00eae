"""Fusion of ranked lists."""

from hypothesis import given
from hypothesis import strategies as st
from utterances import fact, told

from modelatlas.graph.facts import Episode, Fact
from modelatlas.graph.search import fused

FACTS = [fact("MIT", subject=f"model {number}") for number in range(6)]
EPISODES = [told(f"turn {number}", "2025-01-01", source=str(number)) for number in range(6)]
COUNTS = st.integers(0, 6)


def shown(facts: list[Fact], episodes: list[Episode], limit: int) -> list[str]:
    hits = fused(facts, episodes, limit)
    return [hit.fact.subject if hit.fact else hit.episode.text if hit.episode else "" for hit in hits]


def test_two_lists_are_taken_in_turn_and_the_fact_first() -> None:
    assert shown(FACTS[:2], EPISODES[:3], 9) == ["model 0", "turn 0", "model 1", "turn 1", "turn 2"]


@given(COUNTS, COUNTS, st.integers(-2, 14))
def test_the_order_of_either_list_is_kept_and_no_hit_is_lost(facts: int, episodes: int, limit: int) -> None:
    found = shown(FACTS[:facts], EPISODES[:episodes], limit)
    assert len(found) == max(0, min(limit, facts + episodes))
    for kind in ("model", "turn"):
        of_kind = [it for it in found if it.startswith(kind)]
        assert of_kind == [f"{kind} {number}" for number in range(len(of_kind))]


@given(COUNTS, COUNTS)
def test_a_hit_is_either_a_fact_or_an_episode_and_scores_fall(facts: int, episodes: int) -> None:
    hits = fused(FACTS[:facts], EPISODES[:episodes], 20)
    assert all((hit.fact is None) != (hit.episode is None) for hit in hits)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 / 61 for score in scores)
    assert [hit.json_value()["score"] for hit in hits] == [round(score, 6) for score in scores]
