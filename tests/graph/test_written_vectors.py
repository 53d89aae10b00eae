"""The vectors of facts: written with them, handed on when beliefs are split, gone when they are."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import pytest
from utterances import LATER, on, said

from modelatlas.graph.embedding import texts
from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.sqlite import writing
from modelatlas.graph.sqlite.database import Database
from modelatlas.graph.sqlite.packing import unpack

MIT, APACHE = "Wan: licence: MIT", "Wan: licence: Apache"
ONE, OTHER = [1.0, 0.0, 0.5], [0.0, 1.0, 0.25]


@pytest.fixture
async def atlas(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "atlas.sqlite")
    yield database
    await database.close()


async def record(atlas: Database, claims: Sequence[Claim], vectors: Mapping[str, Sequence[float]]) -> None:
    await atlas.write(lambda db: writing.record(db, "us", claims, (), on(LATER), vectors))


async def written(atlas: Database) -> list[tuple[str, list[float] | None]]:
    """The sentence of each edge with its vector, in the order in which the edges were born."""
    query = "SELECT e.fact, v.vector FROM edge e LEFT JOIN edge_vector v USING (id) ORDER BY e.id"
    rows = await atlas.read(lambda db: db.execute(query).fetchall())
    return [(row["fact"], unpack(row["vector"]) if row["vector"] else None) for row in rows]


def licence(object: str, since: str, recorded_at: str, fact: str | None = None) -> Claim:
    return said(object, since, recorded_at=recorded_at, fact=fact or f"Wan: licence: {object}")


def test_the_texts_to_embed_are_the_sentences_of_assertions_once_each() -> None:
    claims = [
        said("MIT", fact=MIT),
        said("MIT", source="another page", fact=MIT),
        said("a day", predicate="release"),
        said(None, kind="retract"),
    ]
    assert texts(claims) == [MIT, "Wan: release: a day"]


async def test_a_fact_is_written_with_the_vector_of_its_sentence(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {MIT: ONE, "something else": OTHER})
    assert await written(atlas) == [(MIT, ONE)]


async def test_facts_of_two_sources_with_one_sentence_have_one_vector_each(atlas: Database) -> None:
    claims = [said("MIT", fact=MIT), said("MIT", fact=MIT, source="another page")]
    await record(atlas, claims, {MIT: ONE})
    assert await written(atlas) == [(MIT, ONE), (MIT, ONE)]


async def test_a_sentence_without_a_vector_is_written_without_one(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {})
    assert await written(atlas) == [(MIT, None)]


async def test_the_rest_of_a_belief_that_a_correction_ends_takes_over_its_vector(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {MIT: ONE})
    await record(atlas, [licence("Apache", "2024-06-01", "2025-02-01")], {APACHE: OTHER})
    assert await written(atlas) == [(MIT, ONE), (MIT, ONE), (APACHE, OTHER)]


async def test_beliefs_that_a_late_claim_splits_hand_on_their_vectors(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {MIT: ONE})
    await record(atlas, [licence("Apache", "2024-06-01", "2025-03-01")], {APACHE: OTHER})
    before = await written(atlas)
    late = licence("GPL", "2024-03-01", "2025-02-01")
    await record(atlas, [late], {})
    after = await written(atlas)
    assert len(after) > len(before) + 1
    assert {text for text, _ in after} == {MIT, APACHE, "Wan: licence: GPL"}
    assert all(vector == {MIT: ONE, APACHE: OTHER}.get(text) for text, vector in after)


async def test_a_belief_that_another_sentence_tells_takes_over_no_vector(atlas: Database) -> None:
    told = said("MIT", "2024-06-01", fact="Wan is under MIT.", recorded_at="2025-01-01")
    await record(atlas, [told], {"Wan is under MIT.": ONE})
    earlier = licence("MIT", "2024-01-01", "2025-02-01")
    await record(atlas, [earlier], {})
    assert await written(atlas) == [("Wan is under MIT.", ONE), (MIT, None)]


async def test_a_vector_that_is_given_goes_before_one_that_stands(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {MIT: ONE})
    await record(atlas, [licence("Apache", "2024-06-01", "2025-02-01")], {MIT: OTHER, APACHE: OTHER})
    assert await written(atlas) == [(MIT, ONE), (MIT, OTHER), (APACHE, OTHER)]


async def test_vectors_go_with_the_facts_that_are_forgotten(atlas: Database) -> None:
    await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01"), said("x", subject="Veo", fact=APACHE)], {MIT: ONE})
    await atlas.write(lambda db: writing.forget(db, "us", Pattern(subject="Wan"), on(LATER)))
    assert await written(atlas) == [(APACHE, None)]
    assert await atlas.read(lambda db: db.execute("SELECT count(*) FROM edge_vector").fetchone()[0]) == 0


async def test_a_vector_that_is_no_numbers_leaves_nothing_written(atlas: Database) -> None:
    with pytest.raises(BadInput, match="finite"):
        await record(atlas, [licence("MIT", "2024-01-01", "2025-01-01")], {MIT: [float("nan")]})
    assert await written(atlas) == []
    assert await atlas.read(lambda db: db.execute("SELECT count(*) FROM claim").fetchone()[0]) == 0
