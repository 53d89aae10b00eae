"""Fixture: a file with something of everything to migrate, made once; taken with `pytest_plugins`."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from graphiti_parts import LATER, NOW, PAGE, said, talk
from meanings import Meanings
from utterances import told

from modelatlas.graph.facts import Claim, Source
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver


@pytest.fixture(scope="session")
def mixed_once(furnished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file itself, which stays as it is."""
    path = Path(shutil.copy(furnished_once, tmp_path_factory.mktemp("mixed") / "atlas.sqlite"))
    asyncio.run(_mixed(path))
    return path


@pytest.fixture
def mixed(mixed_once: Path, tmp_path: Path) -> Path:
    """Of two tenants: revisions, erasures, a conversation, vectors, claims without a date, clients' rows at ours."""
    return Path(shutil.copy(mixed_once, tmp_path / "mixed.sqlite"))


async def _mixed(path: Path) -> None:
    store = GraphitiStore(path, "us", Meanings())
    turns = [told(f"the film is {word}", f"2025-0{month}-01", session="trip") for month, word in enumerate("abc", 1)]
    undated = [said("Veo", "note", Source(id="chat", date="2025-01-01"), object=f"video {n}") for n in range(4)]
    await store.record([*undated, *map(_priced, range(6))], turns, now=LATER)
    theirs = Claim(subject="Veo", predicate="note", object="dear", source=PAGE, tenant="them")
    await store.record([theirs.model_copy(update={"ref": f"{n}"}) for n in range(3)], now=NOW)
    await store.record([_priced(0, "2025-03", valid_to="2025-09", kind="retract")], now=LATER)
    await store.embed_missing()
    await store.close()
    driver = SqliteDriver(path)
    (belief, *_) = await driver.rows.by_uuids((kind := driver.relations.kind), await _some(path, "edge", "line"))
    talks = await driver.rows.by_groups(driver.episodes.kind, ["us"], None, None)
    belief.episodes = [*belief.episodes, talk("more", "us").uuid]
    await driver.rows.save(kind, [belief])
    talks[0].entity_edges = [*talks[0].entity_edges, "another"]
    await talks[0].save(driver)
    await driver.close()


def _priced(number: int, recorded: str = "2025-02", **more: Any) -> Claim:
    given = {"value": number + 0.5, "unit": "USD", "valid_from": f"2025-0{number % 3 + 1}", "recorded_at": recorded}
    return said("Veo", "price", PAGE, **(given | more))


async def _some(path: Path, table: str, column: str) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(f"SELECT uuid FROM {table} WHERE {column} IS NOT NULL ORDER BY id LIMIT 1")
        return [uuid for (uuid,) in found]
