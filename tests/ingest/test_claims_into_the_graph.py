"""What ingested claims meet in the graph: texts it cannot take, long names, disputes between measurements."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from answers import ask
from line_files import claim, write

from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.ingest.pipeline import ingest

pytest_plugins = ("catalogue_store",)


@pytest.mark.parametrize("parts", [{"value": "a\x00b"}, {"value": ["a\x00b"]}, {"qualifiers": {"a": "a\x00b"}}])
async def test_a_nul_in_a_value_is_rejected(now: datetime, tmp_path: Path, parts: dict[str, Any]) -> None:
    path = write(tmp_path / "claims.jsonl", [claim(**parts)])
    done = await ingest(MemoryStore("us"), [path], now=now, progress=lambda _: None)
    assert (done.new, [it.line for it in done.rejected]) == (0, [1])


async def test_a_long_title_of_a_source_lands(now: datetime, tmp_path: Path) -> None:
    store = GraphitiStore(tmp_path / "atlas.sqlite", "us")
    path = write(tmp_path / "claims.jsonl", [claim(source={"id": "README", "title": "x" * 2001})])
    try:
        assert (await ingest(store, [path], now=now, progress=lambda _: None)).new == 1
    finally:
        await store.close()


async def test_a_conflict_is_set_against_the_statement_it_disagrees_with(catalogue: GraphitiStore) -> None:
    """Case 25: 40 s disagrees with the longest clip of 15 s, not with 81 frames per clip."""
    conflicts = (await ask(catalogue, "MultiTalk", "spec")).resolution.conflicts
    assert [(it.taken.value, it.against[0].value) for it in conflicts] == [(15, 40)]
