"""Every store: vectors made later, made anew, and of several embedders."""

from collections.abc import Sequence

import pytest
from meanings import Broken, Meanings, found, note
from utterances import LATER, on

from modelatlas.graph.embed import TEXTS_A_CALL, EmbedderFailed, OtherEmbedder
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Pattern
from modelatlas.graph.periods import EVER
from modelatlas.graph.store import GraphStore
from store_kinds import OpenStore, kept


@pytest.fixture
def meanings() -> Meanings:
    """An embedder that knows a few synonyms."""
    return Meanings()


@kept
async def test_what_was_recorded_without_an_embedder_gets_its_vectors_later(
    open_store: OpenStore, meanings: Meanings
) -> None:
    plain = open_store()
    await plain.record([note("makes a film"), note("makes a film", source="other")], now=on(LATER))
    assert await found(plain, "movie") == []
    await plain.close()
    store = open_store(embedder=meanings)
    assert await found(store, "movie") == []
    assert await store.embed_missing() == 2
    assert await found(store, "movie") == ["makes a film", "makes a film"]
    assert await store.embed_missing() == 0
    assert meanings.asked == [["movie"], ["makes a film"], ["movie"]]


@kept
async def test_embedding_goes_on_where_it_failed(open_store: OpenStore, meanings: Meanings) -> None:
    plain = open_store()
    many = 2 * TEXTS_A_CALL + 40
    await plain.record([note(f"film number{n}") for n in range(many)], now=on(LATER))
    await plain.close()
    broken = open_store(embedder=Broken("raises", calls_before=1))
    with pytest.raises(EmbedderFailed, match="nobody answers"):
        await broken.embed_missing()
    await broken.close()
    store = open_store(embedder=meanings)
    assert await store.embed_missing() == many - TEXTS_A_CALL
    assert len(await found(store, "movie", limit=many)) == many


@kept
async def test_only_the_tenants_own_facts_get_vectors(open_store: OpenStore, meanings: Meanings) -> None:
    us, them = open_store("us", meanings), open_store("them")
    await them.record([note("their film")], now=on(LATER))
    assert await us.embed_missing() == 0
    assert await found(us, "movie") == []


class Meanwhile(Meanings):
    """Something else happens while it embeds."""

    def __init__(self, store: GraphStore) -> None:
        super().__init__()
        self.store = store

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector a text, after the last fact was forgotten and another taken on record in its row."""
        await self.store.forget(Pattern(subject="gone"), now=on(LATER))
        await self.store.record([note("costs little", subject="new")], now=on(LATER))
        return await super().embed(texts)


@kept
async def test_a_fact_forgotten_while_it_is_embedded_leaves_no_vector_to_another(open_store: OpenStore) -> None:
    plain = open_store()
    await plain.record([note("makes a film", subject="stays")], now=on(LATER))
    await plain.record([note("a movie", subject="gone")], now=on(LATER))
    assert await open_store(embedder=Meanwhile(plain)).embed_missing() == 1
    store = open_store(embedder=Meanings())
    assert await found(store, "价格") == []
    assert await store.embed_missing() == 1
    assert await found(store, "video") == ["makes a film"]
    assert await found(store, "价格") == ["costs little"]


async def test_vectors_are_asked_for_only_with_an_embedder(store: GraphStore) -> None:
    with pytest.raises(BadInput, match="There is no embedder"):
        await store.embed_missing()


@kept
async def test_vectors_of_two_embedders_never_meet_in_one_tenant(open_store: OpenStore, meanings: Meanings) -> None:
    await open_store(embedder=meanings).record([note("a portrait that speaks")], now=on(LATER))
    another = Meanings(name="another")
    store = open_store(embedder=another)
    says = r"are of the embedder '.*' \(\d+ dimensions\) and cannot be compared with those of 'another'.*embed --anew"
    with pytest.raises(OtherEmbedder, match=says):
        await store.search("portrait", EVER, 5)
    with pytest.raises(OtherEmbedder):
        await store.record([note("a landscape")], now=on(LATER))
    assert (await store.counts())["claims"] == 1
    beside = open_store("them", another)
    await beside.record([note("theirs")], now=on(LATER))
    with pytest.raises(OtherEmbedder):
        await beside.record([note("told by them", tenant="us")], now=on(LATER))
    assert await store.embed_anew() == 1
    await store.record([note("a landscape")], now=on(LATER))
    assert sorted(await found(store, "portrait")) != []


@kept
async def test_each_tenant_has_vectors_of_its_own_dimensions(open_store: OpenStore, meanings: Meanings) -> None:
    smaller = Meanings(name="smaller", dimensions=16)
    us, them = open_store("us", meanings), open_store("them", smaller)
    await us.record([note("makes a film"), note("costs little")], now=on(LATER))
    await them.record([note("a clip of theirs"), note("speaks quickly")], now=on(LATER))
    for _ in range(2):
        assert await found(us, "movie") == ["makes a film"]
        assert await found(them, "movie") == ["a clip of theirs"]
        assert await us.embed_anew() == await them.embed_anew() == 2
    larger = open_store("us", Meanings(name="larger", dimensions=96))
    assert await larger.embed_anew() == 2
    assert await found(larger, "movie") == ["makes a film"]
    assert await found(them, "movie") == ["a clip of theirs"]


@kept
async def test_embedding_tells_how_far_it_is(open_store: OpenStore, meanings: Meanings) -> None:
    await open_store().record([note(f"number {n}") for n in range(TEXTS_A_CALL + 1)], now=on(LATER))
    store = open_store(embedder=meanings)
    steps: list[int] = []
    assert await store.embed_missing(steps.append) == TEXTS_A_CALL + 1
    assert steps == [TEXTS_A_CALL, 1]
    assert await store.embed_missing(steps.append) == 0
