"""Fixture: empty stores of each kind for the examples of a property. A test module takes it with `pytest_plugins`."""

from collections.abc import Iterator

import pytest
from runs import OnAServer, Run, with_memory, with_sqlite

from store_kinds import ALL


@pytest.fixture(scope="module", params=ALL)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs work on an empty store of each kind."""
    if "neo4j" not in request.param:
        yield with_memory if request.param == "memory" else with_sqlite
        return
    on_server = OnAServer(request.getfixturevalue(request.param))
    yield on_server
    on_server.close()
