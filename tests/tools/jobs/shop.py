"""A workshop of a test: work for the trial model, an executor over it, and waiting for what shall come."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelatlas.tools.jobs.arrangement import Arrangement
from modelatlas.tools.jobs.job import Job, Work
from modelatlas.tools.jobs.local import LocalExecutor
from modelatlas.tools.jobs.reception import Reception
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.places import Place, Places
from modelatlas.tools.workshop import Workshop

HERE = Path(__file__).parent
MOST_S = 60.0


def arranged(folder: Path, **told: Any) -> Arrangement:
    """How the trial model is run in a folder."""
    places = Places(routes={route: Place(**place) for route, place in told.pop("places", {}).items()})
    return Arrangement(
        folder=folder,
        places=places,
        policy=Policy(),
        environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE)},
        route_of="trial_model:trial_route",
        open_backend="trial_model:open_trial",
        **told,
    )


def executor(folder: Path, **told: Any) -> LocalExecutor:
    """An executor for the trial model in a folder."""
    return LocalExecutor(arranged(folder, **told))


def table(folder: Path) -> JobTable:
    """The table of the same folder, as another process would open it."""
    return JobTable(Workshop(folder).table)


def work(do: str | None = None, route: str = "trial.speech", tenant: str = "us", **extra: Any) -> Work:
    """Words to speak, and what the trial model shall do meanwhile."""
    told = {**extra, "do": do} if do is not None else extra
    request = {
        "text": "good morning",
        "extra": {key: str(it) if isinstance(it, Path) else it for key, it in told.items()},
    }
    return Work(tenant=tenant, tool="speak", model="Trial", route=route, request=request)


async def over(shop: Reception, job: Job) -> Job:
    """The job when it is over."""
    async with asyncio.timeout(MOST_S):
        async for now in shop.follow(job.id):
            if now.over:
                return now
    raise AssertionError(f"{job.id} was never over")


async def standing_at(shop: Reception, job: Job, part: str) -> Job:
    """The job when the run has come to a part."""
    async with asyncio.timeout(MOST_S):
        async for now in shop.follow(job.id):
            if now.standing is not None and now.standing.part == part:
                return now
            assert not now.over, now
    raise AssertionError(f"{job.id} never came to {part}")


async def until(holds: Callable[[], Any]) -> Any:
    """What the condition gives as soon as it holds."""
    return await asyncio.to_thread(until_now, holds)


def until_now(holds: Callable[[], Any]) -> Any:
    """As `until`, where nothing else goes on."""
    last = time.monotonic() + MOST_S
    while not (found := holds()):
        assert time.monotonic() < last, "it never came to that"
        time.sleep(0.02)
    return found


def pids(journal: Path) -> list[int]:
    """The processes that ran something, in order."""
    return [int(line) for line in journal.read_text().split()] if journal.exists() else []


def python(module: str) -> list[str]:
    """The command line of a process of the tests."""
    return [sys.executable, str(HERE / f"{module}.py")]
