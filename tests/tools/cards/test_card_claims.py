"""The cards as claims: they agree with what is on record, and what is on record loses nothing by them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelatlas.graph.dates import until_end_of
from modelatlas.graph.facts import Fact, Pattern, value_key
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.resolution import Conflict, resolve
from modelatlas.graph.store import GraphStore
from modelatlas.graph.vocabulary import predicate, tasks
from modelatlas.ingest.builtin import bring_catalogue
from modelatlas.tools.cards.claims import card_claims, unsaid
from modelatlas.tools.cards.shelf import cards
from modelatlas.tools.constraints import Needs
from modelatlas.tools.recommend import recommend

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = AsOf.at(NOW)
DAYS = ["2025-01-15", "2025-05-12", "2025-06-15", "2025-08-01", "2025-12-15", "2026-05-15", "2026-11-22"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The catalogue in one file, and with what the cards add in another; to read only."""
    folder = tmp_path_factory.mktemp("cards")
    files = folder / "catalogue.sqlite", folder / "with-cards.sqlite"

    async def made() -> None:
        for path in files:
            store = GraphitiStore(path, "us")
            await bring_catalogue(store, NOW)
            if path.stem == "with-cards":
                claims, episode = card_claims()
                await store.record(await unsaid(store, claims, TODAY), [episode], now=NOW)
            await store.close()

    asyncio.run(made())
    return files


@pytest.fixture
async def before(files: tuple[Path, Path]) -> AsyncIterator[GraphStore]:
    """The catalogue."""
    store = GraphitiStore(files[0], "us")
    yield store
    await store.close()


@pytest.fixture
async def after(files: tuple[Path, Path]) -> AsyncIterator[GraphStore]:
    """The catalogue and the cards."""
    store = GraphitiStore(files[1], "us")
    yield store
    await store.close()


def disputed(conflict: Conflict) -> tuple[object, ...]:
    against = sorted((fact.object or "", value_key(fact.value)) for fact in conflict.against)
    return conflict.taken.subject, conflict.taken.predicate, tuple(against)


async def test_no_claim_of_a_card_contradicts_what_is_on_record(before: GraphStore) -> None:
    agreed = Counter[str]()
    for claim in card_claims()[0]:
        facts = await before.recall(Pattern(subject=claim.subject, predicate=claim.predicate), TODAY)
        told = [fact for fact in facts if fact.qualifiers == claim.qualifiers]
        alone = predicate(claim.predicate).functional and not predicate(claim.predicate).keyed
        rivals = [fact for fact in told if alone or fact.object == claim.object]
        same = [
            fact for fact in rivals if (fact.object, fact.value, fact.unit) == (claim.object, claim.value, claim.unit)
        ]
        assert same or not rivals, f"{claim.ref}: {claim.object} {claim.value} against {[it.text for it in rivals]}"
        agreed[claim.predicate] += bool(same)
    assert agreed.keys() == {it.predicate for it in card_claims()[0]}
    assert min(agreed[it] for it in ("task", "input_modality", "output_modality", "licence_weights", "weights_id")) > 15


def test_the_claims_of_a_card_do_not_contradict_each_other() -> None:
    answers: dict[tuple[str, ...], set[tuple[object, ...]]] = {}
    for claim in card_claims()[0]:
        term = predicate(claim.predicate)
        key = "" if term.functional and not term.keyed else claim.object or ""
        answer = (claim.object, claim.value, claim.unit)
        answers.setdefault((claim.subject, claim.predicate, key), set()).add(answer)
    assert {question: said for question, said in answers.items() if len(said) > 1} == {}


def test_every_model_that_a_card_can_run_is_claimed_to_run_and_no_other_is_spoken_of() -> None:
    claims, episode = card_claims()
    run = {card.model for card in cards() if any(route.runnable for route in card.routes)}
    assert {claim.subject for claim in claims} == run
    assert {claim.subject for claim in claims if claim.predicate == "runnable"} == run
    assert {claim.source.id for claim in claims} == {"modelatlas:cards"} == {episode.source.id}


