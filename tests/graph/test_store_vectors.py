"""Every store with an embedder: search finds what is meant as well as what is said, time first."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from meanings import WAYS, Broken, Meanings
from utterances import LATER, as_of, on, said, told

from modelatlas.graph.embed import TEXTS_A_CALL, Embedder, EmbedderFailed, OtherEmbedder, embedded
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.sqlite.embedding import PLACED_AT_ONCE
from modelatlas.graph.store import GraphStore

NOW = as_of("2026-01-01", "2026-01-01")
PAST = as_of("2025-06-01", "2025-06-01")

Kept = MemoryStore | GraphitiStore


def opened(kind: str, folder: Path, embedder: Embedder | None) -> Kept:
    return MemoryStore("us", embedder) if kind == "memory" else GraphitiStore(folder / "atlas.sqlite", "us", embedder)


@pytest.fixture
def meanings() -> Meanings:
    """An embedder that knows a few synonyms."""
    return Meanings()


@pytest.fixture(params=["memory", "sqlite"])
async def hybrid(request: pytest.FixtureRequest, tmp_path: Path, meanings: Meanings) -> AsyncIterator[Kept]:
    """An empty store of each kind with that embedder."""
    store = opened(request.param, tmp_path, meanings)
    yield store
    await store.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where stores of one file are opened one after the other."""
    return tmp_path / "atlas.sqlite"


def note(text: str, since: str | None = None, until: str | None = None, **other: Any) -> Claim:
    return said(text, since, until, predicate="note", fact=text, **other)


async def found(store: GraphStore, query: str, at: AsOf = EVER, limit: int = 10) -> list[str]:
    """The texts of the facts and episodes that are found, best first."""
    hits = await store.search(query, at, limit)
    return [hit.fact.text if hit.fact else hit.episode.text if hit.episode else "" for hit in hits]


async def test_a_fact_without_a_word_of_the_query_is_found_by_its_meaning(hybrid: Kept) -> None:
    await hybrid.record([note("makes a film"), note("costs little")], now=on(LATER))
    assert await found(hybrid, "movie") == ["makes a film"]
    assert await found(hybrid, "视频") == ["makes a film"]
    assert await found(hybrid, "价格") == ["costs little"]


async def test_what_is_near_to_nothing_is_not_found(hybrid: Kept) -> None:
    await hybrid.record([note("makes a film")], now=on(LATER))
    assert await found(hybrid, "zeppelin") == []


async def test_a_fact_in_both_lists_is_one_hit_and_comes_first(hybrid: Kept) -> None:
    both, by_word = note("clip of a video"), note("video zeppelin airship balloon kite glider rocket plane")
    by_meaning = note("movie")
    await hybrid.record([both, by_word, by_meaning], [told("a video", "2025-01-01")], now=on(LATER))
    hits = await found(hybrid, "video")
    assert hits[0] == "clip of a video"
    assert sorted(hits) == sorted(["a video", *(str(it.fact) for it in (both, by_word, by_meaning))])


async def test_one_fact_in_many_beliefs_is_one_hit_of_its_vectors_too(hybrid: Kept) -> None:
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


@pytest.mark.parametrize("at", [NOW, PAST])
async def test_vectors_too_are_filtered_by_time_before_they_are_ranked(hybrid: Kept, at: AsOf) -> None:
    many = [f"m{n}" for n in range(1_100)]
    ended = [note("movie film", "2020-01-01", "2021-01-01", subject=it) for it in many]
    unknown_yet = [note("film clip", "2020-01-01", recorded_at="2027-01-01", subject=it) for it in many]
    coming = [note("clip movie", "2028-01-01", subject=it) for it in many]
    seen = note("a film among many other things that it does as well", "2020-01-01")
    await hybrid.record([*ended, *unknown_yet, seen, *coming], now=on(LATER))
    assert await found(hybrid, "video", at, limit=1) == [seen.fact]
    assert await found(hybrid, "video", at, limit=20) == [seen.fact]
    assert await found(hybrid, "video", as_of("2020-06-01"), limit=1) != [seen.fact]


