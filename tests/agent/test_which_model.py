"""Which model fits: the models offered and rejected, and the events each verdict stands on."""

import pytest
from asked import Ask

pytest_plugins = ("asked_atlas",)

PORTRAIT = "哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？"


async def test_a_portrait_that_talks_on_24_gb_for_commerce_is_met_by_three(ask: Ask) -> None:
    found = await ask(PORTRAIT)
    assert found["intent"] == "which-model"
    assert found["language"] == "zh"
    assert found.sure_models == ["OmniAvatar", "MultiTalk", "InfiniteTalk"]
    assert {"omniavatar.min_vram.03", "omniavatar.task.01"} <= found.cited_for("OmniAvatar")
    assert {"multitalk.min_vram.02", "multitalk.task.01"} <= found.cited_for("MultiTalk")
    assert "multitalk.min_vram.09" in found.cited_for("InfiniteTalk")


async def test_models_of_unknown_memory_stand_behind_those_that_surely_fit(ask: Ask) -> None:
    found = await ask(PORTRAIT)
    assert set(found.unsure_models) == {"LongCat-Video-Avatar", "LongCat-Video-Avatar-1.5", "Playmate2"}
    for it in found["candidates"][3:]:
        assert [text.split(":")[0] for text in it["unknowns"]] == ["max_vram_gb"]
    assert len([text for text in found["unknowns"] if "GPU memory" in text]) == 3


async def test_the_others_are_rejected_with_the_fact_that_breaks_the_need(ask: Ask) -> None:
    found = await ask(PORTRAIT)
    assert set(found.rejected) == {"LLIA", "Playmate", "Wan2.2-S2V-14B"}
    assert {"llia.availability.absent", "llia.successor.01"} <= found.cited_for("LLIA")
    assert {"playmate.runnable.01", "playmate.successor.01"} <= found.cited_for("Playmate")
    assert "80 GB" in found.rejected["Wan2.2-S2V-14B"]
    promises = {it["model"]: len(it["promises"]) for it in found["rejected"]}
    assert promises == {"LLIA": 1, "Playmate": 2, "Wan2.2-S2V-14B": 0}


async def test_an_open_image_editor_under_20_gb(ask: Ask) -> None:
    found = await ask("which open model can edit an image and run under 20 GB?")
    assert found.sure_models == ["BAGEL", "OmniGen2"]
    assert {"bagel.min_vram.02", "bagel.task.03"} <= found.cited_for("BAGEL")
    assert "omnigen2.task.02" in found.cited_for("OmniGen2")
    assert found.rejected == {"Nexus-Gen": "needs 24 GB (image editing)"}
    assert "nexus-gen.min_vram.01" in found.cited_for("Nexus-Gen")


async def test_the_terms_of_a_score_are_shown(ask: Ask) -> None:
    found = await ask("which open model can edit an image and run under 20 GB?")
    for it in found["candidates"]:
        assert set(it["terms"]) == {"fit", "task", "evidence", "benchmarks", "recency", "runnable"}
        assert all(0 <= term <= 1 for term in it["terms"].values())
        assert f"score {it['score']:.2f}" in found.text


async def test_avatar_models_with_weights_as_of_the_day_after_multitalk_came_out(ask: Ask) -> None:
    found = await ask("As of 2025-06-10, which avatar models had released weights?")
    assert found.sure_models == ["MultiTalk"]
    assert found.unsure_models == []
    assert set(found.rejected) == {"LLIA"}
    (promise,) = found["rejected"][0]["promises"]
    assert (promise["value"], promise["qualifiers"]) == ("promised", {"standing": "promise"})
    assert "a promise" in found.text
    assert found["as_of"]["believed"].startswith("2025-06-10T23:59")


SELECTIONS = [
    ("Which open-source model can restore old video?", ["SeedVR2"], [], []),
    ("哪个模型可以修复视频？", ["SeedVR2"], [], []),
    ("which model can turn one image into a 3D mesh with separate parts?", ["PartCrafter"], [], []),
    ("有什么开源模型可以从全景视频生成空间音频？", ["OmniAudio"], [], []),
    ("哪些模型能做语音编辑？", ["PlayDiffusion"], [], []),
    ("which model can dub a video into another language?", ["InfiniteTalk"], [], []),
    ("哪个模型可以做图像转3D，可商用？", [], ["Step1X-3D"], ["PartCrafter"]),
    (
        "什么模型可以理解视频？",
        ["DiffusionGemma 26B-A4B", "Doubao Seed 2.1", "Keye-VL", "HumanOmniV2"],
        [],
        ["Seed1.5-VL"],
    ),
    (
        "Which text-to-video model runs on a 4090?",
        ["Wan2.2", "Wan2.1"],
        ["ContentV"],
        ["Flow", "Gemini Omni", "MoviiGen 1.1", "Veo"],
    ),
    (
        "推荐一个能本地运行的文生视频模型，显存16GB",
        ["Wan2.1"],
        ["ContentV"],
        ["Flow", "Gemini Omni", "MoviiGen 1.1", "Veo", "Wan2.2"],
    ),
    (
        "best open text-to-image model that understands Chinese prompts",
        ["Nexus-Gen"],
        ["BAGEL", "OmniGen2", "Qwen-Image", "Wan2.1"],
        ["Imagen"],
    ),
    ("As of 2025-06-01, which open model can edit an image?", ["BAGEL", "Nexus-Gen"], [], []),
    ("列出 2025年6月1日 时能编辑图像的模型", ["BAGEL", "Nexus-Gen"], [], []),
    ("Which avatar models were there before OmniAvatar came out?", ["MultiTalk"], [], ["LLIA", "Playmate"]),
    ("OmniAvatar 发布之前有哪些数字人模型？", ["MultiTalk"], [], ["LLIA", "Playmate"]),
    ("Which models could edit images before OmniGen2 came out?", ["BAGEL", "Nexus-Gen"], [], []),
    ("Which image editing model is better than BAGEL?", ["BAGEL", "OmniGen2", "Nexus-Gen"], [], []),
]


@pytest.mark.parametrize(("question", "sure", "unsure", "rejected"), SELECTIONS)
async def test_a_question_selects(
    ask: Ask, question: str, sure: list[str], unsure: list[str], rejected: list[str]
) -> None:
    found = await ask(question)
    assert found["intent"] == "which-model"
    assert (sorted(found.sure_models), sorted(found.unsure_models)) == (sorted(sure), sorted(unsure))
    assert sorted(found.rejected) == sorted(rejected)


async def test_a_clip_of_a_minute_is_surely_made_by_the_one_whose_length_is_on_record(ask: Ask) -> None:
    found = await ask("Which avatar model can make clips longer than 60 seconds?")
    assert found.sure_models == ["InfiniteTalk"]
    assert {"LLIA", "MultiTalk", "Playmate"} == set(found.rejected)


async def test_a_hosted_model_does_not_run_on_a_gpu_of_ones_own(ask: Ask) -> None:
    found = await ask("Which text-to-video model runs on a 4090?")
    assert found.rejected["Gemini Omni"] == "runs at its maker's only (paid API)"
