"""Where a Neo4j server is, whether it may be used, and how it is said in one sentence that it may not."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from neo4j import GraphDatabase
from served import QUICK, connection, open_on
from utterances import LATER, on, said

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.schema import prepare
from modelatlas.graph.neo4j.server import Server
from modelatlas.graph.neo4j.store import Neo4jStore
from modelatlas.graph.periods import EVER
from servers.loopback import HOST, free_port
from servers.neo4j_server import Neo4jServer, RunningNeo4j

SECRET = "a secret that nobody may read"


async def refusal(server: Server) -> str:
    """With what words a server is refused when it is first asked."""
    with pytest.raises(StoreError) as refused:
        await server.read(lambda tx: ask(tx, "RETURN 1"))
    await server.close()
    return one_sentence(refused.value)


def one_sentence(error: Exception) -> str:
    """The words of an error that a person can read."""
    words = str(error)
    assert words.endswith(".")
    assert "\n" not in words
    assert ". " not in words
    assert "Resolved" not in words
    return words


@pytest.mark.parametrize(
    ("text", "uri", "database"),
    [
        ("neo4j://host", "neo4j://host:7687", None),
        ("neo4j+s://host:7000/atlas", "neo4j+s://host:7000", "atlas"),
        ("bolt://127.0.0.1:7688/", "bolt://127.0.0.1:7688", None),
        ("bolt+ssc://[::1]/atlas", "bolt+ssc://[::1]:7687", "atlas"),
    ],
)
def test_an_address_names_a_server_and_maybe_a_database(text: str, uri: str, database: str | None) -> None:
    read = Address.read(text, "ann", SECRET)
    assert (read.uri, read.database, read.user) == (uri, database, "ann")
    assert SECRET not in f"{read} {read!r}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"neo4j://ann:{SECRET}@host", "takes no user and password: set MODELATLAS_NEO4J_USER"),
        ("neo4j://ann@host", "takes no user and password: set MODELATLAS_NEO4J_USER"),
        (f"neo4j://ann:{SECRET}@host:port", "is no address of a server"),
        (f"neo4j://ann:{SECRET}@[host", "is no address of a server"),
        ("postgresql://host", "is no server of an atlas; give one of neo4j, neo4j"),
        ("neo4j:///atlas", "write it as neo4j://host:7687/database"),
        ("neo4j://host/atlas/more", "write it as neo4j://host:7687/database"),
        ("neo4j://host?database=atlas", "write it as neo4j://host:7687/database"),
    ],
)
def test_an_address_that_is_none_or_tells_a_password_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        Address.read(text)
    assert why in str(refused.value)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+s"])
async def test_where_nothing_listens_is_said_at_once_whatever_the_patience(scheme: str) -> None:
    nowhere = Address.read(f"{scheme}://{HOST}:{free_port()}")
    words = await refusal(Server(nowhere, patience=10**6))
    assert words.startswith(f"{nowhere} does not answer")
    assert words.endswith("(Connection refused): start it, or name another with --db.")


Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def reply_with(reply: bytes, scheme: str) -> str:
    """With what words a server is refused that answers so, and then no more."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        writer.close()

    listening = await asyncio.start_server(meet, HOST)
    port = listening.sockets[0].getsockname()[1]
    words = await refusal(Server(Address.read(f"{scheme}://{HOST}:{port}", "ann", SECRET), patience=60))
    listening.close()
    assert f"{scheme}://{HOST}:{port}" in words
    assert SECRET not in words
    return words


