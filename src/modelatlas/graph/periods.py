"""Stretches of time: what a fact holds over, and where a read stands on both axes."""

from datetime import datetime

from pydantic import AwareDatetime

from modelatlas.graph.dates import Moment, Value, iso


class Span(Value):
    """A stretch of one time axis to read over: any instant of [start, end); None is unbounded."""

    start: AwareDatetime | None
    end: AwareDatetime | None


ALL = Span(start=None, end=None)


class AsOf(Value):
    """Where a read stands on both axes: an instant, or a span for "any time within"."""

    valid: AwareDatetime | Span
    believed: AwareDatetime | Span

    @classmethod
    def at(cls, instant: datetime) -> "AsOf":
        """True at the instant by what was on record at the instant."""
        return cls(valid=instant, believed=instant)


EVER = AsOf(valid=ALL, believed=ALL)


class Period(Value):
    """A half-open stretch of time with bounds as precise as their source; without an end it still goes on."""

    start: Moment
    end: Moment | None

    def __contains__(self, instant: datetime) -> bool:
        """Whether the period may contain the instant."""
        begun = self.start.earliest is None or self.start.earliest <= instant
        return begun and (self.end is None or instant < self.end.latest)

    def surely(self, instant: datetime) -> bool:
        """Whether the period contains the instant wherever its coarse bounds lie."""
        ended = self.end is not None and (self.end.earliest is None or self.end.earliest <= instant)
        return self.start.latest <= instant and not ended

    def meets(self, axis: datetime | Span) -> bool:
        """Whether the period may have an instant in common with the axis."""
        if isinstance(axis, datetime):
            return axis in self
        after = self.start.earliest is not None and axis.end is not None and axis.end <= self.start.earliest
        before = self.end is not None and axis.start is not None and self.end.latest <= axis.start
        return not after and not before

    def surely_meets(self, axis: datetime | Span) -> bool:
        """Whether an instant in common is certain."""
        if isinstance(axis, datetime):
            return self.surely(axis)
        if self.end is not None and (self.end.earliest is None or self.end.earliest <= self.start.latest):
            return False
        after = axis.end is not None and axis.end <= self.start.latest
        before = (
            self.end is not None
            and axis.start is not None
            and self.end.earliest is not None
            and (self.end.earliest <= axis.start)
        )
        return not after and not before

    def json_value(self) -> dict[str, str | None]:
        """ISO UTC bounds; the precision beside each, and the latest a coarse bound can be."""
        start, end = self.start, self.end
        return {
            "start": iso(start.earliest) if start.earliest else None,
            "end": iso(end.earliest) if end and end.earliest else None,
            "start_precision": start.precision,
            "end_precision": end.precision if end else "open",
            "start_latest": None if start.exact else iso(start.latest),
            "end_latest": None if end is None or end.exact else iso(end.latest),
        }
