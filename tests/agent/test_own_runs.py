"""What the user ran is on record: who made what, when, how long it took, how good it was, and what served best."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from modelatlas.agent.atlas import Atlas
from modelatlas.agent.atlas import open as open_atlas
from modelatlas.graph.dates import iso
from modelatlas.graph.periods import AsOf
from modelatlas.tools.jobs.job import Job, State, Work
from modelatlas.tools.runs import rated, runs, told

pytest_plugins = ("asked_atlas",)

TUESDAY = datetime.fromisoformat("2026-11-17T15:04:00+00:00")
FRIDAY = datetime.fromisoformat("2026-11-20T09:30:00+00:00")


def job(
    number: int, model: str, tool: str, ended: datetime, state: State = "done", seconds: float = 95.5, **asked: str
) -> Job:
    made = [{"sha256": f"{number:02x}" * 32, "mime": "video/mp4"}] if state == "done" else []
    return Job(
        id=f"0199-{number:04d}",
        work=Work(tenant="main", tool=tool, model=model, route="a-route", request=dict(asked)),
        state=state,
        submitted=ended - timedelta(seconds=seconds + 5),
        started=ended - timedelta(seconds=seconds),
        ended=ended,
        standing=None,
        result={"wall_s": seconds, "files": made} if state == "done" else None,
        error=None if state == "done" else "the GPU ran out of memory; use a smaller size.",
        cancelling=False,
        rating=None,
    )


@pytest.fixture
async def atlas(clock: None, own_file: Path) -> AsyncIterator[Atlas]:
    async with open_atlas(own_file) as opened:
        yield opened


async def remember(atlas: Atlas, *jobs: Job) -> None:
    for it in jobs:
        claims, episode = told(it)
        await atlas.record(claims, [episode])


async def test_who_made_last_tuesdays_avatar_and_how_long_it_took(atlas: Atlas) -> None:
    await remember(
        atlas,
        job(1, "OmniAvatar", "avatar", TUESDAY, image="me.png", text="hello"),
        job(2, "MultiTalk", "avatar", FRIDAY, image="us.png", text="goodbye"),
        job(3, "Wan2.1-T2V-14B", "generate_video", TUESDAY, prompt="a cat"),
    )
    english = await atlas.ask("which model made last Tuesday's avatar and how long did it take?")
    assert english["intent"] == "runs"
    assert {fact["object"] for fact in english["facts"] if fact["predicate"] == "ran"} == {"OmniAvatar"}
    assert [fact["value"] for fact in english["facts"] if fact["predicate"] == "run_seconds"] == [95.5]
    assert "OmniAvatar" in english["answer"]
    assert "95.5 s" in english["answer"]
    chinese = await atlas.ask("上周二的数字人是哪个模型做的，用了多久？")
    assert chinese["language"] == "zh"
    assert chinese["facts"] == english["facts"]
    assert "用时 95.5 秒" in chinese["answer"]


async def test_nothing_is_told_of_a_day_without_a_run(atlas: Atlas) -> None:
    await remember(atlas, job(1, "OmniAvatar", "avatar", TUESDAY, image="me.png", text="hello"))
    found = await atlas.ask("which model made yesterday's avatar?")
    assert found["abstained"]
    assert not found["facts"]


async def test_what_served_best_is_told_by_rating_and_by_success(atlas: Atlas) -> None:
    good, poor = job(1, "OmniAvatar", "avatar", TUESDAY), job(2, "MultiTalk", "avatar", FRIDAY)
    await remember(atlas, good, poor, job(3, "MultiTalk", "avatar", FRIDAY, state="failed"))
    now = iso(atlas.now())
    await atlas.record([rated(good, 5, now), rated(poor, 2, now)])
    found = await atlas.ask("what has worked for me for portraits?")
    lines = [line for line in found["answer"].splitlines() if line.startswith("- ")]
    assert [line.split(":")[0] for line in lines] == ["- OmniAvatar", "- MultiTalk"]
    assert "1 of 2 runs done, rated 2.0 of 5" in lines[1]


async def test_a_changed_rating_leaves_the_old_one_readable(atlas: Atlas) -> None:
    it = job(1, "OmniAvatar", "avatar", TUESDAY)
    await remember(atlas, it)
    first, second = TUESDAY + timedelta(hours=1), TUESDAY + timedelta(days=1)
    await atlas.record([rated(it, 2, iso(first)), rated(it, 5, iso(second))])

    async def rating(then: datetime) -> int | None:
        return (await runs(atlas.store, AsOf.at(then)))[0].rating

    assert await rating(first + timedelta(minutes=1)) == 2
    assert await rating(second + timedelta(minutes=1)) == 5


async def test_a_run_told_twice_is_on_record_once(atlas: Atlas) -> None:
    it = job(1, "OmniAvatar", "avatar", TUESDAY, text="hello")
    await remember(atlas, it, it)
    (only,) = await runs(atlas.store, AsOf.at(atlas.now()))
    assert (only.model, only.tool, only.outcome, only.seconds, only.asked) == (
        "OmniAvatar",
        "avatar",
        "done",
        95.5,
        "hello",
    )


async def test_a_recommendation_weighs_what_the_user_found(atlas: Atlas) -> None:
    async def order() -> list[tuple[str, Any]]:
        found = (await atlas.recommend("audio_driven_avatar")).candidates
        return [(it.model, it.terms.get("own")) for it in found]

    before = await order()
    assert {own for _, own in before} == {None}
    names = [model for model, _ in before]
    first, second = names[0], names[1]
    await remember(atlas, *(job(at, first, "avatar", FRIDAY, state="failed") for at in range(3)))
    praised = job(9, second, "avatar", FRIDAY)
    await remember(atlas, praised)
    await atlas.record([rated(praised, 5, iso(FRIDAY))])
    after = await order()
    assert dict(after)[first] == 0.0
    assert dict(after)[second] == 1.0
    assert [model for model, _ in after].index(second) < [model for model, _ in after].index(first)


async def test_a_run_is_not_known_before_it_was_made(atlas: Atlas) -> None:
    await remember(atlas, job(1, "OmniAvatar", "avatar", TUESDAY))
    assert await runs(atlas.store, AsOf.at(TUESDAY - timedelta(hours=1))) == []


async def test_another_tenant_sees_none_of_it(atlas: Atlas, own_file: Path) -> None:
    await remember(atlas, job(1, "OmniAvatar", "avatar", TUESDAY))
    async with open_atlas(own_file, tenant="other") as other:
        assert await runs(other.store, AsOf.at(other.now())) == []