def test_what_a_card_says_holds_since_the_model_came_out() -> None:
    since = {card.model: card.since for card in cards()}
    assert since["Qwen-Image"] == "2025-08"
    assert all(claim.valid_from == since[claim.subject] for claim in card_claims()[0])


def test_an_edition_is_the_same_whenever_it_is_made() -> None:
    assert [claim.id for claim in card_claims()[0]] == [claim.id for claim in card_claims()[0]]
    assert card_claims()[1] == card_claims()[1]


async def test_what_is_on_record_of_the_line_of_a_model_is_not_said_again(before: GraphStore) -> None:
    added = {(it.subject, it.predicate, it.object) for it in await unsaid(before, card_claims()[0], TODAY)}
    said = {(it.subject, it.predicate, it.object) for it in card_claims()[0]}
    for known in (
        ("BAGEL", "task", "image_edit"),
        ("Wan2.1-T2V-14B", "task", "text_to_video"),  # on record of Wan2.1
        ("Wan2.2", "task", "audio_driven_avatar"),  # on record of its variant
        ("Wan2.1-T2V-14B", "runnable", "modelatlas, diffusers"),  # on record as running, if not by this way
    ):
        assert known in said
        assert known not in added
    assert ("DiffusionGemma 26B-A4B", "task", "understand_image") in added


async def test_an_atlas_without_the_catalogue_learns_all_that_the_cards_say() -> None:
    claims, _ = card_claims()
    assert await unsaid(MemoryStore("us"), claims, TODAY) == claims


async def test_what_was_said_once_is_not_said_again(after: GraphStore) -> None:
    assert await unsaid(after, card_claims()[0], AsOf.at(until_end_of("2026-11-24"))) == []


@pytest.mark.parametrize("day", [*DAYS, None])
async def test_no_conflict_appears_and_no_fact_is_lost(day: str | None, before: GraphStore, after: GraphStore) -> None:
    as_of = TODAY if day is None else AsOf(valid=until_end_of(day), believed=NOW)
    old, new = await before.recall(Pattern(), as_of), await after.recall(Pattern(), as_of)
    assert {fact.id for fact in old} <= {fact.id for fact in new}
    was, became = resolve(old), resolve(new)
    assert {disputed(it) for it in became.conflicts} == {disputed(it) for it in was.conflicts}
    assert {fact.id for fact in was.taken} <= {fact.id for fact in became.taken}


@pytest.mark.parametrize("day", DAYS)
async def test_what_was_believed_before_the_cards_were_made_stays_as_it_was(
    day: str, before: GraphStore, after: GraphStore
) -> None:
    as_of = AsOf.at(until_end_of(day))
    assert ids(await before.recall(Pattern(), as_of)) == ids(await after.recall(Pattern(), as_of))


def ids(facts: list[Fact]) -> set[str]:
    return {str(fact.id) for fact in facts}


async def test_every_model_is_recommended_as_before_and_the_new_ones_beside_them(
    before: GraphStore, after: GraphStore
) -> None:
    newcomers = set()
    for task in sorted(tasks()):
        was = await recommend(before, task, (), (), Needs(), TODAY)
        became = await recommend(after, task, (), (), Needs(), TODAY)
        old = {it.model: it for it in was.candidates}
        kept = [it for it in became.candidates if it.model in old]
        assert [it.model for it in kept] == list(old)
        assert [it.score for it in kept] == pytest.approx([it.score for it in old.values()])
        assert [it.unknowns for it in kept] == [it.unknowns for it in old.values()]
        assert [it.model for it in became.rejected] == [it.model for it in was.rejected]
        newcomers |= {it.model for it in became.candidates} - set(old)
    assert {"DiffusionGemma 26B-A4B", "Doubao Seed 2.1"} <= newcomers
    assert not newcomers & {"Wan2.1-T2V-14B", "Nexus-Gen V2", "Keye-VL-1.5-8B"}
