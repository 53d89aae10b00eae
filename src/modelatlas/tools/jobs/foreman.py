"""Starts the workers of a workshop as its queue needs them, sees how each ends, and tells what that did to its job."""

import signal
import subprocess
import threading
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime

from modelatlas.graph.errors import BadInput
from modelatlas.tools.jobs.arrangement import Arrangement, Post, command
from modelatlas.tools.jobs.attempts import Attempt, Attempts
from modelatlas.tools.jobs.cancellation import cut
from modelatlas.tools.jobs.log import last_words
from modelatlas.tools.jobs.processes import Process
from modelatlas.tools.jobs.recovery import abandon, recover
from modelatlas.tools.jobs.roster import Roster, Worker
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.jobs.watch import overdue

_LOADS_TRIED = 2
_MOST_WAITING = 2


class Started:
    """A process that was started with something to read, and how it ended; it outlives whoever started it."""

    def __init__(self, module: str, given: str, arrangement: Arrangement, log: str) -> None:
        path = arrangement.log(log)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as output:
            self._popen = subprocess.Popen(
                command(module),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=arrangement.environment,
                start_new_session=True,
            )
        self.process = Process.of(self._popen.pid)
        self.ended = threading.Event()
        threading.Thread(target=self._wait, name=f"end of {self._popen.pid}", daemon=True).start()
        assert self._popen.stdin is not None
        with suppress(BrokenPipeError), self._popen.stdin as pipe:
            pipe.write(given.encode())

    @property
    def status(self) -> int:
        """Its exit status once it has ended; minus the signal that killed it."""
        return int(self._popen.returncode)

    def kill(self) -> None:
        """Kill it."""
        self._popen.kill()

    def _wait(self) -> None:
        self._popen.wait()
        self.ended.set()


class Foreman:
    """Looks after the workers of this executor; the slots and the queue are shared with all others of the workshop."""

    def __init__(self, arrangement: Arrangement, table: JobTable) -> None:
        self._arrangement, self._table = arrangement, table
        self._attempts, self._roster = Attempts(table.file), Roster(table.file)
        self._me = Process.myself()
        self._started: dict[str, Started] = {}
        self._failed_loads: dict[str, int] = defaultdict(int)

    def tend(self) -> bool:
        """See who has ended, end what is to be cancelled, and start who is needed; whether anything is under way."""
        for route, started in list(self._started.items()):
            if started.ended.is_set():
                self._see_out(route, started)
                del self._started[route]
        now = datetime.now(UTC)
        recover(self._table, now)
        for attempt in self._attempts.running():
            if overdue(attempt, now) and attempt.worker.is_here:
                self.cut(attempt)
        queued = self._attempts.queued_routes()
        for route in queued:
            self._start(route)
        return bool(queued or self._started)

    def cut(self, attempt: Attempt) -> bool:
        """Kill all that works on a job whose end was asked for; False where it was over."""
        return cut(self._table, attempt)

    def let_go(self) -> None:
        """Ask the workers to leave when they have done what they have in hand, and wait for none of them."""
        for started in self._started.values():
            self._roster.dismiss(started.process, started.kill)
        self._started.clear()

    def _start(self, route: str) -> None:
        workers = self._roster.workers()
        if route in self._started or any(it.route == route and not it.leaving for it in workers):
            return
        try:
            card, found = self._arrangement.route(route)
        except BadInput as error:
            self._attempts.fail_queued(route, datetime.now(UTC), str(error))
            return
        post = Post(
            arrangement=self._arrangement,
            model=card.model,
            route=found,
            keeper=(self._me.pid, self._me.start),
            needs_slot=self._arrangement.needs_gpu(found),
        )
        if post.needs_slot and self._waiting(workers) >= _MOST_WAITING:
            return
        try:
            module = "modelatlas.tools.jobs.worker"
            self._started[route] = Started(module, post.written(), self._arrangement, route)
        except OSError as error:
            self._load_failed(route, f"No process could be started for {card.model}: {error}.")

    def _waiting(self, workers: list[Worker]) -> int:
        """How many wait for a slot, or have only just been started."""
        listed = {it.process.pid for it in workers}
        beginning = sum(it.process.pid not in listed for it in self._started.values())
        return beginning + sum(it.needs_slot and it.state == "waiting" for it in workers)

    def _see_out(self, route: str, started: Started) -> None:
        """Tell the job in hand how its worker ended; where none can be loaded, all that is queued is told so."""
        listed = self._roster.find(started.process)
        attempt = next((it for it in self._attempts.running() if it.worker.is_same(started.process)), None)
        sentence = self._sentence(route, started.status)
        if attempt is not None:
            abandon(self._table, attempt, "failed", sentence, datetime.now(UTC))
        if listed is not None:
            self._roster.strike(listed.process)
        if not started.status or (listed is not None and listed.state in ("busy", "idle")):
            self._failed_loads.pop(route, None)
        elif listed is None or attempt is not None:
            self._load_failed(route, sentence)

    def _load_failed(self, route: str, sentence: str) -> None:
        self._failed_loads[route] += 1
        if self._failed_loads[route] >= _LOADS_TRIED:
            self._attempts.fail_queued(route, datetime.now(UTC), sentence)
            del self._failed_loads[route]

    def _sentence(self, route: str, status: int) -> str:
        log = self._arrangement.log(route)
        words = last_words(log)
        said = f"; the last it said: {words}" if words else ""
        return f"The process that ran {route} {_end(status)} before the job was done{said} (its log: {log})."


def _end(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"was killed by {name}" + (", as a system does when memory runs out," if name == "SIGKILL" else "")
