"""Dates as sources give them: exact, or known only to a month, a year, a span, or not at all.

A `Moment` is one point in time whose place is known to lie in [earliest, latest]. For a full timestamp or a
day both are the same instant (a day counts from its first instant, UTC). A month or a year may be any instant
of it, so `latest` is the first instant after it. The text a source used is kept; nothing is rounded.

Accepted texts: `2025`, `2025-06`, `2025-06-11` or `20250611`, an ISO 8601 time (without an offset: UTC), and the
one-of-a-set form of EDTF (ISO 8601-2), `[2025-06..2025-08-17]`, `[..2025-08-17]`, for "some day between".
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from modelatlas.graph.errors import InvalidDate

Precision = Literal["instant", "day", "month", "year", "between", "unknown"]

_COARSE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_BETWEEN = re.compile(r"\[(?P<first>[^\[\]]*?)\.\.(?P<last>[^\[\]]+)\]")
_TICK = timedelta(microseconds=1)


class Value(BaseModel):
    """A frozen value without room for surprises."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Moment(Value):
    """A point in time somewhere in [earliest, latest]; `earliest` None is an unknown past."""

    earliest: AwareDatetime | None
    latest: AwareDatetime
    text: str
    precision: Precision

    @property
    def exact(self) -> bool:
        return self.earliest == self.latest


@lru_cache(maxsize=65536)
def moment(text: str) -> Moment:
    """Read a date as a source writes it. Raises InvalidDate with what would have been accepted."""
    text = text.strip()
    if found := _BETWEEN.fullmatch(text):
        first = moment(found["first"]) if found["first"] else None
        last = moment(found["last"])
        earliest = first.earliest if first else None
        if earliest is not None and (last.latest < earliest or (last.latest == earliest and not last.exact)):
            raise InvalidDate(text, "its first date is after its last")
        precision: Precision = "unknown" if earliest is None else "between"
        return Moment(earliest=earliest, latest=last.latest, text=text, precision=precision)
    try:
        if found := _COARSE.fullmatch(text) or _COMPACT.fullmatch(text):
            year, month, day = (int(part) if part else None for part in found.groups())
            assert year is not None
            start = datetime(year, 1 if month is None else month, 1 if day is None else day, tzinfo=UTC)
            if day is not None:
                return Moment(earliest=start, latest=start, text=text, precision="day")
            if month is not None:
                return Moment(earliest=start, latest=_next_month(start), text=text, precision="month")
            after = start.replace(year=year + 1)
            return Moment(earliest=start, latest=after, text=text, precision="year")
        if "W" in text:
            raise ValueError("a week is not read")
        instant = datetime.fromisoformat(text)
        return exactly(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise InvalidDate(text, str(error)) from None


def some_time_until(latest: datetime) -> Moment:
    """An unknown point in the past, come at the latest by the instant."""
    return moment(f"[..{iso(latest)}]")


def exactly(instant: datetime) -> Moment:
    """An instant as a Moment."""
    instant = instant.astimezone(UTC)
    return Moment(earliest=instant, latest=instant, text=iso(instant), precision="instant")


def iso(instant: datetime) -> str:
    """An instant as ISO 8601 in UTC, as short as it can be told exactly."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def until_end_of(text: str) -> datetime:
    """The last instant a date speaks of: what "as of 2025-06" or "on 2025-06-11" asks about."""
    found = moment(text)
    if found.precision == "day":
        return found.latest + (timedelta(days=1) - _TICK)
    return found.latest if found.exact else found.latest - _TICK


def start_of(text: str) -> datetime | None:
    """The first instant a date speaks of; None for an unknown past."""
    return moment(text).earliest


def _next_month(start: datetime) -> datetime:
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
