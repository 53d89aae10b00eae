"""Fixture: the built-in catalogue in a store, to read only. A test module takes it with `pytest_plugins`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.ingest.builtin import bring_catalogue

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def catalogue_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the catalogue, made once for all tests."""
    path = tmp_path_factory.mktemp("tools") / "catalogue.sqlite"

    async def made() -> None:
        store = GraphitiStore(path, "main")
        await bring_catalogue(store, NOW)
        await store.close()

    asyncio.run(made())
    return path


@pytest.fixture
async def known(catalogue_path: Path) -> AsyncIterator[GraphitiStore]:
    """The catalogue, opened in the event loop of the test."""
    store = GraphitiStore(catalogue_path, "main")
    yield store
    await store.close()
