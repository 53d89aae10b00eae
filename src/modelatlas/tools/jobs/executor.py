"""What carries jobs out, wherever it does."""

from collections.abc import AsyncIterator
from typing import Protocol

from modelatlas.tools.jobs.job import Job, Work


class Executor(Protocol):
    """Takes work and carries it out; the table of jobs is the truth, and any process may read it."""

    async def submit(self, work: Work, key: str | None = None) -> Job:
        """Put work on the table; it is durable when this returns, and the same key gives the job it gave before."""

    def follow(self, job: str, tenant: str | None = None) -> AsyncIterator[Job]:
        """The job now and at every change, until it is over; None for the tenant where whoever asks may see all."""

    async def cancel(self, job: str, tenant: str | None = None) -> Job:
        """End a job within two seconds, gently where it listens; returns it as it is then."""

    def linger(self, job: Job) -> int:
        """Leave a process behind, whose pid this is, that carries out what is queued for the job's route."""

    async def close(self) -> None:
        """Let go of idle models; what still runs is left to end by itself and is found again."""
