"""The bitemporal cases of the catalogue in which a date, a number or a source was set right."""

import pytest
from answers import TODAY, ask, bounds, ever

from modelatlas.graph.graphiti_store import GraphitiStore

pytest_plugins = ("catalogue_store",)


@pytest.mark.parametrize(
    ("setting", "first", "second"),
    [("KRIS-Bench", 64.97, 56.21), ("KRIS-Bench with chain of thought", 68.14, 60.18)],
)
async def test_a_correction_within_hours_leaves_the_first_number_only_as_a_past_belief(
    catalogue: GraphitiStore, setting: str, first: float, second: float
) -> None:
    """Case 1."""
    at_eight, at_ten = "2025-06-15T20:00+08:00", "2025-06-15T22:00+08:00"
    before = await ask(catalogue, "BAGEL", "benchmark", setting, valid=at_eight, known=at_eight)
    after = await ask(catalogue, "BAGEL", "benchmark", setting, valid=at_eight, known=at_ten)
    today = await ask(catalogue, "BAGEL", "benchmark", setting)
    assert before.taken == [(first, "certain")]
    assert after.taken == today.taken == [(second, "certain")]
    assert after.against == today.against == []
    assert [(fact.value, *bounds(fact)) for fact in await ever(catalogue, "BAGEL", "benchmark", setting)] == [
        (first, "2025-06-15", None, "2025-06-15T11:09:08Z", "2025-06-15T13:44:51Z"),
        (second, "2025-06-15", None, "2025-06-15T13:44:51Z", None),
    ]


async def test_a_date_its_source_corrected_on_an_unknown_day_is_known_from_the_state_of_knowledge(
    catalogue: GraphitiStore,
) -> None:
    """Case 2."""
    about = ("Keye-VL-8B-Preview", "report_date")
    for known in ("2025-07-05", "2025-07-08", "2026-11-22"):
        assert (await ask(catalogue, *about, valid=None, known=known)).taken == [("2025-07-03", "certain")]
    today = await ask(catalogue, *about, valid=None)
    assert (today.taken, today.against) == ([("2025-07-01", "certain")], [])


async def test_of_four_release_days_the_commit_is_taken_and_the_others_are_named(
    catalogue: GraphitiStore,
) -> None:
    """Case 3."""
    today = await ask(catalogue, "V-JEPA 2", "release_date", valid=None)
    assert today.taken == [("2025-06-11", "certain")]
    assert [day for day, _ in today.against] == ["2025-06-05", "2025-06-06", "2025-06-25"]
    then = await ask(catalogue, "V-JEPA 2", "release_date", valid=None, known="2025-06-12")
    assert (then.taken, then.against) == ([("2025-06-11", "certain")], [])


async def test_three_observations_of_one_paper(catalogue: GraphitiStore) -> None:
    """Case 15."""
    old = "MAGREF: Masked Guidance for Any-Reference Video Generation"
    new = f"{old} with Subject Disentanglement"
    assert (await ask(catalogue, "MAGREF", "title", valid="2025-10-08")).taken == [(old, "certain")]
    assert (await ask(catalogue, "MAGREF", "title", valid="2025-10-09")).taken == [(new, "certain")]
    day = await ask(catalogue, "MAGREF", "report_date", valid=None)
    assert (day.taken, day.against) == ([("2025-05-30", "certain")], [("2025-10-10", "certain")])
    makers = [(await ask(catalogue, "MAGREF", "organisation", valid=day)).taken for day in ("2026-03-11", "2026-03-12")]
    assert makers == [
        [("ByteDance, Intelligent Creation Team", "certain")],
        [("Peking University; ByteDance", "certain")],
    ]


async def test_a_news_line_that_was_rewritten_moves_the_release(catalogue: GraphitiStore) -> None:
    """Case 22."""
    about = ("MoviiGen 1.1", "availability", "inference and training code")
    first = await ask(catalogue, *about, valid="2025-05-13", known="2025-05-13")
    assert [(it.value, it.valid.start.text) for it in first.facts] == [("released", "2025-05-12")]
    assert (await ask(catalogue, *about, valid="2025-05-13")).taken == []
    today = await ask(catalogue, *about, valid="2025-05-17")
    assert [(it.value, it.valid.start.text) for it in today.facts] == [("released", "2025-05-17")]


async def test_two_identifiers_for_the_weights_are_both_named_unless_one_is_wrong(
    catalogue: GraphitiStore,
) -> None:
    """Case 24."""
    play = await ask(catalogue, "PlayDiffusion", "weights_id")
    assert play.taken == [("hf:PlayHT/PlayDiffusion", "certain")]
    assert play.against == [("hf:PlayHT/inpainter", "certain")]
    keye = ("Keye-VL-1.5-8B", "weights_id")
    then = await ask(catalogue, *keye, valid="2025-09-01", known="2025-09-01")
    assert then.taken == [("hf:Kwai-Keye/Keye-VL-1.5-8B", "certain")]
    today = await ask(catalogue, *keye)
    assert (today.taken, today.against) == ([("hf:Kwai-Keye/Keye-VL-1_5-8B", "certain")], [])


async def test_readme_and_code_disagree_and_both_are_named(catalogue: GraphitiStore) -> None:
    """Case 25."""
    spec = await ask(catalogue, "MultiTalk", "spec")
    longest = [fact for fact in spec.facts if "longest clip" in (fact.object or "")]
    assert {(fact.value, fact.unit) for fact in longest} == {(15, "s")}
    assert spec.against == [(40, "certain")]
    carried = [fact for fact in spec.facts if "frames carried over" in (fact.object or "")]
    assert sorted((fact.value, fact.confidence) for fact in carried) == [(5, "secondary"), (25, "primary")]
    report = await ask(catalogue, "MultiTalk", "report_date", valid=None)
    assert (report.taken, report.against) == ([("2025-05-28", "certain")], [("2025-05-29", "certain")])


