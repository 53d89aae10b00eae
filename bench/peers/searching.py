"""Searching within a limit of time: as many of the queries as it allows, a call of each kind with each."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from bench.given import Asked
from bench.machine import peak_megabytes
from bench.peers.process import Searched
from bench.timing import Call, in_turn

_KINDS = 8  # of queries, one after the other in turn
_LEAST = 4
_WARMING = 5  # rounds that in_turn does before it times


async def within(seconds: float, calls: Mapping[str, Call[Asked]], over: Sequence[Asked]) -> Searched:
    """Time the calls with the first queries: whole turns of all kinds where there is time for that, else four."""
    began = perf_counter()
    for call in calls.values():
        await call(over[0])
    once = perf_counter() - began
    turns = int(seconds / once - _WARMING) // _KINDS
    asked = over[: turns * _KINDS] if turns > 0 else over[:_LEAST]
    found = await in_turn(calls, asked)
    return Searched(calls=found, queries=len(asked), peak_megabytes=peak_megabytes(), note="")
