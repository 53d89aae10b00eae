"""The bitemporal cases of the catalogue in which a day is not known, a source is disputed or only promises."""

import pytest
from answers import ask, bounds, ever

from modelatlas.graph.graphiti_store import GraphitiStore

pytest_plugins = ("catalogue_store",)

IMAGEN_UP = ("Imagen 4", "api_model_id", "imagen-4.0-generate-001")
SHUTDOWN = ("Imagen 4", "api_shutdown_date")


async def test_a_future_end_that_moved_twice_is_told_as_it_was_known(catalogue: GraphitiStore) -> None:
    """Case 4."""
    days = [(fact.object, *bounds(fact)[2:]) for fact in await ever(catalogue, *SHUTDOWN)]
    some_time_before = "[2026-01-01T00:00:00Z..2026-06-15T00:00:00Z]"
    assert sorted(days) == [
        ("2026-06-24", some_time_before, some_time_before),
        ("2026-06-30", some_time_before, "2026-06-15"),
        ("2026-08-17", "2026-06-15", None),
    ]
    known = await ask(catalogue, *SHUTDOWN, valid=None, known="2026-06-20")
    assert (known.taken, known.against, known.promises) == ([("2026-08-17", "certain")], [], [])
    up = await ask(catalogue, *IMAGEN_UP, valid="2026-07-10", known="2026-06-20")
    assert up.taken == [(True, "certain")]
    assert [it.valid.end.text for it in up.facts if it.valid.end] == ["2026-08-17"]


async def test_an_end_recorded_only_by_the_year_allows_no_more_than_perhaps(catalogue: GraphitiStore) -> None:
    """Case 4."""
    known = await ask(catalogue, *SHUTDOWN, valid=None, known="2026-06-10")
    assert known.taken == [("2026-06-30", "possible")]
    assert known.promises == [("2026-06-24", "possible")]
    assert (await ask(catalogue, *SHUTDOWN, valid=None, known="2025-12-31")).taken == []


@pytest.mark.parametrize("known", ["2026-06-20", "2026-11-23"])
async def test_a_thing_is_down_from_the_announced_end_on(catalogue: GraphitiStore, known: str) -> None:
    """Case 4."""
    for day, up, access in (("2026-08-16", True, "paid API"), ("2026-09-01", False, "shut down")):
        assert (await ask(catalogue, *IMAGEN_UP, valid=day, known=known)).taken == [(up, "certain")]
        assert (await ask(catalogue, "Imagen", "access", valid=day, known=known)).taken == [(access, "certain")]


async def test_a_promise_that_was_kept_becomes_a_fact_on_its_day(catalogue: GraphitiStore) -> None:
    """Case 7."""
    about = ("PartCrafter", "availability", "inference code and weights")
    before = await ask(catalogue, *about, valid="2025-07-01", known="2025-07-01")
    assert (before.taken, before.promises) == ([], [("promised", "certain")])
    assert "before 2025-07-15" in (before.resolution.promises[0].source.title or "")
    after = await ask(catalogue, *about, valid="2025-07-13", known="2025-07-13")
    assert (after.taken, after.promises) == ([("released", "certain")], [])
    diso = [
        (await ask(catalogue, "PartCrafter", "dependency", "diso", valid=day)).taken
        for day in ("2025-07-12", "2025-07-13", "2025-07-17", "2025-07-18")
    ]
    needed, removed = [("required", "certain")], [("removed", "certain")]
    assert diso == [[], needed, needed, removed]


@pytest.mark.parametrize(
    ("model", "artefact", "promised", "last_seen_absent"),
    [
        ("Playmate", "code and weights", "2025-06-24", "2025-12-08"),
        ("LLIA", "inference code and weights", "2025-06-09", "2026-04-24"),
    ],
)
async def test_a_promise_that_was_not_kept_stays_a_promise(
    catalogue: GraphitiStore, model: str, artefact: str, promised: str, last_seen_absent: str
) -> None:
    """Case 8."""
    about = (model, "availability", artefact)
    for day in (promised, last_seen_absent, "2026-11-23"):
        answer = await ask(catalogue, *about, valid=day, known=day)
        assert (answer.taken, answer.against) == ([("absent", "certain")], [])
        assert answer.promises == [("promised", "certain")]
    assert (await ask(catalogue, *about, valid=promised, known="2025-06-08")).promises == []


