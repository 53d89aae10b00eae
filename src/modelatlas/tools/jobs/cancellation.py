"""Ending a job that was asked to end: it may listen for a second, then all that works on it is killed."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from modelatlas.tools.jobs.attempts import Attempt, Attempts
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.jobs.processes import kill, wait_until_gone
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.jobs.watch import overdue
from modelatlas.tools.workshop import Workshop

_LOOK_S = 0.02
_GONE_S = 0.8
_MOST_S = 3.0


def cancel(
    table: JobTable, job: str, kill_all: Callable[[Attempt], bool] | None = None, tenant: str | None = None
) -> Job:
    """End a job, whichever process runs it, within two seconds; gives it as it is then. Raises NoSuchJob.

    `kill_all` kills where this machine's own means do not reach.
    """
    attempts = Attempts(table.file)
    asked = table.ask_cancel(job, datetime.now(UTC), tenant)
    last = time.monotonic() + _MOST_S
    while not asked.over and time.monotonic() < last:
        attempt = attempts.look(job)
        if attempt is not None and overdue(attempt, datetime.now(UTC)):
            (kill_all or partial(cut, table))(attempt)
        else:
            time.sleep(_LOOK_S)
        asked = table.read(job)
    return asked


def cut(table: JobTable, attempt: Attempt) -> bool:
    """Kill all that works on a job whose end was asked for; False where it was over, or runs on another machine."""
    if not attempt.worker.is_here:
        return False
    everything = (attempt.worker, *attempt.worker.children(), *attempt.children)
    done = Attempts(table.file).cut(attempt, datetime.now(UTC), lambda: kill(attempt.worker, attempt.children))
    if done:
        wait_until_gone(everything, _GONE_S)
        clear(table, attempt.job.id)
    return done


def clear(table: JobTable, job: str) -> None:
    """Remove the folder of a job that is over."""
    shutil.rmtree(Workshop(table.file.path.parent).run(job), ignore_errors=True)