@pytest.mark.parametrize("scheme", ["bolt", "neo4j", "bolt+s"])
@pytest.mark.parametrize("reply", [b"", b"ab", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["nothing", "junk", "http"])
async def test_a_server_that_is_no_neo4j_is_named(scheme: str, reply: bytes) -> None:
    assert "does not answer as a" in await reply_with(reply, scheme)


@pytest.mark.parametrize("protocol", [b"\x00\x00\x00\x03", b"\x00\x00\x04\x04"], ids=["3.5", "4.4"])
async def test_a_server_that_speaks_only_an_older_protocol_is_too_old(protocol: bytes) -> None:
    assert "modelatlas needs Neo4j 5.26 or newer" in await reply_with(protocol, "bolt")


@pytest.mark.parametrize("version", ["3.5.35", "4.4.44", "5.13.0", "5.25.1", "5.9.0-drop01"])
async def test_an_older_server_is_told_from_its_version(version: str) -> None:
    asked = []

    async def answered(query: str, **values: object) -> list[dict[str, Any]]:
        asked.append(query)
        return [{"name": "Neo4j Kernel", "versions": [version], "edition": "community"}]

    with pytest.raises(StoreError, match=rf"^here is Neo4j {version}; modelatlas needs 5\.26 or newer: upgrade"):
        await prepare(answered, answered, "here")
    assert len(asked) == 1, "it was asked for more than its version"


async def test_what_is_like_neo4j_and_does_not_say_so_is_refused() -> None:
    async def answered(query: str, **values: object) -> list[dict[str, Any]]:
        return []

    with pytest.raises(StoreError, match=r"^here does not say that it is Neo4j; name a Neo4j server of 5\.26 or newer"):
        await prepare(answered, answered, "here")


@pytest.mark.parametrize("line", ["neo4j_lts", "neo4j_newest"])
@pytest.mark.parametrize(
    ("user", "password", "why"),
    [
        ("neo4j", SECRET, "refused the user 'neo4j'"),
        ("nobody", SECRET, "refused the user 'nobody'"),
        (None, None, "wants a user and password"),
    ],
    ids=["wrong password", "wrong user", "none"],
)
@pytest.mark.service
async def test_who_may_not_log_in_is_told_what_to_set(
    line: str, user: str | None, password: str | None, why: str, request: pytest.FixtureRequest
) -> None:
    server = keeping_a_password(request.getfixturevalue(line))
    words = await refusal(Server(Address.read(server.uri, user, password)))
    assert words == f"{server.uri} {why}: set MODELATLAS_NEO4J_USER and MODELATLAS_NEO4J_PASSWORD."


def keeping_a_password(server: RunningNeo4j) -> RunningNeo4j:
    if not server.password:
        pytest.skip("the server that the environment names asks for no password")
    return server


@pytest.mark.parametrize("line", ["neo4j_lts", "neo4j_newest"])
@pytest.mark.service
async def test_a_password_that_must_be_changed_first_is_told_so(line: str, request: pytest.FixtureRequest) -> None:
    server = keeping_a_password(request.getfixturevalue(line))

    def administer(query: str, **given: str) -> None:
        with GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
            driver.execute_query(query, given, database_="system")

    administer("CREATE USER fresh SET PASSWORD $password CHANGE REQUIRED", password=SECRET)
    try:
        words = await refusal(Server(Address.read(server.uri, "fresh", SECRET)))
    finally:
        administer("DROP USER fresh")
    assert words == f"The password of 'fresh' at {server.uri} must be changed before it can be used: change it there."


@pytest.mark.parametrize("line", ["neo4j_lts", "neo4j_newest"])
@pytest.mark.service
async def test_a_database_that_is_not_there_is_named(line: str, request: pytest.FixtureRequest) -> None:
    server: RunningNeo4j = request.getfixturevalue(line)
    words = await refusal(connection(server, 60, database="/nowhere"))
    assert words == f"{server.uri} has no database 'nowhere': name one that it has."


@pytest.mark.service
def test_the_command_line_says_so_as_it_says_any_error_and_tells_no_password(neo4j_newest: RunningNeo4j) -> None:
    server = keeping_a_password(neo4j_newest)
    program = [sys.executable, "-c", "from modelatlas.agent.cli import main; main()"]
    credentials = {"MODELATLAS_NEO4J_USER": "neo4j", "MODELATLAS_NEO4J_PASSWORD": SECRET, "COLUMNS": "200"}
    done = subprocess.run(
        [*program, "search", "anything", "--db", server.uri],
        env=os.environ | credentials,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "refused the user 'neo4j': set MODELATLAS_NEO4J_USER" in " ".join(done.stderr.split())
    assert SECRET not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The folder of a key and a certificate that only they themselves vouch for."""
    made = ["-keyout", "private.key", "-out", "public.crt", "-subj", "/CN=localhost"]
    names = ["-addext", f"subjectAltName=IP:{HOST}"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *made, *names]
    folder = tmp_path / "certificates"
    folder.mkdir()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


async def test_an_encrypted_server_is_trusted_where_it_is_told_to_be_and_not_otherwise(
    start_neo4j: Callable[..., Neo4jServer], certificate: Path
) -> None:
    policy = {
        "enabled": "true",
        "base_directory": str(certificate),
        "client_auth": "NONE",
    }
    settings = {f"dbms.ssl.policy.bolt.{name}": value for name, value in policy.items()}
    server = start_neo4j(QUICK, settings={"server.bolt.tls_level": "REQUIRED", **settings})
    store = open_on(server)
    await store.record([said("MIT")], now=on(LATER))
    assert [fact.object for fact in await store.recall(Pattern(), EVER)] == ["MIT"]
    await store.close()
    strict, plain = (f"{scheme}://{HOST}:{server.port}" for scheme in ("bolt+s", "bolt"))
    words = await refusal(connection(server, 60, strict))
    assert words.startswith(f"The certificate of {strict} cannot be trusted (self")
    assert "write +ssc for +s to take any certificate" in words
    assert "does not answer as a Neo4j server" in await refusal(connection(server, 60, plain))


async def test_a_database_that_may_only_be_read_is_read_and_says_so_when_written(
    start_neo4j: Callable[..., Neo4jServer],
) -> None:
    server = start_neo4j(QUICK)
    store = open_on(server)
    await store.record([said("MIT")], now=on(LATER))
    await store.close()
    server.stop()
    server._settings["server.databases.default_to_read_only"] = "true"
    server.start()
    store = open_on(server)
    assert [fact.object for fact in await store.recall(Pattern(), EVER)] == ["MIT"]
    with pytest.raises(StoreError, match="does not let this user or server write") as refused:
        await store.record([said("GPL")], now=on(LATER))
    one_sentence(refused.value)
    await store.close()
    assert server.password not in str(refused.value)


def test_a_store_is_of_a_tenant_with_a_name() -> None:
    with pytest.raises(BadInput, match="A tenant needs a name"):
        Neo4jStore(Address.read("bolt://host"), "")


async def test_indexes_that_graphiti_made_first_give_way_to_constraints(neo4j_lts: RunningNeo4j) -> None:
    await neo4j_lts.wiped()
    neo4j_lts.asked("DROP CONSTRAINT atlas_entity_key IF EXISTS")
    neo4j_lts.asked("CREATE INDEX entity_uuid IF NOT EXISTS FOR (n:Entity) ON (n.uuid)")
    store = Neo4jStore(Address.read(neo4j_lts.uri, neo4j_lts.user, neo4j_lts.password), "us")
    await store.counts()
    await store.close()
    asked = (
        "SHOW INDEXES YIELD name, labelsOrTypes, properties WHERE labelsOrTypes = ['Entity'] AND properties = ['uuid']"
    )
    assert [row["name"] for row in neo4j_lts.asked(f"{asked} RETURN name")] == ["atlas_entity_key"]
