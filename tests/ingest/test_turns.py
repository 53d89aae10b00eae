"""turns.jsonl: what was said becomes episodes, found from when it was said on, with speaker and session."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from line_files import turn, write

from modelatlas.graph.facts import Episode, Pattern
from modelatlas.graph.periods import EVER, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.pipeline import Summary, ingest

SAID = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)


async def ingested(store: GraphStore, now: datetime, folder: Path, *turns: Any) -> Summary:
    return await ingest(store, [write(folder / "turns.jsonl", turns)], now=now, progress=lambda _: None)


async def found(store: GraphStore, text: str, as_of: AsOf) -> list[Episode]:
    return [hit.episode for hit in await store.search(text, as_of, 50) if hit.episode]


async def test_a_turn_is_an_episode_with_its_speaker_and_session(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    done = await ingested(store, now, tmp_path, turn(id="t7"))
    assert (done.new, done.episodes, done.rejections) == (0, 1, 0)
    (episode,) = await found(store, "chose", AsOf.at(now))
    assert (episode.session, episode.speaker, episode.text) == ("monday", "Ada", "We chose Wan2.1.")
    assert (episode.said, episode.kind, episode.name) == (SAID, "message", "monday: Ada")
    assert (episode.source.id, episode.source.date) == ("session:monday#t7", "2026-01-05T09:30:00Z")
    assert await store.recall(Pattern(), EVER) == []


async def test_a_turn_is_found_from_when_it_was_said_on(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    later = turn(text="We dropped Wan2.1.", said_at="2026-01-20T17:00:00+08:00")
    await ingested(store, now, tmp_path, turn(), later)
    sight = {
        SAID - TICK: [],
        SAID: ["We chose Wan2.1."],
        datetime(2026, 1, 20, 9, tzinfo=UTC) - TICK: ["We chose Wan2.1."],
        datetime(2026, 1, 20, 9, tzinfo=UTC): ["We chose Wan2.1.", "We dropped Wan2.1."],
    }
    for instant, texts in sight.items():
        for as_of in (AsOf.at(instant), AsOf(valid=instant, believed=now), AsOf(valid=now, believed=instant)):
            assert sorted(it.text for it in await found(store, "Wan2.1", as_of)) == texts


async def test_a_turn_is_found_by_its_words_its_speaker_and_in_any_language(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    turns = [
        turn(speaker="李雷", text="我们用通义万相做数字人。"),
        turn(speaker="Noa", text="נבחר במודל הזה 🦊"),
        turn(speaker="Ada", text="The licence matters."),
    ]
    await ingested(store, now, tmp_path, *turns)
    for query, speaker in (
        ("通义万相", "李雷"),
        ("李雷", "李雷"),
        ("במודל", "Noa"),
        ("licences", "Ada"),
        ("Ada", "Ada"),
    ):
        assert [it.speaker for it in await found(store, query, AsOf.at(now))] == [speaker]


async def test_the_same_turn_is_one_and_another_id_or_time_is_another(
    store: GraphStore, now: datetime, tmp_path: Path
) -> None:
    same = [turn(), turn(), turn(id=1), turn(id=1), turn(id="2")]
    other = [turn(said_at="2026-01-05T09:31:00Z"), turn(session="tuesday"), turn(speaker="Bo"), turn(text="No.")]
    done = await ingested(store, now, tmp_path, *same, *other)
    assert done.episodes == (await store.counts())["episodes"] == 7
    again = await ingested(store, now, tmp_path, *other, *same)
    assert (again.episodes, (await store.counts())["episodes"]) == (0, 7)


async def test_a_coarse_time_counts_from_its_end(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    await ingested(store, now, tmp_path, turn(said_at="2026-01"), turn(said_at="2026-01-07", text="We waited."))
    (waited,) = await found(store, "waited", AsOf.at(now))
    (chose,) = await found(store, "chose", AsOf.at(now))
    assert waited.said == datetime(2026, 1, 7, tzinfo=UTC)
    assert chose.said == datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (turn(said_at="yesterday"), "'yesterday' is not a date"),
        (turn(said_at=None), "said_at"),
        (turn(session=""), "session"),
        (turn(text="a\x00b"), "NUL"),
        (turn(text=None), "text"),
        (turn(mood="glad"), "mood: Extra inputs are not permitted"),
        ({"session": "monday", "text": "hm", "said_at": "2026-01-05"}, "speaker: Field required"),
        ('{"session": "mon', "Invalid JSON"),
        (turn(session="s" * 1500, speaker="a" * 1500), "2000"),
    ],
)
async def test_a_bad_turn_is_named_and_the_rest_is_kept(
    store: GraphStore, now: datetime, tmp_path: Path, bad: Any, reason: str
) -> None:
    done = await ingested(store, now, tmp_path, turn(), bad, turn(text="We waited."))
    assert (done.episodes, [it.line for it in done.rejected]) == (2, [2])
    assert reason in done.rejected[0].reason


async def test_an_empty_text_is_kept_and_never_found(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    assert (await ingested(store, now, tmp_path, turn(text=""))).episodes == 1
    assert await found(store, "chose", AsOf.at(now)) == []


async def test_a_session_can_be_forgotten_turn_by_turn(store: GraphStore, now: datetime, tmp_path: Path) -> None:
    await ingested(store, now, tmp_path, turn(id=1), turn(id=2, text="We chose BAGEL."))
    done = await store.forget(Pattern(source="session:monday#1"), now=now)
    assert done.episodes == 1
    assert [it.text for it in await found(store, "chose", AsOf.at(now))] == ["We chose BAGEL."]
