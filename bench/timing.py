"""Timing calls of a few milliseconds on a machine that does other things too."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Sized
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import fmean, median, quantiles
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")

Call = Callable[[T], Awaitable[Sized]]

_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Timed:
    """Milliseconds of many calls, and how many things a call gave on average."""

    p50: float
    p95: float
    given: float

    def note(self, base: "Timed | None" = None) -> str:
        """How much a call gave; where that is not as much as another's, the ratio to its p50 for each thing given."""
        note = f"{self.given:.1f} given a read"
        if base is None or not self.given or not base.given or self.given == base.given:
            return note
        return f"{note}; × {self.p50 / self.given / (base.p50 / base.given):.2f} for each one given"


async def in_turn(calls: Mapping[str, Call[T]], over: Sequence[T]) -> dict[str, Timed]:
    """Time every call with every argument.

    The calls take turns at each argument and the first turn goes round, so that neither a busy minute of the
    machine nor what the call before left in the cache favours one of them.
    """
    for argument in over[:_WARM_UP]:
        for call in calls.values():
            await call(argument)
    milliseconds: dict[str, list[float]] = {name: [] for name in calls}
    given: dict[str, list[int]] = {name: [] for name in calls}
    for turn, argument in enumerate(over):
        for name in islice(cycle(calls), turn % len(calls), turn % len(calls) + len(calls)):
            began = perf_counter()
            found = await calls[name](argument)
            milliseconds[name].append((perf_counter() - began) * 1000)
            given[name].append(len(found))
    return {name: _timed(milliseconds[name], given[name]) for name in calls}


def _timed(milliseconds: Sequence[float], given: Sequence[int]) -> Timed:
    p95 = quantiles(milliseconds, n=20, method="inclusive")[-1]
    return Timed(p50=median(milliseconds), p95=p95, given=fmean(given))
