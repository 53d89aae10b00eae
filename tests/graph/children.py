"""Processes of a test: begun, listened to, killed."""

from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any


def started(context: ForkServerContext, work: Any, *given: Any) -> tuple[BaseProcess, Connection]:
    """A process that does the work, and where it says how far it is."""
    acknowledged, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(*given, theirs))
    process.start()
    theirs.close()
    return process, acknowledged


def drained(acknowledged: Connection) -> Iterator[Any]:
    """All that is said until the process ends."""
    with suppress(EOFError):
        while True:
            yield acknowledged.recv()


def killed(process: BaseProcess, acknowledged: Connection, after: float) -> list[Any]:
    """Kill the process some seconds from now; what it had said by then."""
    process.join(after)
    process.kill()
    said = list(drained(acknowledged))
    process.join()
    acknowledged.close()
    assert process.exitcode == -9
    return said
