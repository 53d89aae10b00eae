"""The agent on a Neo4j server of each line: what it answers from a file it answers from there, word for word."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from asked import stood

from modelatlas.agent.atlas import Atlas, open_as_it_is
from modelatlas.agent.atlas import open as open_atlas
from modelatlas.agent.settings import settings
from modelatlas.graph.facts import Claim, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.opening import open_store
from modelatlas.graph.periods import ALL, EVER, AsOf
from modelatlas.tools.constraints import Needs
from servers.neo4j_server import RunningNeo4j
from store_kinds import SERVERS

pytest_plugins = ("asked_atlas",)

Both = tuple[Atlas, Atlas]

QUESTIONS = [
    "哪个模型适合给一张人像照片配上音频生成说话视频，显存24GB，可商用？",
    "which open model can edit an image and run under 20 GB?",
    "Which avatar models were there before OmniAvatar came out?",
    "BAGEL是什么？",
    "What licence do the weights of Nexus-Gen have?",
    "MultiTalk 需要多少显存？",
    "Imagen 4 什么时候停止服务？",
    "When was V-JEPA 2 released?",
    "what did we believe about Imagen's shutdown on 2026-05-01?",
    "Is Veo 3.1 preview still up? As known on 2026-10-24",
    "对比 OmniAvatar 和 MultiTalk",
    "What changed about Nexus-Gen between 2025-05 and 2025-08?",
    "How did the licence of Matrix-Game change?",
    "Imagen 4 停服日期的历史",
    "Why not LLIA?",
    "Why can't I use PartCrafter commercially?",
    "Does SeedVR2 keep audio?",
    "What is the licence of Foobar-9000?",
    "What is the capital of France?",
]


@pytest.fixture(scope="module", params=SERVERS)
def served(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server with the built-in catalogue; the environment says who asks it."""
    server: RunningNeo4j = request.getfixturevalue(request.param)

    async def made() -> None:
        await server.wiped()
        async with open_atlas(server.uri):
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELATLAS_NEO4J_USER", server.user)
        patch.setenv("MODELATLAS_NEO4J_PASSWORD", server.password)
        patch.setenv("MODELATLAS_NOW", "2026-11-23T12:00:00Z")
        settings.cache_clear()
        asyncio.run(made())
        yield server.uri
    settings.cache_clear()


@pytest.fixture
async def both(clock: None, served: str, catalogue_file: Path) -> AsyncIterator[Both]:
    """The catalogue in a file, and on a server; to read only."""
    async with open_as_it_is(catalogue_file) as in_a_file, open_as_it_is(served) as on_a_server:
        yield in_a_file, on_a_server


async def alike(both: Both, read: Callable[[Atlas], Awaitable[Sequence[Any]]]) -> int:
    """How much a read gives: each part of it the same from both, byte for byte."""
    in_a_file, on_a_server = [[_json(part) for part in await read(atlas)] for atlas in both]
    for one, other in zip(in_a_file, on_a_server, strict=True):
        assert other == one
    return len(in_a_file)


def _json(part: Any) -> str:
    plain = part.json_value() if hasattr(part, "json_value") else part
    return json.dumps(plain.model_dump(mode="json") if hasattr(plain, "model_dump") else plain, ensure_ascii=False)


async def test_everything_on_record_is_the_same(both: Both) -> None:
    async def claims(atlas: Atlas) -> list[Claim]:
        return [claim async for claim in atlas.store.claims()]

    async def names_and_counts(atlas: Atlas) -> list[Any]:
        return [sorted((await atlas.store.names()).items()), await atlas.store.counts()]

    assert await alike(both, lambda atlas: atlas.store.history(Pattern())) > 2000
    assert await alike(both, claims) > 2000
    assert await alike(both, names_and_counts) == 2


@pytest.mark.parametrize("date", [None, "2025-06-10"])
async def test_an_answer_is_the_same(both: Both, date: str | None) -> None:
    async def answers(atlas: Atlas) -> list[Any]:
        return [await atlas.ask(question, as_of=stood(date) if date else None) for question in QUESTIONS]

    assert await alike(both, answers) == len(QUESTIONS)


async def test_what_is_recalled_at_any_two_times_is_the_same(both: Both) -> None:
    days = [stood(day).valid for day in ("2025-06-10", "2026-06-20")]

    async def recalled(atlas: Atlas) -> list[Any]:
        times = [AsOf(valid=valid, believed=believed) for valid in (*days, ALL) for believed in (*days, ALL)]
        return [fact for as_of in times for fact in await atlas.store.recall(Pattern(), as_of)]

    assert await alike(both, recalled) > 5_000


@pytest.mark.parametrize("date", [None, "2025-06-15"])
async def test_a_tool_gives_the_same(both: Both, date: str | None) -> None:
    as_of = stood(date) if date else None

    async def given(atlas: Atlas) -> list[Any]:
        return [
            await atlas.recommend("image_edit", Needs(max_vram_gb=20, open_weights=True), as_of=as_of),
            await atlas.compare(["BAGEL", "Nexus-Gen"], as_of=as_of),
            await atlas.recall("V-JEPA 2", as_of=as_of),
            await atlas.history("Imagen 4", "api_shutdown_date"),
            await atlas.diff(stood("2025-05-31"), as_of or stood("2025-08-31"), "Nexus-Gen"),
        ]

    assert await alike(both, given) == 5


@pytest.mark.parametrize("query", ["talking avatar", "图像编辑", "licence", "视频 生成", "Wan 2.1", "zeppelin"])
async def test_a_search_finds_the_same_facts_and_turns(both: Both, query: str) -> None:
    for as_of in (EVER, stood("2025-06-10")):
        found = [await atlas.search(query, as_of, limit=5000) for atlas in both]
        ids = [{hit.fact.id if hit.fact else hit.episode and hit.episode.id for hit in hits} for hits in found]
        assert ids[0] == ids[1]
        assert bool(ids[0]) == (query != "zeppelin")


def ticking() -> Callable[[], datetime]:
    """A clock that ticks a second whenever it is read."""
    seconds = count()
    return lambda: datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=next(seconds))


async def test_a_conversation_goes_on_alike_and_can_be_forgotten(served: str, clock: None, own_file: Path) -> None:
    talk = [
        "What is BAGEL?",
        "and its licence?",
        "它的许可证呢？",
        "How much VRAM does Nexus-Gen need?",
        "and its licence?",
    ]
    heard = []
    for store in (GraphitiStore(own_file, "main"), open_store(settings().place(served), "main")):
        atlas = Atlas(store, ticking())
        before = await store.counts()
        answers = [await atlas.ask(question, session="work") for question in talk]
        turns = await store.turns("work", EVER, 100)
        heard.append((answers, [(turn.speaker, turn.text, turn.said) for turn in turns]))
        assert (await store.counts())["episodes"] == before["episodes"] + 2 * len(talk)
        for turn in turns:
            assert (await atlas.forget(source=turn.source.id)).episodes == 1
        assert await store.turns("work", EVER, 100) == []
        assert (await store.counts())["episodes"] == before["episodes"]
        await store.close()
    assert heard[0] == heard[1]
