"""The table of jobs: the truth about them, which any process may read, add to and ask to end.

A job goes from queued to running to done, failed, cancelled or lost; or from queued to cancelled, or to failed where
its model cannot be loaded. None leaves an end again. Each change is one transaction that says what the state must
have been.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from modelatlas.graph.errors import BadInput
from modelatlas.tools.jobs.job import Job, State, Work
from modelatlas.tools.jobs.rows import instant, job_of, new_id
from modelatlas.tools.jobs.table_file import TableFile

_OVER = "state NOT IN ('queued', 'running')"


class NoSuchJob(BadInput):
    """No job of that id is the tenant's."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no job {id[:80]!r}; `modelatlas jobs` lists those there are.")


class JobTable:
    """What a person or an executor does with jobs; a tenant sees only their own."""

    def __init__(self, path: Path) -> None:
        self.file = TableFile(path)

    def submit(self, work: Work, now: datetime, key: str | None = None) -> Job:
        """Put work at the end of the queue; on disk when this returns. The same key gives the job it gave before."""

        def put(connection: sqlite3.Connection) -> Job:
            if key is not None:
                row = connection.execute(
                    "SELECT * FROM job WHERE tenant = ? AND key = ?", (work.tenant, key)
                ).fetchone()
                if row is not None:
                    return _same(job_of(row), work, key)
            row = connection.execute(
                "INSERT INTO job (id, tenant, tool, model, route, request, state, submitted, key)"
                " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?) RETURNING *",
                (
                    new_id(),
                    work.tenant,
                    work.tool,
                    work.model,
                    work.route,
                    json.dumps(work.request, ensure_ascii=False),
                    instant(now),
                    key,
                ),
            ).fetchone()
            return job_of(row)

        return self.file.write(put)

    def read(self, id: str, tenant: str | None = None) -> Job:
        """The job as it is now; None for the tenant where whoever asks may see all. Raises NoSuchJob."""
        return self.file.read(lambda connection: job_of(_row(connection, id, tenant)))

    def find(
        self,
        tenant: str,
        *,
        state: State | None = None,
        tool: str | None = None,
        model: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """The tenant's jobs, newest first; `since` by when they were submitted."""
        wanted = {"state = ?": state, "tool = ?": tool, "model = ?": model}
        wanted["submitted >= ?"] = instant(since) if since is not None else None
        chosen = {clause: value for clause, value in wanted.items() if value is not None}
        query = " AND ".join(["SELECT * FROM job WHERE tenant = ?", *chosen]) + " ORDER BY number DESC LIMIT ?"
        return self._jobs(query, tenant, *chosen.values(), limit)

    def ask_cancel(self, id: str, now: datetime, tenant: str | None = None) -> Job:
        """End a job that is queued; ask one that runs to end. Gives it as it is then. Raises NoSuchJob."""

        def ask(connection: sqlite3.Connection) -> Job:
            job = job_of(_row(connection, id, tenant))
            connection.execute(
                "UPDATE job SET state = 'cancelled', ended = ? WHERE id = ? AND state = 'queued'", (instant(now), id)
            )
            connection.execute(
                "UPDATE job SET cancel_asked = coalesce(cancel_asked, ?) WHERE id = ? AND state = 'running'",
                (instant(now), id),
            )
            return job if job.over else job_of(_row(connection, id, tenant))

        return self.file.write(ask)

    def rate(self, id: str, rating: int, tenant: str | None = None) -> Job:
        """Put the user's rating to a job that is over. Raises NoSuchJob, or BadInput for what cannot be rated."""
        if rating not in range(1, 6):
            raise BadInput(f"A rating is a whole number from 1 to 5, not {rating}.")

        def put(connection: sqlite3.Connection) -> Job:
            job = job_of(_row(connection, id, tenant))
            if not job.over:
                raise BadInput(f"Job {id} is {job.state}; it can be rated when it is over.")
            connection.execute("UPDATE job SET rating = ? WHERE id = ?", (rating, id))
            return job.model_copy(update={"rating": rating})

        return self.file.write(put)

    def prune(self, before: datetime) -> int:
        """Forget the jobs that were over before a time and are in the history; how many those were."""
        query = f"DELETE FROM job WHERE {_OVER} AND told = 1 AND ended < ?"
        return self.file.write(lambda connection: connection.execute(query, (instant(before),)).rowcount)

    def untold(self, tenant: str) -> list[Job]:
        """The tenant's jobs that are over and not yet in the history, oldest first."""
        return self._jobs(f"SELECT * FROM job WHERE tenant = ? AND told = 0 AND {_OVER} ORDER BY number", tenant)

    def mark_told(self, id: str) -> None:
        """The job, which is over, is now in the history."""
        query = f"UPDATE job SET told = 1 WHERE id = ? AND {_OVER}"
        self.file.write(lambda connection: connection.execute(query, (id,)))

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _jobs(self, query: str, *values: object) -> list[Job]:
        rows: Sequence[sqlite3.Row] = self.file.read(lambda connection: connection.execute(query, values).fetchall())
        return [job_of(row) for row in rows]


def _row(connection: sqlite3.Connection, id: str, tenant: str | None) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM job WHERE id = ? AND tenant = coalesce(?, tenant)", (id, tenant)
    ).fetchone()
    if row is None:
        raise NoSuchJob(id)
    return row


def _same(job: Job, work: Work, key: str) -> Job:
    if job.work.model_dump() != json.loads(work.model_dump_json()):
        raise BadInput(f"The key {key[:80]!r} was used for other work, job {job.id}; give each work a key of its own.")
    return job
