"""The command line on a Neo4j server: documents in, claims out, forgetting, embedding, and what goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import TypeIn

from embeddings_server import serving
from modelatlas.agent.settings import settings
from servers.neo4j_server import RunningNeo4j
from store_kinds import SERVERS

pytest_plugins = ("asked_atlas", "command_line")

CLAIMS = """\
{"subject":"Alder Guild","predicate":"chair","object":"Ada Brook","valid_from":"1950","functional":true,\
"recorded_at":"1999-01-01","source":{"id":"register"}}
{"subject":"Alder Guild","predicate":"chair","object":"Ben Holt","valid_from":"1961-05","functional":true,\
"recorded_at":"1999-01-02","source":{"id":"register"}}
{"subject":"Alder Guild","predicate":"colour","object":"绿色 🌲","valid_from":"1950-01-01",\
"recorded_at":"1999-01-03","source":{"id":"register"}}
"""


@pytest.fixture(params=SERVERS)
async def emptied(request: pytest.FixtureRequest) -> RunningNeo4j:
    """A server with nothing on it."""
    server: RunningNeo4j = request.getfixturevalue(request.param)
    await server.wiped()
    return server


@pytest.fixture
def named(clock: None, emptied: RunningNeo4j, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address, named in the environment with who asks it."""
    monkeypatch.setenv("MODELATLAS_DB", emptied.uri)
    monkeypatch.setenv("MODELATLAS_NEO4J_USER", emptied.user)
    monkeypatch.setenv("MODELATLAS_NEO4J_PASSWORD", emptied.password)
    settings.cache_clear()
    yield emptied.uri
    settings.cache_clear()


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """A file of three claims."""
    path = tmp_path / "claims.jsonl"
    path.write_text(CLAIMS, encoding="utf-8")
    return path


def test_documents_go_in_come_out_and_are_forgotten(named: str, type_in: TypeIn, claims: Path, tmp_path: Path) -> None:
    first = type_in("ingest", claims, "--without-catalogue", "--json")
    assert (first.code, first.json["new"], first.json["rejections"]) == (0, 3, 0)
    assert type_in("ingest", claims, "--json", "--db", named).json["known"] == 3
    status = type_in("status", "--json").json
    assert (status["db"], status["claims"], status["bytes"]) == (named, 3, None)
    assert "Ben Holt" in type_in("recall", "Alder Guild", "chair").out
    assert "绿色 🌲" in type_in("search", "绿色").out
    out = tmp_path / "out.jsonl"
    assert type_in("export", "--out", out).code == 0
    file = tmp_path / "copy.sqlite"
    assert type_in("ingest", out, "--without-catalogue", "--db", file).code == 0
    for words in (["export"], ["export", "--beliefs"]):
        assert type_in(*words).out == type_in(*words, "--db", file).out
    assert type_in("forget", "Alder Guild", "--predicate", "colour", "--yes", "--json").json["claims"] == 1
    assert type_in("ingest", claims, "--json").json["forgotten"] == 1
    assert [type_in("status", "--json").json[name] for name in ("claims", "tombstones")] == [2, 1]


def test_facts_are_given_vectors_once(
    named: str, type_in: TypeIn, claims: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in("ingest", claims, "--without-catalogue")
    with serving() as url:
        for name, value in {"BASE_URL": url, "MODEL": "tiny", "DIMENSIONS": "3"}.items():
            monkeypatch.setenv(f"MODELATLAS_EMBEDDER_{name}", value)
        settings.cache_clear()
        first = type_in("embed", "--json").json["embedded"]
        assert first == type_in("status", "--json").json["facts"]
        assert type_in("embed", "--json").json == {"embedded": 0}
        assert type_in("embed", "--anew", "--json").json == {"embedded": first}


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("http://localhost:7474", "http:// is no server of an atlas"),
        ("bolt://neo4j:secret@localhost", "takes no user and password"),
        ("bolt://localhost:notaport", "is no address of a server"),
        ("neo4j://", "is no address of a server"),
    ],
)
def test_what_is_no_address_is_one_sentence(type_in: TypeIn, place: str, says: str) -> None:
    error = type_in("status", "--db", place).error
    assert says in error
    assert "secret" not in error


def test_a_database_that_is_not_there_is_one_sentence(named: str, type_in: TypeIn) -> None:
    assert "has no database 'nowhere'" in type_in("status", "--db", f"{named}/nowhere").error
