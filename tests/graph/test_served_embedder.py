"""The served embedder, against a real HTTP server on loopback."""

from pathlib import Path

import pytest
from utterances import LATER, on, said

from embeddings_server import ASKED, Embeddings, serving
from modelatlas.graph.embed import EmbedderFailed, embedded
from modelatlas.graph.errors import BadInput
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.served_embedder import ServedEmbedder


async def test_each_text_gets_its_own_vector_however_the_server_orders_them() -> None:
    with serving() as url:
        found = await embedded(ServedEmbedder(url, "tiny", 3, "secret"), ["a", "图像", "abc"])
    assert found == [[1.0, 0.0, 1.0], [2.0, 1.0, 1.0], [3.0, 0.0, 1.0]]
    assert (ASKED[-1]["path"], ASKED[-1]["key"]) == ("/v1/embeddings", "Bearer secret")


async def test_a_busy_server_is_asked_again() -> None:
    Embeddings.refusals = 1
    with serving() as url:
        assert await embedded(ServedEmbedder(url, "tiny", 3), ["a"]) == [[1.0, 0.0, 1.0]]
    assert Embeddings.refusals == 0


async def test_a_model_the_server_does_not_have_is_told_in_words() -> None:
    with (
        serving() as url,
        pytest.raises(EmbedderFailed, match=r"The embedder 'large' failed \(NotFoundError: .*no such"),
    ):
        await embedded(ServedEmbedder(url, "large", 3), ["a"])


async def test_other_dimensions_than_said_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with serving() as url:
        store = GraphitiStore(tmp_path / "atlas.sqlite", "us", ServedEmbedder(url, "tiny", 4))
        with pytest.raises(EmbedderFailed, match="gave 3 dimensions instead of 4"):
            await store.record([said("MIT")], now=on(LATER))
        assert (await store.counts())["claims"] == 0
        await store.close()


async def test_a_store_searches_by_the_vectors_a_server_gives(tmp_path: Path) -> None:
    with serving() as url:
        store = GraphitiStore(tmp_path / "atlas.sqlite", "us", ServedEmbedder(url, "tiny", 3))
        await store.record([said("MIT")], now=on(LATER))
        hits = await store.search("none of its words", AsOf.at(on(LATER)), 5)
        await store.close()
    assert [hit.fact.object for hit in hits if hit.fact] == ["MIT"]


@pytest.mark.parametrize(("url", "dimensions"), [("localhost:80", 3), ("ftp://host/v1", 3), ("http://host/v1", 0)])
def test_what_cannot_be_an_embedder_is_refused_at_once(url: str, dimensions: int) -> None:
    with pytest.raises(BadInput):
        ServedEmbedder(url, "tiny", dimensions)