async def test_both_stores_find_the_same(tmp_path: Path) -> None:
    claims = [
        note("makes a film of a person", "2024-01-01", "2025-01-01"),
        note("makes a film of a cat", "2025-01-01"),
        note("speaks quickly", "2025-03-01", recorded_at="2025-03-01"),
        note("costs 3 USD", "2025-01-01"),
        note("a talk about fast clips", "2025-01-01", recorded_at="2025-09-01"),
        note("zeppelin", "2025-01-01"),
    ]
    results = []
    for kind in ("memory", "sqlite"):
        store = opened(kind, tmp_path, Meanings())
        await store.record(claims, [told("how fast is a movie?", "2025-05-01")], now=on(LATER))
        asked = [(query, at) for query in ("movie", "speed of speech", "价格", "a cat") for at in (EVER, NOW, PAST)]
        results.append([set(await found(store, query, at)) for query, at in asked])
        await store.close()
    assert results[0] == results[1]
    assert all(results[0][:3])


async def test_a_query_is_embedded_once_and_what_is_known_not_again(hybrid: Kept, meanings: Meanings) -> None:
    claims = [note("makes a film"), note("makes a film", source="other"), note("costs little")]
    await hybrid.record(claims, now=on(LATER))
    assert meanings.asked == [["makes a film", "costs little"]]
    await hybrid.record([*claims, note("is new")], now=on(LATER))
    assert meanings.asked[1:] == [["is new"]]
    await hybrid.search("movie", EVER, 5)
    assert meanings.asked[2:] == [["movie"]]


async def test_nothing_is_embedded_where_nothing_is_asked(hybrid: Kept, meanings: Meanings) -> None:
    await hybrid.record([], [told("a video", "2025-01-01")], now=on(LATER))
    assert await hybrid.search("video", EVER, 0) == []
    assert await hybrid.search("  ", EVER, 5) == []
    assert meanings.asked == []


async def test_any_text_can_be_asked_with_an_embedder(hybrid: Kept) -> None:
    await hybrid.record([note("makes a film")], now=on(LATER))
    for query in ("🎨", "\x00", "\ud800 half a surrogate", '"', "字" * 3_000):
        assert await found(hybrid, query) == []


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("way", WAYS)
async def test_an_embedder_that_fails_is_one_clear_error_and_nothing_is_written(
    tmp_path: Path, kind: str, way: str
) -> None:
    store = opened(kind, tmp_path, Broken(way))
    with pytest.raises(EmbedderFailed, match=WAYS[way]):
        await store.record([note("makes a film")], [told("a video", "2025-01-01")], now=on(LATER))
    assert set((await store.counts()).values()) == {0}
    with pytest.raises(EmbedderFailed, match=WAYS[way]):
        await store.search("movie", EVER, 5)
    await store.close()


async def test_what_was_recorded_without_an_embedder_gets_its_vectors_later(file: Path, meanings: Meanings) -> None:
    plain = GraphitiStore(file, "us")
    await plain.record([note("makes a film"), note("makes a film", source="other")], now=on(LATER))
    assert await found(plain, "movie") == []
    await plain.close()
    store = GraphitiStore(file, "us", meanings)
    assert await found(store, "movie") == []
    assert await store.embed_missing() == 2
    assert await found(store, "movie") == ["makes a film", "makes a film"]
    assert await store.embed_missing() == 0
    assert meanings.asked == [["movie"], ["makes a film"], ["movie"]]
    await store.close()


async def test_embedding_goes_on_where_it_failed(file: Path, meanings: Meanings) -> None:
    plain = GraphitiStore(file, "us")
    many = 2 * TEXTS_A_CALL + 40
    await plain.record([note(f"film number{n}") for n in range(many)], now=on(LATER))
    await plain.close()
    broken = GraphitiStore(file, "us", Broken("raises", calls_before=1))
    with pytest.raises(EmbedderFailed, match="nobody answers"):
        await broken.embed_missing()
    await broken.close()
    store = GraphitiStore(file, "us", meanings)
    assert await store.embed_missing() == many - TEXTS_A_CALL
    assert len(await found(store, "movie", limit=many)) == many
    await store.close()


