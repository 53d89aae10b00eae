"""From the words of a question to its as-of: when it must be true, and by what was on record when.

A plain date ("in March 2025", "去年三月") moves the valid axis alone. A date that goes with what someone knew
or believed moves the believed axis, and the valid axis follows unless the question dates that as well. "As
of" and 截至 move both. A stretch ("between A and B", "since A") gives two as-ofs to compare. Nothing is on
record after `now`, so `believed` never lies beyond it; `valid` may.
"""

from datetime import datetime

from pydantic import AwareDatetime

from modelatlas.agent.date_phrases import instant
from modelatlas.agent.marked_text import MarkedText
from modelatlas.agent.time_expressions import EventLookup, mark_times
from modelatlas.graph.dates import Value
from modelatlas.graph.periods import AsOf

__all__ = ["EventLookup", "TimeScope", "instant", "time_scope"]


class TimeScope(Value):
    """Where a question stands in time, and the question without the words that said so.

    `before` is the first of two as-ofs to compare, `as_of` then the second. `begins` is where the day, week, month or
    year begins that the question named, whose end `as_of` is about. `phrase` holds the words that were understood as
    time. The two `given` say whether the question itself named a time on that axis.
    """

    as_of: AsOf
    begins: AwareDatetime | None
    before: AsOf | None
    question: str
    phrase: str | None
    valid_given: bool
    believed_given: bool


def time_scope(question: str, now: datetime, event: EventLookup) -> TimeScope:
    """The as-of that a question in English or Chinese asks for."""
    marked = MarkedText(question)
    times = mark_times(marked, now, event)
    order = [mark for mark in marked.marks() if mark in times]
    known = next((mark for axis in ("believed", "both") for mark in order if times[mark].axis == axis), None)
    others = [mark for mark in order if mark != known]
    present = [mark for mark in others if times[mark].present]
    dated = [mark for mark in others if not times[mark].present]
    compared = [mark for mark in dated if times[mark].first]
    held = next(iter(compared[:1] + dated[-1:] + present[-1:]), known)

    valid = times[held] if held else None
    believed = times[known] if known else None
    as_of = AsOf(valid=valid.last if valid else now, believed=min(believed.last, now) if believed else now)
    before = AsOf(
        valid=(valid.first if valid else None) or as_of.valid,
        believed=min(believed.first or believed.last, now) if believed else now,
    )
    understood = [mark for mark in order if mark in (known, held) or mark in present]
    on_both = believed is not None and believed.axis == "both" and not believed.present
    return TimeScope(
        as_of=as_of,
        begins=valid.begins if valid else None,
        before=before if (valid and valid.first) or (believed and believed.first) else None,
        question=marked.without(understood),
        phrase=" … ".join(marked.words[mark] for mark in understood) or None,
        valid_given=held in dated or on_both,
        believed_given=believed is not None and not believed.present,
    )
