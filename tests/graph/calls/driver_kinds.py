"""The kinds of driver that the calls must serve, and what stock Graphiti gets wrong on its own."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from graphiti_core.driver.driver import GraphDriver
from graphiti_core.driver.neo4j_driver import Neo4jDriver

from modelatlas.graph.neo4j.graphiti.driver import Neo4jGraph
from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver


class Ability(Enum):
    """What a driver may lack; each is a plain bug of stock Graphiti, or a promise of our own drivers."""

    OR_GROUPS_OF_DATES = "each date of a filter's OR groups keeps its own value"
    PROPERTY_FILTERS = "property filters are applied"
    OPERATIONS = "the calls of GraphOperationsInterface are offered"
    GROUP_WALLS = "a by-uuid call that names a group leaves other groups alone"
    SEVERAL_GROUPS = "a full-text search of two groups finds what is in either"
    WHOLE_ATTRIBUTES = "attributes come back as they were: nested, with None, with nothing added"
    WHOLE_EPISODES = "an episode keeps its metadata"
    WHOLE_EDGES = "the edges namespace keeps reference_time"
    WHOLE_VECTORS = "vectors come back as doubles, and may be missing"
    REFUSES_NUL = "text with a NUL character is refused"
    MISSING_ENDPOINTS = "an edge to a node that is not there is refused"
    MISSING_EDGES = "a community edge that is not there is Graphiti's own error"
    ONE_ROW_A_UUID = "an edge saved again between other nodes is still one edge"
    DELETE_MANY = "the namespaces delete by uuids and by group"
    COMMUNITIES_OF_PAIRS = "communities are found where two entities share two facts"
    SAGAS_BY_NAMESPACE = "the nodes namespace saves sagas"
    SOURCE_AND_GROUP = "the nodes namespace retrieves episodes of a source within a group"


class Server(Protocol):
    """A server as the fixtures give it."""

    uri: str
    user: str
    password: str


@dataclass(frozen=True)
class Kind:
    """One kind of driver; `server` is the fixture of the server that it needs, one of the tests' own."""

    name: str
    open: Callable[[Path, Server | None], GraphDriver]
    lacks: frozenset[Ability] = frozenset()
    server: str | None = None


def stock_neo4j(uri: str) -> Kind:
    """Graphiti's own driver on a server without authentication."""
    return Kind("stock", lambda _folder, _server: Neo4jDriver(uri, None, None), frozenset(Ability))


def _sqlite(folder: Path, _server: Server | None) -> GraphDriver:
    return SqliteDriver(folder / "atlas.sqlite")


def _neo4j(_folder: Path, server: Server | None) -> GraphDriver:
    assert server is not None
    return Neo4jGraph(server.uri, server.user, server.password)


KINDS = [
    Kind("sqlite", _sqlite),
    Kind("neo4j-5.26", _neo4j, server="neo4j_lts"),
    Kind("neo4j-2026", _neo4j, server="neo4j_newest"),
]
# What stock Graphiti gets wrong is no concern of every run; it needs its own server, without our constraints.
if "MODELATLAS_TEST_STOCK_NEO4J" in os.environ:
    KINDS.append(stock_neo4j(os.environ["MODELATLAS_TEST_STOCK_NEO4J"]))
