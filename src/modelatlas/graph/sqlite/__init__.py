"""A store of the graph in one SQLite file, and that file as a Graphiti graph: `SqliteDriver`."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

__all__ = ["SqliteDriver"]


def __getattr__(name: str) -> Any:
    # Graphiti takes 2 s to import, which a store that is only read does not need.
    if name != "SqliteDriver":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from modelatlas.graph.sqlite.graphiti.driver import SqliteDriver

    return SqliteDriver
