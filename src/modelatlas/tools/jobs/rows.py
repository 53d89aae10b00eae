"""The rows of the table of jobs: what is in each column, and the job that a row is."""

import json
import secrets
import sqlite3
import time
from datetime import UTC, datetime

from modelatlas.tools.jobs.job import Job, Standing, Work

_JOB = {
    "number": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "id": "TEXT NOT NULL UNIQUE",
    "tenant": "TEXT NOT NULL",
    "tool": "TEXT NOT NULL",
    "model": "TEXT NOT NULL",
    "route": "TEXT NOT NULL",
    "request": "TEXT NOT NULL",
    "state": "TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'lost'))",
    "submitted": "TEXT NOT NULL",
    "started": "TEXT",
    "ended": "TEXT",
    "part": "TEXT",
    "done": "INTEGER",
    "total": "INTEGER",
    "result": "TEXT",
    "error": "TEXT",
    "cancel_asked": "TEXT",
    "rating": "INTEGER CHECK (rating BETWEEN 1 AND 5)",
    "key": "TEXT",  # the caller's own, so that the same work is not submitted twice
    "told": "INTEGER NOT NULL DEFAULT 0",  # whether it is in the user's history
    "host": "TEXT",
    "pid": "INTEGER",
    "start": "REAL",
    "beat": "REAL",  # when the worker was last heard of
    "children": "TEXT",  # the processes the worker has started, as [pid, start]
}
_WORKER = {
    "host": "TEXT NOT NULL",
    "pid": "INTEGER NOT NULL",
    "start": "REAL NOT NULL",
    "route": "TEXT NOT NULL",
    "needs_slot": "INTEGER NOT NULL",
    "state": "TEXT NOT NULL CHECK (state IN ('waiting', 'loading', 'busy', 'idle'))",
    "since": "REAL NOT NULL",
    "leaving": "INTEGER NOT NULL DEFAULT 0",
    "keeper_pid": "INTEGER",  # the executor that sees how it ends
    "keeper_start": "REAL",
}


def _table(name: str, columns: dict[str, str], last: str = "") -> str:
    body = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"CREATE TABLE {name} ({body}{last}) STRICT"


SCHEMA = (
    _table("job", _JOB),
    _table("worker", _WORKER, ", PRIMARY KEY (host, pid)"),
    "CREATE UNIQUE INDEX job_of_key ON job (tenant, key) WHERE key IS NOT NULL",
    "CREATE INDEX job_of_tenant ON job (tenant, number)",
    "CREATE INDEX job_open ON job (state, route, number) WHERE state IN ('queued', 'running')",
    "CREATE INDEX job_untold ON job (tenant, number) WHERE told = 0",
)


def columns_differ(connection: sqlite3.Connection) -> str | None:
    """What of our two tables is not as this program knows it, or None."""
    for name, columns in (("job", _JOB), ("worker", _WORKER)):
        found = {row["name"] for row in connection.execute(f"PRAGMA table_info({name})")}
        if found != columns.keys():
            return f"{name} has {', '.join(sorted(found ^ columns.keys()))} on one side only"
    return None


def job_of(row: sqlite3.Row) -> Job:
    """The job that a row is."""
    return Job(
        id=row["id"],
        work=Work(
            tenant=row["tenant"],
            tool=row["tool"],
            model=row["model"],
            route=row["route"],
            request=json.loads(row["request"]),
        ),
        state=row["state"],
        submitted=datetime.fromisoformat(row["submitted"]),
        started=_time(row["started"]),
        ended=_time(row["ended"]),
        standing=Standing(part=row["part"], done=row["done"], total=row["total"]) if row["part"] is not None else None,
        result=json.loads(row["result"]) if row["result"] is not None else None,
        error=row["error"],
        cancelling=row["state"] == "running" and row["cancel_asked"] is not None,
        rating=row["rating"],
    )


def instant(time: datetime) -> str:
    """A time as the table has it: UTC, in the order of its text."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """An id that sorts by when it was made, to the millisecond: ten characters of time, eight by chance."""
    return _written(time.time_ns() // 1_000_000, 10) + "-" + _written(secrets.randbits(40), 8)


def _written(number: int, length: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(length)))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
