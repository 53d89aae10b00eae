"""Fixtures: one file as our store and as a Graphiti graph. A test module takes them with `pytest_plugins`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from graphiti_parts import CLAIMS, DOCUMENT, NOW, OTHERS

from modelatlas.graph.facts import Fact, Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver


@pytest.fixture
def atlas_file(tmp_path: Path) -> Path:
    """Where the file of the test is."""
    return tmp_path / "atlas.sqlite"


@pytest.fixture
async def file_store(atlas_file: Path) -> AsyncIterator[GraphitiStore]:
    """The file as our own store of the tenant `us`."""
    store = GraphitiStore(atlas_file, "us")
    yield store
    await store.close()


@pytest.fixture
async def file_driver(atlas_file: Path) -> AsyncIterator[SqliteDriver]:
    """The same file as a Graphiti graph."""
    file_driver = SqliteDriver(str(atlas_file))
    yield file_driver
    await file_driver.close()


@pytest.fixture
async def told_file(file_store: GraphitiStore) -> list[Fact]:
    """What is believed once the claims of `us` and of `them` are on record."""
    await file_store.record([*CLAIMS, OTHERS], [DOCUMENT], now=NOW)
    return await file_store.history(Pattern())
