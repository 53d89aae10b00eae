"""What carries jobs out, wherever it does."""

from collections.abc import AsyncIterator
from typing import Protocol

from modelatlas.tools.jobs.job import Job, Work


class Executor(Protocol):
    """Takes work and carries it out; the table of jobs is the truth, and any process may read it."""

    async def submit(self, work: Work) -> Job:
        """Put work on the table; it is durable when this returns. Raises BadInput where it cannot be done at all."""

    def follow(self, job: str) -> AsyncIterator[Job]:
        """The job now and at every change, until it is over."""

    async def cancel(self, job: str) -> Job:
        """End a job within two seconds, gently where it listens; returns it as it is then."""

    async def close(self) -> None:
        """Let go of idle models; what still runs is left to end by itself and is found again."""
