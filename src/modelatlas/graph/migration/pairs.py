"""Two streams side by side."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_parts(items: AsyncIterable[T], size: int) -> AsyncIterator[list[T]]:
    """The items in lists of that many, the last of fewer."""
    part: list[T] = []
    async for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


async def in_step(one: AsyncIterator[T], other: AsyncIterator[T]) -> AsyncIterator[tuple[T | None, T | None]]:
    """The first of both, the second of both, and so on; None once one has no more."""
    first, second = await anext(one, None), await anext(other, None)
    while first is not None or second is not None:
        yield first, second
        first = await anext(one, None) if first is not None else None
        second = await anext(other, None) if second is not None else None


async def matched(
    one: AsyncIterator[T], other: AsyncIterator[T], key: Callable[[T], Any]
) -> AsyncIterator[tuple[T | None, T | None]]:
    """Those with the same key together, of two streams that are sorted by it; None for what one has not."""
    first, second = await anext(one, None), await anext(other, None)
    while first is not None or second is not None:
        if second is None or (first is not None and key(first) < key(second)):
            yield first, None
            first = await anext(one, None)
        elif first is None or key(second) < key(first):
            yield None, second
            second = await anext(other, None)
        else:
            yield first, second
            first, second = await anext(one, None), await anext(other, None)
