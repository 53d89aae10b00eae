"""Fixtures: the built-in catalogue in a store. A test module takes them with `pytest_plugins`."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import modelatlas.ingest.catalogue
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.ingest.pipeline import Summary, ingest

FOLDER = Path(modelatlas.ingest.catalogue.__file__).parent
LOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT = "us"


class Loaded:
    """The file with the catalogue, and what its ingestion said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.summary = asyncio.run(self._load())

    async def _load(self) -> Summary:
        store = GraphitiStore(self.path, TENANT)
        try:
            paths = [FOLDER / "seed.md", FOLDER / "events.jsonl"]
            return await ingest(store, paths, now=LOADED_AT, progress=lambda _: None)
        finally:
            await store.close()


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """The catalogue, ingested once for all tests."""
    return Loaded(tmp_path_factory.mktemp("catalogue") / "atlas.sqlite")


@pytest.fixture
async def catalogue(loaded: Loaded) -> AsyncIterator[GraphitiStore]:
    """The catalogue, opened in the event loop of the test; to read only."""
    store = GraphitiStore(loaded.path, TENANT)
    yield store
    await store.close()
