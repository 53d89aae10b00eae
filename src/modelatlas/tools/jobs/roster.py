"""The workers that are there, which of them hold a slot, and whose turn it is.

A slot is room for one loaded model that needs a GPU. All executors of one workshop on a machine share its slots.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.table_file import TableFile

State = Literal["waiting", "loading", "busy", "idle"]
_ME = "host = ? AND pid = ?"


@dataclass(frozen=True)
class Worker:
    """A worker as the roster has it; `keeper` is the executor that sees how it ends, None where none does."""

    process: Process
    route: str
    needs_slot: bool
    state: State
    since: float
    leaving: bool
    keeper: Process | None

    @property
    def holds_slot(self) -> bool:
        """Whether it is one of those that share the slots."""
        return self.needs_slot and self.state != "waiting"


class Roster:
    """Who works; times are seconds since 1970."""

    def __init__(self, file: TableFile) -> None:
        self._file = file

    def workers(self) -> list[Worker]:
        """The workers, those of this machine only as long as they live, in the order they came to their state."""
        rows = self._file.read(lambda connection: connection.execute("SELECT * FROM worker ORDER BY since").fetchall())
        return [it for it in map(_worker, rows) if it.process.alive or not it.process.is_here]

    def join(self, me: Process, route: str, keeper: Process | None, needs_slot: bool, now: float) -> bool:
        """Become the worker of a route; False where it has one that stays."""

        def add(connection: sqlite3.Connection) -> bool:
            _forget_the_dead(connection, me.host)
            if any(it.route == route and not it.leaving for it in _living(connection, me.host)):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO worker (host, pid, start, route, needs_slot, state, since, keeper_pid,"
                " keeper_start) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?, ?)",
                (
                    me.host,
                    me.pid,
                    me.start,
                    route,
                    needs_slot,
                    now,
                    keeper.pid if keeper else None,
                    keeper.start if keeper else None,
                ),
            )
            return True

        return self._file.write(add)

    def take_slot(self, me: Process, slots: int, now: float) -> bool:
        """Take a free slot, the first who waits first; where none is free the longest idle worker is asked to leave."""

        def take(connection: sqlite3.Connection) -> bool:
            workers = _living(connection, me.host)
            holders = [it for it in workers if it.holds_slot]
            waiting = [it for it in workers if it.needs_slot and it.state == "waiting"]
            ahead = [it.process for it in waiting].index(me)
            if len(holders) + ahead < slots:
                connection.execute(
                    f"UPDATE worker SET state = 'loading', since = ? WHERE {_ME}", (now, me.host, me.pid)
                )
                return True
            idle = [it for it in holders if it.state == "idle" and not it.leaving]
            asked = sum(it.leaving for it in holders)
            if idle and asked <= ahead:
                _ask_to_leave(connection, idle[0].process)
            return False

        return self._if_listed(me, take)

    def turn(self, me: Process, state: State, now: float) -> None:
        """Say what the worker does from now on."""
        query = f"UPDATE worker SET state = ?, since = ? WHERE {_ME}"
        self._file.note(lambda connection: connection.execute(query, (state, now, me.host, me.pid)))

    def should_leave(self, me: Process, patience_s: float, now: float) -> bool:
        """Whether the worker was asked to leave, or holds the slot of one that has waited too long for it."""
        workers = self._file.read(lambda connection: _living(connection, me.host))
        mine = next((it for it in workers if it.process == me), None)
        if mine is None or mine.leaving:
            return True
        return mine.holds_slot and any(
            it.needs_slot and it.state == "waiting" and now - it.since > patience_s for it in workers
        )

    def leave(self, me: Process) -> None:
        """Be no worker any more."""
        self._file.write(lambda connection: _strike(connection, me))

    def ask_to_leave(self, worker: Process) -> None:
        """Ask a worker to end when it has done what it has in hand."""
        self._file.write(lambda connection: _ask_to_leave(connection, worker))

    def strike(self, gone: Process) -> None:
        """Take a worker that has ended off the roster."""
        self._file.write(lambda connection: _strike(connection, gone))

    def dismiss(self, worker: Process, kill: Callable[[], None]) -> None:
        """Ask a worker to leave that nobody will wait for any more; one that is not yet on the roster is killed."""

        def send_off(connection: sqlite3.Connection) -> None:
            if _listed(connection, worker):
                _ask_to_leave(connection, worker)
                connection.execute(f"UPDATE worker SET keeper_pid = NULL WHERE {_ME}", (worker.host, worker.pid))
            else:
                kill()

        self._file.write(send_off)

    def find(self, process: Process) -> Worker | None:
        """A worker by its process, whether or not that still lives."""
        query, values = f"SELECT * FROM worker WHERE {_ME}", (process.host, process.pid)
        row = self._file.read(lambda connection: connection.execute(query, values).fetchone())
        found = _worker(row) if row is not None else None
        return found if found is not None and found.process.is_same(process) else None

    def _if_listed(self, me: Process, work: Callable[[sqlite3.Connection], bool]) -> bool:
        return self._file.write(lambda connection: work(connection) if _listed(connection, me) else False)


def _living(connection: sqlite3.Connection, host: str) -> list[Worker]:
    rows = connection.execute("SELECT * FROM worker WHERE host = ? ORDER BY since", (host,))
    return [it for it in map(_worker, rows.fetchall()) if it.process.alive]


def _forget_the_dead(connection: sqlite3.Connection, host: str) -> None:
    rows = connection.execute("SELECT * FROM worker WHERE host = ?", (host,)).fetchall()
    for worker in map(_worker, rows):
        if not worker.process.alive and (worker.keeper is None or not worker.keeper.alive):
            _strike(connection, worker.process)


def _listed(connection: sqlite3.Connection, me: Process) -> bool:
    return connection.execute(f"SELECT 1 FROM worker WHERE {_ME}", (me.host, me.pid)).fetchone() is not None


def _ask_to_leave(connection: sqlite3.Connection, worker: Process) -> None:
    connection.execute(f"UPDATE worker SET leaving = 1 WHERE {_ME}", (worker.host, worker.pid))


def _strike(connection: sqlite3.Connection, gone: Process) -> None:
    connection.execute(f"DELETE FROM worker WHERE {_ME} AND start = ?", (gone.host, gone.pid, gone.start))


def _worker(row: sqlite3.Row) -> Worker:
    keeper = Process(row["host"], row["keeper_pid"], row["keeper_start"]) if row["keeper_pid"] is not None else None
    return Worker(
        process=Process(row["host"], row["pid"], row["start"]),
        route=row["route"],
        needs_slot=bool(row["needs_slot"]),
        state=row["state"],
        since=row["since"],
        leaving=bool(row["leaving"]),
        keeper=keeper,
    )
