"""Every store: turns of a conversation that match side by side are evidence for each other."""

import pytest
from utterances import LATER, as_of, on, span, told

from modelatlas.graph.facts import Episode
from modelatlas.graph.periods import ALL, EVER, AsOf
from modelatlas.graph.store import GraphStore


def turn(text: str, at: str, session: str | None = "monday") -> Episode:
    return told(text, at, source=f"{session} {at} {text}", session=session)


async def found(store: GraphStore, query: str, at: AsOf = EVER, limit: int = 10) -> list[str]:
    """The texts of the turns that are found, best first."""
    return [hit.episode.text for hit in await store.search(query, at, limit) if hit.episode]


async def test_a_turn_whose_neighbours_match_comes_before_one_that_matches_alone(store: GraphStore) -> None:
    talk = [turn(f"zeppelin for portrait {n}", f"2025-01-{n:02}") for n in (1, 2, 3)]
    alone = turn("zeppelin for portrait 4", "2025-01-02", session="another")
    page = turn("zeppelin for portrait 5", "2025-01-02", session=None)
    await store.record([], [alone, page, *talk], now=on(LATER))
    order = await found(store, "zeppelin")
    assert order[0] == talk[1].text
    assert set(order[1:3]) == {talk[0].text, talk[2].text}
    assert set(order[3:]) == {alone.text, page.text}


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_order_in_which_turns_came_in_does_not_matter(store: GraphStore, backwards: bool) -> None:
    between = [turn(f"zeppelin or something else {n}", f"2025-03-{n:02}", session="long") for n in range(1, 9)]
    alone = [turn(f"zeppelin once more, number {n}", f"2025-03-{n:02}", session=f"short {n}") for n in range(1, 9)]
    every = [*between, *alone]
    for episode in reversed(every) if backwards else every:
        await store.record([], [episode], now=on(LATER))
    order = await found(store, "zeppelin", limit=16)
    assert len(order) == 16
    assert set(order[:8]) == {it.text for it in between}
    assert set(order[6:8]) == {between[0].text, between[-1].text}


async def test_turns_with_another_one_between_them_are_not_next_to_each_other(store: GraphStore) -> None:
    apart = [turn("zeppelin x", "2025-01-01"), turn("silence", "2025-01-02"), turn("zeppelin y", "2025-01-03")]
    beside = [turn("zeppelin u", "2025-01-01", session="b"), turn("zeppelin v", "2025-01-02", session="b")]
    await store.record([], [*apart, *beside], now=on(LATER))
    order = await found(store, "zeppelin")
    assert set(order[:2]) == {"zeppelin u", "zeppelin v"}
    assert set(order[2:]) == {"zeppelin x", "zeppelin y"}


async def test_pages_without_a_session_are_next_to_nothing(store: GraphStore) -> None:
    pages = [turn(f"zeppelin {n}", f"2025-01-{n:02}", session=None) for n in range(1, 6)]
    beside = [turn("zeppelin u", "2025-01-01"), turn("zeppelin v", "2025-01-02")]
    await store.record([], [*pages, *beside], now=on(LATER))
    assert set((await found(store, "zeppelin"))[:2]) == {"zeppelin u", "zeppelin v"}


@pytest.mark.parametrize(
    ("at", "first", "then"),
    [
        (as_of("2025-01-02", LATER), {"zeppelin b1", "zeppelin b2"}, {"zeppelin a1"}),
        (as_of(LATER, "2025-01-02"), {"zeppelin b1", "zeppelin b2"}, {"zeppelin a1"}),
        (as_of(span(None, "2025-01-03"), ALL), {"zeppelin b1", "zeppelin b2"}, {"zeppelin a1"}),
        (as_of("2025-01-03", "2025-01-03"), {"zeppelin a1", "zeppelin airship"}, {"zeppelin b1", "zeppelin b2"}),
    ],
)
async def test_only_turns_in_sight_count(store: GraphStore, at: AsOf, first: set[str], then: set[str]) -> None:
    talk = [turn("zeppelin a1", "2025-01-01", session="a"), turn("zeppelin airship", "2025-01-03", session="a")]
    beside = [turn("zeppelin b1", "2025-01-01", session="b"), turn("zeppelin b2", "2025-01-02", session="b")]
    await store.record([], [*talk, *beside], now=on(LATER))
    order = await found(store, "zeppelin airship", at)
    assert set(order[:2]) == first
    assert set(order[2:]) == then


async def test_turns_of_one_name_of_session_stay_apart_by_tenant(store: GraphStore) -> None:
    ours = turn("zeppelin ours", "2025-01-01")
    theirs = turn("zeppelin theirs", "2025-01-02").model_copy(update={"tenant": "them"})
    pair = [turn("zeppelin a", "2025-01-01", session="b"), turn("zeppelin b", "2025-01-02", session="b")]
    await store.record([], [ours, theirs, *pair], now=on(LATER))
    order = await found(store, "zeppelin")
    assert order[2:] == ["zeppelin ours"]
    assert set(order[:2]) == {"zeppelin a", "zeppelin b"}
