"""What modelatlas is meant to reach on a machine of two cores, beside what it reached in this run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.peers.runs import OURS, Run
from bench.table import Line


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its bound, at one number of claims, or at every one where that is None."""

    what: str
    claims: int | None
    figure: Callable[[Run], float]
    bound: float
    unit: str
    at_least: bool = False


def _p50(call: str) -> Callable[[Run], float]:
    return lambda run: run.searched.calls[call].p50 if run.searched else 0.0


TARGETS = (
    Target(
        "written, end to end",
        100_000,
        lambda run: run.claims / run.written.seconds if run.written else 0.0,
        5_000,
        "claims/s",
        at_least=True,
    ),
    Target("search in the past", 100_000, _p50("then"), 15, "ms"),
    Target("search in the past", 1_000_000, _p50("then"), 50, "ms"),
    Target("search in the past by search now", None, lambda run: _p50("then")(run) / _p50("now")(run), 1.2, "×"),
    Target("recall of one key", 1_000_000, _p50("recall, now"), 1, "ms"),
    Target(
        "peak memory, open and search",
        100_000,
        lambda run: run.searched.peak_megabytes if run.searched else 0.0,
        300,
        "MiB",
    ),
    Target("peak memory, write", 100_000, lambda run: run.written.peak_megabytes if run.written else 0.0, 300, "MiB"),
)


def lines(runs: Sequence[Run]) -> Iterator[Line]:
    """A line for each target at each size that was run."""
    for target in TARGETS:
        for run in runs:
            if run.name == OURS and target.claims in (None, run.claims):
                yield _line(target, run)


def _line(target: Target, run: Run) -> Line:
    figure = target.figure(run)
    met = figure >= target.bound if target.at_least else figure <= target.bound
    wanted = f"{'at least' if target.at_least else 'at most'} {target.bound:,g} {target.unit}"
    return Line(
        group="targets",
        what=target.what,
        claims=run.claims,
        figure=figure,
        unit=target.unit,
        note=f"{'met' if met else 'missed'}: {wanted}",
    )
