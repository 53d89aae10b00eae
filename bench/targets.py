"""What modelatlas is meant to reach on a machine of two cores, beside what it reached in this run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.peers.runs import GRAPHITI_ON_NEO4J, OURS, OURS_ON_NEO4J, Run
from bench.table import Line

AtOneSize = Mapping[str, Run]  # the runs of one size, by name


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its bound, at one number of claims, or at every one where that is None.

    The figure is None where what it is taken from was not run.
    """

    what: str
    claims: int | None
    figure: Callable[[AtOneSize], float | None]
    bound: float
    unit: str
    at_least: bool = False


def _p50(name: str, call: str) -> Callable[[AtOneSize], float | None]:
    return lambda runs: _call(runs, name, call)


def _then_by_now(name: str) -> Callable[[AtOneSize], float | None]:
    return lambda runs: _ratio(_call(runs, name, "then"), _call(runs, name, "now"))


def _exact(place: int) -> Callable[[AtOneSize], float | None]:
    return lambda runs: runs[OURS_ON_NEO4J].exact[place] if runs[OURS_ON_NEO4J].exact else None


def _call(runs: AtOneSize, name: str, call: str) -> float | None:
    searched = runs[name].searched if name in runs else None
    return searched.calls[call].p50 if searched is not None and call in searched.calls else None


def _claims_a_second(runs: AtOneSize) -> float | None:
    run = runs[OURS]
    return run.claims / run.written.seconds if run.written else None


def _facts_a_second(runs: AtOneSize, name: str) -> float | None:
    written = runs[name].written if name in runs else None
    return written.facts / written.seconds if written is not None else None


def _peak(step: str) -> Callable[[AtOneSize], float | None]:
    return lambda runs: getattr(getattr(runs[OURS], step), "peak_megabytes", None)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


OF_A_FILE = (
    Target("written, end to end", 100_000, _claims_a_second, 5_000, "claims/s", at_least=True),
    Target("search in the past", 100_000, _p50(OURS, "then"), 15, "ms"),
    Target("search in the past", 1_000_000, _p50(OURS, "then"), 50, "ms"),
    Target("search in the past by search now", None, _then_by_now(OURS), 1.2, "×"),
    Target("recall of one key", 1_000_000, _p50(OURS, "recall, now"), 1, "ms"),
    Target("peak memory, open and search", 100_000, _peak("searched"), 300, "MiB"),
    Target("peak memory, write", 100_000, _peak("written"), 300, "MiB"),
)
OF_A_SERVER = (
    Target(
        "facts written a second by stock's",
        None,
        lambda runs: _ratio(_facts_a_second(runs, OURS_ON_NEO4J), _facts_a_second(runs, GRAPHITI_ON_NEO4J)),
        1.5,
        "×",
        at_least=True,
    ),
    Target(
        "stock's search by ours, now",
        100_000,
        lambda runs: _ratio(_call(runs, GRAPHITI_ON_NEO4J, "now"), _call(runs, OURS_ON_NEO4J, "now")),
        20,
        "×",
        at_least=True,
    ),
    Target("search in the past by search now", None, _then_by_now(OURS_ON_NEO4J), 1.2, "×"),
    Target("recall at 10 of the nearest, now", None, _exact(0), 0.98, "of 1", at_least=True),
    Target("recall at 10 of the nearest, in the past", None, _exact(1), 0.98, "of 1", at_least=True),
)


def lines(runs: Sequence[Run], targets: Sequence[Target] = OF_A_FILE) -> Iterator[Line]:
    """A line for each target at each size that was run."""
    by_size: dict[int, dict[str, Run]] = {}
    for run in runs:
        by_size.setdefault(run.claims, {})[run.name] = run
    for target in targets:
        for claims, at_one_size in by_size.items():
            if target.claims in (None, claims):
                yield _line(target, claims, target.figure(at_one_size))


def _line(target: Target, claims: int, figure: float | None) -> Line:
    wanted = f"{'at least' if target.at_least else 'at most'} {target.bound:,g} {target.unit}"
    if figure is None:
        said = "not measured"
    else:
        said = "met" if (figure >= target.bound if target.at_least else figure <= target.bound) else "missed"
    return Line(
        group="targets", what=target.what, claims=claims, figure=figure, unit=target.unit, note=f"{said}: {wanted}"
    )
