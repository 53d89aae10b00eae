"""What holds of every answer, at every as-of: its form, its language, and nothing from after what was on record."""

import re
from datetime import datetime
from itertools import product

import pytest
from asked import KEYS, Ask, Asked, stood

from modelatlas.agent.atlas import Atlas
from modelatlas.graph.dates import until_end_of
from modelatlas.graph.facts import Pattern
from modelatlas.graph.periods import ALL, AsOf

pytest_plugins = ("asked_atlas",)

QUESTIONS = [
    "哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？",
    "which open model can edit an image and run under 20 GB?",
    "What is BAGEL?",
    "BAGEL是什么？",
    "What licence do the weights of Nexus-Gen have?",
    "MultiTalk 需要多少显存？",
    "Is Imagen 4 available?",
    "Imagen 4 什么时候停止服务？",
    "When was V-JEPA 2 released?",
    "When were the PartCrafter weights released?",
    "对比 OmniAvatar 和 MultiTalk",
    "What changed about Nexus-Gen between 2025-05 and 2025-08?",
    "How did the licence of Matrix-Game change?",
    "Imagen 4 停服日期的历史",
    "Why not LLIA?",
    "Which hosted API id of Doubao works?",
    "Does SeedVR2 keep audio?",
    "What is the capital of France?",
]
DATES = [
    "2024-12-31",
    "2025-05-21",
    "2025-06-01",
    "2025-06-10",
    "2025-07-14",
    "2026-05-01",
    "2026-06-12",
    "2026-06-20",
]
DAY_OF_SOURCE = re.compile(r"(?:dated|on record|日期|记录于) (\d{4}-\d\d-\d\d)(?! 至)")
HISTORIES = ("changed", "history")


def assert_well_formed(found: Asked, question: str) -> None:
    assert set(found.json) == KEYS
    assert found["language"] == ("zh" if re.search(r"[\u4e00-\u9fff]", question) else "en")
    assert set(found["as_of"]) == {"valid", "believed"}
    assert all(datetime.fromisoformat(bound).tzinfo for bound in found["as_of"].values())
    assert found.text.startswith("As of" if found["language"] == "en" else ("截至", "20"))
    cited = {fact["id"] for fact in found["facts"]}
    for fact in found["facts"]:
        assert fact["source"]["id"]
        assert {"start", "end", "start_precision", "end_precision"} <= fact["valid"].keys()
        assert fact["believed"]["start_precision"]
        assert fact["certainty"] in ("certain", "possible")
    marks = {int(mark) for mark in re.findall(r"\[(\d+)\]", found.text)}
    listed = {int(mark) for mark in re.findall(r"\[(\d+)\]", found.sources)}
    assert listed == set(range(1, len(cited) + 1))
    assert marks <= listed
    assert found["unknowns"] or not found["abstained"]
    for it in (*found["candidates"], *found["rejected"]):
        assert it["model"] in found.text


@pytest.mark.parametrize("question", QUESTIONS)
async def test_an_answer_is_well_formed(ask: Ask, question: str) -> None:
    assert_well_formed(await ask(question), question)


@pytest.mark.parametrize("date", DATES)
async def test_nothing_recorded_after_the_as_of_appears(ask: Ask, atlas: Atlas, date: str) -> None:
    known = until_end_of(date)
    in_sight = {str(it.id) for it in await atlas.store.recall(Pattern(), AsOf(valid=ALL, believed=known))}
    for question in QUESTIONS:
        found = await ask(question, as_of=stood(date))
        assert_well_formed(found, question)
        for fact in found["facts"]:
            start = fact["believed"]["start"]
            assert start is None or datetime.fromisoformat(start) <= known
            assert fact["id"] in in_sight or found["intent"] in HISTORIES
        everything = {it["id"] for side in ("candidates", "rejected") for it in _facts(found[side])}
        assert everything <= in_sight
        assert not [day for day in DAY_OF_SOURCE.findall(found.sources) if day > date]


def _facts(offered: list[dict[str, list[dict[str, str]]]]) -> list[dict[str, str]]:
    return [fact for it in offered for fact in (*it["facts"], *it.get("promises", ()))]


@pytest.mark.parametrize(
    ("valid", "believed"), list(product(["2025-06-01", "2026-07-10"], ["2025-06-10", "2026-06-20"]))
)
async def test_the_two_axes_are_apart(ask: Ask, atlas: Atlas, valid: str, believed: str) -> None:
    as_of = AsOf(valid=until_end_of(valid), believed=until_end_of(believed))
    in_sight = {str(it.id) for it in await atlas.store.recall(Pattern(), as_of)}
    for question in QUESTIONS[:2]:
        found = await ask(question, as_of=as_of)
        assert {fact["id"] for fact in found["facts"]} <= in_sight


async def test_what_is_cited_in_the_text_is_the_list_of_facts_in_its_order(ask: Ask) -> None:
    found = await ask("What is BAGEL?")
    first = list(dict.fromkeys(int(mark) for mark in re.findall(r"\[(\d+)\]", found.text)))
    assert first == list(range(1, len(found["facts"]) + 1))


async def test_the_answer_to_the_same_question_is_the_same(ask: Ask) -> None:
    for question in QUESTIONS[:3]:
        assert (await ask(question)).json == (await ask(question)).json
