"""Everything the catalogue has is on record: every heading, every event, with names, links, dates and sources."""

from collections import Counter

import pytest
from catalogue_file import EVENTS, LOADED_AT, Loaded

from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import ALL, AsOf

pytest_plugins = ("catalogue_store",)

GOOGLE = {
    "MedGemma": 49,
    "Imagen": 26,
    "Veo": 26,
    "Gemini Omni": 16,
    "Gemini Diffusion": 18,
    "Stitch": 13,
    "Flow": 6,
    "Sparkify": 5,
}

# Heading, the entity that bears it, whether it has a section of its own, how many events.
HEADINGS = [
    ("1.Nexus-Gen魔塔文生图", "Nexus-Gen", True, 51),
    ("1.Seed1.5-VL字节", "Seed1.5-VL", True, 41),
    ("2.Matrix-Game空间大模型-昆仑万维", "Matrix-Game", True, 55),
    ("2.Step1X-3D 阶跃星辰 3D生成模型", "Step1X-3D", True, 37),
    ("2.bytedance ContentV文生视频", "ContentV", True, 45),
    ("2.字节BAGEL多模态模型", "BAGEL", True, 65),
    ("2.谷歌系列", "Google series", True, 159),
    ("2.谷歌系列/Graphiti-AI动态知识图谱", "Graphiti", True, 31),
    ("2.通义万相-开源视频模型", "Wan", True, 187),
    ("3.MoviiGen 1.1", "MoviiGen 1.1", True, 33),
    ("3.meta-vjepa世界模型", "V-JEPA 2", False, 53),
    ("4.3D生成模型Partcrafter", "PartCrafter", True, 34),
    ("4.MAGREF多主体视频生成框架-字节", "MAGREF", False, 39),
    ("4.OmniAudio空间音频生成", "OmniAudio", True, 38),
    ("4.PlayDiffusion音频编辑", "PlayDiffusion", True, 42),
    ("4.SeedVR2-字节视频修复", "SeedVR2", False, 66),
    ("4.美团-肖像生成llia", "LLIA", False, 25),
    ("5.多人对话视频框架", "MultiTalk", True, 133),
    ("5.趣丸科技-人脸动画生成", "Playmate", True, 48),
    ("Kwai Keye VL 快手", "Keye-VL", True, 59),
    ("OmniAvatar浙大阿里视频生成", "OmniAvatar", True, 52),
    ("OmniGen2 智源研究院", "OmniGen2", True, 55),
    ("FairyGen 动画生成", "FairyGen", True, 28),
    ("HumanOmniV2-阿里", "HumanOmniV2", True, 35),
]


async def on_record(store: GraphitiStore, about: Pattern) -> list[Fact]:
    return await store.recall(about, AsOf(valid=ALL, believed=LOADED_AT))


def test_nothing_of_the_catalogue_is_rejected(loaded: Loaded) -> None:
    assert (loaded.summary.rejections, loaded.summary.rejected) == (0, ())


def test_the_headings_hold_all_events() -> None:
    assert len(HEADINGS) == 24
    assert sum(count for *_, count in HEADINGS) == len({event["id"] for event in EVENTS}) == 1411
    assert sum(GOOGLE.values()) == 159


async def test_every_event_is_the_ref_of_a_claim(catalogue: GraphitiStore) -> None:
    stated = {claim.ref async for claim in catalogue.claims() if claim.kind == "assert"}
    assert [event["id"] for event in EVENTS if event["id"] not in stated] == []


@pytest.mark.parametrize(("path", "entity", "section", "count"), HEADINGS)
async def test_a_heading_has_its_entity_names_abilities_and_links(
    catalogue: GraphitiStore, path: str, entity: str, section: bool, count: int
) -> None:
    facts = await on_record(catalogue, Pattern(subject=entity))
    by_predicate: dict[str, list[Fact]] = {}
    for fact in facts:
        by_predicate.setdefault(fact.predicate, []).append(fact)
    assert path in [fact.object for fact in by_predicate["heading"]]
    names = {fact.qualifiers["lang"]: fact.object for fact in by_predicate["name"]}
    assert set(names) == {"zh", "en"}
    described = [fact for it in ("summary", "function", "principle") for fact in by_predicate.get(it, [])]
    if section and entity != "Wan":
        assert described
        assert {fact.source.url for fact in described} == {"seed.md"}
    else:
        tasks = [fact for fact in await on_record(catalogue, Pattern(predicate="task")) if _of(fact, entity)]
        assert tasks
    bearers = GOOGLE if entity == "Google series" else [entity]
    for bearer in bearers:
        about = await on_record(catalogue, Pattern(subject=bearer))
        linked = bearer == "Gemini Omni" or {"link", "repository"} & {fact.predicate for fact in about}
        assert linked, f"{bearer} has neither link nor repository"


@pytest.mark.parametrize(("path", "entity", "section", "count"), HEADINGS)
async def test_a_heading_has_all_its_events_with_sources_and_dates(
    catalogue: GraphitiStore, path: str, entity: str, section: bool, count: int
) -> None:
    model = "MoviiGen" if entity == "MoviiGen 1.1" else entity
    counts = GOOGLE if entity == "Google series" else {model: count}
    assert Counter(event["model"] for event in EVENTS if event["model"] in counts) == counts
    ids = {event["id"] for event in EVENTS if event["model"] in counts}
    claims = {claim.ref: claim async for claim in catalogue.claims() if claim.ref in ids and claim.kind == "assert"}
    assert len(claims) == count
    assert all(claim.source.title and claim.recorded_at for claim in claims.values())
    subjects = {claim.subject for claim in claims.values()}
    facts = [fact for subject in subjects for fact in await on_record(catalogue, Pattern(subject=subject))]
    dated = [fact for fact in facts if fact.ref in ids and fact.valid.start.precision == "day"]
    assert dated
    assert {fact.source.title for fact in dated} <= {claim.source.title for claim in claims.values()}


async def test_the_section_under_the_heading_of_wan_is_kept_with_the_platform_it_describes(
    catalogue: GraphitiStore,
) -> None:
    facts = await on_record(catalogue, Pattern(subject="ModelScope"))
    assert {"summary", "function"} <= {fact.predicate for fact in facts}
    assert all("Wan" in str(fact.qualifiers["note"]) for fact in facts if fact.predicate == "summary")


async def test_every_subject_of_an_event_is_a_model_or_placed_under_another(catalogue: GraphitiStore) -> None:
    models = {event["model"] for event in EVENTS}
    placed = {
        fact.subject
        for predicate in ("variant_of", "family")
        for fact in await on_record(catalogue, Pattern(predicate=predicate))
    }
    assert {event["subject"] for event in EVENTS} <= placed | models


async def test_every_document_of_the_catalogue_is_an_episode(catalogue: GraphitiStore, loaded: Loaded) -> None:
    assert loaded.summary.episodes == 24
    hits = await catalogue.search("字节跳动", AsOf.at(LOADED_AT), 50)
    assert any(hit.episode for hit in hits)


def _of(fact: Fact, entity: str) -> bool:
    return fact.subject == entity or fact.subject.startswith(entity)
