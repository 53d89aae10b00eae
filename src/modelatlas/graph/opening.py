"""Which store keeps an atlas: a file's, or a server's; nothing above knows which."""

from pathlib import Path
from typing import TYPE_CHECKING

from modelatlas.graph.embed import Embedder
from modelatlas.graph.store import GraphStore

if TYPE_CHECKING:
    from modelatlas.graph.neo4j.address import Address


def open_store(place: "Path | Address", tenant: str, embedder: Embedder | None = None) -> GraphStore:
    """The store of a tenant in a SQLite file, or on a Neo4j server, which is first asked when it is used."""
    if isinstance(place, Path):
        from modelatlas.graph.graphiti_store import GraphitiStore

        return GraphitiStore(place, tenant, embedder)
    from modelatlas.graph.neo4j.store import Neo4jStore

    return Neo4jStore(place, tenant, embedder)
