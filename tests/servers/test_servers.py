"""The servers of the tests are real: they keep what was written through a kill, and none outlives its tests."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from servers.loopback import NoServer, NotStarted
from servers.neo4j_parts import LTS, NEWEST, Line, jars, java
from servers.neo4j_server import Neo4jServer, RunningNeo4j
from servers.postgres_server import PostgresServer, programs

LINES = pytest.mark.parametrize("line", [LTS, NEWEST], ids=["lts", "newest"])
SHARED_LINES = pytest.mark.parametrize(
    ("name", "line"), [("neo4j_lts", LTS), ("neo4j_newest", NEWEST)], ids=["lts", "newest"]
)
TESTS = Path(__file__).parent.parent
ONE_TEST = f"{__file__}::test_a_shared_neo4j_is_of_its_line_and_can_be_emptied"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, as PostgreSQL needs where root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="modelatlas-postgres-") as folder:
        yield Path(folder)


def ended(pid: int) -> None:
    """Wait until the process is gone."""
    until = time.monotonic() + 60
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until, f"process {pid} still runs"
        time.sleep(0.05)


def left_behind(script: str, *given: object) -> int:
    """The process that a program started, when it has told us and been killed."""
    command = [sys.executable, "-c", script, *map(str, given)]
    parent = subprocess.Popen(command, cwd=TESTS, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.communicate()
    return pid


def asked(server: PostgresServer, query: str) -> str:
    psql = [str(programs() / "psql"), server.url, "--no-psqlrc", "--tuples-only", "--no-align"]
    return subprocess.run([*psql, "--command", query], capture_output=True, text=True, check=True).stdout.strip()


@SHARED_LINES
@pytest.mark.service
async def test_a_shared_neo4j_is_of_its_line_and_can_be_emptied(
    name: str, line: Line, request: pytest.FixtureRequest
) -> None:
    server: RunningNeo4j = request.getfixturevalue(name)
    kernel = server.asked("CALL dbms.components()")[0]
    assert (kernel["versions"], kernel["edition"]) == ([line.version], "community")
    server.asked("CREATE CONSTRAINT one IF NOT EXISTS FOR (n:Kept) REQUIRE n.name IS UNIQUE")
    server.asked("UNWIND range(1, 3) AS i CREATE (:Kept {name: i})-[:OF]->(:Other)")
    await server.wiped()
    assert server.asked("MATCH (n) RETURN count(n) AS count") == [{"count": 0}]
    assert "one" in [row["name"] for row in server.asked("SHOW CONSTRAINTS")]
    server.asked("DROP CONSTRAINT one")


@LINES
def test_a_neo4j_keeps_its_data_through_a_kill_and_leaves_no_process(
    line: Line, start_neo4j: Callable[..., Neo4jServer]
) -> None:
    server = start_neo4j(line)
    server.asked("CREATE (:Kept {name: 'Ann'})")
    killed = server.pid
    server.kill()
    assert not psutil.pid_exists(killed)
    server.start()
    assert server.asked("MATCH (n:Kept) RETURN n.name AS name") == [{"name": "Ann"}]
    stopped = server.pid
    server.stop()
    assert not psutil.pid_exists(stopped)


@SHARED_LINES
@pytest.mark.service
def test_a_neo4j_ends_when_the_process_that_started_it_is_killed(
    name: str, line: Line, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    request.getfixturevalue(name)  # skips where the line cannot run
    script = """
