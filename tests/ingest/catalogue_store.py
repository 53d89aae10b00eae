"""Fixtures: the built-in catalogue in a store. A test module takes them with `pytest_plugins`."""

from collections.abc import AsyncIterator

import pytest
from catalogue_file import TENANT, Loaded

from modelatlas.graph.graphiti_store import GraphitiStore


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