async def test_a_promise_made_again_is_kept_beside_the_first(catalogue: GraphitiStore) -> None:
    """Case 8."""
    playmate = await ask(catalogue, "Playmate", "availability", "code and weights")
    starts = [fact.valid.start.text for fact in playmate.resolution.promises]
    assert starts == ["2025-06-24", "2025-11-10"]
    first = await ask(catalogue, "Playmate", "availability", "code and weights", known="2025-11-09")
    assert len(first.resolution.promises) == 1


async def test_an_announcement_earlier_than_the_thing_is_set_right(catalogue: GraphitiStore) -> None:
    """Case 9."""
    about = ("Playmate2", "availability", "code and weights")
    then = await ask(catalogue, *about, valid="2025-11-01", known="2025-11-01")
    assert [(it.value, it.valid.start.text) for it in then.facts] == [("released", "2025-10-15")]
    assert (await ask(catalogue, *about, valid="2025-11-01")).taken == []
    today = await ask(catalogue, *about)
    assert [(it.value, it.valid.start.text) for it in today.facts] == [("released", "2025-11-21")]


@pytest.mark.parametrize("known", ["2025-07-01", "2025-07-05", "2025-07-29", "2025-09-01", "2026-11-23"])
async def test_a_proposed_fix_is_not_a_fix(catalogue: GraphitiStore, known: str) -> None:
    """Case 12."""
    about = (
        "OmniGen2",
        "defect",
        "inference_chat.py reads an option it does not declare and crashes",
    )
    answer = await ask(catalogue, *about, valid="2025-09-01", known=known)
    assert (answer.taken, answer.against) == ([("open", "certain")], [])
    assert answer.promises == [("fixed", "certain")]
    assert {it.valid.start.text for it in answer.facts} == {"2025-06-20"}
    assert (await ask(catalogue, *about, valid="2025-06-19")).taken == []


async def test_a_ticked_box_that_is_not_true_was_believed_and_disputed(catalogue: GraphitiStore) -> None:
    """Case 16."""
    about = ("Wan2.2-S2V-14B", "runtime_support", "diffusers (native class)")
    empty = await ask(catalogue, *about, valid="2025-08-26", known="2025-08-26")
    assert (empty.taken, empty.against) == ([(False, "certain")], [])
    ticked = await ask(catalogue, *about, valid="2025-10-01", known="2025-10-01")
    assert (ticked.taken, ticked.against) == ([(True, "certain")], [(False, "certain")])
    assert [it.confidence for it in ticked.facts] == ["primary"]
    today = await ask(catalogue, *about)
    assert (False, "certain") in today.taken
    assert not any(value for value, _ in [*today.taken, *today.against])
    assert "executed" in {it.confidence for it in today.facts}


async def test_an_empty_box_that_is_not_true_is_a_conflict(catalogue: GraphitiStore) -> None:
    """Case 17."""
    about = ("Wan2.1", "runtime_support", "diffusers main branch (VACE)")
    before = await ask(catalogue, *about, valid="2025-06-05")
    assert before.taken == [(False, "certain")]
    assert all(certainty == "possible" for _, certainty in before.against)
    since = await ask(catalogue, *about, valid="2025-06-06", known="2025-06-06")
    assert (since.taken, since.against) == ([(True, "certain")], [])
    stale = await ask(catalogue, *about, valid="2026-03-05")
    assert (stale.taken, stale.against) == ([(True, "certain")], [(False, "certain")])
    frames = ("Wan2.1", "runtime_support", "diffusers (first and last frame)")
    assert (await ask(catalogue, *frames)).taken == [(True, "certain")]
    between = await ask(catalogue, *frames, valid="2025-12-01")
    assert sorted([*between.taken, *between.against]) == [(False, "possible"), (True, "possible")]


