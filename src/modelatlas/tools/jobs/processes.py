"""Processes by their pid and the time they were started, so that a pid used again is never mistaken."""

import os
import signal
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import psutil

_TOLERANCE_S = 2.0  # the clock may be set between two readings of one start time


@cache
def this_host() -> str:
    """The name of this machine."""
    return socket.gethostname()


@dataclass(frozen=True)
class Process:
    """A process of a machine; `start` in seconds since 1970."""

    host: str
    pid: int
    start: float

    @classmethod
    def myself(cls) -> "Process":
        """The process this runs in."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has a pid of this machine now. Raises psutil.NoSuchProcess."""
        return cls(this_host(), pid, psutil.Process(pid).create_time())

    @property
    def is_here(self) -> bool:
        """Whether it is of this machine, so that its life can be seen."""
        return self.host == this_host()

    @property
    def alive(self) -> bool:
        """Whether it still runs here; one that has ended and is not yet waited for does not."""
        return self._found() is not None

    def is_same(self, other: "Process") -> bool:
        """Whether both name one process, however the clock was set between the two readings."""
        return (self.host, self.pid) == (other.host, other.pid) and abs(self.start - other.start) <= _TOLERANCE_S

    def children(self) -> tuple["Process", ...]:
        """What it has started, and what those have."""
        found = self._found()
        with suppress(psutil.Error):
            if found is not None:
                every = found.children(recursive=True)
                return tuple(Process(self.host, it.pid, it.create_time()) for it in every)
        return ()

    def _found(self) -> psutil.Process | None:
        if not self.is_here:
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.start) <= _TOLERANCE_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def kill(process: Process, known_children: Iterable[Process] = ()) -> None:
    """Kill a process of this machine with all it has started; what is known of that from before is looked for too."""
    _send(process, signal.SIGSTOP)  # so that it starts nothing while its children are looked up
    children = dict.fromkeys((*process.children(), *known_children))
    _send(process, signal.SIGKILL)
    for child in children:
        if child.alive and _leads_a_group(child.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        _send(child, signal.SIGKILL)


def wait_until_gone(processes: Iterable[Process], seconds: float) -> bool:
    """Wait for processes to end, no longer than told; whether all have."""
    last = time.monotonic() + seconds
    left = [it for it in processes if it.alive]
    while left and time.monotonic() < last:
        time.sleep(0.01)
        left = [it for it in left if it.alive]
    return not left


def _send(process: Process, number: signal.Signals) -> None:
    if process.alive:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)


def _leads_a_group(pid: int) -> bool:
    with suppress(OSError):
        return os.getpgid(pid) == pid and pid != os.getpgid(0)
    return False
