"""What compose.yaml says of users who may only read is so on a real Community server."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from neo4j.exceptions import ClientError

from servers.neo4j_parts import NEWEST, jars, java
from servers.neo4j_server import Neo4jServer, RunningNeo4j

COMPOSE = Path(__file__).parents[2] / "compose.yaml"
READER = COMPOSE.parent / "compose" / "reader.cypher"
READ_ONLY = {"server.databases.read_only": "neo4j"}


def admin(home: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """What neo4j-admin does with the home of a server that may run or not."""
    command = [str(java(NEWEST)), *NEWEST.flags, "-cp", f"{jars(NEWEST)}/*", "org.neo4j.cli.AdminTool"]
    places = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    return subprocess.run([*command, *words], env=os.environ | places, input=given, capture_output=True, check=False)


@pytest.mark.parametrize("name", ["neo4j_lts", "neo4j_newest"])
@pytest.mark.service
def test_community_knows_users_but_no_roles(name: str, request: pytest.FixtureRequest) -> None:
    server: RunningNeo4j = request.getfixturevalue(name)
    lines = READER.read_text(encoding="utf-8").splitlines()
    creating, granting = "".join(line for line in lines if not line.startswith("//")).rstrip(";").split(";")
    server.asked(creating, password="only-to-read")
    try:
        with pytest.raises(ClientError, match="Unsupported administration command: GRANT ROLE"):
            server.asked(granting)
        reader = RunningNeo4j(server.uri, "reader", "only-to-read")
        assert reader.asked("CREATE (n:Written) DELETE n RETURN 1 AS written") == [{"written": 1}]
        reader.closed()
    finally:
        server.asked("DROP USER reader")


def test_a_second_server_serves_a_copy_and_refuses_every_write(
    start_neo4j: Callable[..., Neo4jServer], tmp_path: Path
) -> None:
    first = start_neo4j(NEWEST)
    first.asked("CREATE (:Kept {name: 'Ann'})")
    assert admin(first.home, "database", "dump", "neo4j", "--to-stdout").returncode, (
        "a running server must not be dumped"
    )
    first.stop()
    dumped = admin(first.home, "database", "dump", "neo4j", "--to-stdout")
    assert dumped.returncode == 0, dumped.stderr

    assert "NEO4J_server_databases_read__only: neo4j" in COMPOSE.read_text(encoding="utf-8")
    copy = tmp_path / "copy"
    (copy / "conf").mkdir(parents=True)
    loaded = admin(copy, "database", "load", "neo4j", "--from-stdin", "--overwrite-destination", given=dumped.stdout)
    assert loaded.returncode == 0, loaded.stderr
    second = start_neo4j(NEWEST, home=copy, settings=READ_ONLY)
    assert second.asked("MATCH (n:Kept) RETURN n.name AS name") == [{"name": "Ann"}]
    for write in ("CREATE (:Kept)", "MATCH (n) DELETE n", "CREATE INDEX FOR (n:Kept) ON (n.name)"):
        with pytest.raises(ClientError, match="read-only"):
            second.asked(write)
