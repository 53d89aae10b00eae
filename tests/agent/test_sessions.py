"""Conversations: turns are kept only where there is one, and a question without a name goes on about the last."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from asked import Asked

from modelatlas.agent.atlas import Atlas
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import AsOf

pytest_plugins = ("asked_atlas",)


@pytest.fixture
async def own(own_file: Path) -> AsyncIterator[Atlas]:
    """An atlas to write to, by a clock that ticks a second whenever it is read."""
    store = GraphitiStore(own_file, "main")
    seconds = count()
    yield Atlas(store, lambda: datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=next(seconds)))
    await store.close()


async def say(atlas: Atlas, question: str, session: str | None = None) -> Asked:
    return Asked(await atlas.ask(question, session=session), {})


def subjects(found: Asked) -> set[str]:
    return {fact["subject"] for fact in found["facts"]}


async def test_without_a_session_nothing_is_written(own: Atlas) -> None:
    before = await own.store.counts()
    await say(own, "What is BAGEL?")
    await say(own, "哪个模型可以修复视频？")
    assert await own.store.counts() == before


async def test_a_turn_of_a_session_is_kept_as_what_was_asked_and_what_was_answered(own: Atlas) -> None:
    before = await own.store.counts()
    found = await say(own, "What licence has BAGEL?", "work")
    after = await own.store.counts()
    assert after["episodes"] == before["episodes"] + 2
    assert {name: after[name] for name in ("claims", "facts")} == {name: before[name] for name in ("claims", "facts")}
    turns = await own.store.turns("work", AsOf.at(own.now()), 10)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("user", "What licence has BAGEL?"),
        ("modelatlas", found["answer"]),
    ]


@pytest.mark.parametrize("follow_up", ["and its licence?", "它的许可证呢？", "What licence does it have?"])
async def test_a_question_without_a_name_is_about_the_last_named(own: Atlas, follow_up: str) -> None:
    await say(own, "What is BAGEL?", "work")
    await say(own, "How much VRAM does Nexus-Gen need?", "work")
    found = await say(own, follow_up, "work")
    assert subjects(found) == {"Nexus-Gen"}
    assert {"licence_code", "licence_weights"} <= {fact["predicate"] for fact in found["facts"]}


async def test_another_session_knows_nothing_of_it(own: Atlas) -> None:
    await say(own, "What is BAGEL?", "work")
    assert (await say(own, "and its licence?", "play"))["abstained"]
    assert (await say(own, "and its licence?"))["abstained"]


async def test_a_new_question_which_model_is_not_about_the_last_named(own: Atlas) -> None:
    await say(own, "What is BAGEL?", "work")
    found = await say(own, "which model can restore old video?", "work")
    assert [it["model"] for it in found["candidates"]] == ["SeedVR2"]


async def test_a_question_asked_before_is_no_source(own: Atlas) -> None:
    for _ in range(2):
        found = await say(own, "Who won the football match in Lisbon?", "work")
        assert found["abstained"]
        assert found["facts"] == []


async def test_two_sessions_at_once_keep_their_own_turns(own: Atlas) -> None:
    await say(own, "What is BAGEL?", "one")
    await say(own, "What is SeedVR2?", "two")
    assert subjects(await say(own, "and its licence?", "one")) == {"BAGEL"}
    assert {it.split(" ")[0] for it in subjects(await say(own, "and its licence?", "two"))} == {"SeedVR2"}


@pytest.mark.parametrize("question", ["What is the licence of Foobar-9000?", "Nexus-Jen 的许可证是什么？"])
async def test_a_name_that_nobody_knows_is_not_taken_for_the_last_named(own: Atlas, question: str) -> None:
    await say(own, "What is BAGEL?", "work")
    found = await say(own, question, "work")
    assert found["abstained"]
    assert found["facts"] == []


async def test_a_thing_of_the_last_named_may_be_asked_by_its_own_name(own: Atlas) -> None:
    await say(own, "What is BAGEL?", "work")
    found = await say(own, "and its GenEval score?", "work")
    assert found.values("benchmark")["GenEval"] == 0.82
