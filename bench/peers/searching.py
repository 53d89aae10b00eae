"""Searching within a limit of time: as many of the queries as it allows, every way of searching with each."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from bench.given import Asked
from bench.machine import peak_megabytes
from bench.peers.process import Searched
from bench.timing import Call, Timed, in_turn

_KINDS = 8  # of queries, one after the other in turn
_LEAST = 4
_WARMING = 5  # rounds that in_turn does before it times


async def within(seconds: float, calls: Mapping[str, Call[Asked]], over: Sequence[Asked]) -> Searched:
    """Time the calls with the first queries: whole turns of all kinds where there is time for that, else four.

    A call too slow for four is timed with one query; one that fails with that is left out.
    """
    once, left_out = await _once(calls, over[0])
    quick = {name: call for name, call in calls.items() if name in once and _fits(once[name], seconds)}
    round_ = sum(once[name].p50 for name in quick) / 1000
    turns = int(seconds / round_ - _WARMING) // _KINDS if quick else 0
    asked = over[: turns * _KINDS] if turns > 0 else over[:_LEAST]
    found = await in_turn(quick, asked) if quick else {}
    return Searched(
        calls=once | found,
        queries={name: len(asked) if name in found else 1 for name in once},
        left_out=left_out,
        peak_megabytes=peak_megabytes(),
        note="",
    )


async def _once(calls: Mapping[str, Call[Asked]], asked: Asked) -> tuple[dict[str, Timed], dict[str, str]]:
    once, left_out = {}, {}
    for name, call in calls.items():
        began = perf_counter()
        try:
            given = len(await call(asked))
        except Exception as error:
            left_out[name] = f"failed after {perf_counter() - began:,.1f} s: {error}"[:200]
            continue
        milliseconds = (perf_counter() - began) * 1000
        once[name] = Timed(p50=milliseconds, p95=milliseconds, given=given)
    return once, left_out


def _fits(once: Timed, seconds: float) -> bool:
    return once.p50 / 1000 * 2 * _LEAST <= seconds