async def test_a_day_within_the_month_does_not_contradict_the_month(catalogue: GraphitiStore) -> None:
    """Case 26."""
    today = await ask(catalogue, "Matrix-Game 3.0", "release_date", valid=None)
    assert (today.taken, today.against) == ([("2026-03", "certain")], [("2026-03-27", "certain")])
    assert [conflict.compatible for conflict in today.resolution.conflicts] == [True]


async def test_press_variants_of_a_release_day_are_named(catalogue: GraphitiStore) -> None:
    """Case 27."""
    today = await ask(catalogue, "MedGemma 1.5 4B", "release_date", valid=None)
    assert today.taken == [("2026-01-13", "certain")]
    assert today.against == [("2026-01-16", "certain"), ("2026-01-21", "certain")]
    assert not any(conflict.compatible for conflict in today.resolution.conflicts)


async def test_two_start_days_of_one_thing_are_both_kept(catalogue: GraphitiStore) -> None:
    """Case 28."""
    weights = await ask(catalogue, "SeedVR2", "availability", "inference code and weights")
    assert [(it.value, it.valid.start.text) for it in weights.facts] == [("released", "2025-06-11")]
    starts = [it.valid.start.text for conflict in weights.resolution.conflicts for it in conflict.against]
    assert starts == ["2025-06-17"]
    about = ("SeedVR2", "repository", "github.com/ByteDance-Seed/SeedVR")
    repository = await ask(catalogue, *about)
    assert [it.valid.start.text for it in repository.facts] == ["2025-06-17"]
    starts = [it.valid.start.text for conflict in repository.resolution.conflicts for it in conflict.against]
    assert starts == ["2025-06-11"]


async def test_merge_announcement_and_release_answer_three_questions(catalogue: GraphitiStore) -> None:
    """Case 29."""
    about = ("Wan2.1", "runtime_support", "diffusers main branch (T2V, I2V)")
    assert (await ask(catalogue, *about, valid="2025-03-01")).taken == []
    merged = await ask(catalogue, *about, valid="2025-03-02")
    assert (merged.taken, merged.against) == ([(True, "certain")], [])
    announced = await ask(catalogue, *about, valid="2025-03-03")
    assert announced.taken == announced.against == [(True, "certain")]
    against = [it for conflict in announced.resolution.conflicts for it in conflict.against]
    assert [it.valid.start.text for it in announced.facts] == ["2025-03-02"]
    assert [it.valid.start.text for it in against] == ["2025-03-03"]
    released = ("Wan2.1", "runtime_support", "diffusers release 0.33.0 (T2V, I2V, V2V)")
    answers = [(await ask(catalogue, *released, valid=day)).taken for day in ("2025-04-08", "2025-04-09")]
    assert answers == [[], [(True, "certain")]]
    animate = await ever(catalogue, "Wan2.2", "runtime_support", "diffusers main branch (Animate)")
    assert [it.valid.start.text for it in animate] == ["2025-11-12", "2025-11-13"]


async def test_counts_and_days_that_sources_claim_differently(catalogue: GraphitiStore) -> None:
    """Case 33."""
    count = await ask(catalogue, "Seed1.5-VL", "benchmark", "public benchmarks at state of the art")
    assert [(it.value, it.unit) for it in count.facts] == [(38, "of 60")]
    against = [it for conflict in count.resolution.conflicts for it in conflict.against]
    assert [(it.value, it.unit) for it in against] == [(37, "of 59")]
    release = await ask(catalogue, "Seed1.5-VL", "release_date", valid=None)
    assert (release.taken, release.against) == ([("2025-05-12", "certain")], [("2025-05-13", "certain")])
    report = await ask(catalogue, "Seed1.5-VL", "report_date", valid=None)
    assert (report.taken, report.against) == ([("2025-05-12", "certain")], [("2025-06-13", "certain")])


async def test_the_catalogue_is_named_where_its_own_claim_has_no_basis(catalogue: GraphitiStore) -> None:
    """Case 30."""
    epub = await ask(catalogue, "Seed1.5-VL", "task", "convert_txt_to_epub")
    assert (epub.taken, epub.against) == ([(False, "certain")], [])
    assert (await ask(catalogue, "Imagen", "access")).taken == [("shut down", "certain")]
    praise = await ask(catalogue, "Imagen", "benchmark", "described as the best image generator at present")
    assert [it.confidence for it in praise.facts] == ["secondary"]
    version = await ask(catalogue, "Veo", "current_version")
    assert (version.taken, version.against) == ([("Veo 3.1", "certain")], [])
    before = await ask(catalogue, "Veo", "current_version", valid="2025-10-14")
    assert before.taken == [("Veo 3", "possible")]


async def test_a_claim_that_was_tried_and_failed_stands_with_its_contradiction(
    catalogue: GraphitiStore,
) -> None:
    """Case 30: by the rules the statement that is no conflict is taken, and the trial named."""
    two_axes = "two-axis as-of query (valid time and record time)"
    graphiti = await ask(catalogue, "Graphiti", "feature", two_axes)
    (conflict,) = graphiti.resolution.conflicts
    assert (conflict.taken.value, conflict.taken.confidence) == (True, "secondary")
    assert [(it.value, it.confidence) for it in conflict.against] == [(False, "executed")]
    sound = await ask(catalogue, "Wan2.1", "task", "video_to_audio", valid=TODAY)
    assert (sound.taken, sound.against) == ([(True, "certain")], [(False, "certain")])
