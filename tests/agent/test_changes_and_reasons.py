"""Questions that lay things or times side by side, or ask why not: the events that are cited."""

import pytest
from asked import Ask

pytest_plugins = ("asked_atlas",)

NEXUS = ["What changed about Nexus-Gen between 2025-05 and 2025-08?", "Nexus-Gen 2025年5月到8月有什么变化？"]


@pytest.mark.parametrize("question", NEXUS)
async def test_a_new_version_changes_several_things_at_once(ask: Ask, question: str) -> None:
    found = await ask(question)
    assert found["intent"] == "changed"
    pairs = [
        ("nexus-gen.current_version.v1", "nexus-gen.current_version.v2"),
        ("nexus-gen.benchmark.geneval.v1", "nexus-gen.benchmark.geneval.v2"),
        ("nexus-gen.min_vram.generation.v1", "nexus-gen.min_vram.generation.v2"),
        ("nexus-gen.language.zh.no", "nexus-gen.language.zh.yes"),
        ("nexus-gen.weights_id.hf.v1", "nexus-gen.weights_id.hf.v2"),
    ]
    assert {event for pair in pairs for event in pair} <= found.refs
    for was, came in (("V1", "V2"), ("0.79", "0.81"), ("37 GB", "24 GB")):
        line = next(line for line in found.text.splitlines() if came in line and "→" in line)
        assert line.index(was) < line.index(came)


async def test_nothing_that_stayed_as_it_was_counts_as_a_change(ask: Ask) -> None:
    found = await ask("What changed about OmniAvatar since 2025-07?")
    assert {fact["predicate"] for fact in found["facts"]} == {"availability", "latest_commit"}


@pytest.mark.parametrize("question", ["How did the licence of Matrix-Game change?", "Matrix-Game 许可证变更历史"])
async def test_a_change_of_licence_is_followed_through_the_versions(ask: Ask, question: str) -> None:
    found = await ask(question)
    assert {"matrix-game.licence_code.1", "matrix-game.licence_code.3"} <= found.refs
    assert {"MIT", "Apache-2.0"} == set(found.values("licence_code"))


@pytest.mark.parametrize("question", ["What is the history of Imagen's shutdown date?", "Imagen 4 停服日期的历史"])
async def test_a_history_has_every_belief_in_the_order_of_record(ask: Ask, question: str) -> None:
    found = await ask(question)
    assert found["intent"] == "history"
    assert [fact["object"] for fact in found["facts"]] == ["2026-06-24", "2026-06-30", "2026-08-17"]
    assert [fact["certainty"] for fact in found["facts"]][-1] == "certain"


async def test_a_history_of_weights_has_the_promise_and_the_release(ask: Ask) -> None:
    found = await ask("Show the timeline of PartCrafter weights")
    promise, release = "partcrafter.availability.weights.promise", "partcrafter.availability.weights.released"
    assert {promise, release} <= found.refs


async def test_two_models_are_compared_side_by_side(ask: Ask) -> None:
    found = await ask("对比 OmniAvatar 和 MultiTalk")
    assert (found["intent"], found["language"]) == ("compare", "zh")
    assert {"omniavatar.min_vram.03", "multitalk.min_vram.02", "multitalk.successor.01"} <= found.refs
    assert {fact["subject"].split("-")[0] for fact in found["facts"]} == {"OmniAvatar", "MultiTalk"}
    assert any("OmniAvatar" in text and "successor" in text for text in found["unknowns"])


COMPARED = [
    ("Compare BAGEL and OmniGen2 on VRAM", {"bagel.min_vram.02", "omnigen2.min_vram.03"}, {"min_vram"}),
    ("OmniGen2 和 BAGEL 哪个更省显存？", {"bagel.min_vram.02", "omnigen2.min_vram.03"}, {"min_vram"}),
    (
        "Difference between MultiTalk and InfiniteTalk in VRAM?",
        {"multitalk.min_vram.08", "multitalk.min_vram.09"},
        {"min_vram"},
    ),
]


@pytest.mark.parametrize(("question", "events", "predicates"), COMPARED)
async def test_a_comparison_keeps_to_what_is_asked(
    ask: Ask, question: str, events: set[str], predicates: set[str]
) -> None:
    found = await ask(question)
    assert found["intent"] == "compare"
    assert events <= found.refs
    assert {fact["predicate"] for fact in found["facts"]} == predicates


async def test_a_measurement_is_compared_with_the_same_measurement(ask: Ask) -> None:
    found = await ask("BAGEL 和 Nexus-Gen 的 GenEval 分数谁高？")
    scores = {(fact["subject"], fact["object"]): fact["value"] for fact in found["facts"]}
    assert (scores["BAGEL", "GenEval"], scores["Nexus-Gen", "GenEval"]) == (0.82, 0.81)
    assert {measured.split(" ")[0] for _, measured in scores} == {"GenEval"}


@pytest.mark.parametrize("question", ["Why not LLIA?", "为什么不推荐 LLIA？"])
async def test_why_not_names_what_is_missing_and_what_came_after(ask: Ask, question: str) -> None:
    found = await ask(question)
    assert found["intent"] == "why-not"
    assert set(found.rejected) == {"LLIA"}
    assert {"llia.availability.absent.later", "llia.runnable.01", "llia.successor.01"} <= found.refs
    assert "InfiniteTalk" in found.text
    (promise,) = found["rejected"][0]["promises"]
    assert promise["value"] == "promised"


REASONS = [
    ("Why not Imagen 4?", "Imagen 4", "shut down since 2026-08-17"),
    ("Why is Playmate not recommended?", "Playmate", "code and weights not published"),
    ("Why was FairyGen not chosen?", "FairyGen", "own weights not published"),
    ("为什么没有推荐 Nexus-Gen 做图像编辑？显存20GB", "Nexus-Gen", "needs 24 GB (image editing)"),
    (
        "Why can't I use PartCrafter commercially?",
        "PartCrafter",
        "a required part: briaai/RMBG-1.4: non-commercial, always downloaded",
    ),
    ("Why not SeedVR2 for image editing?", "SeedVR2", "is for video_restoration, not image_edit"),
]


@pytest.mark.parametrize(("question", "model", "reason"), REASONS)
async def test_why_not_weighs_the_needs_of_the_question(ask: Ask, question: str, model: str, reason: str) -> None:
    found = await ask(question)
    assert found["intent"] == "why-not"
    assert found.rejected == {model: reason}
    assert found["facts"]


async def test_a_model_that_nothing_speaks_against_is_offered(ask: Ask) -> None:
    found = await ask("Why not OmniAvatar?")
    assert found.sure_models == ["OmniAvatar"]
    assert found.rejected == {}
