"""Work with a server, in a blocking call that can be stopped at any moment and never takes longer than allowed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from modelatlas.tools.backends.backend import Progress, TimedOut
from modelatlas.tools.backends.served_address import Address

TICK_S = 0.2

T = TypeVar("T")


class Watch:
    """How far the work is; told on every change, and again every TICK_S so that a stop is noticed while one waits."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._now: tuple[str, int, int | None] = ("waiting for the server", 0, None)

    def tell(self, part: str, done: int = 0, total: int | None = None) -> None:
        """Say how far it is. Raises Stopped where it shall end."""
        self._now = (part, done, total)
        self._progress(part, done, total)

    def again(self) -> None:
        """Say the same once more. Raises Stopped where it shall end."""
        self._progress(*self._now)


def watched(work: Callable[[Watch], Coroutine[Any, Any, T]], progress: Progress, address: Address) -> T:
    """Do the work to its end. Raises Stopped as soon as `progress` does, and TimedOut past the route's limit."""
    return asyncio.run(_watched(work, Watch(progress), address))


async def _watched(work: Callable[[Watch], Coroutine[Any, Any, T]], watch: Watch, address: Address) -> T:
    task = asyncio.ensure_future(work(watch))
    try:
        async with asyncio.timeout(address.total_s):
            while not (await asyncio.wait({task}, timeout=TICK_S))[0]:
                watch.again()
            return task.result()
    except TimeoutError as error:
        raise TimedOut(
            f"{address.route} did not end within {address.total_s:g} s at {address.origin} and was given up; "
            f'give it longer by timeout_s of [routes."{address.route}"] in the places file.'
        ) from error
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def last_words(calls: Callable[[], Awaitable[None]], limit_s: float) -> None:
    """What is told to a server when work is given up: tried for a moment, and no error of it matters any more."""
    try:
        async with asyncio.timeout(limit_s):
            await calls()
    except Exception:
        return
