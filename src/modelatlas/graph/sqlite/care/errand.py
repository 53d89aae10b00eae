"""Long work in a thread: it says how far it is, and stops when nobody waits for it any more."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from typing import TypeVar

from modelatlas.graph.care.progress import Progress

T = TypeVar("T")

_INSTRUCTIONS = 200_000  # of SQLite's machine between two looks at whether to stop


class Stopped(Exception):
    """The caller of the work has gone."""


class Errand:
    """What the work reports to."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Make the next report raise."""
        self._stopped.set()

    def reached(self, part: str, done: int, total: int) -> None:
        """Say how far a part of the work is. Raises Stopped when nobody waits for it."""
        if self._stopped.is_set():
            raise Stopped
        if self._progress is not None:
            self._progress(part, done, total)

    def watch(self, connection: sqlite3.Connection) -> None:
        """Let one long statement of the connection stop, too: it then raises sqlite3.OperationalError."""
        connection.set_progress_handler(self._stopped.is_set, _INSTRUCTIONS)


async def run(work: Callable[[Errand], T], progress: Progress | None) -> T:
    """Do the work in a thread; `progress` is called there with the part, how much is done, and of how much.

    Cancelling waits for the work to stop and to clear up after itself.
    """
    errand = Errand(progress)
    task = asyncio.ensure_future(asyncio.to_thread(work, errand))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        errand.stop()
        await asyncio.wait([task])
        task.exception()
        raise
