"""Fixtures: a Graphiti on each driver that the calls must serve. A test module takes them with `pytest_plugins`."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"

import pytest
from driver_kinds import KINDS, Ability, Kind
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.utils.maintenance.graph_data_operations import clear_data
from scripted import OverlapEncoder, ScriptedLLM, WordEmbedder


@pytest.fixture(params=KINDS, ids=[it.name for it in KINDS])
def driver_kind(request: pytest.FixtureRequest) -> Kind:
    """The kind of driver under test."""
    found: Kind = request.param
    return found


@pytest.fixture
def needs(request: pytest.FixtureRequest, driver_kind: Kind) -> Callable[[Ability], None]:
    """Say what a test is about: on a driver that lacks it, the rest of the test must fail."""

    def expect(ability: Ability) -> None:
        if ability in driver_kind.lacks:
            request.applymarker(pytest.mark.xfail(reason=f"{driver_kind.name} lacks: {ability.value}", strict=True))

    return expect


@pytest.fixture
def group() -> str:
    """The group of the test, which no other test uses."""
    return f"us{uuid4().hex}"


@pytest.fixture
def other() -> str:
    """A second group, which must stay as it is."""
    return f"them{uuid4().hex}"


@pytest.fixture
async def driver(driver_kind: Kind, tmp_path: Path, group: str, other: str) -> AsyncIterator[GraphDriver]:
    """An open driver with nothing in the groups of the test."""
    opened = driver_kind.open(tmp_path)
    await opened.build_indices_and_constraints()
    yield opened
    await clear_data(opened, [group, other])
    await opened.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def llm() -> Iterator[ScriptedLLM]:
    """The model, whose script the test writes; Graphiti must have asked nothing else."""
    scripted = ScriptedLLM()
    yield scripted
    assert scripted.unscripted == []


@pytest.fixture
def graphiti(driver: GraphDriver, llm: ScriptedLLM) -> Graphiti:
    """Graphiti on the driver, without a network."""
    return Graphiti(
        graph_driver=driver, llm_client=llm, embedder=WordEmbedder(), cross_encoder=OverlapEncoder(), max_coroutines=8
    )
