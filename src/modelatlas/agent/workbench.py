"""Where action tools run for one atlas: work goes onto the table of jobs, and what is over goes into the history."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from modelatlas.graph.dates import iso
from modelatlas.graph.periods import AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.tools.actions.action import action
from modelatlas.tools.artifacts import Artifacts
from modelatlas.tools.jobs.executor import Executor
from modelatlas.tools.jobs.job import Job, Work
from modelatlas.tools.jobs.recovery import recover
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.places import Places
from modelatlas.tools.proposal import Approval, Proposal, Wish, propose, route_of
from modelatlas.tools.runs import rated, told
from modelatlas.tools.workshop import Workshop

Json = dict[str, Any]


class Workbench:
    """Submits work, follows it to its end, and writes each run into the user's history once."""

    def __init__(
        self,
        store: GraphStore,
        workshop: Workshop,
        places: Callable[[], Places],
        approval: Approval,
        cards: Path | None,
        executor: Callable[[], Executor],
        clock: Callable[[], datetime],
    ) -> None:
        self.store = store
        self.workshop = workshop
        self._tell_places = places
        self.cards = cards
        self._approval = approval
        self._open = executor
        self._executor: Executor | None = None
        self._table: JobTable | None = None
        self._clock = clock

    @cached_property
    def places(self) -> Places:
        """What the person told about routes. Raises BadInput for a file that cannot be used."""
        return self._tell_places()

    @property
    def table(self) -> JobTable:
        """The jobs, the newest and the old."""
        if self._table is None:
            self._table = JobTable(self.workshop.table)
        return self._table

    @property
    def artifacts(self) -> Artifacts:
        """What was made."""
        return Artifacts(self.workshop)

    @property
    def executor(self) -> Executor:
        """What carries the jobs out; opened when first needed."""
        if self._executor is None:
            self._executor = self._open()
        return self._executor

    async def propose(self, wish: Wish, as_of: AsOf) -> Proposal:
        """The run that fits a wish best. Raises BadInput where no card can do it."""
        return await propose(self.store, wish, as_of, self.places, self._approval, self.cards)

    async def submit(self, tool: str, model: str | None, arguments: Mapping[str, Any], key: str | None = None) -> Job:
        """Put a run onto the table; the same key gives the job it gave before.

        Raises BadInput for a wrong request or a route that cannot be run.
        """
        request = action(tool).read(arguments)
        card, route = route_of(tool, model, self.places, self.cards)
        given = request.model_dump(mode="json", exclude_defaults=True)
        work = Work(tenant=self.store.tenant, tool=tool, model=card.model, route=route.id, request=given)
        return await self.executor.submit(work, key)

    async def follow(self, job: str) -> AsyncIterator[Job]:
        """The job now and at every change until it is over, and then in the history."""
        self.table.read(job, self.store.tenant)
        async for now in self.executor.follow(job):
            if now.over:
                await self.remember()
            yield now

    async def recover(self) -> None:
        """Find running jobs again or call them lost, and write what is over into the history."""
        if self.workshop.table.exists():
            recover(self.table, datetime.now().astimezone())
            await self.remember()

    def linger(self, job: Job) -> None:
        """See that a job goes on when this process ends."""
        self.executor.linger(job)

    async def cancel(self, job: str) -> Job:
        """End a job; raises NoSuchJob for one that is not of this tenant."""
        self.table.read(job, self.store.tenant)
        found = await self.executor.cancel(job)
        await self.remember()
        return found

    async def rate(self, job: str, rating: int) -> Job:
        """Say how good a run was, 1 to 5; an earlier rating stays readable."""
        found = self.table.rate(job, rating, self.store.tenant)
        await self.remember()
        now = self._clock()
        await self.store.record([rated(found, rating, iso(now))], now=now)
        return found

    async def remember(self) -> int:
        """Write the runs that are over and not yet in the history; how many those were."""
        if self._table is None and not self.workshop.table.exists():
            return 0
        done = self.table.untold(self.store.tenant)
        for job in done:
            claims, episode = told(job)
            await self.store.record(claims, [episode], now=self._clock())
            self.table.mark_told(job.id)
        return len(done)

    async def close(self) -> None:
        """Let go of idle models; what still runs ends by itself and is found again."""
        if self._executor is not None:
            await self._executor.close()
        if self._table is not None:
            self._table.close()