async def test_what_many_writes_leave_is_found_through_the_index(file: Path, meanings: Meanings) -> None:
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


async def test_only_the_tenants_own_facts_get_vectors(file: Path, meanings: Meanings) -> None:
    us, them = GraphitiStore(file, "us", meanings), GraphitiStore(file, "them")
    await them.record([note("their film")], now=on(LATER))
    assert await us.embed_missing() == 0
    assert await found(us, "movie") == []
    await us.close()
    await them.close()


class Meanwhile(Meanings):
    """Something else happens while it embeds."""

    def __init__(self, store: GraphitiStore) -> None:
        super().__init__()
        self.store = store

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, after the last fact was forgotten and another taken on record in its row."""
        await self.store.forget(Pattern(subject="gone"), now=on(LATER))
        await self.store.record([note("costs little", subject="new")], now=on(LATER))
        return await super().embed(texts)


async def test_a_fact_forgotten_while_it_is_embedded_leaves_no_vector_to_another(file: Path) -> None:
    plain = GraphitiStore(file, "us")
    await plain.record([note("makes a film", subject="stays")], now=on(LATER))
    await plain.record([note("a movie", subject="gone")], now=on(LATER))
    store = GraphitiStore(file, "us", Meanwhile(plain))
    assert await store.embed_missing() == 1
    await plain.close()
    await store.close()
    store = GraphitiStore(file, "us", Meanings())
    assert await found(store, "价格") == []
    assert await store.embed_missing() == 1
    assert await found(store, "video") == ["makes a film"]
    assert await found(store, "价格") == ["costs little"]
    await store.close()


async def test_vectors_are_asked_for_only_with_an_embedder(file: Path) -> None:
    store = GraphitiStore(file, "us")
    with pytest.raises(BadInput, match="There is no embedder"):
        await store.embed_missing()
    await store.close()


async def test_what_is_forgotten_is_not_found_by_its_meaning(hybrid: Kept) -> None:
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


async def test_vectors_of_two_embedders_never_meet_in_one_tenant(file: Path, meanings: Meanings) -> None:
    store = GraphitiStore(file, "us", meanings)
    await store.record([note("a portrait that speaks")], now=on(LATER))
    await store.close()
    another = Meanings()
    another.name = "another"
    store = GraphitiStore(file, "us", another)
    says = r"are of the embedder '.*' \(\d+ dimensions\) and cannot be compared with those of 'another'.*embed --anew"
    with pytest.raises(OtherEmbedder, match=says):
        await store.search("portrait", EVER, 5)
    with pytest.raises(OtherEmbedder):
        await store.record([note("a landscape")], now=on(LATER))
    assert (await store.counts())["claims"] == 1
    beside = GraphitiStore(file, "them", another)
    await beside.record([note("theirs")], now=on(LATER))
    with pytest.raises(OtherEmbedder):
        await beside.record([note("told by them", tenant="us")], now=on(LATER))
    assert await store.embed_anew() == 1
    await store.record([note("a landscape")], now=on(LATER))
    assert sorted(await found(store, "portrait")) != []
    await beside.close()
    await store.close()


async def test_embedding_tells_how_far_it_is(file: Path, meanings: Meanings) -> None:
    store = GraphitiStore(file, "us")
    await store.record([note(f"number {n}") for n in range(TEXTS_A_CALL + 1)], now=on(LATER))
    with pytest.raises(BadInput, match="no embedder"):
        await store.embed_missing()
    await store.close()
    store = GraphitiStore(file, "us", meanings)
    steps: list[int] = []
    assert await store.embed_missing(steps.append) == TEXTS_A_CALL + 1
    assert steps == [TEXTS_A_CALL, 1]
    assert await store.embed_missing(steps.append) == 0
    await store.close()
