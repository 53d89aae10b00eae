"""Work that is cancelled in the middle."""

import asyncio
import threading
from collections.abc import Callable

import pytest


async def stopped_at(part: str, work: Callable[[Callable[[str, int, int], None]], asyncio.Future[object]]) -> None:
    """Cancel the work when it is in the middle of a part."""
    loop, reached, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def progress(now: str, done: int, total: int) -> None:
        if now == part and not reached.is_set():
            loop.call_soon_threadsafe(reached.set)
            assert go_on.wait(60)

    task = work(progress)
    await reached.wait()
    task.cancel()
    loop.call_later(0.01, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await task
