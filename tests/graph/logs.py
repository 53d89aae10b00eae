"""Random logs of claims for hypothesis, small enough that claims often meet."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from modelatlas.graph.facts import Claim, Source

Batches = Sequence[tuple[Sequence[Claim], datetime]]


def _day(month: int, day: int = 1, year: int = 2025) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


EXACT = {
    "2025-01-01": (_day(1), _day(1)),
    "2025-02-01": (_day(2), _day(2)),
    "2025-03-01": (_day(3), _day(3)),
    "2025-03-01T08:00:00+08:00": (_day(3), _day(3)),
    "2025-04-15": (_day(4, 15), _day(4, 15)),
    "2025-06-01": (_day(6), _day(6)),
    "2025-12-31": (_day(12, 31), _day(12, 31)),
}
COARSE = {
    "2025-02": (_day(2), _day(3)),
    "2025-04": (_day(4), _day(5)),
    "2025": (_day(1), _day(1, year=2026)),
    "2024": (_day(1, year=2024), _day(1)),
    "[2025-01-01..2025-03]": (_day(1), _day(4)),
    "[2025-03-01..2025-04-15]": (_day(3), _day(4, 15)),
}
UNKNOWN = {"[..2025-03-01]": (None, _day(3)), "[..2025]": (None, _day(1, year=2026))}
CALENDAR: dict[str, tuple[datetime | None, datetime]] = {**EXACT, **COARSE, **UNKNOWN}

MOMENTS = [_day(1), _day(2, 14), _day(3), _day(5)]


def _dates(*calendars: dict[str, Any]) -> st.SearchStrategy[str]:
    return st.one_of([st.sampled_from(list(calendar)) for calendar in calendars])


_WHATS = st.one_of(
    st.fixed_dictionaries(
        {"predicate": st.sampled_from(["licence_code", "task"]), "object": st.sampled_from(["a", "b", "c"])}
    ),
    st.fixed_dictionaries(
        {
            "predicate": st.sampled_from(["benchmark", "team.score"]),
            "object": st.sampled_from(["a", "b"]),
            "value": st.sampled_from([1, 1.0, True, "1", [1, 2]]),
            "functional": st.sampled_from([None, None, True]),
        }
    ),
    st.fixed_dictionaries(
        {
            "predicate": st.just("team.owner"),
            "object": st.sampled_from(["a", "b"]),
            "functional": st.sampled_from([True, True, None, False]),
        }
    ),
)


@st.composite
def claim_logs(draw: st.DrawFn, dated: bool = False, max_size: int = 7) -> list[Claim]:
    """A few claims about few things; `dated`: each says itself when it was recorded."""
    lines = draw(st.lists(_WHATS, min_size=1, max_size=3))
    size = draw(st.integers(1, max_size))
    return [draw(_claims(draw(st.sampled_from(lines)), dated)) for _ in range(size)]


@st.composite
def _claims(draw: st.DrawFn, what: dict[str, Any], dated: bool) -> Claim:
    given = dict(what)
    if draw(st.booleans()):
        given["object"] = draw(st.sampled_from(["a", "b"]))
    if "value" in given and draw(st.booleans()):
        given["value"] = draw(st.sampled_from([1, 2]))
    if draw(st.integers(0, 3)) == 0:
        given["kind"] = "retract"
        given["object"] = draw(st.sampled_from([None, given["object"]]))
        given["value"] = draw(st.sampled_from([None, given.get("value")]))
        given["functional"] = None
    start = draw(st.none() | _dates(EXACT, COARSE, UNKNOWN))
    end = draw(st.none() | _dates(EXACT, COARSE, UNKNOWN))
    if start and end:
        begins = CALENDAR[start][0]
        if begins is not None and CALENDAR[end][1] <= begins:
            end = None
    recorded = draw(_dates(EXACT, COARSE) if dated else st.none() | _dates(EXACT, COARSE))
    return Claim(
        **given,
        subject=draw(st.sampled_from(["x", "x", "x", "y"])),
        qualifiers=draw(st.sampled_from([{}, {}, {}, {"res": 1}])),
        valid_from=start,
        valid_to=end,
        recorded_at=recorded,
        sequence=draw(st.sampled_from([0, 0, 1])),
        source=Source(id=draw(st.sampled_from(["s", "s", "s", "t"])), date=draw(st.sampled_from([None, "2025"]))),
        ref=draw(st.sampled_from([None, None, "r"])),
    )


@st.composite
def batchings(draw: st.DrawFn, claims: Sequence[Claim]) -> list[tuple[list[Claim], datetime]]:
    """The claims in any order, or as they were recorded, some twice, in batches told at times that go on."""
    order = draw(st.permutations(claims))
    if draw(st.booleans()):
        order.sort(key=lambda claim: CALENDAR[claim.recorded_at][1] if claim.recorded_at else MOMENTS[-1])
    again = draw(st.lists(st.sampled_from(claims), max_size=2))
    cuts = sorted(draw(st.lists(st.integers(0, len(order)), max_size=5)))
    edges = [0, *cuts, len(order)]
    batches = [order[a:b] for a, b in pairwise(edges)]
    batches[-1] = [*batches[-1], *again]
    return [(batch, MOMENTS[min(number, 3)]) for number, batch in enumerate(batches)]
