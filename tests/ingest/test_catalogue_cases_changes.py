"""The bitemporal cases of the catalogue in which the world changed, and when that was known."""

import pytest
from answers import ask, bounds, ever

from modelatlas.graph.graphiti_store import GraphitiStore

pytest_plugins = ("catalogue_store",)


async def test_a_licence_change_is_scoped_by_version(catalogue: GraphitiStore) -> None:
    """Case 5."""
    current = ("Matrix-Game, current version", "licence_code")
    assert (await ask(catalogue, *current, valid="2025-10-01")).taken == [("MIT", "certain")]
    assert (await ask(catalogue, *current, valid="2026-04")).taken == [("Apache-2.0", "certain")]
    within = await ask(catalogue, *current, valid="2026-03-15")
    assert sorted([*within.taken, *within.against]) == [("Apache-2.0", "possible"), ("MIT", "possible")]
    for day in ("2025-10-01", "2026-04", "2026-11-23"):
        second = await ask(catalogue, "Matrix-Game 2.0", "licence_code", valid=day)
        assert (second.taken, second.against) == ([("MIT", "certain")], [])


@pytest.mark.parametrize(
    ("day", "version", "geneval", "gigabytes", "chinese"),
    [("2025-06-15", "V1", 0.79, 37, False), ("2025-08-01", "V2", 0.81, 24, True)],
)
async def test_a_new_version_moves_several_facts_at_once(
    catalogue: GraphitiStore, day: str, version: str, geneval: float, gigabytes: int, chinese: bool
) -> None:
    """Case 6."""
    for predicate, measured, expected in (
        ("current_version", None, version),
        ("benchmark", "GenEval", geneval),
        ("min_vram", "image generation", gigabytes),
        ("language", "Chinese prompts", chinese),
        ("language", "English prompts", True),
    ):
        answer = await ask(catalogue, "Nexus-Gen", predicate, measured, valid=day)
        assert (answer.taken, answer.against) == ([(expected, "certain")], [])


async def test_what_was_known_of_a_new_version_came_bit_by_bit(catalogue: GraphitiStore) -> None:
    """Case 6."""
    weights = ("Nexus-Gen", "weights_id")
    then = await ask(catalogue, *weights, valid="2025-07-14", known="2025-07-14")
    first = [("hf:modelscope/Nexus-Gen", "certain"), ("ms:DiffSynth-Studio/Nexus-Gen", "certain")]
    second = [("hf:modelscope/Nexus-GenV2", "certain"), ("ms:DiffSynth-Studio/Nexus-GenV2", "certain")]
    assert then.taken == first
    assert (await ask(catalogue, *weights, valid="2025-07-14", known="2025-07-17")).taken == second
    assert (await ask(catalogue, *weights, valid="2025-07-10")).taken == first
    memory = ("Nexus-Gen", "min_vram", "image generation")
    for day in ("2025-07-11", "2025-07-12", "2025-07-13"):
        assert (await ask(catalogue, *memory, valid=day)).taken == []
    assert (await ask(catalogue, *memory, valid="2025-07-14")).taken == [(24, "certain")]
    assert (await ask(catalogue, *memory, valid="2025-07-12", known="2025-07-13")).taken == [(37, "certain")]


async def test_a_chain_of_retired_identifiers_has_one_working_at_each_time(catalogue: GraphitiStore) -> None:
    """Case 10."""
    subjects = ("Seed1.5-VL", "Doubao Seed 1.8", "Doubao Seed 2.1")
    working: dict[str, list[tuple[str | None, str | None]]] = {}
    for day in ("2026-01-01", "2026-05-01", "2026-10-01"):
        for subject in subjects:
            answer = await ask(catalogue, subject, "api_model_id", valid=day)
            up = [it for it in answer.facts if it.value is True and it.certainty == "certain"]
            working.setdefault(day, []).extend(sorted((it.object, it.confidence) for it in up))
    assert working == {
        "2026-01-01": [("doubao-1-5-thinking-vision-pro-250428", "primary")],
        "2026-05-01": [("doubao-seed-1-8", "secondary")],
        "2026-10-01": [
            ("doubao-seed-2-1-pro-260628", "secondary"),
            ("doubao-seed-2-1-turbo-260628", "secondary"),
        ],
    }
    retired = await ask(catalogue, "Seed1.5-VL", "api_model_id", valid="2026-05-01")
    assert (retired.taken, retired.facts[0].confidence) == ([(False, "certain")], "secondary")


