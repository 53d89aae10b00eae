"""What every test may ask for: a moment to call now, and a store of each kind."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.store import GraphStore


@pytest.fixture
def now() -> datetime:
    """The moment a test takes place."""
    return datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[GraphStore]:
    """An empty store of each kind."""
    opened: GraphStore = (
        MemoryStore("us") if request.param == "memory" else GraphitiStore(tmp_path / "atlas.sqlite", "us")
    )
    yield opened
    await opened.close()
