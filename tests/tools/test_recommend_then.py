"""A recommendation as of a date: only what existed then, by what was on record then."""

import pytest

from modelatlas.graph.dates import until_end_of
from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf
from modelatlas.graph.vocabulary import tasks
from modelatlas.tools.constraints import Needs
from modelatlas.tools.recommend import Recommendation, recommend

pytest_plugins = ("catalogue_to_read",)

DATES = ["2024-12-31", "2025-03-01", "2025-05-21", "2025-06-01", "2025-06-10", "2025-08-19", "2026-01-01", "2026-07-01"]
ALL_NEEDS = Needs(
    commercial=True,
    max_vram_gb=24,
    open_weights=True,
    language="Chinese",
    min_seconds=5,
    min_resolution=480,
    max_price=10,
)


def cited(found: Recommendation) -> list[str]:
    """The ids of every fact that a recommendation stands on."""
    facts = [fact for it in found.candidates for fact in it.facts]
    facts += [fact for it in found.candidates for finding in it.findings for fact in finding.facts]
    conflicts = [conflict for it in found.candidates for conflict in it.conflicts]
    facts += [fact for conflict in conflicts for fact in (conflict.taken, *conflict.against)]
    facts += [fact for gone in found.rejected for fact in (*gone.facts, *gone.promises)]
    facts += [fact for gone in found.rejected for finding in gone.findings for fact in finding.facts]
    return [str(fact.id) for fact in facts]


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("needs", [Needs(), ALL_NEEDS], ids=["no needs", "all needs"])
async def test_every_fact_it_stands_on_is_in_sight_then(known: GraphitiStore, date: str, needs: Needs) -> None:
    as_of = AsOf.at(until_end_of(date))
    in_sight = {str(fact.id) for fact in await known.recall(Pattern(), as_of)}
    offered = 0
    for task in tasks():
        found = await recommend(known, task, (), (), needs, as_of)
        ids = cited(found)
        assert set(ids) <= in_sight, task
        offered += len(found.candidates) + len(found.rejected)
    assert (offered > 0) == (date > "2025-01")


@pytest.mark.parametrize(
    ("date", "models"),
    [
        ("2025-06-01", {"BAGEL", "Nexus-Gen"}),
        ("2025-06-20", {"BAGEL", "Nexus-Gen", "OmniGen2"}),
    ],
)
async def test_only_what_existed_and_was_on_record_is_offered(
    known: GraphitiStore, date: str, models: set[str]
) -> None:
    found = await recommend(known, "image_edit", (), (), Needs(open_weights=True), AsOf.at(until_end_of(date)))
    assert {it.model for it in found.candidates} == models


async def test_what_is_known_today_of_the_past_is_more_than_was_known_then(known: GraphitiStore) -> None:
    then = until_end_of("2025-08-25")
    today = until_end_of("2026-11-23")
    needs = Needs(max_vram_gb=16)
    at_the_time = await recommend(known, "audio_driven_avatar", (), (), needs, AsOf.at(then))
    by_now = await recommend(known, "audio_driven_avatar", (), (), needs, AsOf(valid=then, believed=today))
    unsure = {it.model for it in at_the_time.candidates if it.unknowns}
    assert "InfiniteTalk" in unsure
    assert not [it for it in by_now.candidates if it.model == "LongCat-Video-Avatar"]
    assert {it.model for it in at_the_time.candidates} <= {it.model for it in by_now.candidates}


async def test_the_same_question_gives_the_same_recommendation(known: GraphitiStore) -> None:
    as_of = AsOf.at(until_end_of("2026-11-23"))
    first, second = [await recommend(known, "text_to_video", ("text",), ("video",), ALL_NEEDS, as_of) for _ in "ab"]
    assert first == second
