"""What a question says with its dates: as of, before, between, since, and what someone knew when.

The grammar is written over a text whose dates are single characters already (`marked_text`), so that "between
D and D" is one short pattern. Each expression found becomes one mark in turn, and a last pass decides which
of them says when something was known rather than when it was true.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from modelatlas.agent.calendar_words import NOW, shifted
from modelatlas.agent.date_notations import COUNTED, HAN_COUNTED, NOT_ONLY
from modelatlas.agent.date_phrases import asked, coming, in_year, latest, mark_dates
from modelatlas.agent.marked_text import DATE, TIME, MarkedText
from modelatlas.graph.dates import Moment, Value, start_of

EventLookup = Callable[[str], Moment | None]
"""From the words for a model ("Veo 3") to the moment of its release, where it is on record."""

_TICK = timedelta(microseconds=1)


class Time(Value):
    """An instant, or with `first` the two ends of a stretch; the axes it moves; if it only says "now".

    `begins` is where a day, week, month or year begins that was named as the time, `last` then its end.
    """

    begins: AwareDatetime | None
    first: AwareDatetime | None
    last: AwareDatetime
    axis: Literal["valid", "both", "believed"]
    present: bool


def mark_times(marked: MarkedText, now: datetime, event: EventLookup) -> dict[str, Time]:
    """Mark every time expression of a question; returns what each mark means."""
    times: dict[str, Time] = {}
    reading = _Reading(mark_dates(marked, now), now, event)
    if _AHEAD.search(marked.text) and not _KNOWING.search(marked.text):
        reading.settled = coming
    for patterns, read in (
        (_EVENTS, reading.release),
        (_STRETCHES, reading.stretch),
        (_SINCE, reading.since),
        (_AS_OF, reading.as_of),
        (_BEFORE, reading.before),
        (_PLAIN, reading.plain),
    ):
        for pattern in patterns:
            marked.mark(pattern, TIME, times, read)

    def known(found: re.Match[str]) -> Time | None:
        time = times[found["time"]]
        taken = any(other.axis == "believed" for other in times.values())
        return None if taken or time.present else time.model_copy(update={"axis": "believed"})

    for pattern in _KNOWN_THEN:
        marked.mark(pattern, TIME, times, known)
    return times


class _Reading:
    """How the patterns of this grammar are read, for one question."""

    def __init__(self, dates: dict[str, str], now: datetime, event: EventLookup) -> None:
        self.dates, self.now, self.event = dates, now, event
        self.settled = latest

    def release(self, found: re.Match[str]) -> Time | None:
        groups, side = found.groupdict(), found["side"].lower()
        ahead, after = found.string[: found.start()], found.string[found.end() :]
        if side == "when" and (_ASKING.search(ahead) or not re.search(r"\w", ahead + after)):
            return None
        moment = self.event(re.sub(r"^the\s+", "", found["subject"].strip(), flags=re.IGNORECASE))
        if moment is None:
            return None
        there = moment.latest
        earlier = re.search(r"before|prior|till?|前", side) is not None
        if earlier:
            if moment.earliest is None:
                return None
            there = moment.earliest - _TICK
        if groups.get("count"):
            there = shifted(there, groups["count"], groups["unit"], -1 if earlier else 1) or there
        if side in ("since", "以来") or groups.get("from"):
            return self._stretch(there, self.now, "valid")
        return _point(there)

    def stretch(self, found: re.Match[str]) -> Time | None:
        first, last = self.dates[found["a"]], self.dates[found["b"]]
        if first == last:
            return None
        if first.startswith("--") and last.startswith("--"):
            last = self.settled(last, self.now)
        if first.startswith("--"):
            first = self._beside(first, last, -1)
        elif last.startswith("--"):
            last = self._beside(last, first, 1)
        axis: Literal["valid", "both"] = "both" if found["both"] else "valid"
        return self._stretch(self._opening(first), asked(last, self.now), axis)

    def since(self, found: re.Match[str]) -> Time | None:
        date = latest(self.dates[found["a"]], self.now)
        return None if date == NOW else self._stretch(self._opening(date), self.now, "valid")

    def as_of(self, found: re.Match[str]) -> Time:
        return self.plain(found).model_copy(update={"axis": "both"})

    def before(self, found: re.Match[str]) -> Time | None:
        date, side = self._date(found), found["side"].lower()
        there, earlier = asked(date, self.now), side in ("before", "prior to") or "前" in side
        if earlier:
            start = self.now if date == NOW else start_of(date)
            if start is None:
                return None
            there = start - _TICK
        if found.groupdict().get("count"):
            there = shifted(there, found["count"], found["unit"], -1 if earlier else 1) or there
        return _point(there)

    def plain(self, found: re.Match[str]) -> Time:
        date = self._date(found)
        begins = None if date == NOW else start_of(date)
        return Time(begins=begins, first=None, last=asked(date, self.now), axis="valid", present=date == NOW)

    def _date(self, found: re.Match[str]) -> str:
        return self.settled(self.dates[found["a"]], self.now)

    def _opening(self, date: str) -> datetime:
        """The end of a stretch's first date, or its start where it is not over: "since this year"."""
        end, start = asked(date, self.now), None if date == NOW else start_of(date)
        return start if start is not None and end == self.now else end

    def _beside(self, bare: str, other: str, side: int) -> str:
        """A date without a year as the nearest before (side -1) or after (+1) another date."""
        there = self.now if other == NOW else start_of(other) or self.now
        for year in (there.year, there.year + side):
            date = in_year(bare, year)
            start = start_of(date) if date else None
            if date and start and (start - there) * side >= timedelta(0):
                return date
        return latest(bare, self.now)

    @staticmethod
    def _stretch(one: datetime, other: datetime, axis: Literal["valid", "both"]) -> Time:
        return Time(begins=None, first=min(one, other), last=max(one, other), axis=axis, present=False)


