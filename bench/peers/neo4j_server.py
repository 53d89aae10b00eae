"""The Neo4j that a peer has to itself: started on the peer's folder, measured, stopped.

It is the server of the tests, with memory for the sizes of the benchmark; every peer gets the same.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from bench.given import Asked
from bench.peers.process import Job
from bench.timing import Call
from servers.neo4j_parts import LTS, NEWEST
from servers.neo4j_server import Neo4jServer

LINES = {"newest": NEWEST, "lts": LTS}
_HEAP = "2g"
_PAGES = "2g"
_WARMING = 30.0


@contextmanager
def served(job: Job) -> Iterator[Neo4jServer]:
    """A server of the job's line on its folder; it asks for no password, so that the next one starts on it, too."""
    settings = {"server.memory.pagecache.size": _PAGES, "dbms.security.auth_enabled": "false"}
    server = Neo4jServer(LINES[job.line], Path(job.file), settings, heap=_HEAP)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def warming_seconds(job: Job) -> float:
    """How long to write, or to search, before the clock starts: a JVM gets faster for a long time after its start."""
    return min(_WARMING, job.seconds / 10)


async def warmed(job: Job, calls: Mapping[str, Call[Asked]], over: Sequence[Asked]) -> None:
    """Make every call with every query, ten times where there is time for that."""
    until = perf_counter() + warming_seconds(job)
    for asked in list(over) * 10:
        for call in calls.values():
            await call(asked)
        if perf_counter() > until:
            return


def server_megabytes(server: Neo4jServer) -> float:
    """The most memory that the server has held at one time: heap, pages and all else."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def processor_seconds(server: Neo4jServer) -> float:
    """How many seconds of a core the server has used."""
    used = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def memory_note(server: Neo4jServer) -> str:
    """How much of its memory the server may use for what, and how much of its heap it does."""
    query = "CALL dbms.queryJmx('java.lang:type=Memory') YIELD attributes RETURN attributes.HeapMemoryUsage AS heap"
    used = server.asked(query)[0]["heap"]["value"]["properties"]["used"] / 1024**2
    return f"server with {_HEAP} of heap, {used:,.0f} MiB of it in use, and {_PAGES} of pages"


def stored_bytes(home: Path) -> int:
    """The size of the database that lies in the folder of a server which is stopped, without its transaction logs."""
    return _size(home / "data" / "databases")


def disk_note(home: Path) -> str:
    """What the folder holds, in MiB."""
    whole, logs = _size(home / "data"), _size(home / "data" / "transactions")
    indexes = sum(_size(folder) for folder in (home / "data" / "databases").glob("*/schema"))
    store = stored_bytes(home) - indexes
    parts = {"store files": store, "indexes": indexes, "transaction logs": logs, "data folder": whole}
    return ", ".join(f"{what} {size / 1024**2:,.0f} MiB" for what, size in parts.items())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
