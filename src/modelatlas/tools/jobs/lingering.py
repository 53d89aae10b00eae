"""A process that stays behind for work in the background: python -m modelatlas.tools.jobs.lingering.

It is an executor without a person before it: it reads its errand as JSON from standard input, has the jobs of a route
carried out, and ends when none is left.
"""

import asyncio
import sys
import time

from modelatlas.tools.jobs.arrangement import Errand
from modelatlas.tools.jobs.attempts import Attempts
from modelatlas.tools.jobs.local import LocalExecutor
from modelatlas.tools.jobs.reception import Reception

_LOOK_S = 0.2


async def linger(errand: Errand) -> None:
    """Carry out what the table has for the route, until none of it is queued or runs."""
    async with _executor(errand) as executor:
        attempts = Attempts(executor.table.file)
        await asyncio.to_thread(_until_none_is_left, attempts, errand.route)


def _executor(errand: Errand) -> Reception:
    if errand.gpus is None:
        return LocalExecutor(errand.arrangement)
    from modelatlas.tools.jobs.ray_executor import RayExecutor

    return RayExecutor(errand.arrangement, errand.gpus, errand.address)


def _until_none_is_left(attempts: Attempts, route: str) -> None:
    while attempts.is_queued(route) or any(it.job.work.route == route for it in attempts.running()):
        time.sleep(_LOOK_S)


if __name__ == "__main__":
    asyncio.run(linger(Errand.read(sys.stdin.read())))
