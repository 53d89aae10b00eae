"""Running jobs found again: one whose worker lives goes on, one whose worker is gone is lost, and says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelatlas.tools.jobs.attempts import Attempt, Attempts
from modelatlas.tools.jobs.cancellation import clear
from modelatlas.tools.jobs.job import Job
from modelatlas.tools.jobs.processes import kill
from modelatlas.tools.jobs.roster import Roster
from modelatlas.tools.jobs.table import JobTable

_SILENCE_S = 60.0  # a worker elsewhere, or one whose executor no longer looks, is given up after this


@dataclass(frozen=True)
class Recovered:
    """The jobs that still run, and those that were found to be lost."""

    found: tuple[Job, ...]
    lost: tuple[Job, ...]


def recover(table: JobTable, now: datetime) -> Recovered:
    """Look at every running job of the table, and call those lost that nobody runs; queued ones stay queued."""
    attempts, roster = Attempts(table.file), Roster(table.file)
    found: list[Job] = []
    lost: list[Job] = []
    for attempt in attempts.running():
        if not _gone(attempt, roster, now):
            found.append(attempt.job)
        elif abandon(table, attempt, "lost", _sentence(attempt), now):
            roster.strike(attempt.worker)
            lost.append(table.read(attempt.job.id))
    return Recovered(tuple(found), tuple(lost))


def abandon(table: JobTable, attempt: Attempt, state: Literal["failed", "lost"], error: str, now: datetime) -> bool:
    """End a job whose worker is gone, with what that had started; one that was to be cancelled is."""
    for child in attempt.children:
        kill(child)
    attempts = Attempts(table.file)
    if attempt.cancel_asked is not None:
        ended = attempts.end(attempt.job.id, attempt.worker, "cancelled", now)
    else:
        ended = attempts.end(attempt.job.id, attempt.worker, state, now, error=error)
    if ended:
        clear(table, attempt.job.id)
    return ended


def _gone(attempt: Attempt, roster: Roster, now: datetime) -> bool:
    silent = now.timestamp() - attempt.beat > _SILENCE_S
    if not attempt.worker.is_here:
        return silent
    if attempt.worker.alive:
        return False
    worker = roster.find(attempt.worker)
    kept = worker is not None and worker.keeper is not None and worker.keeper.alive
    return silent or not kept


def _sentence(attempt: Attempt) -> str:
    where = "" if attempt.worker.is_here else f" on {attempt.worker.host}"
    return (
        f"The process {attempt.worker.pid}{where} that ran this is gone, and nobody saw how it ended;"
        " nothing of what it made was kept: run it again."
    )
