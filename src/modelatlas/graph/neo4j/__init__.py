"""A store of the graph on a Neo4j server, and that database as a Graphiti graph: `Neo4jGraph`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelatlas.graph.neo4j.graphiti.driver import Neo4jGraph

__all__ = ["Neo4jGraph"]


def __getattr__(name: str) -> Any:
    # Graphiti takes 2 s to import, which a store that is only read does not need.
    if name != "Neo4jGraph":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from modelatlas.graph.neo4j.graphiti.driver import Neo4jGraph

    return Neo4jGraph
