"""Sessions with checkpoints: what a turn leaves in its thread, and what the next one makes of it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import get_type_hints

import psycopg
import pytest
from threads import Serve, checkpoints_of, is_of_one_turn, named_in

from modelatlas.agent.atlas import Atlas
from modelatlas.agent.checkpoints import Checkpoints, thread_id
from modelatlas.agent.loop import State, beginning
from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.periods import ALL, AsOf
from servers.postgres_server import PostgresServer

pytest_plugins = ("asked_atlas", "shared_sessions")

QUESTIONS = ("What is BAGEL?", "and its licence?", "Who won the football match in Lisbon?", "它的许可证呢？")
OF_TWO_CALLS = "What changed about BAGEL and Nexus-Gen between 2025-05 and 2025-08?"


class CutOff(RuntimeError):
    """A turn that does not come to its end."""


class Failing(GraphitiStore):
    """A store that lets one of two tools come to its result, and not the other."""

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        if about.subject == "Nexus-Gen" and as_of.valid is not ALL:
            raise CutOff
        return await super().recall(about, as_of)


class Waiting(GraphitiStore):
    """A store that lets one of two tools come to its result, and keeps the other waiting."""

    asked = asyncio.Event()

    async def recall(self, about: Pattern, as_of: AsOf) -> list[Fact]:
        if about.subject == "Nexus-Gen" and as_of.valid is not ALL:
            self.asked.set()
            await asyncio.Event().wait()
        return await super().recall(about, as_of)


def test_a_turn_begins_with_every_channel_anew() -> None:
    assert beginning("What is BAGEL?").keys() == get_type_hints(State).keys()


def test_a_thread_is_of_one_tenant_and_one_session() -> None:
    names = ["main", "main-work", "work", "main\x00", "主", "x" * 5000]
    ids = {thread_id(tenant, session) for tenant in names for session in names}
    assert len(ids) == len(names) ** 2
    assert {len(it) for it in ids} == {65}


async def test_a_turn_leaves_one_checkpoint_with_its_own_results_alone(serve: Serve, database: str) -> None:
    async with serve() as atlas:
        answers = [await atlas.ask(question, session="work") for question in QUESTIONS]
    kept = await checkpoints_of(database, "work")
    assert [it.values["question"] for it in reversed(kept)] == list(QUESTIONS)
    assert [it.values["answer"] for it in reversed(kept)] == answers
    assert [it.next for it in kept] == [()] * len(QUESTIONS)
    assert all(is_of_one_turn(it.values) for it in kept)
    assert all(json.loads(json.dumps(it.values)) == it.values for it in kept), "the state is JSON"


async def test_an_answer_is_the_same_with_and_without_checkpoints(own_file: Path, database: str) -> None:
    store, checkpoints = GraphitiStore(own_file, "main"), Checkpoints(database)
    minutes = iter(range(2 * len(QUESTIONS)))

    def now() -> datetime:
        return datetime(2026, 11, 23, 12, next(minutes) // 2, tzinfo=UTC)

    with_them, without = Atlas(store, now, checkpoints), Atlas(store, now)
    for question in QUESTIONS:
        answer = await with_them.ask(question, session="with")
        assert answer == await without.ask(question, session="without")
    await checkpoints.close()
    await store.close()


async def test_a_follow_up_on_another_server_is_about_the_last_named(serve: Serve) -> None:
    async with serve() as one, serve() as other:
        await one.ask("What is BAGEL?", session="work")
        assert named_in(await other.ask("and its licence?", session="work")) == {"BAGEL"}
        await other.ask("How much VRAM does Nexus-Gen need?", session="work")
        assert named_in(await one.ask("它的许可证呢？", session="work")) == {"Nexus-Gen"}


async def test_tenants_with_a_session_of_the_same_name_are_apart(serve: Serve, database: str) -> None:
    async with serve("main") as ours, serve("other") as theirs:
        await ours.ask("What is BAGEL?", session="work")
        await theirs.ask("What is SeedVR2?", session="work")
        assert (await theirs.ask("and its licence?", session="work"))["abstained"]  # they have no catalogue
        assert named_in(await ours.ask("and its licence?", session="work")) == {"BAGEL"}
    assert len(await checkpoints_of(database, "work", "main")) == 2
    assert len(await checkpoints_of(database, "work", "other")) == 2


async def test_turns_at_once_in_one_session_each_leave_their_own(serve: Serve, database: str) -> None:
    questions = [f"What licence has {name}?" for name in ("BAGEL", "Nexus-Gen", "SeedVR2", "OmniGen2")] * 2
    async with serve() as one, serve() as other:
        await one.ask("What is BAGEL?", session="work")
        turns = [(one, other)[n % 2].ask(question, session="work") for n, question in enumerate(questions)]
        answers = await asyncio.gather(*turns)
        await other.ask("and its licence?", session="work")
    kept = await checkpoints_of(database, "work")
    assert len(kept) == len(questions) + 2
    assert all(is_of_one_turn(it.values) for it in kept)
    by_question = {question: answer["answer"] for question, answer in zip(questions, answers, strict=True)}
    assert {it.values["question"] for it in kept[1:-1]} == set(by_question)
    for it in kept[1:-1]:
        assert it.values["answer"]["answer"] == by_question[it.values["question"]]


async def test_the_turn_after_one_that_failed_knows_nothing_of_it(serve: Serve, database: str) -> None:
    async with serve() as atlas, serve(kind=Failing) as failing:
        await atlas.ask("What is BAGEL?", session="work")
        with pytest.raises(CutOff):
            await failing.ask(OF_TWO_CALLS, session="work")
        assert set((await checkpoints_of(database, "work"))[0].next) == {"act"}
        assert named_in(await atlas.ask("and its licence?", session="work")) == {"BAGEL"}
    last, *_ = await checkpoints_of(database, "work")
    assert last.next == ()
    assert is_of_one_turn(last.values)


async def test_the_turn_after_one_that_was_cancelled_knows_nothing_of_it(serve: Serve, database: str) -> None:
    async with serve() as atlas, serve(kind=Waiting) as waiting:
        await atlas.ask("What is BAGEL?", session="work")
        turn = asyncio.create_task(waiting.ask(OF_TWO_CALLS, session="work"))
        await Waiting.asked.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert named_in(await waiting.ask("and its licence?", session="work")) == {"BAGEL"}
    assert is_of_one_turn((await checkpoints_of(database, "work"))[0].values)


async def test_a_session_grows_by_one_checkpoint_a_turn_and_nothing_beside(serve: Serve, database: str) -> None:
    async with serve() as atlas:
        for _ in range(5):
            for question in QUESTIONS:
                await atlas.ask(question, session="work")
    with psycopg.connect(database) as connection:
        rows = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("checkpoints", "checkpoint_writes", "checkpoint_blobs")
        }
    assert rows == {"checkpoints": (20,), "checkpoint_writes": (0,), "checkpoint_blobs": (140,)}


async def test_what_is_forgotten_is_in_no_checkpoint_of_the_tenant(serve: Serve, database: str) -> None:
    async with serve("main") as ours, serve("other") as theirs:
        for session in ("work", "play"):
            await ours.ask("What is BAGEL?", session=session)
        await theirs.ask("What is BAGEL?", session="work")
        await ours.forget("BAGEL")
        assert await checkpoints_of(database, "work") == []
        assert await checkpoints_of(database, "play") == []
        assert len(await checkpoints_of(database, "work", "other")) == 1
        await ours.ask("What is Nexus-Gen?", session="work")
        assert named_in(await ours.ask("and its licence?", session="work")) == {"Nexus-Gen"}


async def test_without_a_session_nothing_connects(own_file: Path, serve: Serve, database: str) -> None:
    async with serve() as atlas:
        await atlas.ask("What is BAGEL?")
        await atlas.recall("BAGEL")
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT to_regclass('checkpoints')").fetchone() == (None,)


async def test_a_session_outlives_a_restart_of_postgresql(
    serve: Serve, postgres: PostgresServer, database: str
) -> None:
    async with serve() as atlas:
        await atlas.ask("What is BAGEL?", session="work")
        postgres.kill()
        postgres.start()
        assert named_in(await atlas.ask("and its licence?", session="work")) == {"BAGEL"}
    assert len(await checkpoints_of(database, "work")) == 2
