"""A thread that keeps the table and a run in touch: how far it is goes out, that it shall end comes in."""

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from modelatlas.graph.errors import StoreError
from modelatlas.tools.backends.backend import Stopped
from modelatlas.tools.jobs.attempts import Attempt, Attempts
from modelatlas.tools.jobs.job import Standing
from modelatlas.tools.jobs.log import bound
from modelatlas.tools.jobs.processes import Process, kill

LOOK_S = 0.1
NOTE_S = 0.2
GRACE_S = 1.0
_BEAT_S = 5.0
_CHILDREN_S = 0.5


class Watch:
    """The progress of one job. Where it does not listen, this process is killed a second after its end was asked for.

    Disk trouble does not end a run: it is met again, and told, when the result is written.
    """

    def __init__(self, attempts: Attempts, job: str, me: Process, log: Path, when_cut: Callable[[], None]) -> None:
        self._attempts, self._job, self._me, self._log, self._when_cut = attempts, job, me, log, when_cut
        self._standing: Standing | None = None
        self._noted: tuple[Standing | None, tuple[Process, ...]] = (None, ())
        self._stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name=f"watch of {job}", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to end."""
        return self._stop.is_set()

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """Take how far the run is. Raises Stopped where it shall end."""
        if self._stop.is_set():
            raise Stopped
        self._standing = Standing(part=part, done=done, total=total)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        beat = childrens = noted = -_BEAT_S
        children: tuple[Process, ...] = ()
        elapsed = 0.0
        while not self._over.wait(LOOK_S):
            elapsed += LOOK_S
            bound(self._log)
            with suppress(StoreError):
                attempt = self._attempts.look(self._job)
                if attempt is None or not attempt.worker.is_same(self._me) or attempt.cancel_asked is not None:
                    self._stop.set()
                if attempt is not None and attempt.cancel_asked is not None and overdue(attempt, datetime.now(UTC)):
                    self._cut(attempt)
                if elapsed - childrens >= _CHILDREN_S:
                    children, childrens = self._me.children(), elapsed
                now = (self._standing, children)
                if (now != self._noted and elapsed - noted >= NOTE_S) or elapsed - beat >= _BEAT_S:
                    self._attempts.stand(self._job, self._me, *now, datetime.now(UTC))
                    self._noted, noted, beat = now, elapsed, elapsed

    def _cut(self, attempt: Attempt) -> None:
        def end_all() -> None:
            for child in dict.fromkeys((*self._me.children(), *attempt.children)):
                kill(child)

        if self._attempts.cut(attempt, datetime.now(UTC), end_all):
            self._when_cut()
            os.kill(os.getpid(), signal.SIGKILL)


def overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether the end of a job was asked for longer ago than it is given to listen."""
    return attempt.cancel_asked is not None and (now - attempt.cancel_asked).total_seconds() >= GRACE_S
