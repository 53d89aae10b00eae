"""Questions about one thing, what it is and when it was: the events that are cited, and what they say."""

import pytest
from asked import Ask

pytest_plugins = ("asked_atlas",)

STATED = [
    ("What licence do the weights of Nexus-Gen have?", {"nexus-gen.licence_weights.01"}),
    ("How much VRAM does OmniAvatar need?", {f"omniavatar.min_vram.0{number}" for number in range(1, 5)}),
    ("MultiTalk 需要多少显存？", {f"multitalk.min_vram.0{number}" for number in range(1, 9)}),
    ("Nexus-Gen 图像编辑需要多少显存", {"nexus-gen.min_vram.01"}),
    ("Who made SeedVR2?", {"seedvr2.organisation.01"}),
    ("SeedVR2 是谁做的？", {"seedvr2.organisation.01"}),
    ("MultiTalk 的后继是什么？", {"multitalk.successor.01", "multitalk.successor.02", "multitalk.successor.03"}),
    ("What replaced Seed1.5-VL?", {"seed1-5-vl.successor.01"}),
    ("Does OmniGen2 still need flash_attn?", {"omnigen2.dependency.flash_attn.2"}),
    ("what is the arXiv id of OmniAvatar?", {"omniavatar.report.01"}),
    ("how fast is LLIA?", {f"llia.speed.0{number}" for number in range(1, 5)}),
    ("Does SeedVR2 keep audio?", {"seedvr2.defect.02"}),
    ("Can BAGEL edit images?", {"bagel.task.03"}),
    ("BAGEL 能编辑图像吗？", {"bagel.task.03"}),
    ("介绍一下 MAGREF", {"magref.task.01", "magref.min_vram.01"}),
    ("Tell me about HumanOmniV2", {"humanomniv2.task.01", "humanomniv2.min_vram.01"}),
    ("Is SeedVR2 in ComfyUI?", {"seedvr2.runtime_support.01", "seedvr2.runtime_support.comfy.4"}),
    ("OmniAvatar 开源了吗？", {"omniavatar.availability.01", "omniavatar.availability.02"}),
    ("Is LLIA available?", {"llia.availability.absent.later"}),
    ("When were the PartCrafter weights released?", {"partcrafter.availability.weights.released"}),
    ("PartCrafter 权重什么时候发布？", {"partcrafter.availability.weights.released"}),
    ("When did Veo 3 shut down?", {"veo.api_shutdown_date.02"}),
    ("Veo 2 什么时候下线？", {"veo.api_shutdown_date.01"}),
    ("Imagen 4 什么时候停止服务？", {"imagen.api_shutdown_date.3"}),
]


@pytest.mark.parametrize(("question", "events"), STATED)
async def test_a_question_about_one_thing_cites(ask: Ask, question: str, events: set[str]) -> None:
    found = await ask(question)
    assert not found["abstained"]
    assert events <= found.sure


NARROW = [
    ("Imagen 4 什么时候停止服务？", {"imagen.api_shutdown_date.3"}),
    ("Does OmniGen2 still need flash_attn?", {"omnigen2.dependency.flash_attn.2"}),
    ("How much VRAM does OmniAvatar need?", {f"omniavatar.min_vram.0{number}" for number in range(1, 5)}),
    ("Who made SeedVR2?", {"seedvr2.organisation.01"}),
    ("Can BAGEL edit images?", {"bagel.task.03"}),
]


@pytest.mark.parametrize(("question", "events"), NARROW)
async def test_nothing_beside_the_point_is_cited(ask: Ask, question: str, events: set[str]) -> None:
    assert (await ask(question)).refs == events


async def test_a_model_that_was_shut_down_is_not_called_available(ask: Ask) -> None:
    for question in ("Is Imagen 4 available?", "Imagen 4 现在还能用吗？"):
        found = await ask(question)
        assert {"imagen.access.2", "imagen.api_shutdown_date.3", "imagen.api_model_id.std-off"} <= found.sure
        assert "imagen.availability.01" not in found.refs
        assert found.values("api_model_id") == dict.fromkeys(found.values("api_model_id"), False)


async def test_the_day_of_a_release_is_given_with_the_statements_against_it(ask: Ask) -> None:
    for question in ("When was V-JEPA 2 released?", "V-JEPA 2 什么时候发布的？"):
        found = await ask(question)
        assert found["intent"] == "when"
        (conflict,) = found["conflicts"]
        assert conflict["taken"]["object"] == "2025-06-11"
        assert {it["object"] for it in conflict["against"]} == {"2025-06-05", "2025-06-06", "2025-06-25"}


async def test_a_licence_on_which_sources_disagree_is_given_with_both(ask: Ask) -> None:
    found = await ask("ContentV 的权重许可证")
    assert {"contentv.licence_weights.readme", "contentv.licence_weights.hub"} <= found.refs
    assert [len(it["against"]) for it in found["conflicts"]] == [1]
    assert "来源不一致" in found.text


async def test_two_witnesses_of_one_day_are_no_conflict_in_the_text(ask: Ask) -> None:
    found = await ask("Does Wan2.2-S2V run in diffusers?")
    assert found.values("runtime_support") == {"diffusers (native class)": False}
    assert "disagree" not in found.text


async def test_a_promise_is_told_as_one(ask: Ask) -> None:
    found = await ask("Is OmniGen2's inference_chat.py broken?")
    assert "omnigen2.defect.chat.1" in found.refs
    promised = [fact for fact in found["facts"] if fact["value"] == "fixed"]
    assert [fact["qualifiers"] for fact in promised] == [{"standing": "promise"}]
    assert "(a promise)" in found.text


async def test_a_release_on_an_unknown_day_is_given_as_a_span(ask: Ask) -> None:
    found = await ask("When was the code of FairyGen published?")
    (released,) = [fact for fact in found["facts"] if fact["value"] == "released" and fact["object"] == "code"]
    assert released["valid"]["start_precision"] == "between"
    assert "between 2025-11-16 and 2026-11-23" in found.text


async def test_what_was_asked_for_beside_and_is_not_on_record_is_named(ask: Ask) -> None:
    found = await ask("What are the licence and VRAM of Playmate2?")
    assert {"playmate.licence_code.02", "playmate.licence_weights.02"} == found.refs
    assert found["unknowns"] == ["GPU memory needed"]
