"""A peer as a process: what it is told, what it answers.

`python -m bench.peers.NAME write JOB` keeps the facts, `search JOB` opens what was kept and searches it; both print
one JSON object as their last line. It may be the Python of another environment: what a peer imports of ours needs
only the standard library, pydantic and numpy.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.timing import Timed

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 1800  # seconds beyond its own limit before a process is taken for hanging


@dataclass(frozen=True, slots=True)
class Job:
    """Where the facts and questions are, where to keep the facts, and how many seconds writing or searching may take.

    `claims` is of how many claims the facts are the beliefs: those that our own store is given. `line` is that of
    the server, for a peer on one.
    """

    claims: int
    facts: str
    questions: str
    file: str
    past: str
    seconds: float
    line: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a peer wrote before its time was out; `seconds` without making vectors, the notes what else to know."""

    facts: int
    seconds: float
    peak_megabytes: float
    bytes: int
    note: str
    disk_note: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """What each way of searching took, and with how many queries; why others are left out; the most memory held.

    `exact` is the share of the nearest that it finds by vector, now and in the past, where it looked for that itself.
    """

    calls: dict[str, Timed]
    queries: dict[str, int]
    left_out: dict[str, str]
    peak_megabytes: float
    note: str
    exact: tuple[float, ...] = ()


class PeerFailed(Exception):
    """A peer's process did not end well."""


def write(python: Path, name: str, job: Job) -> Written:
    """Have the peer write. Raises PeerFailed."""
    return Written(**json.loads(answer(python, name, "write", job)))


def search(python: Path, name: str, job: Job) -> Searched:
    """Have the peer search what it wrote. Raises PeerFailed."""
    said = json.loads(answer(python, name, "search", job))
    calls = {what: Timed(**timed) for what, timed in said["calls"].items()}
    return Searched(**{**said, "calls": calls, "exact": tuple(said["exact"])})


def answer(python: Path, name: str, mode: str, job: Job, *given: str) -> str:
    """The last line that a peer's process prints. Raises PeerFailed."""
    command = [str(python), "-W", "ignore", "-m", f"bench.peers.{name}", mode, json.dumps(asdict(job)), *given]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(_ROOT / "src"), str(_ROOT / "tests"))),  # the tests' for their servers
        "GRAPHITI_TELEMETRY_ENABLED": "false",
        "EMBEDDING_DIM": "384",
    }
    try:
        done = subprocess.run(
            command, cwd=_ROOT, env=environment, capture_output=True, text=True, timeout=job.seconds + _PATIENCE
        )
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"{name} was still at it after {error.timeout:,.0f} s") from error
    if done.returncode or not done.stdout.strip():
        said = done.stderr.strip().splitlines() or [f"no word, exit code {done.returncode}"]
        raise PeerFailed(f"{name} could not {mode}: {said[-1][:300]}")
    return done.stdout.strip().splitlines()[-1]


def serve(writing: Callable[[Job], Awaitable[Written]], searching: Callable[[Job], Awaitable[Searched]]) -> None:
    """Be the process."""
    mode, job = sys.argv[1], Job(**json.loads(sys.argv[2]))
    done = asyncio.run(_done(writing(job) if mode == "write" else searching(job)))
    print(json.dumps(asdict(done)))


async def _done(working: Awaitable[Written] | Awaitable[Searched]) -> Written | Searched:
    return await working