def _point(instant: datetime) -> Time:
    return Time(begins=None, first=None, last=instant, axis="valid", present=False)


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.ASCII | re.IGNORECASE) for pattern in patterns)


_A, _T = f"(?P<a>{DATE})", f"(?P<time>{TIME})"
_WORD = r"(?:[^\U000f0000-\U0010ffff,.;?!，。；？！]|\.(?=\w))"
_OUT = (
    r"(?:\s+(?:first\s+)?(?:came\s+out|comes\s+out|launched|launches|shipped|ships|(?:was|were|is|got|had\s+been)"
    r"\s+(?:\w+\s+)?(?:released|launched|published|open-sourced|shipped))|'s\s+(?:release|launch))\b"
)
_SIDE = r"(?P<side>before|prior\s+to|until|till|by\s+the\s+time|after|following|when|once|since)"
_HAN_IN = r"(?:(?P<from>自从?)|从|在|当|到)?\s*"
_HAN_OUT = rf"\s*(?:被|正式|首次|刚刚?)*(?:发布|推出|上线|问世|开源|发行|面世)了?\s*(?:{HAN_COUNTED})?"
_HAN_SIDE = rf"(?P<side>[之以]?[前后]{NOT_ONLY}|以来|的时候|时(?![间长代刻区序])|当[天时])的?"
_HAN_PAST = r"(?:的?时候|时(?![间长代刻区序])|期间|份|[以之]?内|里|中(?![国文英端小型])|那会儿)?(?:当时|那时候?)?的?"

