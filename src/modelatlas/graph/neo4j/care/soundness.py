"""Whether a database is sound: its indexes there, and what follows from its log of claims to the last property."""

from collections.abc import AsyncIterator

from modelatlas.graph.care.findings import LISTED, Finding, Soundness
from modelatlas.graph.care.progress import Progress, unseen
from modelatlas.graph.neo4j.address import Address
from modelatlas.graph.neo4j.asking import ask
from modelatlas.graph.neo4j.care.attachments import attachments
from modelatlas.graph.neo4j.care.reckoning import reckon
from modelatlas.graph.neo4j.care.structure import structure
from modelatlas.graph.neo4j.schema import as_it_is
from modelatlas.graph.neo4j.server import Server

_COUNTED = {
    "claims": "(:Claim)",
    "beliefs": "()-[r:RELATES_TO]->() WHERE r.line IS NOT NULL",
    "other edges": "()-[r:RELATES_TO]->() WHERE r.line IS NULL",
    "entities": "(:Entity)",
    "episodes": "(:Episodic)",
    "communities": "(:Community)",
    "sagas": "(:Saga)",
}


async def check(address: Address, *, progress: Progress = unseen) -> Soundness:
    """Look at everything in the database, which is only read; others may go on reading and writing it.

    Raises BadInput where there is no atlas, StoreError where the server does not serve.
    """
    server = Server(address, ready=as_it_is)
    findings: list[Finding] = []
    found = 0
    try:
        async for finding in _everything(server, progress):
            found += 1
            if len(findings) < LISTED:
                findings.append(finding)
        checked = {name: await _count(server, pattern) for name, pattern in _COUNTED.items()}
    finally:
        await server.close()
    return Soundness(checked=checked, unchecked=(), found=found, findings=tuple(findings))


async def _everything(server: Server, progress: Progress) -> AsyncIterator[Finding]:
    progress("constraints and indexes", 0, 1)
    for part in (structure(server), reckon(server, progress), attachments(server, progress)):
        async for finding in part:
            yield finding


async def _count(server: Server, pattern: str) -> int:
    query = f"MATCH {pattern} RETURN count(*) AS count"
    found: int = (await server.read(lambda tx: ask(tx, query)))[0]["count"]
    return found
