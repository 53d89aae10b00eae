"""Questions that say when: what was true then, and what was on record then."""

import pytest
from asked import Ask

pytest_plugins = ("asked_atlas",)

THEN = [
    ("What was the GenEval score of Nexus-Gen on 2025-06-15?", "nexus-gen.benchmark.geneval.v1"),
    ("Nexus-Gen GenEval score in August 2025", "nexus-gen.benchmark.geneval.v2"),
    ("Nexus-Gen 2025-06-15 的显存需求", "nexus-gen.min_vram.generation.v1"),
    ("What is the weights id of Nexus-Gen as known on 2025-07-14?", "nexus-gen.weights_id.hf.v1"),
    ("What was known about Playmate2's release on 2025-11-01?", "playmate.availability.p2.early"),
    ("Is Veo 3.1 preview still up? As known on 2026-10-24", "veo.api_model_id.31p"),
    ("What was the licence of Matrix-Game on 2025-10-01?", "matrix-game.licence_code.1"),
    ("As known on 2025-10-01, does Wan2.2-S2V-14B run in diffusers?", "wan.runtime_support.s2v.2"),
    ("Was FairyGen's code published on 2025-11-15?", "fairygen.availability.code.1"),
]


@pytest.mark.parametrize(("question", "event"), THEN)
async def test_a_question_about_a_time_cites_what_held_then(ask: Ask, question: str, event: str) -> None:
    found = await ask(question)
    assert not found["abstained"]
    assert event in found.sure


NOT_THEN = [
    ("What was the GenEval score of Nexus-Gen on 2025-06-15?", "nexus-gen.benchmark.geneval.v2"),
    ("What is the weights id of Nexus-Gen as known on 2025-07-14?", "nexus-gen.weights_id.hf.v2"),
    ("What was known about Playmate2's release on 2025-11-01?", "playmate.availability.p2.real"),
    ("Is Veo 3.1 preview still up? As known on 2026-10-24", "veo.api_model_id.31p-off"),
    ("What was the licence of Matrix-Game on 2025-10-01?", "matrix-game.licence_code.3"),
    ("Was PartCrafter's code available on 2025-07-01?", "partcrafter.availability.weights.released"),
]


@pytest.mark.parametrize(("question", "event"), NOT_THEN)
async def test_what_came_later_is_not_cited(ask: Ask, question: str, event: str) -> None:
    found = await ask(question)
    assert found["facts"]
    assert event not in found.refs


async def test_what_is_believed_today_about_a_release_is_the_corrected_day(ask: Ask) -> None:
    found = await ask("When was Playmate2 released?")
    assert "playmate.availability.p2.real" in found.sure
    assert "playmate.availability.p2.early" not in found.refs


async def test_a_shutdown_date_then_only_announced_is_told_as_perhaps(ask: Ask) -> None:
    found = await ask("what did we believe about Imagen's shutdown on 2026-05-01?")
    assert found["as_of"]["believed"].startswith("2026-05-01T23:59")
    assert set(found.values("api_shutdown_date")) <= {"2026-06-24", "2026-06-30"}
    assert found.sure == set()
    assert "perhaps" in found.text
    assert "2026-08-17" not in found["answer"]


async def test_a_date_is_a_question_about_the_world_and_a_known_date_one_about_the_record(ask: Ask) -> None:
    early = await ask("Is Imagen 4 up on 2026-07-10 as known on 2026-06-10?")
    late = await ask("As known on 2026-06-20, is Imagen 4 up on 2026-07-10?")
    assert "2026-08-17" not in early["answer"]
    assert early.values("api_shutdown_date").keys() == {"2026-06-24", "2026-06-30"}
    assert not {fact["object"] for fact in early["facts"] if fact["certainty"] == "certain"} & {"2026-06-30"}
    assert late.values("access") == {"paid API": None}
    assert set(late.values("api_model_id").values()) == {True}
    assert set(late.values("api_shutdown_date")) == {"2026-08-17"}
    assert late.sure == late.refs


async def test_a_model_is_up_before_its_end_and_down_after_it(ask: Ask) -> None:
    for date, access, event in (
        ("2026-07-10", "paid API", "imagen.access.1"),
        ("2026-09-01", "shut down", "imagen.access.2"),
    ):
        found = await ask(f"Was Imagen 4 still available on {date}?")
        assert found.values("access") == {access: None}
        assert event in found.sure


async def test_before_it_existed_a_model_is_not_called_available(ask: Ask) -> None:
    found = await ask("去年三月 Imagen 4 可用吗？")
    assert found["as_of"]["valid"].startswith("2025-03-31T")
    assert {fact["predicate"] for fact in found["facts"]} == {"api_shutdown_date"}
    assert "2025-06-24" in found.text


async def test_within_a_coarse_span_the_answer_is_perhaps(ask: Ask) -> None:
    english = await ask("On 2026-08-01, did SeedVR2 run in ComfyUI core?")
    chinese = await ask("FairyGen 代码 2026-01-15 发布了吗？")
    for found, predicate, word in ((english, "runtime_support", "perhaps"), (chinese, "availability", "可能")):
        facts = [fact for fact in found["facts"] if fact["predicate"] == predicate]
        assert {fact["certainty"] for fact in facts} == {"possible"}
        assert word in found.text


async def test_a_correction_within_the_same_evening(ask: Ask) -> None:
    for hour, score in ((20, 64.97), (22, 56.21)):
        found = await ask(f"BAGEL KRIS-Bench score as known at 2025-06-15T{hour}:00+08:00")
        assert found.values("benchmark")["KRIS-Bench"] == score


async def test_a_promise_stands_until_the_thing_is_out(ask: Ask) -> None:
    before = await ask("Was PartCrafter's code available on 2025-07-01?")
    after = await ask("Was PartCrafter's code available on 2025-07-13?")
    assert before.sure == set()
    assert before.refs == {"partcrafter.availability.weights.promise"}
    assert "partcrafter.availability.weights.released" in after.sure


async def test_a_question_about_the_past_in_chinese_reads_its_date(ask: Ask) -> None:
    found = await ask("去年六月有哪些文生视频模型？")
    assert found["as_of"]["valid"].startswith("2025-06-30T")
    assert found["as_of"]["believed"] == "2026-11-23T12:00:00Z"
    assert {"ContentV", "MoviiGen 1.1", "Wan2.1"} <= {it["model"] for it in found["candidates"]}
    assert "Wan2.2" not in {it["model"] for it in found["candidates"]}


async def test_two_that_may_both_hold_by_coarse_dates_are_no_disagreement_of_sources(ask: Ask) -> None:
    found = await ask("Which version of Graphiti was current on 2026-08-01?")
    assert set(found.values("current_version")) == {"0.29.3", "0.31.1"}
    assert found.sure == set()
    assert "too coarse" in found.text
