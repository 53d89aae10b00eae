"""Every store: the log of claims, names, tenants, conversations, and what is counted."""

from pathlib import Path

import pytest
from utterances import LATER, answers, as_of, on, said, told

from modelatlas.graph.errors import BadInput
from modelatlas.graph.facts import Claim, Episode, Pattern, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.periods import ALL, EVER, AsOf
from modelatlas.graph.store import GraphStore, Recorded
from store_kinds import OpenStore, kept


async def test_a_pattern_narrows_by_each_of_its_parts(store: GraphStore) -> None:
    claims = [
        said("MIT"),
        said("MIT", subject="Veo"),
        said("MIT", predicate="note"),
        said("GPL", predicate="note"),
        said("MIT", source="other"),
        said(None, predicate="note", value="MIT"),
    ]
    await store.record(claims, now=on(LATER))

    async def count(**about: str) -> int:
        return len(await store.recall(Pattern(**about), EVER))

    assert await count() == 6
    assert await count(subject="Veo") == 1
    assert await count(predicate="note") == 3
    assert await count(object="MIT") == 4
    assert await count(source="page") == 5
    assert await count(subject="Wan", predicate="note", object="GPL", source="page") == 1
    assert await count(subject="wan") == 0
    assert await count(subject="") == 0
    assert await count(object='MIT" OR 1=1 --') == 0


async def test_history_is_in_the_order_things_came_on_record(store: GraphStore) -> None:
    claims = [
        said("c", "2024-01-01", recorded_at="2025-03-01"),
        said("a", "2024-01-01", recorded_at="2025-01-01"),
        said("later known, earlier true", "2020-01-01", predicate="note", recorded_at="2025-02-15"),
        said("b", "2024-01-01", recorded_at="2025-02-01"),
    ]
    await store.record(claims, now=on(LATER))
    history = await store.history(Pattern())
    assert [fact.object for fact in history] == ["a", "b", "later known, earlier true", "c"]
    assert [fact.object for fact in await store.history(Pattern(predicate="licence_code"))] == ["a", "b", "c"]


async def test_recall_gives_facts_in_one_order_whatever_the_order_of_arrival(store: GraphStore) -> None:
    claims = [said(name, predicate="note", subject=subject) for subject in "ba" for name in "zyx"]
    await store.record(claims, now=on(LATER))
    facts = await store.recall(Pattern(), EVER)
    assert [(fact.subject, fact.object) for fact in facts] == [(s, n) for s in "ab" for n in "xyz"]


async def test_an_export_told_to_an_empty_store_recalls_the_same_at_every_as_of(
    store: GraphStore, tmp_path: Path
) -> None:
    claims = [
        said("MIT", "2024-01-01", recorded_at="2025-01-01"),
        said("GPL", "2024", "2025-06", recorded_at="2025-02"),
        said(None, "2024-06-01", "2024-07-01", kind="retract", recorded_at="2025-05-01"),
        said("unknown", recorded_at=None, predicate="note"),
    ]
    await store.record(claims, now=on("2025-03-01"))
    lines = [claim.canonical async for claim in store.claims()]
    assert [Claim.model_validate_json(line).recorded_at for line in lines][3] == "2025-03-01T00:00:00Z"
    days = ["2023-01-01", "2024-06-15", "2025-01-01", "2025-02-15", "2025-03-01", "2025-05-01", LATER]
    for other in (MemoryStore("us"), GraphitiStore(tmp_path / "copy.sqlite", "us")):
        await other.record([Claim.model_validate_json(line) for line in lines], now=on(LATER))
        for at in [as_of(valid, believed) for valid in days for believed in days]:
            assert answers(await other.recall(Pattern(), at)) == answers(await store.recall(Pattern(), at))
        assert [claim.canonical async for claim in other.claims()] == lines
        await other.close()


async def test_preview_writes_nothing_and_tells_what_record_would_do(store: GraphStore) -> None:
    await store.record([said("MIT"), said("gone", subject="x")], [told("hello", "2025-01-01")], now=on(LATER))
    await store.forget(Pattern(subject="x"), now=on(LATER))
    claims = [said("MIT"), said("MIT"), said("GPL", recorded_at="2025-02-01"), said("gone", subject="x")]
    turns = [told("hello", "2025-01-01"), told("new", "2025-01-02"), told("new", "2025-01-02")]
    before = await store.counts(), await store.history(Pattern())
    expected = await store.preview(claims, turns, now=on(LATER))
    assert (await store.counts(), await store.history(Pattern())) == before
    assert expected == Recorded(new=1, known=2, forgotten=1, episodes=1)
    assert await store.record(claims, turns, now=on(LATER)) == expected


async def test_a_name_leads_to_what_it_names(store: GraphStore) -> None:
    names = [said(name, predicate="name") for name in ("Wan 2.1", "通义万相", "wanx")]
    await store.record([*names, said("MIT", subject="Veo")], now=on(LATER))
    assert await store.names() == {"Wan 2.1": "Wan", "通义万相": "Wan", "wanx": "Wan", "Wan": "Wan", "Veo": "Veo"}
    assert await store.names("which licence has wan-2.1 ?") == {"Wan 2.1": "Wan", "Wan": "Wan"}
    assert await store.names("通义万相的许可证是什么") == {"通义万相": "Wan"}
    assert await store.names("VEO or ＷＡＮＸ") == {"Veo": "Veo", "wanx": "Wan", "Wan": "Wan"}
    assert await store.names("half a \udcff surrogate") == {}
    assert await store.names("") == {}


