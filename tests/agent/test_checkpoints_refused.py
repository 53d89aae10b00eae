"""Checkpoints that cannot be kept: each reason is one sentence, without the password, and nothing is half done."""

import os
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from threads import Serve, checkpoints_of, named_in

from modelatlas.agent import checkpoints
from modelatlas.agent.atlas import open_as_it_is
from modelatlas.agent.checkpoints import CheckpointsFailed
from modelatlas.agent.settings import settings
from modelatlas.graph.errors import AtlasError, BadInput
from modelatlas.graph.facts import Claim, Episode
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.store import Recorded
from servers.postgres_server import PostgresServer

pytest_plugins = ("asked_atlas", "shared_sessions")

SECRET = "opensesame"


async def refusal(file: Path, url: str, kind: type[AtlasError]) -> str:
    """What is said of a URL for checkpoints when a session is asked in; nothing of the turn is kept."""
    async with open_as_it_is(file, checkpoints=url) as atlas:
        before = await atlas.store.counts()
        with pytest.raises(kind) as raised:
            await atlas.ask("What is BAGEL?", session="work")
        assert await atlas.store.counts() == before
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    said = str(raised.value)
    assert "\n" not in said
    assert said.endswith(".")
    return said


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def nobody() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@127.0.0.1/sessions",
        f"sqlite:///{SECRET}",
        f"host=127.0.0.1 password={SECRET}",
        SECRET,
        "",
    ],
)
async def test_a_url_of_another_kind_is_refused_before_anything_is_opened(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match="give a URL such as postgresql://") as raised:
        async with open_as_it_is(tmp_path / "new.sqlite", checkpoints=url):
            pass
    assert SECRET not in "".join(traceback.format_exception(raised.value))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "password",
    [f"{SECRET}@x", f"x@{SECRET}", f"{SECRET}/x", f"x/{SECRET}", f"7/{SECRET}", f"{SECRET}%x", f"{SECRET} x"],
)
async def test_a_url_that_its_password_cuts_wrongly_is_told_how_to_write_it(own_file: Path, password: str) -> None:
    said = await refusal(own_file, f"postgresql://me:{password}@127.0.0.1:1/sessions", BadInput)
    assert "%40" in said


@pytest.mark.usefixtures("clock")
async def test_a_wrong_password_is_told(own_file: Path, database: str, postgres: PostgresServer) -> None:
    said = await refusal(own_file, database.replace(postgres.password, SECRET), CheckpointsFailed)
    assert f"127.0.0.1:{postgres.port}" in said
    assert f'password authentication failed for user "{postgres.user}"' in said


@pytest.mark.usefixtures("clock")
async def test_a_database_that_is_not_there_is_told(own_file: Path, database: str) -> None:
    assert 'database "nowhere" does not exist' in await refusal(
        own_file, f"{database.rpartition('/')[0]}/nowhere", CheckpointsFailed
    )


@pytest.mark.usefixtures("clock")
async def test_a_server_that_is_not_there_is_told(own_file: Path, nobody: int) -> None:
    said = await refusal(own_file, f"postgresql://me:{SECRET}@127.0.0.1:{nobody}/sessions", CheckpointsFailed)
    assert f"127.0.0.1:{nobody}" in said
    assert "Connection refused" in said


@pytest.mark.usefixtures("clock")
async def test_a_host_that_has_no_address_is_told(own_file: Path) -> None:
    said = await refusal(own_file, f"postgresql://me:{SECRET}@nowhere.invalid/sessions", CheckpointsFailed)
    assert "nowhere.invalid:5432" in said


@pytest.mark.usefixtures("clock")
async def test_a_server_that_says_nothing_is_given_up(own_file: Path, silent: int) -> None:
    url = f"postgresql://me:{SECRET}@127.0.0.1:{silent}/sessions?connect_timeout=2"
    assert "timeout" in await refusal(own_file, url, CheckpointsFailed)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