_EVENTS = _compiled(
    rf"(?:\b{COUNTED}\s+)?(?:\b(?:just|right)\s+)?\b{_SIDE}\s+(?:the\s+)?(?:release|launch)\s+of\s+"
    rf"(?P<subject>{_WORD}{{1,80}}?)(?=\s*(?:$|[,;?!，；？！]|\.(?!\w)))",
    rf"(?:\b{COUNTED}\s+)?(?:\b(?:just|right)\s+)?\b{_SIDE}\s+"
    rf"(?P<subject>(?:(?!\b(?:before|after|when|since|until|till|once)\b){_WORD}){{1,80}}?){_OUT}"
    rf"(?:\s+(?:in|on|at)\s+{DATE})?",
    rf"{_HAN_IN}(?P<subject>[a-z](?:[\w +\-/]|\.(?=\d)){{0,80}}?){_HAN_OUT}{_HAN_SIDE}",
    rf"{_HAN_IN}(?P<subject>(?:(?![在当从自]){_WORD}){{1,60}}?){_HAN_OUT}{_HAN_SIDE}",
)
_STRETCHES = _compiled(
    r"(?:\b(?P<both>as\s+(?:of|at)\s+)|\b(?:between|from|in|on|at|during|compar(?:e|ing))\s+|(?:自从?|[从在])\s*)?(?:the\s+)?"
    rf"{_A}(?:\s+(?:and|to|until|till|through|up\s+to|or|than|versus|vs\.?|compared\s+(?:to|with)|with|against)\s+"
    r"|\s*(?:[到至和与跟及比]|对比|还是|相比|[-–—~～]|\.\.)\s*)(?:(?:as\s+of|in|on|at|the)\s+)?"
    rf"(?P<b>{DATE})\s*(?:之间|期间|为止|相比)?的?",
)
_SINCE = _compiled(
    rf"\b(?:ever\s+)?since\s+(?:the\s+)?{_A}",
    rf"\bfrom\s+{_A}\s+on(?:wards?)?\b",
    rf"\bsince\s+{_WORD}{{1,60}}?\b(?P<it>(?:on|in|at)\s+{_A})",
    rf"(?:自从?|从)\s*{_A}\s*(?:以来|起|开始|至今|[之以]?后)的?",
    rf"{_A}\s*(?:以来|至今|迄今)的?",
    rf"自从?\s*{_A}",
    rf"(?:自从?|从){_WORD}{{0,40}}?(?P<it>在?\s*{_A}){_WORD}{{0,40}}?以来",
)
_AS_OF = _compiled(
    rf"\bas\s+(?:of|at)\s+(?:the\s+)?{_A}(?:'s\b)?",
    rf"截[至止](?:到|于)?\s*{_A}\s*(?:为止)?{_HAN_PAST}",
    rf"(?:直到|[到至])\s*{_A}\s*为止的?",
)
_BEFORE = _compiled(
    rf"(?:\b{COUNTED}\s+)?\b(?P<side>before|prior\s+to|after)\s+(?:the\s+)?{_A}",
    rf"在?\s*{_A}\s*(?P<side>[之以]?[前后]){NOT_ONLY}的?",
)
_PLAIN = _compiled(
    r"(?:\b(?:back\s+)?(?:in|on|at|during|throughout|by|around|until|till|to|through|since|of|from|for)"
    rf"\s+)?(?:\bthe\s+)?{_A}'s\b",
    r"(?:\b(?:back\s+)?(?:in|on|at|during|throughout|by|around|until|till|to|through|since|of|from|for)"
    rf"\s+(?:the\s+)?|(?:(?<![存正所现])在|于|从|早在)\s*)?{_A}(?:\s*{_HAN_PAST})",
)

