"""From the words of a question to its as-of: when it must be true, and by what was on record when.

A plain date ("in March 2025", "去年三月") moves the valid axis alone. A date that goes with what someone knew
or believed moves the believed axis, and the valid axis follows unless the question dates that as well. "As of"
and 截至 move both. A stretch ("between A and B", "since A") gives two as-ofs to compare. Nothing is on record
after `now`, so `believed` never lies beyond it; `valid` may.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from modelatlas.agent.date_notations import COUNTED, HAN_COUNTED, NOT_ONLY, NOW, shifted
from modelatlas.agent.date_phrases import asked, begun, coming, in_year, instant, latest, mark_dates
from modelatlas.agent.marked_text import DATE, TIME, MarkedText
from modelatlas.graph.dates import Moment, Value, start_of
from modelatlas.graph.facts import AsOf

__all__ = ["EventLookup", "TimeScope", "instant", "time_scope"]

EventLookup = Callable[[str], Moment | None]
"""From the words for a model ("Veo 3") to the moment of its release, where it is on record."""

_TICK = timedelta(microseconds=1)


class TimeScope(Value):
    """Where a question stands in time, and the question without the words that said so.

    `before` is the first of two as-ofs to compare, `as_of` then the second. `phrase` holds the words that were
    understood as time. The two `given` say whether the question itself named a time on that axis.
    """

    as_of: AsOf
    before: AsOf | None
    question: str
    phrase: str | None
    valid_given: bool
    believed_given: bool


class _Time(Value):
    """One time expression: an instant, or with `first` the two ends of a stretch; and the axes it moves."""

    first: AwareDatetime | None
    last: AwareDatetime
    axis: Literal["valid", "both", "believed"]
    present: bool


def time_scope(question: str, now: datetime, event: EventLookup) -> TimeScope:
    """The as-of that a question in English or Chinese asks for."""
    marked = MarkedText(question)
    times = _mark_times(marked, now, event)
    order = [mark for mark in marked.marks() if mark in times]
    known = next((mark for axis in ("believed", "both") for mark in order if times[mark].axis == axis), None)
    others = [mark for mark in order if mark != known]
    present = [mark for mark in others if times[mark].present]
    dated = [mark for mark in others if not times[mark].present]
    compared = [mark for mark in dated if times[mark].first]
    held = (compared[:1] or dated[-1:] or present[-1:] or [None])[0]

    valid = times[held or known] if held or known else None
    believed = times[known] if known else None
    understood = [mark for mark in order if mark in (known, held) or mark in present]
    return TimeScope(
        as_of=AsOf(
            valid=valid.last if valid else now,
            believed=min(believed.last, now) if believed else now,
        ),
        before=AsOf(
            valid=(valid.first or valid.last) if valid else now,
            believed=min(believed.first or believed.last, now) if believed else now,
        )
        if (valid and valid.first) or (believed and believed.first)
        else None,
        question=marked.without(understood),
        phrase=" … ".join(marked.words[mark] for mark in understood) or None,
        valid_given=held in dated or (believed is not None and believed.axis == "both" and not believed.present),
        believed_given=believed is not None and not believed.present,
    )
