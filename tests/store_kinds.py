"""The kinds of stores that tests run on: all of them, or those that a test names."""

from typing import Protocol

import pytest

from modelatlas.graph.embed import Embedder
from modelatlas.graph.store import GraphStore

SERVERS = [pytest.param(line, marks=pytest.mark.service) for line in ("neo4j_lts", "neo4j_newest")]
KEPT = ["sqlite", *SERVERS]
ALL = ["memory", *KEPT]

kept = pytest.mark.parametrize("open_store", KEPT, indirect=True)
"""Runs a test on the kinds that keep what they were told when they are closed, and keep it for several tenants."""


class OpenStore(Protocol):
    """Opens a store of one kind; opened again, it is the same data."""

    def __call__(self, tenant: str = "us", embedder: Embedder | None = None) -> GraphStore: ...