async def test_a_name_that_two_things_bear_leads_to_the_first_and_itself_first_of_all(store: GraphStore) -> None:
    claims = [said("twin", predicate="name", subject=subject) for subject in ("b", "a", "c")]
    await store.record([*claims, said("c", predicate="name", subject="a")], now=on(LATER))
    assert await store.names() == {"a": "a", "b": "b", "c": "c", "twin": "a"}


@kept
async def test_tenants_do_not_see_each_other(open_store: OpenStore) -> None:
    us, them = open_store("us"), open_store("them")
    await us.record([said("MIT")], [told("hello us", "2025-01-01")], now=on(LATER))
    await them.record([said("GPL", recorded_at="2025-02-01")], now=on(LATER))
    assert answers(await us.recall(Pattern(), EVER)) == ["MIT"]
    assert answers(await them.recall(Pattern(), EVER)) == ["GPL"]
    assert [fact.object for fact in await us.history(Pattern())] == ["MIT"]
    assert await them.search("MIT hello", EVER, 5) == []
    assert [claim.object async for claim in them.claims()] == ["GPL"]
    assert (await us.counts())["claims"] == (await them.counts())["claims"] == 1


async def test_what_is_said_in_another_tenant_s_name_is_not_seen(store: GraphStore) -> None:
    own, other = said("MIT", tenant="us"), said("GPL", tenant="them", recorded_at="2025-02-01")
    await store.record([own, other], [told("hello", "2025-01-01", tenant="them")], now=on(LATER))
    assert answers(await store.recall(Pattern(), EVER)) == ["MIT"]
    assert await store.search("GPL hello", EVER, 5) == []
    assert [claim.object async for claim in store.claims()] == ["MIT"]


@kept
async def test_a_tenant_without_a_name_is_refused(open_store: OpenStore) -> None:
    with pytest.raises(BadInput, match="tenant"):
        open_store("")


async def test_the_last_turns_of_a_conversation_come_oldest_first(store: GraphStore) -> None:
    days = ["2025-01-03", "2025-01-01", "2025-01-02"]
    turns = [told(f"on {day}", day, source=f"turn {day}", session="s", speaker="user") for day in days]
    await store.record([], [*turns, told("elsewhere", "2025-01-04", session="t")], now=on(LATER))

    async def last(at: AsOf, limit: int) -> list[str]:
        return [turn.text for turn in await store.turns("s", at, limit)]

    assert await last(EVER, 9) == ["on 2025-01-01", "on 2025-01-02", "on 2025-01-03"]
    assert await last(EVER, 2) == ["on 2025-01-02", "on 2025-01-03"]
    assert await last(as_of("2025-01-02", "2025-01-02"), 9) == ["on 2025-01-01", "on 2025-01-02"]
    assert await last(as_of(ALL, "2025-01-01"), 9) == ["on 2025-01-01"]
    assert await last(EVER, 0) == []
    assert await store.turns("nobody's", EVER, 9) == []


async def test_an_episode_comes_back_as_it_was_told(store: GraphStore) -> None:
    source = Source(id="chat/7", title="A chat", url="https://example.org/7", date="2025-01-01", commit="abc")
    episode = Episode(
        name="turn 7",
        text='two lines\nand "quotes" 引号',
        kind="message",
        source=source,
        said=on("2025-01-01T10:00:00.000001Z"),
        session="s",
        speaker="张三",
        tenant="us",
    )
    await store.record([], [episode], now=on(LATER))
    assert await store.turns("s", EVER, 5) == [episode]
    (hit,) = await store.search("quotes", EVER, 5)
    assert hit.episode == episode


async def test_a_document_may_come_before_or_after_what_it_says(store: GraphStore) -> None:
    page = Episode(name="page", text="long words", kind="text", source=Source(id="page"), said=on("2025-01-01"))
    assert (await store.record([said("MIT")], now=on(LATER))).episodes == 0
    assert (await store.record([], [page], now=on(LATER))).episodes == 1
    assert (await store.record([said("MIT")], [page], now=on(LATER))).episodes == 0
    assert (await store.counts())["episodes"] == 1
    (fact,) = await store.recall(Pattern(), EVER)
    (hit,) = await store.search("long words", EVER, 5)
    assert hit.episode is not None
    assert fact.episode == hit.episode.id


async def test_every_store_counts_alike(store: GraphStore) -> None:
    claims = [
        said("MIT"),
        said("MIT", subject="Veo"),
        said(None, predicate="note", value="MIT"),
        said("Wan", subject="Veo"),
    ]
    await store.record(claims, [told("hi", "2025-01-01")], now=on(LATER))
    assert await store.counts() == {"claims": 4, "facts": 4, "entities": 4, "episodes": 2, "tombstones": 0}
