"""Fixtures: an atlas with the catalogue, the clock at a fixed time, and questions put to it.

A test module takes them with `pytest_plugins`.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from asked import Ask, Asked, Refs

from modelatlas.agent.atlas import Atlas, open_as_it_is
from modelatlas.agent.atlas import open as open_atlas
from modelatlas.agent.settings import settings
from modelatlas.graph.facts import Pattern
from modelatlas.graph.periods import AsOf

NOW = "2026-11-23T12:00:00Z"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The settings of the tests: a clock that stands, and a default file that is nobody's."""
    monkeypatch.setenv("MODELATLAS_NOW", NOW)
    monkeypatch.setenv("MODELATLAS_DB", str(tmp_path / "default.sqlite"))
    monkeypatch.setenv("MODELATLAS_PLACES", str(tmp_path / "places.toml"))
    for name in ("TENANT", "CHECKPOINTS", "WORKSHOP", "CARDS", "MEDIA_HOSTS", "APPROVAL", "GPUS"):
        monkeypatch.delenv(f"MODELATLAS_{name}", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def catalogue_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the built-in catalogue, made once; to read and to copy, not to write."""
    path = tmp_path_factory.mktemp("asked") / "catalogue.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELATLAS_NOW", NOW)
        settings.cache_clear()
        asyncio.run(_made(path))
    settings.cache_clear()
    return path


async def _made(path: Path) -> None:
    async with open_atlas(path):
        pass


@pytest.fixture(scope="session")
def refs(catalogue_file: Path) -> Refs:
    """Id of a fact → id of the event of the catalogue that made it."""
    return asyncio.run(_refs(catalogue_file))


async def _refs(path: Path) -> Refs:
    async with open_as_it_is(path) as atlas:
        return {str(fact.id): fact.ref or "" for fact in await atlas.store.history(Pattern())}


@pytest.fixture
def own_file(catalogue_file: Path, tmp_path: Path) -> Path:
    """The catalogue in a file of the test's own, to write to."""
    return Path(shutil.copy(catalogue_file, tmp_path / "own.sqlite"))


@pytest.fixture
async def atlas(clock: None, catalogue_file: Path) -> AsyncIterator[Atlas]:
    """The atlas with the catalogue; to read only."""
    async with open_as_it_is(catalogue_file) as opened:
        yield opened


@pytest.fixture
def ask(atlas: Atlas, refs: Refs) -> Ask:
    """Put a question to the atlas."""

    async def put(question: str, as_of: AsOf | None = None) -> Asked:
        return Asked(await atlas.ask(question, as_of=as_of), refs)

    return put
