"""The seed reader: every heading, name, sentence and link comes out as a claim with its place."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

import modelatlas.ingest.catalogue
from modelatlas.graph.errors import UnreadableSource
from modelatlas.graph.facts import Claim
from modelatlas.graph.text import name_key
from modelatlas.ingest.document import Document
from modelatlas.ingest.markdown import sections, tidy
from modelatlas.ingest.seed import PREDICATES, Names, read_names, read_seed, read_seed_file

CATALOGUE = Path(modelatlas.ingest.catalogue.__file__).parent
SEED = (CATALOGUE / "seed.md").read_text(encoding="utf-8")
NAMES = read_names((CATALOGUE / "names.toml").read_text(encoding="utf-8"))
EVENTS = [json.loads(line) for line in (CATALOGUE / "events.jsonl").read_text(encoding="utf-8").splitlines()]
GOOGLE = ["Imagen", "Veo", "Flow", "Sparkify", "MedGemma", "Stitch", "Gemini Diffusion", "Gemini Omni"]

# Heading, its entity, and how many links its section has (None: no section of its own): README section 4.
HEADINGS = [
    ("1.Nexus-Gen魔塔文生图", "Nexus-Gen", 1),
    ("1.Seed1.5-VL字节", "Seed1.5-VL", 2),
    ("2.Matrix-Game空间大模型-昆仑万维", "Matrix-Game", 2),
    ("2.Step1X-3D 阶跃星辰 3D生成模型", "Step1X-3D", 2),
    ("2.bytedance ContentV文生视频", "ContentV", 3),
    ("2.字节BAGEL多模态模型", "BAGEL", 4),
    ("2.谷歌系列", "Google series", 7),
    ("2.谷歌系列/Graphiti-AI动态知识图谱", "Graphiti", 2),
    ("2.通义万相-开源视频模型", "Wan", 1),
    ("3.MoviiGen 1.1", "MoviiGen 1.1", 2),
    ("3.meta-vjepa世界模型", "V-JEPA 2", None),
    ("4.3D生成模型Partcrafter", "PartCrafter", 3),
    ("4.MAGREF多主体视频生成框架-字节", "MAGREF", None),
    ("4.OmniAudio空间音频生成", "OmniAudio", 3),
    ("4.PlayDiffusion音频编辑", "PlayDiffusion", 3),
    ("4.SeedVR2-字节视频修复", "SeedVR2", None),
    ("4.美团-肖像生成llia", "LLIA", None),
    ("5.多人对话视频框架", "MultiTalk", 4),
    ("5.趣丸科技-人脸动画生成", "Playmate", 2),
    ("Kwai Keye VL 快手", "Keye-VL", 3),
    ("OmniAvatar浙大阿里视频生成", "OmniAvatar", 4),
    ("OmniGen2 智源研究院", "OmniGen2", 3),
    ("FairyGen 动画生成", "FairyGen", 3),
    ("HumanOmniV2-阿里", "HumanOmniV2", 4),
]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return read_seed(SEED, NAMES)


@pytest.fixture(scope="module")
def claims(documents: list[Document]) -> list[Claim]:
    return [claim for document in documents for claim in document.claims]


def objects(claims: list[Claim], subject: str, predicate: str) -> list[str]:
    return [str(it.object) for it in claims if it.subject == subject and it.predicate == predicate]


def under(documents: list[Document], path: str) -> Document:
    return next(it for it in documents if it.episode is not None and it.episode.name == path)


def test_the_headings_of_names_toml_are_those_of_the_catalogue() -> None:
    assert sorted((it.path, it.entity) for it in NAMES.headings) == sorted(it[:2] for it in HEADINGS)


@pytest.mark.parametrize(("path", "entity", "links"), HEADINGS)
def test_every_heading_has_its_entity_with_names_and_links(
    path: str, entity: str, links: int | None, documents: list[Document], claims: list[Claim]
) -> None:
    assert path in objects(claims, entity, "heading")
    languages = {it.qualifiers["lang"] for it in claims if it.subject == entity and it.predicate == "name"}
    assert languages == {"zh", "en"}
    here = under(documents, path)
    urls = {it.object for it in here.claims if it.predicate == "link"}
    assert len(urls) == (links or 0)
    if links is None:
        assert {it.predicate for it in here.claims} == {"heading", "name"}
    elif path != "2.谷歌系列":
        assert {it.subject for it in here.claims if it.predicate == "link"} == {entity}


@pytest.mark.parametrize("entity", GOOGLE)
def test_every_product_under_the_google_heading_has_it_and_names(entity: str, claims: list[Claim]) -> None:
    assert objects(claims, entity, "heading") == ["2.谷歌系列"]
    languages = {it.qualifiers["lang"] for it in claims if it.subject == entity and it.predicate == "name"}
    assert languages == {"zh", "en"}


def test_every_line_of_the_four_parts_is_covered_by_claims(claims: list[Claim]) -> None:
    predicate, checked = None, 0
    by_line: dict[str, list[Claim]] = {}
    for claim in claims:
        by_line.setdefault(claim.ref or "", []).append(claim)
    for number, line in enumerate(SEED.splitlines(), 1):
        if line.startswith("#"):
            predicate = PREDICATES.get(line.removeprefix("#### ").strip())
        elif predicate and line.strip() and "](" not in line and "项目链接" not in line:
            said = [it for it in by_line[f"seed.md:{number}"] if it.predicate == predicate]
            left = re.sub(r"^(?:- |\d+\. )", "", tidy(line))
            for claim in said:
                assert str(claim.object) in tidy(line)
                left = left.replace(str(claim.object), "")
            assert said
            assert left.strip() == "", f"line {number} is not covered: {left}"
            checked += 1
    assert checked == 242


def test_every_link_is_claimed_once(claims: list[Claim]) -> None:
    links = [it for it in claims if it.predicate == "link"]
    assert len(links) == len({(it.subject, it.object) for it in links}) == 58
    titles = [link.title for section in sections(SEED) for link in section.links]
    assert [title for title, it in zip(titles, links, strict=True) if title not in tidy(it.fact or "")] == []


def test_every_fact_stands_in_the_document_on_the_line_of_its_ref(documents: list[Document]) -> None:
    lines = SEED.splitlines()
    for document in documents:
        for claim in document.claims if document.episode else ():
            assert claim.fact is not None
            assert claim.ref is not None
            assert claim.fact in lines[int(claim.ref.removeprefix("seed.md:")) - 1]
            assert document.episode is not None
            assert claim.fact in document.episode.text
            assert claim.source == document.episode.source


def test_a_claim_is_on_record_from_the_state_of_knowledge_and_secondary(claims: list[Claim]) -> None:
    assert {(it.recorded_at, it.valid_from, it.valid_to, it.confidence) for it in claims} == {
        ("2026-11-23", None, None, "secondary")
    }


def test_an_episode_is_a_section_as_it_is_written(documents: list[Document]) -> None:
    written = {section.path: section.text for section in sections(SEED)}
    episodes = [it.episode for it in documents if it.episode is not None]
    assert len({it.id for it in episodes}) == len(episodes) == 24
    assert {it.said for it in episodes} == {datetime(2026, 11, 23, tzinfo=UTC)}
    for episode in episodes:
        assert episode.text == written.get(episode.name, episode.text)
        assert episode.source.id == f"seed.md#{episode.name}"
    assert under(documents, "4.SeedVR2-字节视频修复").episode in [it for it in episodes if it.text.startswith("16.")]


def test_reading_again_gives_the_same(documents: list[Document]) -> None:
    assert read_seed(SEED, NAMES) == documents


def test_the_wan_section_speaks_of_modelscope_and_links_to_wan(documents: list[Document]) -> None:
    here = under(documents, "2.通义万相-开源视频模型").claims
    sentences = [it for it in here if it.predicate in PREDICATES.values()]
    assert {it.subject for it in sentences} == {"ModelScope"}
    assert all("ModelScope platform" in str(it.qualifiers["note"]) for it in sentences)
    assert [it.subject for it in here if it.predicate in ("heading", "link")] == ["Wan", "Wan"]


def test_the_google_sentences_go_to_whom_they_name_or_stay_with_the_series(claims: list[Claim]) -> None:
    assert any("最佳的图像生成模型" in it for it in objects(claims, "Imagen", "summary"))
    assert any("Veo 3可原生生成音效" in it for it in objects(claims, "Veo 3", "function"))
    assert any("Veo" in it for it in objects(claims, "Veo", "use_case"))
    assert len(objects(claims, "Google series", "use_case")) == 3
    assert objects(claims, "MedGemma", "summary") == []


def test_every_passage_of_names_toml_stands_in_its_section_once() -> None:
    by_path = {section.path: section for section in sections(SEED)}
    for heading in NAMES.headings:
        section = by_path.get(heading.path)
        said = [it.text for items in section.parts.values() for it in items] if section else []
        said += [link.title for link in section.links] if section else []
        for passage in heading.passages:
            assert [text.startswith(passage.starts) for text in said].count(True) == 1, passage.starts


def test_a_name_means_one_thing_however_it_is_spelled(claims: list[Claim]) -> None:
    meaning = {name_key(event[field]): event[field] for event in EVENTS for field in ("model", "subject")}
    for claim in (it for it in claims if it.predicate == "name"):
        assert meaning.setdefault(name_key(str(claim.object)), claim.subject) == claim.subject


def test_entities_are_spelled_as_in_the_events() -> None:
    known = {event[field] for event in EVENTS for field in ("model", "subject")}
    assert {entity.name for entity in NAMES.entities} - known == {"Google series", "ModelScope"}


def test_a_name_that_no_section_says_is_not_put_in_its_mouth(documents: list[Document]) -> None:
    last = documents[-1]
    assert last.episode is None
    assert {it.source.id for it in last.claims} == {"names.toml"}
    assert "Wan 2.1" in objects(list(last.claims), "Wan2.1", "name")
    assert objects(list(last.claims), "Gemini Omni", "heading") == ["2.谷歌系列"]


def test_the_file_of_the_catalogue_reads_like_its_text(documents: list[Document]) -> None:
    assert list(read_seed_file(CATALOGUE / "seed.md")) == documents


@pytest.mark.parametrize("content", [None, "# 甲".encode("gb18030")])
def test_a_file_that_cannot_be_read_is_refused_by_name(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableSource, match=r"notes\.md"):
        list(read_seed_file(path))


def test_a_heading_that_is_not_listed_is_refused() -> None:
    with pytest.raises(UnreadableSource, match=r"9\.New"):
        read_seed("# 9.New\n", NAMES)


def test_a_heading_about_an_unlisted_entity_is_refused() -> None:
    with pytest.raises(ValidationError, match="not listed"):
        Names.model_validate({"entities": [], "headings": [{"path": "1.A", "entity": "A"}]})
