"""Fixture: a file with something of everything, made once; taken with `pytest_plugins`."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from graphiti_core.edges import CommunityEdge, EpisodicEdge, HasEpisodeEdge, NextEpisodeEdge
from graphiti_core.nodes import CommunityNode, SagaNode
from graphiti_parts import CLAIMS, DOCUMENT, LATER, NOW, OTHERS, PAGE, edge, node, said, talk

from modelatlas.graph.facts import Pattern
from modelatlas.graph.graphiti_store import GraphitiStore
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver


@pytest.fixture(scope="session")
def furnished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file itself, which stays as it is."""
    path = tmp_path_factory.mktemp("furnished") / "atlas.sqlite"
    asyncio.run(_ours(path))
    asyncio.run(_theirs(path))
    return path


@pytest.fixture
def furnished(furnished_once: Path, tmp_path: Path) -> Path:
    """A copy of the test's own: claims of two tenants, ended and erased ones, and what Graphiti's clients keep."""
    return Path(shutil.copy(furnished_once, tmp_path / "atlas.sqlite"))


async def _ours(path: Path) -> None:
    store = GraphitiStore(path, "us")
    await store.record([*CLAIMS, OTHERS], [DOCUMENT], now=NOW)
    licences = [
        said("Wan 2.1", "licence_code", PAGE, object=f"v{day}", valid_from=f"2025-03-{day:02}", recorded_at="2025-09")
        for day in range(10, 29)
    ]
    await store.record([*licences, said("gone", "note", PAGE, object="secret")], now=LATER)
    await store.forget(Pattern(subject="gone"), now=LATER)
    await store.close()


async def _theirs(path: Path) -> None:
    driver = SqliteDriver(path)
    ann, bob = node("Ann", "them", name_embedding=[0.5, 0.25]), node("Bob 张三", "them", summary="works")
    talks = [talk("first", "them"), talk("second", "them")]
    community = CommunityNode(name="people", group_id="them", summary="Ann and Bob", created_at=NOW)
    saga = SagaNode(name="a story", group_id="them", created_at=NOW)
    ends = {"group_id": "them", "created_at": NOW}
    every: tuple[Any, ...] = (
        *(ann, bob, *talks, community, saga),
        edge(ann, bob, "them", fact_embedding=[1.0, 0.5]),
        EpisodicEdge(source_node_uuid=talks[0].uuid, target_node_uuid=ann.uuid, **ends),
        CommunityEdge(source_node_uuid=community.uuid, target_node_uuid=bob.uuid, **ends),
        HasEpisodeEdge(source_node_uuid=saga.uuid, target_node_uuid=talks[0].uuid, **ends),
        NextEpisodeEdge(source_node_uuid=talks[0].uuid, target_node_uuid=talks[1].uuid, **ends),
    )
    for it in every:
        await it.save(driver)
    await driver.close()
