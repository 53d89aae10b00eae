"""What the tests of a Neo4j server share: a server that starts fast, connections to one, and what it ends up with."""

from dataclasses import replace

from modelatlas.graph.embed import Embedder
from modelatlas.graph.facts import Pattern
from modelatlas.graph.memory_store import MemoryStore
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.server import Server
from modelatlas.graph.neo4j.store import Neo4jStore
from servers.neo4j_parts import NEWEST
from servers.neo4j_server import RunningNeo4j

# A server that is started over and over is up in half the time when Java compiles less well.
QUICK = replace(NEWEST, flags=(*NEWEST.flags, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"))
FOREVER = 600.0  # seconds; no test waits so long where the machine is not stuck


def address(server: RunningNeo4j, uri: str | None = None, database: str = "") -> Address:
    """Where a server is, or where something stands that passes on to it, and who asks."""
    return Address.read(f"{uri or server.uri}{database}", server.user, server.password)


def open_on(
    server: RunningNeo4j,
    uri: str | None = None,
    tenant: str = "us",
    embedder: Embedder | None = None,
    patience: float = FOREVER,
) -> Neo4jStore:
    """A store on a server, which waits for it as long as the patience lasts."""
    return Neo4jStore(address(server, uri), tenant, embedder, patience=patience)


async def came_to_the_same(store: Neo4jStore, serial: MemoryStore, server: RunningNeo4j) -> None:
    """The store holds what one told the same in turn holds, and no row of it twice."""
    assert await store.history(Pattern()) == await serial.history(Pattern())
    assert await store.counts() == await serial.counts()
    for what, key in (
        ("(n:Claim)", "n.tenant + n.uuid"),
        ("(n:Line)", "n.key"),
        ("(n:Entity)", "n.uuid"),
        ("(n:Episodic)", "n.uuid"),
        ("()-[n:RELATES_TO]->()", "n.uuid"),
    ):
        (row,) = server.asked(f"MATCH {what} RETURN count(*) AS rows, count(DISTINCT {key}) AS keys")
        assert row["rows"] == row["keys"], what


def connection(server: RunningNeo4j, patience: float, uri: str | None = None, database: str = "") -> Server:
    """A connection to a server, as a store has one."""
    return Server(address(server, uri, database), patience)
