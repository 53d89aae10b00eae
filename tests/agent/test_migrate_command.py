"""Migrating at the command line: a file to a server and back, and what it says."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typed import TypeIn, stored

from modelatlas.agent.settings import settings
from servers.neo4j_server import RunningNeo4j

pytest_plugins = ("asked_atlas", "command_line")


@pytest.fixture
async def server(clock: None, neo4j_lts: RunningNeo4j, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database, which the environment has the user and password of."""
    await neo4j_lts.wiped()
    monkeypatch.setenv("MODELATLAS_NEO4J_USER", neo4j_lts.user)
    monkeypatch.setenv("MODELATLAS_NEO4J_PASSWORD", neo4j_lts.password)
    settings.cache_clear()
    return neo4j_lts.uri


def test_the_catalogue_goes_to_a_server_and_back(type_in: TypeIn, own_file: Path, server: str) -> None:
    back = own_file.with_name("back.sqlite")
    before = stored(own_file)
    told = type_in("migrate", own_file, server)
    assert (told.code, told.err) == (0, "")
    migrated, compared = told.out.splitlines()
    assert migrated.startswith(f"Migrated {own_file} to {server}: ")
    assert compared.startswith("No difference in ")
    assert type_in("check", "--db", server).out.startswith(f"Nothing is wrong with {server} (")
    found = type_in("check", "--db", server, "--json").json
    assert (found["found"], found["findings"], found["db"]) == (0, [], server)
    assert found["checked"]["claims"] > 1000
    listed = type_in("migrate", server, back, "--json").json
    assert (listed["from"], listed["to"]) == (server, str(back))
    assert (listed["found"], listed["differences"], listed["left"], listed["there"]) == (0, [], [], 0)
    assert listed["carried"]["claims"] == listed["compared"]["claims"] == found["checked"]["claims"]
    assert type_in("export", "--db", back).out == type_in("export", "--db", own_file).out
    assert stored(own_file) == before
    again = type_in("migrate", server, back)
    assert f"({listed['carried']['claims']:,} claims were there)" in again.out


def test_a_difference_is_listed_and_ends_with_1(type_in: TypeIn, own_file: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    assert type_in("migrate", own_file, to).code == 0
    with closing(sqlite3.connect(to, isolation_level=None)) as connection:
        connection.execute("UPDATE edge SET fact = 'a lie' WHERE id < 4")
        connection.execute("UPDATE edge SET created_at = 1")
    told = type_in("migrate", own_file, to)
    assert (told.code, told.err) == (1, "")
    assert (
        sum("is otherwise (created_at" in line or "is otherwise (fact" in line for line in told.out.splitlines()) == 100
    )
    assert "more." in told.out
    listed = type_in("migrate", own_file, to, "--json")
    assert listed.code == 1
    assert listed.json["found"] > len(listed.json["differences"]) == 100


def test_what_cannot_be_migrated_is_one_sentence(type_in: TypeIn, own_file: Path, tmp_path: Path) -> None:
    to = tmp_path / "to.sqlite"
    assert "no atlas at" in type_in("migrate", tmp_path / "missing.sqlite", to).error
    assert "nothing of the tenant 'x'" in type_in("migrate", own_file, to, "--tenant", "x").error
    assert "takes no user and password" in type_in("migrate", own_file, "neo4j://me:secret@localhost").error
    assert "both what is carried and where to" in type_in("migrate", own_file, own_file).error


def test_the_help_has_examples(type_in: TypeIn) -> None:
    shown = type_in("migrate", "--help").out
    assert "modelatlas migrate atlas.sqlite neo4j://" in shown
    assert "--json" in shown