@pytest.mark.parametrize(
    ("day", "yes", "no"),
    [
        ("2026-06-07", "possible", None),
        ("2026-06-08", None, "certain"),
        ("2026-07-05", None, "certain"),
        ("2026-08-01", "possible", "possible"),
        ("2026-08-17", "certain", None),
    ],
)
async def test_merged_reverted_and_merged_again(
    catalogue: GraphitiStore, day: str, yes: str | None, no: str | None
) -> None:
    """Case 18: the first start is not known, so before the revert the answer is yes but not certain."""
    answer = await ask(catalogue, "SeedVR2", "runtime_support", "ComfyUI core", valid=day)
    said = dict([*answer.against, *answer.taken])
    assert (said.get(True), said.get(False)) == (yes, no)


async def test_code_and_weights_under_terms_that_sources_tell_differently(catalogue: GraphitiStore) -> None:
    """Case 20."""
    weights = await ask(catalogue, "ContentV", "licence_weights")
    ((readme, _),), ((hub, _),) = weights.taken, weights.against
    assert "Stability AI Community License" in str(readme)
    assert hub == "Apache-2.0 (hub metadata tag)"


@pytest.mark.parametrize(
    ("day", "absent", "released"),
    [
        ("2025-11-15", "certain", None),
        ("2026-01-15", "possible", "possible"),
        ("2026-11-23", None, "certain"),
    ],
)
async def test_code_published_on_an_unknown_day_is_perhaps_there_in_between(
    catalogue: GraphitiStore, day: str, absent: str | None, released: str | None
) -> None:
    """Case 23."""
    answer = await ask(catalogue, "FairyGen", "availability", "code", valid=day)
    said = dict([*answer.against, *answer.taken])
    assert (said.get("absent"), said.get("released")) == (absent, released)


async def test_a_base_model_that_paper_and_code_tell_differently_is_kept_twice(
    catalogue: GraphitiStore,
) -> None:
    """Case 23."""
    bases = {value for value, _ in (await ask(catalogue, "FairyGen", "base_model")).taken}
    assert "Wan2.2-TI2V-5B (later code)" in bases
    assert "image-to-video diffusion transformer of MMDiT type (paper)" in bases


async def test_a_version_chain_with_an_undated_end(catalogue: GraphitiStore) -> None:
    """Case 31."""
    version = ("Graphiti", "current_version")
    then = await ask(catalogue, *version, valid="2026-07-27", known="2026-07-27")
    assert then.taken == [("0.29.3", "certain")]
    between = await ask(catalogue, *version, valid="2026-09-01")
    assert sorted([*between.taken, *between.against]) == [("0.29.3", "possible"), ("0.31.1", "possible")]
    assert (await ask(catalogue, *version, valid="2026-09-01", known="2026-09-01")).taken == [("0.29.3", "certain")]
    today = await ask(catalogue, *version)
    assert (today.taken, today.against) == ([("0.31.1", "certain")], [])


async def test_a_vulnerability_is_closed_and_a_benchmark_restated_and_disputed(
    catalogue: GraphitiStore,
) -> None:
    """Case 31."""
    cve = (
        "Graphiti",
        "defect",
        "CVE-2026-32247: Cypher injection through node label filters, CVSS 8.1",
    )
    assert (await ask(catalogue, *cve, valid="2026-03-10")).taken == [("open", "possible")]
    assert (await ask(catalogue, *cve, valid="2026-03-11")).taken == [("fixed", "certain")]
    scores = await ask(catalogue, "Graphiti", "benchmark")
    assert (75.14, "certain") in scores.taken
    assert scores.against == [(58.44, "certain")]
    assert not any(value == 84.61 for value, _ in scores.taken)
