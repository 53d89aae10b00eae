"""Fixtures: a Graphiti on each driver that the calls must serve. A test module takes them with `pytest_plugins`."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"

import pytest
import pytest_asyncio
from driver_kinds import KINDS, Ability, Kind
from graphiti_core import Graphiti
from graphiti_core.driver.driver import GraphDriver
from graphiti_core.utils.maintenance.graph_data_operations import clear_data
from scripted import OverlapEncoder, ScriptedLLM, WordEmbedder


@pytest.fixture(
    params=[pytest.param(it, id=it.name, marks=[pytest.mark.service] if it.server else []) for it in KINDS],
)
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of drivers share one event loop, for a driver lives in that of its connections."""
    for item in items:
        if isinstance(item, pytest.Function) and "driver_kind" in item.fixturenames:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def connected() -> AsyncIterator[dict[str, GraphDriver]]:
    """The drivers of servers by kind: they hold nothing but connections, which need not be made for each test."""
    found: dict[str, GraphDriver] = {}
    yield found
    for driver in found.values():
        await driver.close()  # type: ignore[no-untyped-call]


@pytest_asyncio.fixture(loop_scope="session")
async def driver(
    request: pytest.FixtureRequest,
    driver_kind: Kind,
    connected: dict[str, GraphDriver],
    tmp_path: Path,
    group: str,
    other: str,
) -> AsyncIterator[GraphDriver]:
    """An open driver with nothing in the groups of the test."""
    if driver_kind.server is None:
        opened = driver_kind.open(tmp_path, None)
        await opened.build_indices_and_constraints()
        yield opened
        if driver_kind.lacks:  # its server is not of the tests' own
            await clear_data(opened, [group, other])
        await opened.close()  # type: ignore[no-untyped-call]
        return
    if driver_kind.name not in connected:
        connected[driver_kind.name] = driver_kind.open(tmp_path, request.getfixturevalue(driver_kind.server))
    yield connected[driver_kind.name]


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