async def test_a_database_that_cannot_keep_chinese_is_refused(own_file: Path, database: str, encoding: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS narrow")
        connection.execute(f"CREATE DATABASE narrow ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    said = await refusal(own_file, f"{database.rpartition('/')[0]}/narrow", BadInput)
    assert encoding in said


@pytest.fixture
def narrow_role(database: str, postgres: PostgresServer) -> Iterator[str]:
    """The URL of the database for a role that may make no table."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE narrow LOGIN PASSWORD '{SECRET}'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        yield database.replace(f"{postgres.user}:{postgres.password}", f"narrow:{SECRET}")
        connection.execute("DROP OWNED BY narrow; DROP ROLE narrow")


@pytest.mark.usefixtures("clock")
async def test_a_role_that_may_not_make_the_tables_is_told_and_may_use_those_that_are_there(
    own_file: Path, database: str, narrow_role: str, serve: Serve
) -> None:
    assert "permission denied for schema public" in await refusal(own_file, narrow_role, CheckpointsFailed)
    async with serve() as atlas:
        await atlas.ask("What is BAGEL?", session="work")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO narrow")
    async with open_as_it_is(own_file, checkpoints=narrow_role) as atlas:
        await atlas.ask("What is Nexus-Gen?", session="narrow")
        await atlas.forget("BAGEL")
    assert await checkpoints_of(database, "narrow") == []


@pytest.mark.usefixtures("clock")
async def test_a_set_up_that_another_never_ends_is_given_up(
    own_file: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SET_UP_SECONDS", 1)
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [checkpoints.SETTING_UP])
        assert "could not be made within 1 seconds" in await refusal(own_file, database, CheckpointsFailed)
    async with open_as_it_is(own_file, checkpoints=database) as atlas:
        await atlas.ask("What is BAGEL?", session="work")


async def test_a_server_lost_in_the_middle_of_a_turn_is_told_and_the_session_goes_on_when_it_is_back(
    serve: Serve, database: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "CONNECT_SECONDS", 1)

    class Losing(GraphitiStore):
        async def record(self, claims: Sequence[Claim], episodes: Sequence[Episode] = (), *, now: datetime) -> Recorded:
            postgres.kill()
            return await super().record(claims, episodes, now=now)

    async with serve() as atlas, serve(kind=Losing) as losing:
        await atlas.ask("What is BAGEL?", session="work")
        with pytest.raises(CheckpointsFailed, match=f"127.0.0.1:{postgres.port}, cannot be used"):
            await losing.ask("What is Nexus-Gen?", session="work")
        postgres.start()
        assert named_in(await atlas.ask("and its licence?", session="work")) == {"Nexus-Gen"}
    questions = [it.values["question"] for it in await checkpoints_of(database, "work")]
    assert questions == ["and its licence?", "What is BAGEL?"]


@pytest.mark.usefixtures("clock")
async def test_the_password_is_in_nothing_that_is_printed(
    own_file: Path, database: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODELATLAS_CHECKPOINTS", database)
    settings.cache_clear()
    assert postgres.password not in f"{settings()!r} {settings()} {settings().model_dump_json()}"
    async with open_as_it_is(own_file) as atlas:
        await atlas.ask("What is BAGEL?", session="work")
    assert len(await checkpoints_of(database, "work")) == 1


@pytest.mark.parametrize("session", ["", "  ", "a\x00b", "\ud800", "x" * 2001])
async def test_a_session_needs_a_name(own_file: Path, session: str) -> None:
    async with open_as_it_is(own_file) as atlas:
        with pytest.raises(BadInput, match="session's name"):
            await atlas.ask("What is BAGEL?", session=session)


def command_line(before: str, file: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, after some code."""
    program = f"import sys\n{before}\nfrom modelatlas.agent.cli import main\nmain()"
    told = {
        **os.environ,
        "MODELATLAS_DB": str(file),
        "MODELATLAS_CHECKPOINTS": url,
        "MODELATLAS_NOW": "2026-11-23T12:00:00Z",
    }
    command = [sys.executable, "-W", "error", "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=told)


@pytest.mark.parametrize("missing", ["psycopg", "langgraph.checkpoint.postgres", "psycopg_pool"])
def test_without_the_extra_a_session_is_told_what_to_install(own_file: Path, missing: str) -> None:
    blocked = f"sys.modules[{missing!r}] = None"
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/sessions"
    done = command_line(blocked, own_file, url, "ask", "What is BAGEL?", "--session", "work")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "modelatlas: Checkpoints in PostgreSQL need more packages; install them with:"
        " pip install 'modelatlas[postgres]'.\n"
    )


def test_without_the_extra_all_else_works(own_file: Path) -> None:
    url = f"postgresql://me:{SECRET}@127.0.0.1:1/sessions"
    for words in (("ask", "What is BAGEL?"), ("recall", "BAGEL", "licence")):
        done = command_line("sys.modules['psycopg'] = None", own_file, url, *words)
        assert (done.returncode, done.stderr) == (0, "")
    done = command_line("sys.modules['psycopg'] = None", own_file, "", "ask", "What is BAGEL?", "--session", "work")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_line_says_one_sentence_of_a_wrong_password(
    own_file: Path, database: str, postgres: PostgresServer
) -> None:
    url = database.replace(postgres.password, SECRET)
    done = command_line("", own_file, url, "ask", "What is BAGEL?", "--session", "work")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("modelatlas: The PostgreSQL of the checkpoints, 127.0.0.1:")
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stderr
