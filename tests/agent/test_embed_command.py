"""`modelatlas embed`, with the embedder that the environment names: a real server on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typed import TypeIn

from embeddings_server import ASKED, serving
from modelatlas.agent.settings import settings

pytest_plugins = ("asked_atlas", "command_line")


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The environment of one test: settings are read anew, before it and after."""
    settings.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def embedder(forgetful: pytest.MonkeyPatch) -> Iterator[None]:
    """A server, named in the environment."""
    with serving() as url:
        forgetful.setenv("MODELATLAS_EMBEDDER_BASE_URL", url)
        forgetful.setenv("MODELATLAS_EMBEDDER_MODEL", "tiny")
        forgetful.setenv("MODELATLAS_EMBEDDER_DIMENSIONS", "3")
        forgetful.setenv("MODELATLAS_EMBEDDER_API_KEY", "secret")
        yield


@pytest.mark.usefixtures("embedder")
def test_what_was_recorded_before_is_given_vectors_once(type_in: TypeIn, own_file: Path) -> None:
    first = type_in("embed", "--db", own_file, "--json").json["embedded"]
    assert first > 1000
    assert ASKED[-1]["key"] == "Bearer secret"
    assert type_in("embed", "--db", own_file).out == "0 facts were given a vector.\n"
    assert type_in("embed", "--anew", "--db", own_file, "--json").json == {"embedded": first}
    assert "secret" not in type_in("search", "BAGEL", "--db", own_file).out


@pytest.mark.usefixtures("embedder")
def test_another_embedder_is_told_what_to_do(type_in: TypeIn, own_file: Path, forgetful: pytest.MonkeyPatch) -> None:
    assert type_in("embed", "--db", own_file).code == 0
    forgetful.setenv("MODELATLAS_EMBEDDER_MODEL", "other")
    settings.cache_clear()
    assert type_in("search", "BAGEL", "--db", own_file).error.endswith("with this one (`modelatlas embed --anew`).")


def test_without_an_embedder_it_says_how_to_name_one(type_in: TypeIn, own_file: Path) -> None:
    assert "MODELATLAS_EMBEDDER_BASE_URL, _MODEL, _DIMENSIONS" in type_in("embed", "--db", own_file).error


def test_half_a_name_is_one_sentence(type_in: TypeIn, own_file: Path, forgetful: pytest.MonkeyPatch) -> None:
    forgetful.setenv("MODELATLAS_EMBEDDER_BASE_URL", "http://127.0.0.1:1/v1")
    settings.cache_clear()
    assert "needs MODELATLAS_EMBEDDER_MODEL" in type_in("recall", "BAGEL", "--db", own_file).error
