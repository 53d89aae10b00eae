"""Servers that are processes of their own: they share sessions, begin at the same moment, and are killed."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from threads import Serve, checkpoints_of, is_of_one_turn, named_in

pytest_plugins = ("asked_atlas", "shared_sessions")

SERVERS, KILLS = 4, 3
MINUTES = count()

Server = subprocess.Popen[str]

HELD_UP = (
    "SELECT count(*) FROM pg_sleep(0.1), pg_locks WHERE relation = 'checkpoint_migrations'::regclass AND NOT granted"
)

ONE_TURN = """
import asyncio, sys
from modelatlas.agent.atlas import open_as_it_is

async def main():
    async with open_as_it_is() as atlas:
        found = await atlas.ask("What is BAGEL?", session=sys.argv[1])
        print(len(found["facts"]))

asyncio.run(main())
"""

STOPS_IN_THE_MIDDLE = """
import asyncio
from modelatlas.agent.atlas import open_as_it_is
from modelatlas.graph.periods import ALL

async def main():
    async with open_as_it_is() as atlas:
        recall = atlas.store.recall

        async def waiting(about, as_of):
            if about.subject == "Nexus-Gen" and as_of.valid is not ALL:
                print("in the middle", flush=True)
                await asyncio.Event().wait()
            return await recall(about, as_of)

        atlas.store.recall = waiting
        await atlas.ask("What changed about BAGEL and Nexus-Gen between 2025-05 and 2025-08?", session="work")

asyncio.run(main())
"""

TURN_AFTER_TURN = """
import asyncio
from modelatlas.agent.atlas import open_as_it_is

async def main():
    async with open_as_it_is() as atlas:
        while True:
            for question in ("What is BAGEL?", "and its licence?", "which open model can edit an image?"):
                await atlas.ask(question, session="work")
                print(question, flush=True)

asyncio.run(main())
"""


class Begin(Protocol):
    """Begins a server that runs a script with some words."""

    def __call__(self, script: str, *words: str) -> Server: ...


def environment(file: Path, database: str) -> dict[str, str]:
    """What a server is told; each is a minute later than the one before."""
    now = f"2026-11-23T12:{next(MINUTES):02}:00Z"
    return {**os.environ, "MODELATLAS_DB": str(file), "MODELATLAS_CHECKPOINTS": database, "MODELATLAS_NOW": now}


@pytest.fixture
def begin(own_file: Path, database: str) -> Iterator[Begin]:
    """Begins servers; none outlives the test."""
    servers: list[Server] = []

    def begun(script: str, *words: str) -> Server:
        command = [sys.executable, "-W", "error", "-c", script, *words]
        pipe, told = subprocess.PIPE, environment(own_file, database)
        servers.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=told))
        return servers[-1]

    yield begun
    for server in servers:
        server.kill()
        server.communicate()


def heard(server: Server) -> str:
    """The next line that a server says."""
    assert server.stdout is not None
    assert server.stderr is not None
    line = server.stdout.readline()
    assert line, server.stderr.read()
    return line.strip()


def killed(server: Server) -> None:
    """Kill a server where it stands."""
    server.kill()
    server.communicate()
    assert server.returncode == -signal.SIGKILL


def ask(question: str, file: Path, database: str) -> Any:
    """What the command line answers in the session, in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", "from modelatlas.agent.cli import main; main()"]
    done = subprocess.run(
        [*command, "ask", question, "--session", "work", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(file, database),
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


async def test_two_processes_share_a_session(own_file: Path, database: str) -> None:
    ask("What is BAGEL?", own_file, database)
    assert named_in(ask("and its licence?", own_file, database)) == {"BAGEL"}
    first, second = reversed(await checkpoints_of(database, "work"))
    assert first.values["question"] == "What is BAGEL?"
    assert second.values["question"] == "and its licence?"
    assert second.parent_config == first.config
    assert is_of_one_turn(second.values)


async def test_servers_that_begin_at_the_same_moment_make_the_tables_once(begin: Begin, database: str) -> None:
    sessions = [f"session {number}" for number in range(SERVERS)]
    with psycopg.connect(database) as barrier, psycopg.connect(database, autocommit=True) as other:
        barrier.execute("CREATE TABLE checkpoint_migrations (v INTEGER PRIMARY KEY)")
        barrier.commit()
        barrier.execute("LOCK TABLE checkpoint_migrations")
        servers = [begin(ONE_TURN, session) for session in sessions]
        while other.execute(HELD_UP).fetchone() != (SERVERS,):
            assert [server.poll() for server in servers] == [None] * SERVERS
    ended = [server.communicate() for server in servers]
    assert [server.returncode for server in servers] == [0] * SERVERS, ended
    assert len({said for said, _ in ended}) == 1
    with psycopg.connect(database) as connection:
        versions = Counter(connection.execute("SELECT v FROM checkpoint_migrations").fetchall())
        broken = connection.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone()
    assert versions == {(number,): 1 for number in range(len(versions))}
    assert broken == (0,)
    for session in sessions:
        assert len(await checkpoints_of(database, session)) == 1


async def test_another_server_goes_on_with_the_session_of_one_that_was_killed_in_a_turn(
    begin: Begin, own_file: Path, database: str, serve: Serve
) -> None:
    ask("What is BAGEL?", own_file, database)
    server = begin(STOPS_IN_THE_MIDDLE)
    assert heard(server) == "in the middle"
    killed(server)
    async with serve() as other:
        assert named_in(await other.ask("and its licence?", session="work")) == {"BAGEL"}
    assert all(is_of_one_turn(it.values) and it.next == () for it in await checkpoints_of(database, "work"))


async def test_a_server_killed_at_any_moment_leaves_whole_checkpoints(
    begin: Begin, database: str, serve: Serve
) -> None:
    chance = random.Random(20251123)
    told = 0
    for _ in range(KILLS):
        server = begin(TURN_AFTER_TURN)
        told += len([heard(server) for _ in range(chance.randrange(1, 4))])
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(chance.uniform(0, 0.05))
        killed(server)
        kept = await checkpoints_of(database, "work")
        assert all(is_of_one_turn(it.values) and it.next == () for it in kept)
        assert told <= len(kept)
    async with serve() as other:
        await other.ask("What is SeedVR2?", session="work")
        assert {it.split()[0] for it in named_in(await other.ask("and its licence?", session="work"))} == {"SeedVR2"}