_WHO = r"(?:we|i|you|they|one|people|anyone|everyone|users|experts|(?:my|our|the)\s+team|the\s+records?)"
_KNEW = r"(?:knew|believed|thought|assumed|expected|understood|had\s+on\s+(?:record|file))"
_KNOWN = r"(?:known|believed|thought|assumed|expected|understood|recorded|on\s+(?:record|file))"
_KNOW = (
    rf"(?:\b(?:did|had)(?:n't)?\s+{_WHO}\s+(?:\w+\s+){{0,2}}?(?:know|believe|think|assume|expect|understand"
    r"|known|believed|thought|assumed|have\s+on\s+(?:record|file))\b"
    rf"|\b{_WHO}\s+(?:\w+\s+){{0,2}}?{_KNEW}\b|\b(?:was|were|been)\s+(?:\w+\s+)?{_KNOWN}\b"
    rf"|\bwould\s+{_WHO}\s+have\s+(?:said|answered|recommended|chosen|picked|told)\b"
    rf"|\b(?:had|if)\s+{_WHO}\s+(?:had\s+)?asked\b|\bwas\s+our\s+(?:belief|knowledge|understanding|view)\b)"
)
_TOLD = r"(?:according\s+to|based\s+on|going\s+by|judging\s+by|given|by|from|with)"
_US = r"(?:我们|我|你们|你|大家|人们|业界|他们|团队|当时|那时)"
_DID = r"(?:所|还|都|已经?|曾经?|就|并|不|没有?|只|是怎么|是如何|怎么|如何)"
_ZH_KNOW = r"(?:知道|已知|知|以为|认为|相信|觉得|预计|预期|估计|掌握|了解|记得|记录)"
_ABOUT = rf"(?:\s*[,，]?\s*(?:关于|对于?|就|针对){_WORD}{{1,40}}?[,，]?)"

_AHEAD = re.compile(r"\b(?:will|going\s+to)\b|将|会(?![话议员])", re.IGNORECASE)
_KNOWING = re.compile(_KNOW, re.ASCII | re.IGNORECASE)
_ASKING = re.compile(
    r"\b(?:know|knew|known|tell\s+\w+|say|says|said|remember|recall|out|wonder|ask|asked|sure|idea|exactly|of|about"
    r"|check|show\s+\w+)\s+$",
    re.IGNORECASE,
)
_KNOWN_THEN = _compiled(
    rf"\bas\s+(?:(?:it|they|things)\s+)?(?:(?:was|were)\s+)?(?:then\s+)?{_KNOWN}\s*{_T}",
    rf"\bas\s+{_WHO}\s+(?:then\s+)?(?:{_KNEW}|saw)\s*(?:it|them|things|this|that)?\s*{_T}",
    rf"\b{_TOLD}\s+(?:what\s+)?(?:{_WHO}\s+{_KNEW}|(?:was|had\s+been)\s+{_KNOWN}"
    rf"|(?:the|our)\s+(?:records?|knowledge|beliefs?))(?:\s+as\s+it\s+stood)?\s*{_T}",
    rf"(?:根据|依据|依照|按照|据|按|以)\s*{_T}\s*(?:时)?(?:{_US}的?)?(?:记录|认知|认识|资料|信息|知识|所知|说法|看法)(?:来[看说])?",
    rf"{_KNOW}\s*(?P<it>{_T})",
    rf"(?<!-)(?<!\bis\s)(?<!\bare\s)\bknown\s*(?P<it>{_T})",
    rf"(?P<it>{_T})\s*,?\s*(?:(?!\s(?:and|but)\s){_WORD}){{0,60}}?{_KNOW}",
    rf"{_KNOW}(?:(?!\b(?:whether|if|that|when|is|are|will|would)\b)(?:{_WORD}|,)){{1,80}}?(?P<it>{_T})",
    rf"(?P<it>{_T})[\s,，]*(?:{_US}\s*){{1,3}}{_ABOUT}?(?:\s*{_DID})*\s*{_ZH_KNOW}",
    rf"{_US}\s*(?P<it>{_T})[\s,，]*{_ABOUT}?(?:\s*{_DID})*\s*{_ZH_KNOW}",
    rf"(?P<it>{_T}){_ABOUT}(?:{_US}\s*)+(?:\s*{_DID})*\s*{_ZH_KNOW}",
    rf"(?P<it>{_T})\s*(?:已知|所知|有记录|记录在案)",
    rf"{_US}{_ABOUT}?\s*(?P<it>{_T})\s*(?:{_DID})*{_ZH_KNOW}",
)
