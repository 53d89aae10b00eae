"""Every store with an embedder: search finds what is meant as well as what is said, time first."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from meanings import WAYS, Broken, Meanings, found, note
from utterances import LATER, as_of, on, told

from modelatlas.graph.embed import TEXTS_A_CALL, EmbedderFailed, embedded
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import EVER
from modelatlas.graph.sqlite.embedding import PLACED_AT_ONCE
from modelatlas.graph.store import GraphStore
from store_kinds import OpenStore

NOW = as_of("2026-01-01", "2026-01-01")
PAST = as_of("2025-06-01", "2025-06-01")


@pytest.fixture
def meanings() -> Meanings:
    """An embedder that knows a few synonyms."""
    return Meanings()


@pytest.fixture
def hybrid(open_store: OpenStore, meanings: Meanings) -> GraphStore:
    """An empty store of each kind with that embedder."""
    return open_store(embedder=meanings)


async def test_a_fact_without_a_word_of_the_query_is_found_by_its_meaning(hybrid: GraphStore) -> None:
    await hybrid.record([note("makes a film"), note("costs little")], now=on(LATER))
    assert await found(hybrid, "movie") == ["makes a film"]
    assert await found(hybrid, "视频") == ["makes a film"]
    assert await found(hybrid, "价格") == ["costs little"]


async def test_what_is_near_to_nothing_is_not_found(hybrid: GraphStore) -> None:
    await hybrid.record([note("makes a film")], now=on(LATER))
    assert await found(hybrid, "zeppelin") == []


async def test_a_fact_in_both_lists_is_one_hit_and_comes_first(hybrid: GraphStore) -> None:
    both, by_word = note("clip of a video"), note("video zeppelin airship balloon kite glider rocket plane")
    by_meaning = note("movie")
    await hybrid.record([both, by_word, by_meaning], [told("a video", "2025-01-01")], now=on(LATER))
    hits = await found(hybrid, "video")
    assert hits[0] == "clip of a video"
    assert sorted(hits) == sorted(["a video", *(str(it.fact) for it in (both, by_word, by_meaning))])


async def test_one_fact_in_many_beliefs_is_one_hit_of_its_vectors_too(hybrid: GraphStore) -> None:
    doubts = [
        note(
            "a film",
            f"[2025-01-{n:02}..2025-03-{n:02}]",
            f"[2025-01-{n + 1:02}..2025-03-{n + 1:02}]",
            recorded_at=f"2025-01-{n:02}",
        )
        for n in range(1, 25)
    ]
    other = note("a clip among many other things that it does", recorded_at="2025-01-01")
    await hybrid.record([*doubts, other], now=on(LATER))
    assert sorted(await found(hybrid, "movie", as_of("2025-02-15", "2025-02-15"), limit=2)) == sorted(
        ["a film", str(other.fact)]
    )


async def test_vectors_too_are_filtered_by_time_before_they_are_ranked(hybrid: GraphStore) -> None:
    many = [f"m{n}" for n in range(500)]
    ended = [note("movie film", "2020-01-01", "2021-01-01", subject=it) for it in many]
    unknown_yet = [note("film clip", "2020-01-01", recorded_at="2027-01-01", subject=it) for it in many]
    coming = [note("clip movie", "2028-01-01", subject=it) for it in many]
    seen = note("a film among many other things that it does as well", "2020-01-01")
    await hybrid.record([*ended, *unknown_yet, seen, *coming], now=on(LATER))
    for at in (NOW, PAST):
        assert await found(hybrid, "video", at, limit=1) == [seen.fact]
        assert await found(hybrid, "video", at, limit=20) == [seen.fact]
    assert await found(hybrid, "video", as_of("2020-06-01"), limit=1) != [seen.fact]


async def test_of_many_facts_that_mean_the_same_as_many_are_found_as_are_asked_for(hybrid: GraphStore) -> None:
    claims = [note(text, subject=f"m{n}") for text in ("a film", "a film of a cat") for n in range(300)]
    await hybrid.record(claims, now=on(LATER))
    assert len(await found(hybrid, "movie", limit=5)) == 5
    assert await found(hybrid, "movie", limit=250) == ["a film"] * 250


async def test_every_store_finds_the_same(hybrid: GraphStore) -> None:
    claims = [
        note("makes a film of a person", "2024-01-01", "2025-01-01"),
        note("makes a film of a cat", "2025-01-01"),
        note("speaks quickly", "2025-03-01", recorded_at="2025-03-01"),
        note("costs 3 USD", "2025-01-01"),
        note("a talk about fast clips", "2025-01-01", recorded_at="2025-09-01"),
        note("zeppelin", "2025-01-01"),
    ]
    results = []
    for store in (MemoryStore("us", Meanings()), hybrid):
        await store.record(claims, [told("how fast is a movie?", "2025-05-01")], now=on(LATER))
        asked = [(query, at) for query in ("movie", "speed of speech", "价格", "a cat") for at in (EVER, NOW, PAST)]
        results.append([set(await found(store, query, at)) for query, at in asked])
    assert results[0] == results[1]
    assert all(results[0][:3])


async def test_a_query_is_embedded_once_and_what_is_known_not_again(hybrid: GraphStore, meanings: Meanings) -> None:
    claims = [note("makes a film"), note("makes a film", source="other"), note("costs little")]
    await hybrid.record(claims, now=on(LATER))
    assert meanings.asked == [["makes a film", "costs little"]]
    await hybrid.record([*claims, note("is new")], now=on(LATER))
    assert meanings.asked[1:] == [["is new"]]
    await hybrid.search("movie", EVER, 5)
    assert meanings.asked[2:] == [["movie"]]


async def test_nothing_is_embedded_where_nothing_is_asked(hybrid: GraphStore, meanings: Meanings) -> None:
    await hybrid.record([], [told("a video", "2025-01-01")], now=on(LATER))
    assert await hybrid.search("video", EVER, 0) == []
    assert await hybrid.search("  ", EVER, 5) == []
    assert meanings.asked == []


async def test_any_text_can_be_asked_with_an_embedder(hybrid: GraphStore) -> None:
    await hybrid.record([note("makes a film")], now=on(LATER))
    for query in ("🎨", "\x00", "\ud800 half a surrogate", '"', "字" * 3_000):
        assert await found(hybrid, query) == []


@pytest.mark.parametrize("way", WAYS)
async def test_an_embedder_that_fails_is_one_clear_error_and_nothing_is_written(
    open_store: OpenStore, way: str
) -> None:
    store = open_store(embedder=Broken(way))
    with pytest.raises(EmbedderFailed, match=WAYS[way]):
        await store.record([note("makes a film")], [told("a video", "2025-01-01")], now=on(LATER))
    assert set((await store.counts()).values()) == {0}
    with pytest.raises(EmbedderFailed, match=WAYS[way]):
        await store.search("movie", EVER, 5)


async def test_what_many_writes_leave_is_found_through_the_index(tmp_path: Path, meanings: Meanings) -> None:
    file = tmp_path / "atlas.sqlite"
    store = GraphitiStore(file, "us", meanings)
    things = ("film", "price", "speech", "speed")
    claims = [note(f"{things[n % 4]} of number{n}", subject=f"m{n}") for n in range(PLACED_AT_ONCE)]
    await store.record(claims[:-1], now=on(LATER))
    assert indices(file) == 0
    await store.record(claims, now=on(LATER))
    assert indices(file) == 1
    late = note("a movie", subject="late")
    await store.record([late], now=on(LATER))
    assert (await found(store, "video"))[0] == late.fact
    assert all(text.startswith(("a movie", "film")) for text in await found(store, "clip", limit=50))
    await store.close()


def indices(file: Path) -> int:
    connection = sqlite3.connect(file)
    count: int = connection.execute("SELECT count(*) FROM vector_index WHERE body IS NOT NULL").fetchone()[0]
    connection.close()
    return count


async def test_what_is_forgotten_is_not_found_by_its_meaning(hybrid: GraphStore) -> None:
    await hybrid.record([note("makes a film", subject="gone"), note("a clip", subject="stays")], now=on(LATER))
    await hybrid.forget(Pattern(subject="gone"), now=on(LATER))
    assert await found(hybrid, "movie") == ["a clip"]


async def test_a_cancelled_embedding_is_not_taken_for_a_failure() -> None:
    class Slow(Meanings):
        async def embed(self, texts: Sequence[str]) -> list[list[float]]:
            await asyncio.sleep(3600)
            return await super().embed(texts)

    task = asyncio.ensure_future(embedded(Slow(), ["a film"]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_texts_are_embedded_in_several_calls(meanings: Meanings) -> None:
    texts = [f"text {n}" for n in range(TEXTS_A_CALL * 2 + 1)]
    assert await embedded(meanings, texts) == await Meanings().embed(texts)
    assert [len(call) for call in meanings.asked] == [TEXTS_A_CALL, TEXTS_A_CALL, 1]
    assert await embedded(meanings, []) == []
