"""The built-in catalogue: its files, and a store file that it has been ingested into."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import modelatlas.ingest.catalogue
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.ingest.pipeline import Summary, ingest

FOLDER = Path(modelatlas.ingest.catalogue.__file__).parent
FILES = [FOLDER / "seed.md", FOLDER / "events.jsonl"]
LOADED_AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT = "us"

EVENTS: list[dict[str, Any]] = [json.loads(line) for line in FILES[1].read_text(encoding="utf-8").splitlines()]


class Loaded:
    """A store file with the catalogue, and what its ingestion said."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.summary = asyncio.run(self._load())

    async def _load(self) -> Summary:
        store = GraphitiStore(self.path, TENANT)
        try:
            return await ingest(store, FILES, now=LOADED_AT, progress=lambda _: None)
        finally:
            await store.close()
