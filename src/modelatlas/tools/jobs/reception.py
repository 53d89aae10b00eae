"""Where work is taken in and asked after; behind it, hands that carry it out are looked after again and again."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.tools.actions.action import action
from modelatlas.tools.actions.requests import Request
from modelatlas.tools.jobs.arrangement import Arrangement
from modelatlas.tools.jobs.attempts import Attempt
from modelatlas.tools.jobs.cancellation import cancel
from modelatlas.tools.jobs.job import Job, Json, Work
from modelatlas.tools.jobs.recovery import Recovered, recover
from modelatlas.tools.jobs.table import JobTable
from modelatlas.tools.media.fields import named_media

_LOOK_S = 0.1
_QUIET_S = 0.5
_PARTS = re.compile(r"[^.\[\]]+")


class Hands(Protocol):
    """What carries jobs out."""

    def tend(self) -> bool:
        """See who has ended and whom it takes, and start those; whether anything is under way. Blocks shortly."""

    def cut(self, attempt: Attempt) -> bool:
        """Kill all that works on a job whose end was asked for; False where it was over."""

    def let_go(self) -> None:
        """Let go of what is idle; what works ends by itself."""


class Reception:
    """An executor over the table of jobs, whichever hands carry them out."""

    def __init__(self, arrangement: Arrangement, table: JobTable, hands: Hands) -> None:
        self.table = table
        self._arrangement, self._hands = arrangement, hands
        self._tending: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def open(self) -> Recovered:
        """Find running jobs again, or call them lost, and begin to carry out what is queued."""
        recovered = await asyncio.to_thread(recover, self.table, datetime.now(UTC))
        self._begin()
        return recovered

    async def submit(self, work: Work, key: str | None = None) -> Job:
        """Put work on the table; it is durable when this returns. Raises BadInput where it cannot be done at all.

        Files named by a path from here stay those, wherever the work is done. The same key of the same tenant gives
        the job it gave before.
        """
        _, route = self._arrangement.route(work.route)
        if route.run is None:
            raise BadInput(f"{route.id} cannot be run: {route.reason}")
        if work.tool not in route.tools:
            raise BadInput(f"{route.id} does not {work.tool}; it does {', '.join(route.tools)}.")
        request = action(work.tool).read(work.request)
        anchored = work.model_copy(update={"request": _anchored(request, work.request)})
        job = await asyncio.to_thread(self.table.submit, anchored, datetime.now(UTC), key)
        self._begin()
        return job

    async def follow(self, job: str, tenant: str | None = None) -> AsyncIterator[Job]:
        """The job now and at every change, until it is over. Raises NoSuchJob."""
        seen: Job | None = None
        while seen is None or not seen.over:
            now = await asyncio.to_thread(self.table.read, job, tenant)
            if now != seen:
                seen = now
                yield now
            else:
                self._begin()
                await asyncio.sleep(_LOOK_S)

    async def cancel(self, job: str, tenant: str | None = None) -> Job:
        """End a job within two seconds, gently where it listens; returns it as it is then. Raises NoSuchJob."""
        return await asyncio.to_thread(cancel, self.table, job, self._hands.cut, tenant)

    async def close(self) -> None:
        """Let go of idle models; what still runs is left to end by itself and is found again."""
        tending, self._tending = self._tending, None
        if tending is not None:
            tending.cancel()
            await asyncio.wait([tending])
            with suppress(StoreError):
                await asyncio.to_thread(self._hands.let_go)
        await asyncio.to_thread(self.table.close)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _begin(self) -> None:
        """Go on tending; what ended it is raised here, where somebody waits for the work."""
        self._wake.set()
        if self._tending is not None and self._tending.done():
            ended, self._tending = self._tending, None
            ended.result()
        if self._tending is None:
            self._tending = asyncio.create_task(self._tend())

    async def _tend(self) -> None:
        while True:
            self._wake.clear()
            under_way = True
            with suppress(StoreError):  # a table that fails now is looked at again
                under_way = await _whole(self._hands.tend)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S if under_way else _QUIET_S):
                    await self._wake.wait()


async def _whole(work: Callable[[], bool]) -> bool:
    """Run the work in a thread; it is finished when this ends, even where the caller was cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


def _anchored(request: Request, given: Json) -> Json:
    """The request as given, with the whole path of each file that it names from here."""
    found: Any = json.loads(json.dumps(given))
    for named in named_media(request):
        *way, last = (int(part) if part.isdigit() else part for part in _PARTS.findall(named.field))
        with suppress(OSError, ValueError):  # a data URI is no path at all, and may be too long for one
            if Path(named.text).is_file():
                inner = found
                for part in way:
                    inner = inner[part]
                inner[last] = str(Path(named.text).absolute())
    return dict(found)