import sys
from pathlib import Path
from servers.neo4j_parts import LTS, NEWEST
from servers.neo4j_server import Neo4jServer
server = Neo4jServer(*[line for line in (LTS, NEWEST) if line.version == sys.argv[1]], Path(sys.argv[2]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""
    ended(left_behind(script, line.version, tmp_path / "home"))


def test_a_neo4j_that_cannot_start_says_why(start_neo4j: Callable[..., Neo4jServer]) -> None:
    with pytest.raises(NotStarted, match=r"server\.memory\.pagecache\.size"):
        start_neo4j(LTS, settings={"server.memory.pagecache.size": "plenty"})


def test_a_java_of_another_release_is_named_with_the_one_that_is_needed() -> None:
    try:
        older = java(LTS)
    except NoServer as lacking:
        pytest.skip(str(lacking))
    with pytest.raises(NoServer, match=rf"{NEWEST.version} needs a JDK of Java 25, and found here: \d+ \({older}\)"):
        java(NEWEST, among=[older])


def test_a_line_without_any_java_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match="needs a JDK of Java 17 or 21, and found here: none; install one"):
        java(LTS, among=[tmp_path / "java"])


def test_jars_without_maven_are_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoServer, match=r"install maven\.$"):
        jars(LTS, tmp_path / "cache")


def test_a_fetch_that_is_killed_leaves_no_jars(neo4j_lts: RunningNeo4j, tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from servers.neo4j_parts import *; jars(LTS, Path(sys.argv[1]))"
    fetching = subprocess.Popen([sys.executable, "-c", script, tmp_path], cwd=TESTS, start_new_session=True)
    while not list(tmp_path.glob("*/lib/*.jar")):
        assert fetching.poll() is None
        time.sleep(0.01)
    os.killpg(fetching.pid, signal.SIGKILL)
    fetching.wait()
    assert not (tmp_path / f"neo4j-{LTS.version}").exists()
    assert len(list(jars(LTS, tmp_path).glob("neo4j-*.jar"))) > 50


def without_maven(folder: Path, **environment: str) -> str:
    """What a run of the shared server's test prints on a machine that has no Maven and fetched no jars before."""
    named = {name: value for name, value in os.environ.items() if not name.startswith("MODELATLAS_TEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", f"{ONE_TEST}[lts]"],
        cwd=TESTS.parent,
        env=named | {"PATH": str(folder), "XDG_CACHE_HOME": str(folder), "HOME": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_server_that_cannot_run_skips_its_tests_with_the_reason(tmp_path: Path) -> None:
    said = without_maven(tmp_path)
    assert "1 skipped" in said
    assert "install" in said


def test_where_servers_are_needed_one_that_cannot_run_is_a_failure(tmp_path: Path) -> None:
    said = without_maven(tmp_path, MODELATLAS_TESTS_NEED_SERVERS="1")
    assert "1 failed" in said
    assert "install" in said


def test_a_server_that_runs_already_is_used_when_it_is_named(neo4j_lts: RunningNeo4j, tmp_path: Path) -> None:
    address = neo4j_lts.uri.replace("://", f"://{neo4j_lts.user}:{neo4j_lts.password}@")
    assert "1 passed" in without_maven(tmp_path, MODELATLAS_TEST_NEO4J_LTS=address)


def test_where_servers_are_needed_one_that_is_named_is_refused(tmp_path: Path) -> None:
    named = {"MODELATLAS_TEST_NEO4J_LTS": "bolt://127.0.0.1:1", "MODELATLAS_TESTS_NEED_SERVERS": "1"}
    said = without_maven(tmp_path, **named)
    assert "1 failed" in said
    assert "unset one of them" in said


def test_the_shared_postgresql_answers(postgres: PostgresServer) -> None:
    assert asked(postgres, "SELECT current_user") == postgres.user


def test_a_postgresql_keeps_its_data_through_a_kill_and_leaves_no_process(
    postgres: PostgresServer, open_folder: Path
) -> None:
    server = PostgresServer(open_folder)
    server.start()
    asked(server, "CREATE TABLE kept AS SELECT 'Ann' AS name")
    killed = server.pid
    server.kill()
    assert not psutil.pid_exists(killed)
    server.start()
    assert asked(server, "SELECT name FROM kept") == "Ann"
    stopped = server.pid
    server.stop()
    assert not psutil.pid_exists(stopped)
    server.stop()


def test_a_postgresql_ends_when_the_process_that_started_it_is_killed(
    postgres: PostgresServer, open_folder: Path
) -> None:
    script = """
import sys
from pathlib import Path
from servers.postgres_server import PostgresServer
server = PostgresServer(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""
    ended(left_behind(script, open_folder))
