"""The attempts at jobs: who claimed which, how far each is, and how it ended; what workers write into the table."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from modelatlas.tools.jobs.job import Job, Json, Standing
from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.rows import instant, job_of
from modelatlas.tools.jobs.table_file import TableFile

End = Literal["done", "failed", "cancelled", "lost"]
_MINE = "id = ? AND state = 'running' AND host = ? AND pid = ? AND start = ?"


@dataclass(frozen=True)
class Attempt:
    """A running job, the process that has claimed it, and what that has started; `beat` in seconds since 1970."""

    job: Job
    worker: Process
    beat: float
    children: tuple[Process, ...]
    cancel_asked: datetime | None


class Attempts:
    """Claims queued jobs and brings running ones to their end; nothing is changed that another has ended."""

    def __init__(self, file: TableFile) -> None:
        self._file = file

    def claim(self, route: str, worker: Process, now: datetime) -> Job | None:
        """The oldest queued job of a route, from now on the worker's; None where none is queued."""
        if not self.is_queued(route):
            return None

        def take(connection: sqlite3.Connection) -> Job | None:
            row = connection.execute(
                "UPDATE job SET state = 'running', started = ?, host = ?, pid = ?, start = ?, beat = ?, children = '[]'"
                " WHERE state = 'queued' AND number ="
                " (SELECT min(number) FROM job WHERE state = 'queued' AND route = ?) RETURNING *",
                (instant(now), worker.host, worker.pid, worker.start, now.timestamp(), route),
            ).fetchone()
            return job_of(row) if row is not None else None

        return self._file.write(take)

    def is_queued(self, route: str) -> bool:
        """Whether a job of the route is queued."""
        query = "SELECT 1 FROM job WHERE state = 'queued' AND route = ? LIMIT 1"
        return self._file.read(lambda connection: connection.execute(query, (route,)).fetchone()) is not None

    def queued_routes(self) -> list[str]:
        """The routes that jobs are queued for, that of the oldest first."""
        query = "SELECT route FROM job WHERE state = 'queued' GROUP BY route ORDER BY min(number)"
        return [row[0] for row in self._file.read(lambda connection: connection.execute(query).fetchall())]

    def running(self) -> list[Attempt]:
        """Every running job."""
        query = "SELECT * FROM job WHERE state = 'running' ORDER BY number"
        return [_attempt(row) for row in self._file.read(lambda connection: connection.execute(query).fetchall())]

    def of(self, worker: Process) -> Attempt | None:
        """What a worker has in hand."""
        return next((it for it in self.running() if it.worker == worker), None)

    def look(self, job: str) -> Attempt | None:
        """The attempt at a job, or None where it does not run."""
        query = "SELECT * FROM job WHERE id = ? AND state = 'running'"
        row = self._file.read(lambda connection: connection.execute(query, (job,)).fetchone())
        return _attempt(row) if row is not None else None

    def stand(
        self, job: str, worker: Process, standing: Standing | None, children: Iterable[Process], now: datetime
    ) -> None:
        """Note how far a job is, what its worker has started, and that the worker lives."""
        part, done, total = (standing.part, standing.done, standing.total) if standing is not None else (None, 0, None)
        pids = json.dumps([[it.pid, it.start] for it in children])
        query = f"UPDATE job SET part = ?, done = ?, total = ?, children = ?, beat = ? WHERE {_MINE}"
        values = (part, done, total, pids, now.timestamp(), job, worker.host, worker.pid, worker.start)
        self._file.note(lambda connection: connection.execute(query, values))

    def end(
        self,
        job: str,
        worker: Process,
        state: End,
        now: datetime,
        *,
        result: Json | None = None,
        error: str | None = None,
    ) -> bool:
        """Bring the worker's job to its end; False where it had another before."""
        written = json.dumps(result, ensure_ascii=False) if result is not None else None
        query = f"UPDATE job SET state = ?, ended = ?, result = ?, error = ? WHERE {_MINE}"
        values = (state, instant(now), written, error, job, worker.host, worker.pid, worker.start)
        return self._file.write(lambda connection: connection.execute(query, values).rowcount) == 1

    def cut(self, attempt: Attempt, now: datetime, kill: Callable[[], None]) -> bool:
        """Kill whoever runs a job whose end was asked for, and call it cancelled; False where it was over.

        The table stays locked meanwhile, so that the one who is killed has not begun another job.
        """
        worker = attempt.worker
        query = f"UPDATE job SET state = 'cancelled', ended = ? WHERE cancel_asked IS NOT NULL AND {_MINE}"
        values = (instant(now), attempt.job.id, worker.host, worker.pid, worker.start)

        def cut_off(connection: sqlite3.Connection) -> bool:
            if connection.execute(query, values).rowcount != 1:
                return False
            kill()
            return True

        return self._file.write(cut_off)

    def fail_queued(self, route: str, now: datetime, error: str) -> int:
        """Fail all that is queued for a route that cannot be loaded; how many those were."""
        query = "UPDATE job SET state = 'failed', ended = ?, error = ? WHERE state = 'queued' AND route = ?"
        values = (instant(now), error, route)
        return self._file.write(lambda connection: connection.execute(query, values).rowcount)


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        job=job_of(row),
        worker=Process(row["host"], row["pid"], row["start"]),
        beat=row["beat"],
        children=tuple(Process(row["host"], pid, start) for pid, start in json.loads(row["children"])),
        cancel_asked=datetime.fromisoformat(row["cancel_asked"]) if row["cancel_asked"] is not None else None,
    )