async def test_an_end_learned_after_it_happened_was_not_known_before(catalogue: GraphitiStore) -> None:
    """Case 11."""
    about = ("Veo 3.1", "api_model_id", "veo-3.1-generate-preview")
    for day in ("2026-10-22", "2026-10-24"):
        assert (await ask(catalogue, *about, valid=day, known="2026-10-24")).taken == [(True, "certain")]
        assert (await ask(catalogue, *about, valid=day, known="2026-10-25")).taken == [(False, "certain")]
    assert (await ask(catalogue, *about, valid="2026-10-21")).taken == [(True, "certain")]


@pytest.mark.parametrize(
    ("subject", "object", "day_before", "day", "before", "after"),
    [
        ("OmniGen2", "flash_attn", "2025-06-22", "2025-06-23", "required", "optional"),
        (
            "PlayDiffusion demo",
            "OpenAI API key for word times",
            "2025-06-20",
            "2025-06-21",
            "required",
            "optional (local Whisper)",
        ),
    ],
)
async def test_a_requirement_is_needed_up_to_a_day_and_relaxed_from_then_on(
    catalogue: GraphitiStore, subject: str, object: str, day_before: str, day: str, before: str, after: str
) -> None:
    """Cases 13 and 32."""
    about = (subject, "dependency", object)
    assert (await ask(catalogue, *about, valid=day_before)).taken == [(before, "certain")]
    assert (await ask(catalogue, *about, valid=day)).taken == [(after, "certain")]
    assert (await ask(catalogue, *about, valid=day, known=day_before)).taken == [(before, "certain")]


async def test_the_best_value_of_a_family_is_overtaken(catalogue: GraphitiStore) -> None:
    """Case 14."""
    about = (
        "V-JEPA 2 family",
        "benchmark",
        "EPIC-Kitchens-100 anticipation recall@5, best of the family",
    )
    assert (await ask(catalogue, *about, valid="2026-03-14")).taken == [(39.7, "certain")]
    assert (await ask(catalogue, *about, valid="2026-03-15")).taken == [(40.8, "certain")]
    assert (await ask(catalogue, *about, valid="2026-03-15", known="2026-03-15")).taken == [(39.7, "certain")]


async def test_the_licence_of_a_wrapper_changes_and_that_of_the_model_does_not(
    catalogue: GraphitiStore,
) -> None:
    """Case 19."""
    wrapper = ("SeedVR2 community command line (numz)", "licence_code")
    assert (await ask(catalogue, *wrapper, valid="2025-08-01")).taken == [("MIT", "certain")]
    assert (await ask(catalogue, *wrapper, valid="2025-11-11")).taken == [("MIT", "certain")]
    assert (await ask(catalogue, *wrapper, valid="2025-11-12")).taken == [("Apache-2.0", "certain")]
    for day in ("2025-08-01", "2025-11-12", "2026-11-23"):
        for predicate in ("licence_code", "licence_weights"):
            model = await ask(catalogue, "SeedVR2", predicate, valid=day)
            assert (model.taken, model.against) == ([("Apache-2.0", "certain")], [])


async def test_a_statement_that_was_withdrawn_ends_where_it_was_withdrawn(catalogue: GraphitiStore) -> None:
    """Case 21."""
    npu = ("ContentV", "feature", "instructions for Ascend NPUs in the README")
    assert (await ask(catalogue, *npu, valid="2025-06-16")).taken == [(True, "certain")]
    assert (await ask(catalogue, *npu, valid="2025-06-17")).taken == [(False, "certain")]
    shown = "human evaluation results shown in the README"
    evaluation = ("MoviiGen 1.0", "benchmark", shown)
    assert (await ask(catalogue, *evaluation, valid="2025-05-19")).taken == [(shown, "certain")]
    assert (await ask(catalogue, *evaluation, valid="2025-05-20")).taken == [("withdrawn", "certain")]


async def test_a_licence_header_that_stood_for_seven_minutes_is_a_past_belief(
    catalogue: GraphitiStore,
) -> None:
    """Case 21."""
    about = ("MoviiGen 1.1", "licence_weights")
    header, removed = await ever(catalogue, *about)
    assert header.object == "Apache-2.0 (model-card header of the first README)"
    assert bounds(header)[2:] == ("2025-05-12T12:54:17Z", "2025-05-12T13:01:21Z")
    assert header.ended_by is not None
    within = await ask(catalogue, *about, valid="2025-05-12T13:00:00Z", known="2025-05-12T13:00:00Z")
    assert within.taken == [(header.object, "certain")]
    today = await ask(catalogue, *about, valid="2025-05-12")
    assert today.taken == [(removed.object, "certain")]
